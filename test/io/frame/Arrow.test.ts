import { assert, describe, it } from "@effect/vitest"
import { columnFromArray, decimal, tableFromColumns, tableToIPC } from "@uwdata/flechette"
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

  it("takes decimals that a number holds, and refuses the others, columns of one name and what is cut off", () => {
    const of = (digits: ReadonlyArray<bigint | null>, name = "price") =>
      tableToIPC(tableFromColumns([[name, columnFromArray([...digits], decimal(38, 2, 128))], ["id", columnFromArray(digits.map((_, i) => i))]]), {}) as Uint8Array
    const bytes = of([1250n, null, -1n, 99999999999999999n / 100n])
    assert.deepStrictEqual(Frame.fromArrow<{ price: number | null }>(bytes).column("price"), [12.5, null, -0.01, 9999999999999.99])
    assert.throws(() => Frame.fromArrow(of([1234567890123456789012n])), FrameError, `Column "price" has a decimal of more digits than a number`)
    assert.throws(() => Frame.fromArrow(of([1n], "id")), FrameError, `two columns named "id"`)
    for (let length = 1; length < bytes.length - 8; length += 7) assert.throws(() => Frame.fromArrow(bytes.subarray(0, length)), FrameError, "not a table in Arrow")
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
