import { assert, describe, it } from "@effect/vitest"
import { desc, Frame } from "../../../io/frame/index.ts"
import { randomRows, type Row } from "./rows.ts"

const up = <A>(values: Array<A>) => Frame.fromTable<{ v: number }>(Frame.fromColumns({ v: values }).table).orderby("v").column("v")
const down = <A>(values: Array<A>) =>
  Frame.fromTable<{ v: number }>(Frame.fromColumns({ v: values }).table).orderby(desc("v")).column("v")

describe("orderby", () => {
  it("puts nulls last in both directions and NaN above all numbers", () => {
    assert.deepStrictEqual<unknown>(up([2, null, NaN, -1, undefined, Infinity]), [-1, 2, Infinity, NaN, null, undefined])
    assert.deepStrictEqual<unknown>(down([2, null, NaN, -1, Infinity]), [NaN, Infinity, 2, -1, null])
    assert.deepStrictEqual<unknown>(up([null, null]), [null, null])
  })

  it("orders bigints exactly, and booleans, dates and text", () => {
    const big = 2n ** 60n
    assert.deepStrictEqual<unknown>(up([big + 1n, big, null, -1n]), [-1n, big, big + 1n, null])
    assert.deepStrictEqual<unknown>(down([true, false, null, true]), [true, true, false, null])
    assert.deepStrictEqual<unknown>(down([new Date(1), null, new Date(3)]), [new Date(3), new Date(1), null])
    assert.deepStrictEqual<unknown>(up(["b", "é", "", "B", null, "a"]), ["", "B", "a", "b", "é", null])
  })

  it("takes several keys and leaves equal rows as they stood", () => {
    const order = (a: bigint | number | string | null, b: typeof a, direction: number) =>
      a === b ? 0 : a === null ? 1 : b === null ? -1 : a < b ? -direction : direction
    const by = (a: Row, b: Row) =>
      order(a.key, b.key, 1) || order(a.day && a.day.getTime(), b.day && b.day.getTime(), -1) || order(a.id, b.id, -1)
    for (let seed = 1; seed <= 20; seed++) {
      const rows = randomRows(seed, 150)
      const actual = Frame.fromRows(rows).orderby("key", desc("day"), desc("id")).rows()
      assert.deepStrictEqual(actual, rows.toSorted(by), `seed ${seed}`)
    }
  })
})
