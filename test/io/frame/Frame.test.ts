import { assert, describe, it } from "@effect/vitest"
import { table } from "arquero"
import { any, desc, Frame, FrameError, sum } from "../../../io/frame/index.ts"

interface Stat {
  player_id: number
  name: string
  goals: number
  assists: number | null
}

const stats = Frame.fromRows<Stat>([
  { player_id: 1, name: "Zoë", goals: 2, assists: null },
  { player_id: 2, name: "李", goals: 0, assists: 3 },
  { player_id: 1, name: "Zoë", goals: 1, assists: 1 }
])

const refused = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    assert.instanceOf(error, FrameError)
    return error.message
  }
  return assert.fail("nothing was refused")
}

describe("reading and making", () => {
  it("gives back rows, columns and names", () => {
    assert.deepStrictEqual(stats.rows()[1], { player_id: 2, name: "李", goals: 0, assists: 3 })
    assert.deepStrictEqual(stats.objects(), stats.rows())
    assert.deepStrictEqual(stats.column("assists"), [null, 3, 1])
    assert.deepStrictEqual(stats.columnNames, ["player_id", "name", "goals", "assists"])
    assert.strictEqual(stats.numRows, 3)
  })

  it("finds columns that the first row does not have", () => {
    const frame = Frame.fromRows<{ a: number; b?: number }>([{ a: 1 }, { a: 2, b: 3 }])
    assert.deepStrictEqual(frame.column("b"), [undefined, 3])
    assert.deepStrictEqual(frame.rollup({ b: sum("b") }).rows(), [{ b: 3 }])
  })

  it("takes no name that every object has for a column", () => {
    const frame = Frame.fromRows<Readonly<Record<string, unknown>>>([{ driver: 1 }, { driver: 2, constructor: "Ferrari" }])
    assert.deepStrictEqual(Array.from(frame.column("constructor")), [undefined, "Ferrari"])
    const drivers = Frame.fromRows([{ driver: 1, points: 25 }])
    const makers = Frame.fromRows([{ driver: 1, constructor: "Ferrari" }])
    assert.deepStrictEqual(Object.entries(drivers.join(makers, "driver").rows()[0] ?? {}), [["driver", 1], ["points", 25], ["constructor", "Ferrari"]])
    for (const name of ["constructor", "toString", "valueOf"]) {
      assert.match(refused(() => Frame.fromRows<{ [name: string]: number }>([{ driver: 1 }]).select(name)), new RegExp(`There is no column "${name}"`))
      assert.match(refused(() => Frame.fromRows<{ [name: string]: number }>([{ driver: 1 }]).orderby(name)), new RegExp(`There is no column "${name}"`))
    }
  })

  it("takes only the columns that are named, in that order", () => {
    assert.deepStrictEqual(Frame.fromRows(stats.rows(), ["goals", "name"]).columnNames as unknown, ["goals", "name"])
  })

  it("keeps the order of columns named like numbers, and any text as a name", () => {
    const names = ["b", "2", "1", `it's "q"\n`, "déjà 😀", "constructor"]
    const frame = Frame.fromRows([Object.fromEntries(names.map((name, i) => [name, i]))], names)
    const kept = frame.filter(() => true).derive({ z: () => 0 }).orderby("1")
    assert.deepStrictEqual(kept.columnNames as unknown, [...names, "z"])
    assert.deepStrictEqual(kept.rows()[0]?.["2"], 1)
  })

  it("takes typed arrays and gives arrays", () => {
    const frame = Frame.fromColumns({ a: new Float64Array([1.5, 2]), b: new BigInt64Array([2n ** 62n, 1n]) })
    assert.deepStrictEqual(frame.column("a"), [1.5, 2])
    assert.deepStrictEqual(frame.rollup({ b: sum("b") }).rows(), [{ b: 2n ** 62n + 1n }])
    assert.deepStrictEqual(frame.limit(1).rows(), [{ a: 1.5, b: 2n ** 62n }])
  })

  it("takes an Arquero table as it is filtered, ordered and grouped", () => {
    const raw = table({ a: [3, 1, 2] }).filter((d: { a: number }) => d.a > 1).orderby("a").groupby("a")
    const frame = Frame.fromTable<{ a: number }>(raw)
    assert.deepStrictEqual(frame.column("a"), [2, 3])
    assert.isFalse(frame.table.isFiltered() || frame.table.isOrdered() || frame.table.isGrouped())
  })

  it("refuses columns of unequal length, a missing column and a name that would set a prototype", () => {
    assert.include(refused(() => Frame.fromColumns({ a: [1], b: [1, 2] })), `"b" has 2 values where "a" has 1`)
    const unknown = Frame.fromTable<{ nope: number }>(stats.table)
    assert.include(refused(() => unknown.column("nope")), `no column "nope"; the frame has "player_id", "name"`)
    assert.include(refused(() => unknown.groupby("nope")), `no column "nope"`)
    assert.include(refused(() => Frame.fromRows<{ a: number }>([]).column("a")), "the frame has no columns")
    assert.include(refused(() => Frame.fromRows([JSON.parse(`{"__proto__": 1}`) as { a: number }])), "__proto__")
  })

  it("knows a frame", () => {
    assert.isTrue(Frame.isFrame(stats))
    assert.isFalse(Frame.isFrame(stats.table))
    assert.isFalse(Frame.isFrame(null))
  })
})

describe("verbs", () => {
  it("filters with closures", () => {
    const least = Number("1")
    assert.deepStrictEqual(stats.filter((row) => row.goals >= least).column("goals"), [2, 1])
    assert.strictEqual(stats.filter(() => false).numRows, 0)
    assert.deepStrictEqual(stats.filter(() => false).columnNames, stats.columnNames)
  })

  it("derives from the row as it was before", () => {
    const derived = stats.derive({ goals: (row) => row.goals * 10, points: (row) => row.goals + (row.assists ?? 0) })
    assert.deepStrictEqual(derived.column("goals"), [20, 0, 10])
    assert.deepStrictEqual(derived.column("points"), [2, 3, 2])
    assert.deepStrictEqual(stats.column("goals"), [2, 0, 1])
  })

  it("lets a function keep the row, and throw", () => {
    const seen: Array<Stat> = []
    stats.derive({ x: (row) => seen.push(row) })
    assert.deepStrictEqual(seen, stats.rows())
    assert.throws(() => stats.filter(() => {
      throw new Error("mine")
    }), "mine")
  })

  it("selects, drops and renames", () => {
    assert.deepStrictEqual(stats.select("goals", "name").rows()[0], { goals: 2, name: "Zoë" })
    assert.deepStrictEqual(stats.drop("player_id", "assists").columnNames, ["name", "goals"])
    const swapped = stats.rename({ goals: "assists", assists: "goals" })
    assert.deepStrictEqual(swapped.rows()[1], { player_id: 2, name: "李", assists: 0, goals: 3 })
    assert.include(refused(() => stats.rename({ goals: "assists" })), `two columns named "assists"`)
  })

  it("dedupes, keeping the first, with nulls and dates equal by value", () => {
    assert.deepStrictEqual(stats.dedupe("player_id").column("goals"), [2, 0])
    const frame = Frame.fromColumns({ d: [new Date(5), new Date(5), null, null], x: [1, 1, 1, 1] })
    assert.strictEqual(frame.dedupe().numRows, 2)
    assert.strictEqual(frame.dedupe("x").numRows, 1)
  })

  it("concatenates frames of the same columns in any order, and refuses others", () => {
    const turned = stats.select("assists", "goals", "name", "player_id")
    assert.deepStrictEqual(stats.concat(turned).column("goals"), [2, 0, 1, 2, 0, 1])
    assert.deepStrictEqual(stats.concat(), stats)
    const fewer = Frame.fromTable<Stat>(stats.drop("goals").table)
    assert.include(refused(() => stats.concat(fewer)), "different columns")
  })

  it("slices and limits", () => {
    assert.deepStrictEqual(stats.slice(1).column("goals"), [0, 1])
    assert.deepStrictEqual(stats.slice(-2, -1).column("goals"), [0])
    assert.deepStrictEqual(stats.limit(1).column("goals"), [2])
    assert.strictEqual(stats.limit(-1).numRows, 0)
  })

  it("works on a frame without rows", () => {
    const empty = Frame.fromRows<Stat>([], ["player_id", "name", "goals", "assists"])
    const chained = empty.filter((row) => row.goals > 1).derive({ x: (row) => row.goals }).orderby(desc("goals"), "name")
      .dedupe("name").rename({ name: "who" }).concat().limit(3)
    assert.strictEqual(chained.numRows, 0)
    assert.deepStrictEqual(chained.columnNames, ["player_id", "who", "goals", "assists", "x"])
    assert.deepStrictEqual(empty.groupby("player_id").rollup({ goals: sum("goals"), name: any("name") }).rows(), [])
    assert.deepStrictEqual(empty.rows(), [])
    assert.deepStrictEqual(Frame.fromArrow<Stat>(empty.toArrow()).columnNames, empty.columnNames)
    assert.include(empty.toString(), "0 rows")
  })
})
