import { assert, describe, it } from "@effect/vitest"
import { any, arrayAgg, count, distinct, Frame, FrameError, max, mean, min, sum } from "../../../io/frame/index.ts"
import { keyText, randomRows, type Row } from "./rows.ts"

const unsafe = 2n ** 53n

const frame = Frame.fromRows([
  { team: "a", day: new Date(7), n: 1, big: unsafe, note: null as string | null },
  { team: "b", day: new Date(9), n: null, big: null, note: "x" },
  { team: "a", day: new Date(7), n: 3, big: 1n, note: "y" },
  { team: "b", day: new Date(8), n: null, big: null, note: "x" }
])

describe("rollup", () => {
  it("computes each aggregate, ignoring nulls, in the order of the groups", () => {
    const rows = frame.groupby("team").rollup({
      games: count(), some: count("n"), n: sum("n"), big: sum("big"), mean: mean("n"), bigMean: mean("big"),
      first: min("day"), last: max("day"), least: min("big"), note: any("note"), notes: arrayAgg("note"),
      days: distinct("day"), different: distinct("note")
    }).rows()
    assert.deepStrictEqual(rows, [
      { team: "a", games: 2, some: 2, n: 4, big: unsafe + 1n, mean: 2, bigMean: 2 ** 52 + 0.5, first: new Date(7),
        last: new Date(7), least: 1n, note: "y", notes: [null, "y"], days: 1, different: 1 },
      { team: "b", games: 2, some: 0, n: 0, big: 0n, mean: null, bigMean: null, first: new Date(8), last: new Date(9),
        least: null, note: "x", notes: ["x", "x"], days: 2, different: 1 }
    ])
  })

  it("makes one row of an ungrouped frame, also of an empty one", () => {
    assert.deepStrictEqual(frame.rollup({ n: sum("n"), games: count() }).rows(), [{ n: 4, games: 4 }])
    const empty = frame.filter(() => false)
    assert.deepStrictEqual(
      empty.rollup({
        n: sum("n"), big: sum("big", 0n), games: count(), mean: mean("n"), first: min("day"), any: any("note"),
        all: arrayAgg("n"), days: distinct("day")
      }).rows(),
      [{ n: 0, big: 0n, games: 0, mean: null, first: null, any: null, all: [], days: 0 }]
    )
  })

  it("of a column of nulls: nothing, and the zero that is asked for", () => {
    const nulls = Frame.fromColumns({ k: [1, 1], v: [null, null] as Array<bigint | null> })
    assert.deepStrictEqual(
      nulls.groupby("k").rollup({ s: sum("v", 0n), m: mean("v"), x: max("v"), d: distinct("v"), l: arrayAgg("v") }).rows(),
      [{ k: 1, s: 0n, m: null, x: null, d: 0, l: [null, null] }]
    )
    assert.deepStrictEqual(nulls.groupby("v").count().rows(), [{ v: null, count: 2 }])
  })

  it("groups by instants, bigints, nulls and text that Arquero's own keys mix up", () => {
    assert.deepStrictEqual(frame.groupby("day").count().column("count"), [2, 1, 1])
    const ids = Frame.fromColumns({ id: [unsafe, unsafe + 1n, unsafe, null, undefined, NaN, NaN, 1, 1n, "1"] })
    assert.deepStrictEqual(ids.groupby("id").count().column("count"), [2, 1, 2, 2, 1, 1, 1])
    const text = Frame.fromColumns({ a: [`a"|"b`, "a"], b: ["c", `b"|"c`] })
    assert.strictEqual(text.groupby("a", "b").count().numRows, 2)
  })

  it("does not confuse a date with the number of its milliseconds", () => {
    const both = Frame.fromColumns({ k: [new Date(5), 5, new Date(5)] })
    assert.deepStrictEqual(both.groupby("k").count().column("count"), [2, 1])
  })

  it("NaN is the greatest number", () => {
    const numbers = Frame.fromColumns({ n: [NaN, 1, 3, NaN] })
    assert.deepStrictEqual(numbers.rollup({ least: min("n"), most: max("n") }).rows(), [{ least: 1, most: NaN }])
  })

  it("refuses what the types could not see: text among numbers, nested keys, two columns of one name", () => {
    const wrong = Frame.fromTable<{ k: number; n: number }>(Frame.fromColumns({ k: [1, 2], n: [1, "2"] }).table)
    assert.throws(() => wrong.rollup({ n: sum("n") }), FrameError, `Column "n" cannot be added up: it holds the string 2`)
    const nested = Frame.fromTable<{ k: number }>(Frame.fromColumns({ k: [[1]] }).table)
    assert.throws(() => nested.groupby("k").count(), FrameError, `Column "k" holds nested values`)
    const counted = Frame.fromColumns({ count: [1] })
    assert.throws(() => counted.groupby("count").count(), FrameError, `two columns named "count"`)
  })

  it("pivots the named values into columns", () => {
    const goals = Frame.fromRows([
      { team: "a", venue: "home", n: 1n }, { team: "b", venue: "away", n: 2n }, { team: "a", venue: "home", n: 4n }
    ])
    const by = goals.groupby("team")
    assert.deepStrictEqual(by.pivot("venue", ["home", "away"], sum("n")).rows(), [
      { team: "a", home: 5n, away: 0n },
      { team: "b", home: 0n, away: 2n }
    ])
    assert.deepStrictEqual(by.pivot("venue", ["away"], max("n")).column("away"), [null, 2n])
    assert.deepStrictEqual(by.pivot("venue", ["home"], count()).column("home"), [2, 0])
  })

  it("equals a naive model on random rows", () => {
    const keys = ["key", "day", "id"] as const
    for (let seed = 1; seed <= 60; seed++) {
      const rows = randomRows(seed, seed * 5)
      const by = keys.filter((_, i) => (seed >> i) % 2 === 1)
      if (by.length === 0) continue
      const groups = new Map<string, Array<Row>>()
      for (const row of rows) {
        const key = by.map((name) => keyText(row[name])).join("\u0000")
        groups.set(key, [...groups.get(key) ?? [], row])
      }
      const expected = [...groups.values()].map((group) => {
        const n = group.flatMap((row) => row.n ?? [])
        const big = group.flatMap((row) => row.big ?? [])
        return {
          ...Object.fromEntries(by.map((name) => [name, group[0]![name]])),
          n: n.reduce((a, b) => a + b, 0),
          big: big.reduce((a, b) => a + b, 0n),
          mean: n.length === 0 ? null : n.reduce((a, b) => a + b, 0) / n.length,
          least: big.reduce((a: bigint | null, b) => a === null || b < a ? b : a, null),
          most: n.length === 0 ? null : Math.max(...n),
          rows: group.length,
          days: new Set(group.flatMap((row) => row.day?.getTime() ?? [])).size
        }
      })
      const [first, ...rest] = by
      const actual = Frame.fromRows(rows).groupby(first!, ...rest).rollup({
        n: sum("n"), big: sum("big", 0n), mean: mean("n"), least: min("big"), most: max("n"), rows: count(),
        days: distinct("day")
      }).rows()
      assert.deepStrictEqual<unknown>(actual, expected, `seed ${seed}`)
    }
  })
})
