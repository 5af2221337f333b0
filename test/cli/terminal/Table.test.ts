import { assert, describe, it } from "@effect/vitest"
import * as Style from "../../../cli/terminal/Style.ts"
import * as Table from "../../../cli/terminal/Table.ts"

const columns: ReadonlyArray<Table.Column> = [{ title: "name" }, { title: "what", flexible: true }, { title: "n", align: "right" }]
const rows = [["a", "a long description of something", "1"], ["bcd", "short", "1,000"]]
const style = Style.make(false)

describe("tables", () => {
  it("align names left and numbers right, without blanks at the end", () => {
    assert.deepStrictEqual(Table.lines([{ title: "name" }, { title: "n", align: "right" }, { title: "" }], [["a", "1", ""], ["bcd", "1,000", "x"]], { style }), [
      "NAME      N",
      "a         1",
      "bcd   1,000  x"
    ])
  })

  it("cut flexible columns to the width and nothing else", () => {
    for (const width of [30, 35, 40, 60]) {
      const lines = Table.lines(columns, rows, { width, style })
      for (const line of lines) assert.isAtMost(line.length, width)
      assert.isTrue(lines[2]?.endsWith("1,000"))
    }
    assert.include(Table.lines(columns, rows, { width: 30, style })[1], "…")
    assert.include(Table.lines(columns, rows, { width: undefined, style })[1], "a long description of something")
  })

  it("share the loss between flexible columns, widest first, and end when there is nothing to take", () => {
    const two: ReadonlyArray<Table.Column> = [{ title: "a", flexible: true }, { title: "b", flexible: true }]
    const lines = Table.lines(two, [["x".repeat(80), "y".repeat(30)]], { width: 50, style })
    assert.isAtMost(lines[1]!.length, 50)
    assert.include(Table.lines(two, [["x".repeat(80), "y".repeat(30)]], { width: 3, style })[1], "…")
  })

  it("count wide characters and no escape codes", () => {
    const red = Style.make(true).red
    const lines = Table.lines([{ title: "a" }, { title: "b" }], [["東京", "x"], [red("ab"), "y"]], { style })
    assert.deepStrictEqual(lines.map((line) => line.replace(red("ab"), "ab")), ["A     B", "東京  x", "ab    y"])
  })
})

describe("colours", () => {
  it("follow the terminal, NO_COLOR, FORCE_COLOR and TERM", () => {
    assert.isTrue(Style.hasColour(true, {}))
    assert.isFalse(Style.hasColour(false, {}))
    assert.isFalse(Style.hasColour(true, { NO_COLOR: "1" }))
    assert.isFalse(Style.hasColour(true, { NO_COLOR: "1", FORCE_COLOR: "1" }))
    assert.isTrue(Style.hasColour(false, { FORCE_COLOR: "1" }))
    assert.isFalse(Style.hasColour(true, { FORCE_COLOR: "0" }))
    assert.isTrue(Style.hasColour(true, { NO_COLOR: "" }))
    assert.isFalse(Style.hasColour(true, { TERM: "dumb" }))
  })
})
