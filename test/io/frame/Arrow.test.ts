import { assert, describe, it } from "@effect/vitest"
import { Frame, FrameError, sum } from "../../../io/frame/index.ts"

describe("Arrow", () => {
  it("brings back every kind of value", () => {
    const frame = Frame.fromRows([
      { n: 1.5, i: 300, b: true, s: "é😀", big: 2n ** 62n, day: new Date(86_400_000), at: new Date(-5), none: null,
        list: [1, 2], json: { a: 1, b: ["x"] } },
      { n: null, i: -70_000, b: null, s: null, big: null, day: null, at: null, none: null, list: [], json: null },
      { n: NaN, i: 0, b: false, s: "", big: -(2n ** 63n), day: new Date(0), at: new Date(1), none: null,
        list: [3], json: { a: 2, b: [] } }
    ])
    const back = Frame.fromArrow<(typeof frame extends Frame<infer Row> ? Row : never)>(frame.toArrow())
    assert.deepStrictEqual(back.rows(), frame.rows())
    assert.deepStrictEqual(back.groupby("s").rollup({ i: sum("i") }).column("i"), [300, -70_000, 0])
  })

  it("writes what a filter left", () => {
    const frame = Frame.fromColumns({ s: ["a", "b", "a", null] }).filter((row) => row.s !== "a")
    const back = Frame.fromArrow<{ s: string | null }>(frame.toArrow())
    assert.deepStrictEqual(back.groupby("s").count().rows(), [{ s: "b", count: 1 }, { s: null, count: 1 }])
  })

  it("refuses with the column's name what Arrow cannot hold, and bytes that are not Arrow", () => {
    assert.throws(() => Frame.fromColumns({ a: [1], b: [2n ** 63n] }).toArrow(), FrameError, `Column "b"`)
    assert.throws(() => Frame.fromColumns({ a: [1, "x"] }).toArrow(), FrameError, `Column "a"`)
    assert.throws(() => Frame.fromColumns({ d: [new Date(NaN), new Date(5)] }).toArrow(), FrameError, `Column "d"`)
    assert.throws(() => Frame.fromArrow(new Uint8Array([1, 2, 3])), FrameError, "not a table in Arrow")
    assert.throws(() => Frame.fromArrow(new TextEncoder().encode("a,b\n1,2\n".repeat(50))), FrameError, "not a table")
    assert.throws(() => Frame.fromArrow(new Uint8Array(0)), FrameError, "no bytes")
  })
})
