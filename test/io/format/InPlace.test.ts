/** CSV that is read in place is read as the splitter reads it, and what that refuses is refused in the same words: over random files, broken at random. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { Column, Format } from "../../../index.ts"
import { type Random, seeded } from "../../conformance/Random.ts"
import { chunks } from "./reading.ts"

const Row = Schema.Struct({
  id: Schema.Int, name: Schema.NullOr(Schema.String), text: Schema.String, amount: Schema.Number, score: Schema.optionalKey(Schema.NullOr(Schema.Finite)),
  at: Schema.UndefinedOr(Schema.Date), ok: Schema.Boolean, price: Schema.NullOr(Column.Numeric), kind: Schema.optionalKey(Schema.Literals(["bus", "tram"])),
  any: Schema.Unknown, list: Schema.NullOr(Schema.Array(Schema.Int)), gone: Schema.NullOr(Schema.String)
})
const Checked = Row.check(Schema.makeFilter(({ id, ok }) => (ok && id === 2 ? "2 is not ok" : undefined)))

const header = ["ok", "id", "extra", "name", "text", "amount", "score", "at", "price", "kind", "any", "list"]

const word = (random: Random): string =>
  random.pick(["", "", "a", "bus", "long enough to be copied", "é", "山田太郎 🎉", "\"\"", "\"\"\"\"", "\"x\"", "\"long, \"\"quoted\"\" and é\"", "\"two\nlines\"", "\"two\r\nlines\"", "a\"b", "\"a\"b", "x\ry", "\0", " ", "null"])

const number = (random: Random): string =>
  random.pick([
    () => String(random.int(-9, 99)), () => String(random.int(0, 1e6) / 100), () => String(Math.sin(random.int(0, 1e6))),
    () => random.pick(["", "-0", "007", "+5", "1.", ".5", "1e3", "1e999", "-", "NaN", "inf", "9007199254740993", "12.50", "\"7\"", "0x1", "1,5", "12345678901234567890", "2"])
  ])()

const usual: Readonly<Record<string, (random: Random) => string>> = {
  ok: (random) => random.pick(["true", "false", "false", "TRUE"]),
  id: (random) => random.pick([String(random.int(-5, 1e6)), String(random.int(-5, 1e6)), "-0", "007"]),
  extra: (random) => random.pick(["", "x", "\"a,b\"", "é"]),
  name: (random) => random.pick(["", "Ada", "\"a \"\"quoted\"\" name\"", "\"two\nlines\"", "山田太郎 🎉", "\"\"", "Grace Hopper of the navy"]),
  text: (random) => random.pick(["", "DE", "\"US\""]),
  amount: (random) => String(random.int(0, 1e6) / 100),
  score: (random) => random.pick(["", String(Math.sin(random.int(0, 1e6)))]),
  at: (random) => random.pick(["", new Date(random.int(0, 2e12)).toISOString(), "2024-02-29T12:00:00Z"]),
  price: (random) => random.pick(["", "12.50"]),
  kind: (random) => random.pick(["", "bus", "tram", "bus", "tram", "bus", "tram", "boat"]),
  any: word,
  list: (random) => random.pick(["", "\"[1,2]\"", "[]"])
}

const cell = (random: Random, name: string): string =>
  random.next() < 0.985 ? usual[name]?.(random) ?? "" : random.pick([word, number])(random)

const line = (random: Random): string => {
  if (random.next() < 0.02) return random.pick(["", ",", "\"", "x"])
  const cells = header.map((name) => cell(random, name))
  return random.next() < 0.01 ? [...cells, ""].join(",") : cells.join(",")
}

const file = (random: Random): Buffer => {
  const end = random.pick(["\n", "\n", "\r\n"])
  const lines = Array.from({ length: 60 }, () => `${line(random)}${random.next() < 0.99 ? end : random.pick(["\r", ""])}`)
  const bytes = Buffer.from(`${header.join(",")}${end}${lines.join("")}${random.next() < 0.5 ? line(random) : ""}`)
  for (let i = random.int(0, 3); i > 0; i--) bytes[random.int(header.join(",").length + 2, bytes.length - 1)] = random.next() < 0.8 ? random.pick([34, 44, 10, 13, 49, 0]) : random.int(0, 255)
  return bytes
}

type Read = (bytes: Stream.Stream<Uint8Array>) => Effect.Effect<ReadonlyArray<Format.Placed<unknown> | Format.Unread>, Format.FormatError>

const reader = (schema: Format.RecordSchema<unknown>, options: { readonly comment?: string }): Read => {
  const format = Format.csv(schema, options)
  return (bytes) => Stream.runCollect(format.readAll(bytes, { file: "t" }))
}

/** Files with comments are read by the splitter alone. */
const both = (schema: Format.RecordSchema<unknown>) => ({ quick: reader(schema, {}), split: reader(schema, { comment: "\u0001" }) })

describe("CSV, read in place", () => {
  it.effect.each([Row, Checked])("is what the splitter makes of it, with and without a check of rows", (schema) =>
    Effect.gen(function*() {
      const { quick, split } = both(schema)
      const random = seeded(31)
      const counts = { good: 0, bad: 0 }
      for (let round = 0; round < 40; round++) {
        const bytes = file(random)
        const expected = yield* split(Stream.make(bytes))
        const read = yield* quick(chunks(bytes, random.pick([1, 7, 100, 10_000])))
        assert.deepStrictEqual(read, expected)
        for (const element of expected) counts["bad" in element ? "bad" : "good"]++
      }
      assert.isAbove(counts.good, 500)
      assert.isAbove(counts.bad, 300)
    }))

  it.effect("wherever its bytes are cut", () =>
    Effect.gen(function*() {
      const { quick, split } = both(Row)
      const bytes = file(seeded(8)).subarray(0, 900)
      const expected = yield* split(Stream.make(bytes))
      for (let at = 0; at <= bytes.length; at++) {
        assert.deepStrictEqual(yield* quick(Stream.make(bytes.subarray(0, at), bytes.subarray(at))), expected, `cut at ${at}`)
      }
    }))
})
