/** Numbers and moments that are read in place are those that Number and Date make of the same text. */
import { assert, describe, it } from "@effect/vitest"
import * as Decimal from "../../../io/format/Decimal.ts"
import * as Moment from "../../../io/format/Moment.ts"
import { seeded } from "../../conformance/Random.ts"

const textOf = (digits: string, places: number): string => {
  const padded = digits.padStart(places + 1, "0")
  return `${padded.slice(0, padded.length - places)}.${padded.slice(padded.length - places)}`
}

/** Whether it was made a number at all. */
const isNearest = (digits: string, places: number): boolean => {
  const head = digits.slice(0, Decimal.exactDigits)
  const value = Decimal.nearest(Number(head), Number(digits.slice(head.length)), digits.length - head.length, places)
  if (value !== undefined && value !== Number(textOf(digits, places))) assert.fail(`${textOf(digits, places)} became ${value}`)
  return value !== undefined
}

describe("in place", () => {
  it("decimals of 16 to 19 digits", () => {
    const random = seeded(3)
    let made = 0
    for (let i = 0; i < 50_000; i++) {
      const digits = `${random.int(1, 9)}${String(random.int(0, 999_999_999)).padStart(9, "0")}${String(random.int(0, 999_999_999)).padStart(9, "0")}`
      if (isNearest(digits.slice(0, random.int(16, 19)), random.int(0, 22))) made++
    }
    assert.isAbove(made, 49_000)
  })

  it("decimals that lie between two numbers, in the middle and next to it", () => {
    const random = seeded(4)
    for (let i = 0; i < 10_000; i++) {
      const odd = 2n ** 53n + BigInt(random.int(0, 2 ** 51)) * 2n + 1n
      for (const digits of [odd - 1n, odd, odd + 1n]) isNearest(String(digits), 0)
      const half = `${2n ** 52n + BigInt(random.int(0, 2 ** 51))}5`
      isNearest(half, 1)
      for (const beside of ["49", "51"]) isNearest(half.slice(0, -1) + beside, 2)
    }
  })

  it("moments as Date writes them", () => {
    for (let millis = Date.UTC(900, 0, 1); millis < Date.UTC(9999, 11, 31); millis += 86_400_000 * 61.37) {
      const date = new Date(millis)
      const text = date.toISOString()
      const isLeft = text.includes("-02-29") || date.getUTCFullYear() < 1000
      const expected = isLeft ? Number.NaN : date.getTime()
      assert.deepStrictEqual([Moment.written(text, 0, 24), Moment.writtenBytes(Buffer.from(text), 0)], [expected, expected], text)
    }
  })
})
