import { assert, describe, it } from "@effect/vitest"
import { inspect } from "node:util"
import { Frame } from "../../../io/frame/index.ts"

describe("toString", () => {
  it("aligns columns, numbers to the right, with wide characters as two cells", () => {
    const frame = Frame.fromColumns({
      name: ["Zoë", "日本", "😀 a\nb"], n: [1, null, 22.5], big: [10n, 2n, null], at: [new Date(0), null, new Date(1)],
      json: [{ a: 1n }, null, [1]]
    })
    assert.deepStrictEqual(frame.toString().split("\n"), [
      `name        n   big  at                        json`,
      `───────  ────  ────  ────────────────────────  ─────────`,
      `Zoë         1    10  1970-01-01T00:00:00.000Z  {"a":"1"}`,
      `日本     null     2  null                      null`,
      `😀 a\\nb  22.5  null  1970-01-01T00:00:00.001Z  [1]`,
      `3 rows`
    ])
  })

  it("shows the first rows and says how many there are", () => {
    const frame = Frame.fromColumns({ n: Array.from({ length: 25 }, (_, i) => i) })
    assert.deepStrictEqual(frame.toString(2).split("\n"), ["n", "─", "0", "1", "… 2 of 25 rows"])
    assert.strictEqual(inspect(frame), frame.toString())
    assert.strictEqual(Frame.fromRows([]).toString(), "0 rows")
  })

  it("shortens long text between whole characters", () => {
    const [, , line] = Frame.fromColumns({ s: ["👩‍👩‍👧".repeat(30)] }).toString().split("\n")
    assert.strictEqual(line, `${"👩‍👩‍👧".repeat(19)}…`)
    const exact = "x".repeat(40)
    assert.include(Frame.fromColumns({ s: [exact] }).toString(), exact)
    assert.include(Frame.fromColumns({ s: [`${exact}y`] }).toString(), `${"x".repeat(39)}…`)
  })
})
