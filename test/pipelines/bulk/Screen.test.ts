/** The line of progress: written over on a terminal, one of ten elsewhere. */
import { assert, describe, it } from "@effect/vitest"
import { PassThrough } from "node:stream"
import * as Screen from "../../../pipelines/bulk/Screen.ts"

/** What is written to an output with these properties. */
const written = (of: { readonly isTTY?: boolean; readonly columns?: number }, lines: number) => {
  const out = Object.assign(new PassThrough(), of)
  const screen = Screen.make(false, out as unknown as NodeJS.WriteStream)
  for (let i = 0; i < lines; i++) screen.show(`line ${i} ${"x".repeat(100)}`)
  screen.close()
  return String(out.read())
}

describe("the line of progress", () => {
  it("is written over on a terminal, cut to its width, and ends with a line end", () => {
    const over = (n: number, wide: number) => `\r\u001b[2Kline ${n} ${"x".repeat(wide)}`
    assert.strictEqual(written({ isTTY: true, columns: 40 }, 2), `${over(0, 32)}${over(1, 32)}\n`)
    assert.strictEqual(written({ isTTY: true, columns: 0 }, 1), `${over(0, 72)}\n`)
  })

  it("is one of ten lines elsewhere, and the last one", () => {
    const lines = (count: number) => written({}, count).split("\n").map((line) => line.slice(0, 7))
    assert.deepStrictEqual(lines(21), ["line 0 ", "line 10", "line 20", ""])
    assert.deepStrictEqual(lines(22), ["line 0 ", "line 10", "line 20", "line 21", ""])
  })
})
