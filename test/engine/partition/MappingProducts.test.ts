import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as Mapping from "../../../engine/partition/PartitionMapping.ts"
import * as Partitions from "../../../engine/partition/Partitions.ts"
import * as PartitionSet from "../../../engine/partition/PartitionSet.ts"
import * as Generator from "./generator.ts"
import { always, both, holds, overlaps, type Reads, same, shifted, spaceOf } from "./MappingModel.ts"

const { daily, dynamic, fixed, hourly, monthly, none, product, weekly } = Partitions

const now = "2023-10-31T12:00:00Z"
const timezone = "Europe/Berlin"

/** Dynamic sets with and without holes, one of them empty. */
const dynamicKeys = (name: string) => {
  switch (name) {
    case "game":
      return ["g1", { removed: "g2" }, "g3", "g4", { removed: "g5" }, { removed: "g6" }, "g7"]
    case "other":
      return ["g7", "x", "g2", { removed: "g3" }, "g1"]
    default:
      return []
  }
}

const space = (partitions: Partitions.Any) => spaceOf(partitions, now, dynamicKeys)

const days = daily({ start: "2023-10-26", timezone })
const lateDays = daily({ start: "2023-10-28", timezone, endOffset: 1 })
const hours = hourly({ start: "2023-10-28T20:00", end: "2023-10-29T06:00", timezone })
const weeks = weekly({ start: "2023-09-18", timezone, weekStart: "Monday" })
const months = monthly({ start: "2023-08", timezone })
const abc = fixed(["a", "b", "c"])
const cxa = fixed(["c", "x", "a"])
const game = dynamic("game")
const other = dynamic("other")
const nobody = dynamic("nobody")
const dated = product({ date: days, list: abc })
const turned = product({ list: abc, date: days })
const hourlyGames = product({ game, date: hours })
const cube = product({ date: lateDays, game, list: abc })

const never: Reads = () => false

type Case = readonly [string, Mapping.Mapping, Partitions.Any, Partitions.Any, Reads]

const cases: ReadonlyArray<Case> = [
  ["nothing of nothing", Mapping.identity, none, none, always],
  ["all read the one cell", Mapping.identity, days, none, always],
  ["each cell reads the one", Mapping.identity, dated, none, always],
  ["the one reads all", Mapping.all, none, cube, always],
  ["the one reads none of an empty set", Mapping.all, none, nobody, always],
  ["an empty set reads", Mapping.all, nobody, days, always],
  ["the one reads the last", Mapping.last(2), none, days, (_, u) => u.fromLast < 2],

  ["the same list", Mapping.identity, abc, abc, same("")],
  ["lists in another order", Mapping.identity, abc, cxa, same("")],
  ["keys with holes", Mapping.identity, game, game, same("")],
  ["keys of another set, with holes in both", Mapping.identity, game, other, same("")],
  ["lists that share nothing", Mapping.identity, abc, fixed(["p", "q"]), never],
  ["an empty set of keys", Mapping.identity, game, nobody, never],
  ["projected list", Mapping.project(), abc, abc, same("")],
  ["the last keys", Mapping.last(2), abc, game, (_, u) => u.fromLast < 2],
  ["more keys than there are", Mapping.last(99), abc, game, always],
  ["all keys", Mapping.all, game, other, always],

  ["the same product", Mapping.identity, dated, dated, both(same("date"), same("list"))],
  ["the same dimensions, begun at other times", Mapping.identity, product({ date: lateDays, list: abc }), dated, both(same("date"), same("list"))],
  ["a product with keys that have holes", Mapping.identity, hourlyGames, hourlyGames, both(same("game"), same("date"))],
  ["windows of a product", Mapping.window, dated, product({ date: hours, list: abc }), both(overlaps("date"), same("list"))],
  ["windows of a product turned round", Mapping.window, dated, turned, both(overlaps("date"), same("list"))],
  ["the window before, in a product", Mapping.offset(-1), dated, dated, both(shifted(-1, -1, "date"), same("list"))],
  ["windows before and after, in a cube", Mapping.offset(-1, 1), cube, cube, both(shifted(-1, 1, "date"), same("game"), same("list"))],
  ["the window before, in hours", Mapping.offset(-1, 0), product({ game, date: days }), hourlyGames, both(shifted(-1, 0, "date"), same("game"))],
  ["the last windows of a product", Mapping.last(2), abc, dated,
    (_, u) => ["2023-10-29", "2023-10-30"].includes(u.at("date").key)],
  ["the last windows of a product turned round", Mapping.last(2), abc, turned,
    (_, u) => ["2023-10-29", "2023-10-30"].includes(u.at("date").key)],
  ["the last cells of a product without time", Mapping.last(3), days, product({ game, list: abc }), (_, u) => u.fromLast < 3],

  ["by name", Mapping.project(), turned, dated, both(same("date"), same("list"))],
  ["by name, some", Mapping.project(["list"]), turned, dated, same("list")],
  ["by name, the other", Mapping.project(["date"]), turned, dated, same("date")],
  ["fewer dimensions below", Mapping.project(), days, cube, overlaps("", "date")],
  ["fewer dimensions above", Mapping.project(), cube, days, overlaps("date", "")],
  ["a list below", Mapping.project(), abc, cube, same("", "list")],
  ["a list above", Mapping.project(), cube, abc, same("list", "")],
  ["keys with holes below", Mapping.project(), game, cube, same("", "game")],
  ["keys with holes above", Mapping.project(), cube, game, same("game", "")],
  ["hours of a day, of each game", Mapping.project(), days, hourlyGames, overlaps("", "date")],
  ["days of an hour", Mapping.project(), hourlyGames, cube, both(overlaps("date"), same("game"))],
  ["days of an hour, by name", Mapping.project(["game"]), hourlyGames, cube, same("game")],
  ["two of three", Mapping.project(["date", "list"]), cube, dated, both(overlaps("date"), same("list"))],
  ["two of three, turned round", Mapping.project(), turned, cube, both(overlaps("date"), same("list"))],
  ["weeks of a product", Mapping.project(), weeks, dated, overlaps("", "date")],
  ["products of weeks and months", Mapping.project(), product({ date: weeks, list: abc }), product({ list: abc, date: months }),
    both(overlaps("date"), same("list"))],
  ["dimensions of other names that are whole", Mapping.project(["list"]), product({ list: abc, day: days }), cube, same("list")],
  ["one dimension of two that are cut alike", Mapping.project(["to"]), abc, product({ from: abc, to: abc }), same("", "to")],

  ["by a function, to the list before", Mapping.from((key: { readonly date: string; readonly list: string }) =>
    key.list === "a" ? [] : [{ date: key.date, list: key.list === "b" ? "a" : "b" }]), dated, turned,
    (d, u) => d.at("date").key === u.at("date").key && d.at("list").key.charCodeAt(0) - 1 === u.at("list").key.charCodeAt(0)],
  ["by a function, to removed keys too", Mapping.from((key) => [`g${Number(key.slice(1)) - 1}`, `g${Number(key.slice(1)) + 1}`]), game, game,
    (d, u) => Math.abs(Number(d.key.slice(1)) - Number(u.key.slice(1))) === 1],
  ["by a function, to all", Mapping.from(() => ["g1", "g3", "g4", "g7", "g1"]), dated, game, always],
  ["by a function, to keys of a wrong kind", Mapping.from<string, unknown>(() => [7, undefined, { date: "2023-10-29" }]), abc, days, never],
  ["by a function, to the one cell or none", Mapping.from<string, unknown>(() => []), abc, none, never]
]

describe("mappings between lists and products agree with a table of every pair of cells", () => {
  for (const [i, [name, mapping, down, up, reads]] of cases.entries()) {
    it(`${name}: ${mapping._tag}`, () => {
      assert.deepStrictEqual(Mapping.validate(mapping, down, up), Result.succeed(mapping))
      const pairs = holds(mapping, space(down), space(up), reads, Generator.make(i + 1), name)
      const cells = PartitionSet.size(space(down).all)
      const some = reads !== never && down !== nobody && up !== nobody
      assert.strictEqual(pairs > 0, some)
      if (Mapping.cardinality(mapping, down, up) === "one") assert.isAtMost(pairs, cells)
    })
  }

  it("the default mapping of every pair is one of those, or says why there is none", () => {
    const all = [none, days, lateDays, hours, weeks, months, abc, cxa, game, other, dated, turned, hourlyGames, cube]
    let fitting = 0
    for (const down of all) {
      for (const up of all) {
        const mapping = Mapping.defaultMapping(down, up)
        if (Result.isFailure(mapping)) {
          assert.match(mapping.failure, /^Partitions \(.*\) cannot read \(.*\): .*\. Pass a mapping that fits, /)
          continue
        }
        fitting++
        const [below, above] = [space(down), space(up)]
        const image = Mapping.upstream(mapping.success, below, above, below.all)
        // Adjoint, whatever the mapping is.
        for (const d of PartitionSet.points(below.all)) {
          const one = PartitionSet.fromPoints(below.dimensions.length, [d])
          for (const u of PartitionSet.points(PartitionSet.take(Mapping.upstream(mapping.success, below, above, one), 4))) {
            assert.isTrue(PartitionSet.has(image, u))
            const readers = Mapping.downstream(mapping.success, below, above, PartitionSet.fromPoints(above.dimensions.length, [u]))
            assert.isTrue(PartitionSet.has(readers, d))
          }
        }
      }
    }
    assert.isAbove(fitting, 80)
  })
})

describe("a mapping by a function", () => {
  const keys = Array.from({ length: 3000 }, (_, i) => `key ${i}`)
  const listed = (name: string) => name === "few" ? keys.slice(0, 3) : keys

  it("is asked once a cell, however many steps look for their readers", () => {
    const [down, up] = [dynamic("down"), dynamic("up")].map((partitions) => spaceOf(partitions, now, listed))
    let asked = 0
    const mapping = Mapping.from((key) => {
      asked++
      return [key, `gone with ${key}`]
    })
    for (const point of PartitionSet.points(up!.all)) {
      const one = PartitionSet.fromPoints(1, [point])
      assert.deepStrictEqual(Mapping.downstream(mapping, down!, up!, one), one)
    }
    assert.strictEqual(asked, keys.length)
    assert.deepStrictEqual(Mapping.downstream(mapping, down!, up!, up!.all), down!.all)
    assert.strictEqual(asked, keys.length)
  })

  it("knows one pair of spaces from another", () => {
    const spaces = (["down", "few"] as const).map((name) => spaceOf(dynamic(name), now, listed))
    const mapping = Mapping.from((key) => [key])
    const [many, few] = [spaces[0]!, spaces[1]!]
    assert.deepStrictEqual(Mapping.downstream(mapping, many, few, few.all), few.all)
    assert.deepStrictEqual(Mapping.downstream(mapping, few, many, many.all), few.all)
    assert.deepStrictEqual(Mapping.downstream(mapping, many, many, many.all), many.all)
    const even = Mapping.from((key) => Number(key.slice(4)) % 2 === 0 ? ["key 7", "key 7", key] : [])
    assert.deepStrictEqual(
      Mapping.downstream(even, many, many, PartitionSet.range(7, 7)),
      PartitionSet.fromPositions(Array.from({ length: 1500 }, (_, i) => 2 * i))
    )
    const none = Mapping.from(() => [])
    assert.isTrue(PartitionSet.isEmpty(Mapping.downstream(none, many, many, many.all)))
  })
})
