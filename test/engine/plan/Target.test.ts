/** What targets mean, as tables: by dates, by dimension, by keys and their places; and what is refused, with its sentence. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Result } from "effect"
import { Partitions, PartitionSet, Selection } from "../../../index.ts"
import * as Snapshot from "../../../engine/plan/Snapshot.ts"
import * as Target from "../../../engine/plan/Target.ts"
import { everything, Target as Asked } from "../../../engine/record/Backfill.ts"
import type { DynamicKey } from "../../../engine/record/RunStore.ts"
import { graphOf } from "../assets.ts"
import { rows } from "./scene.ts"

const now = DateTime.makeUnsafe("2024-03-15T12:00:00Z")
const fields = {
  partitions: null, from: null, to: null, last: null, where: {}, keys: null, start: null, end: null, limit: null
} as const
const asked = (limits: Partial<typeof everything>) => new Asked({ ...fields, ...limits })

const days = Partitions.daily({ start: "2024-01-01" })
const games = rows("nba/games", { partitions: days })
const gameSet = Partitions.dynamic("nba/game", { from: games, key: () => "x" })
const box = rows("nba/box", { partitions: gameSet })
const endpoint = Partitions.fixed(["summary", "box", "tracking"])
const calls = rows("nba/calls", { partitions: Partitions.product({ endpoint, game: gameSet }), inputs: { box } })
const cube = rows("nba/cube", { partitions: Partitions.product({ date: days, endpoint, game: gameSet }) })
const total = rows("nba/total", { inputs: { calls } })
const hours = rows("hours", { partitions: Partitions.hourly({ start: "2024-03-09", timezone: "America/New_York" }) })
const weeks = rows("weeks", { partitions: Partitions.weekly({ start: "2024-01-01", weekStart: "Monday" }) })
const months = rows("months", { partitions: Partitions.monthly({ start: "2023-01-01" }) })
const monthsOfDays = rows("months_of_days", { partitions: Partitions.monthly({ start: "2023-01-01" }), inputs: { games } })
const city = rows("salad/prices", { partitions: Partitions.dynamic("salad/city") })
const regions = rows("regions", { partitions: Partitions.fixed(["eu", "us"]) })
const late = rows("late", { partitions: Partitions.daily({ start: "2024-03-01" }) })
const pairs = rows("pairs", { partitions: Partitions.product({ a: Partitions.fixed(["x"]), b: Partitions.fixed(["y"]) }) })
const spans = rows("spans", { partitions: Partitions.product({ a: days, b: days }) })
const future = rows("future", { partitions: Partitions.daily({ start: "2030-01-01" }) })
const open = rows("open", { partitions: Partitions.daily({ start: "2024-01-01", endOffset: 3 }) })
const all = [open, total, cube, hours, weeks, months, monthsOfDays, city, regions, late, pairs, spans, future]

const ids = ["0022300001", "0022300002", "0022300003", "0022300004", "0022300005"]
const keysOf = (keys: ReadonlyArray<string>, removed: ReadonlyArray<string> = []): ReadonlyArray<DynamicKey> =>
  keys.map((key, i) => ({ key, position: i, live: !removed.includes(key), sources: [`2024-01-0${i + 1}`] }))

const restrict = (
  select: string,
  limits: Partial<typeof everything>,
  keys: ReadonlyMap<string, ReadonlyArray<DynamicKey>> = new Map([["nba/game", keysOf(ids)]])
) => {
  const graph = graphOf(...all)
  const snapshot = Snapshot.make({ graph, now, cells: new Map(), dynamicKeys: keys })
  const selected = Result.getOrThrow(Selection.select(graph, select))
  return Result.map(Target.restrict(snapshot, selected, asked(limits)), ({ notes, restriction }) => ({
    notes,
    of: (asset: string) => Array.from(PartitionSet.points(restriction.get(asset)!), snapshot.space(asset).keyAt),
    size: (asset: string) => PartitionSet.size(restriction.get(asset)!)
  }))
}

/** First, last and number of the keys meant. */
const span = (select: string, limits: Partial<typeof everything>): ReadonlyArray<string | number | undefined> => {
  const keys = Result.getOrThrow(restrict(select, limits)).of(select)
  return [keys[0], keys[keys.length - 1], keys.length]
}

const message = (result: Result.Result<unknown, Target.TargetError>) =>
  Result.isFailure(result) ? result.failure.message : "not refused"

describe("Target", () => {
  it("without limits is everything", () => {
    assert.deepStrictEqual(span("nba/games", {}), ["2024-01-01", "2024-03-14", 74])
    assert.strictEqual(Result.getOrThrow(restrict("nba/total", {})).size("nba/total"), 1)
  })

  describe("by dates", () => {
    const table: ReadonlyArray<readonly [string, Partial<typeof everything>, ReadonlyArray<string | number>]> = [
      ["nba/games", { from: "2024-02-28", to: "2024-03-02" }, ["2024-02-28", "2024-03-02", 4]],
      ["nba/games", { from: "2024-02" }, ["2024-02-01", "2024-03-14", 43]],
      ["nba/games", { to: "2024-02" }, ["2024-01-01", "2024-02-29", 60]],
      ["nba/games", { from: "2024-03-14", to: "2024-03-14" }, ["2024-03-14", "2024-03-14", 1]],
      ["nba/games", { from: "2024-03-10T23:59" }, ["2024-03-10", "2024-03-14", 5]],
      // The week of a Wednesday is the one that overlaps it, at both ends.
      ["weeks", { from: "2024-01-10", to: "2024-01-17" }, ["2024-01-08", "2024-01-15", 2]],
      ["weeks", { from: "2024-01-08", to: "2024-01-14" }, ["2024-01-08", "2024-01-08", 1]],
      ["months", { from: "2023-03-15", to: "2023-05-01" }, ["2023-03", "2023-05", 3]],
      ["months", { from: "2023-03", to: "2023-05" }, ["2023-03", "2023-05", 3]],
      // 10 March 2024 has 23 hours in New York.
      ["hours", { from: "2024-03-10", to: "2024-03-10" }, ["2024-03-10T00:00", "2024-03-10T23:00", 23]],
      ["hours", { from: "2024-03-10T02:30", to: "2024-03-10T04:00" }, ["2024-03-10T03:00", "2024-03-10T04:00", 2]],
      ["hours", { from: "2024-03-09T22:00", to: "2024-03-10" }, ["2024-03-09T22:00", "2024-03-10T23:00", 25]],
      // Back from the beginning of 15 March, whose window does not exist yet at 12:00.
      ["nba/games", { last: "30d" }, ["2024-02-14", "2024-03-14", 30]],
      ["nba/games", { last: "1w" }, ["2024-03-08", "2024-03-14", 7]],
      ["nba/games", { last: "1mo" }, ["2024-02-15", "2024-03-14", 29]],
      ["nba/games", { last: "2y" }, ["2024-01-01", "2024-03-14", 74]],
      ["nba/games", { last: "9999999y" }, ["2024-01-01", "2024-03-14", 74]],
      // Windows that have not begun yet are not back from now.
      ["open", { last: "3d" }, ["2024-03-13", "2024-03-15", 3]],
      ["open", { from: "2024-03-13" }, ["2024-03-13", "2024-03-17", 5]],
      ["hours", { last: "12h" }, ["2024-03-14T20:00", "2024-03-15T07:00", 12]],
      ["nba/games", { last: "30d", to: "2024-02-20" }, ["2024-02-14", "2024-02-20", 7]],
      ["nba/games", { partitions: "2024-02-01..2024-02-10", from: "2024-02-05" }, ["2024-02-05", "2024-02-10", 6]]
    ]
    for (const [select, limits, expected] of table) {
      it(`${select} ${JSON.stringify(limits)}`, () => assert.deepStrictEqual(span(select, limits), expected))
    }

    it("cuts what lies outside, and says so", () => {
      const found = Result.getOrThrow(restrict("nba/games", { from: "2020-01-01", to: "2024-12-31" }))
      assert.strictEqual(found.size("nba/games"), 74)
      assert.deepStrictEqual(found.notes, [
        'nba/games: the first partition is "2024-01-01": --from 2020-01-01 begins there.',
        'nba/games: the last partition so far is "2024-03-14": --to 2024-12-31 ends there.'
      ])
    })

    it("leaves out an asset that begins later, and says so", () => {
      const found = Result.getOrThrow(restrict("nba/games late", { to: "2024-02-01" }))
      assert.deepStrictEqual([found.size("nba/games"), found.size("late")], [32, 0])
      assert.deepStrictEqual(found.notes, [
        'late: it is left out, since --to 2024-02-01 is before its beginning: the first partition is "2024-03-01".'
      ])
    })

    const refusals: ReadonlyArray<readonly [string, Partial<typeof everything>, string]> = [
      ["nba/games", { from: "2024-02-02", to: "2024-02-01" }, "nba/games: the range ends before it begins: --to 2024-02-01 is before --from 2024-02-02."],
      ["months", { from: "2024-02-20", to: "2024-02-10" }, "months: the range ends before it begins: --to 2024-02-10 is before --from 2024-02-20."],
      ["nba/games", { from: "soon" }, 'nba/games: --from "soon" is not a date: write a day like 2024-03-31.'],
      ["nba/games", { to: "2024-02-30" }, 'nba/games: --to "2024-02-30" is not a date: February 2024 has 29 days.'],
      ["nba/games", { from: "2024-03-15" }, 'nba/games: --from 2024-03-15 is after its end: the last partition so far is "2024-03-14".'],
      ["nba/games", { to: "2023-12-31" }, 'nba/games: --to 2023-12-31 is before its beginning: the first partition is "2024-01-01".'],
      ["nba/games", { last: "30" }, 'nba/games: --last "30" is not a span of time: write one like 12h, 30d, 4w, 6mo or 2y.'],
      ["nba/games", { last: "0d" }, 'nba/games: --last "0d" is not a span of time: write one like 12h, 30d, 4w, 6mo or 2y.'],
      ["nba/games", { last: "12h" }, 'nba/games: no partition begins within --last 12h: the last partition so far is "2024-03-14".'],
      ["nba/games", { last: "7d", to: "2024-01-31" }, "nba/games: --to 2024-01-31 --last 7d leave no partition, since they do not overlap."],
      ["future", { from: "2030-01-02" }, 'future: none exists yet, the first is to be "2030-01-01".'],
      ["regions", { from: "2024-01-01" }, "None of the selected assets has time windows, so that --from 2024-01-01 means nothing: select one that has, or leave it out."],
      ["spans", { from: "2024-01-01" }, "spans has several time windows, a and b, and --from 2024-01-01 does not say which: write --where a=A..B."],
      ["nba/games", { partitions: "2024-13" }, '"2024-13" is not a partition of nba/games (daily from 2024-01-01 in UTC): month 13 does not exist.']
    ]
    for (const [select, limits, expected] of refusals) {
      it(`refuses ${select} ${JSON.stringify(limits)}`, () => assert.strictEqual(message(restrict(select, limits)), expected))
    }
  })

  describe("by dimension", () => {
    const table: ReadonlyArray<readonly [string, Record<string, ReadonlyArray<string>>, number]> = [
      ["nba/calls", { endpoint: ["box"] }, 5],
      ["nba/calls", { endpoint: ["box", "summary"], game: ["0022300003"] }, 2],
      ["nba/calls", { game: ["0022300002..0022300004"] }, 9],
      ["nba/calls", { game: ["*"] }, 15],
      ["nba/cube", { date: ["2024-02-01..2024-02-29"], endpoint: ["box"], game: ["0022300001"] }, 29],
      // No product: the name of the dynamic set, its last part, or "key"; "date" or "time" for windows.
      ["nba/box", { "nba/game": ["0022300001"] }, 1],
      ["nba/box", { game: ["0022300001", "0022300002"] }, 2],
      ["nba/box", { key: ["0022300001"] }, 1],
      ["nba/games", { date: ["2024-01-01..2024-01-03"] }, 3],
      ["hours", { time: ["2024-03-10T00:00"] }, 1],
      ["regions", { key: ["eu"] }, 1]
    ]
    for (const [select, where, expected] of table) {
      it(`${select} ${JSON.stringify(where)}`, () =>
        assert.strictEqual(Result.getOrThrow(restrict(select, { where })).size(select), expected))
    }

    const refusals: ReadonlyArray<readonly [string, Record<string, ReadonlyArray<string>>, string]> = [
      ["nba/calls", { endpiont: ["box"] }, 'No selected asset has a dimension "endpiont": there are endpoint and game. Did you mean "endpoint"?'],
      ["nba/total", { game: ["x"] }, 'No selected asset has a dimension "game": they have no partitions.'],
      ["nba/calls", { endpoint: ["bax"] }, '"bax" is not a key of the dimension endpoint of nba/calls: did you mean "box"?'],
      ["nba/calls", { endpoint: ["zzz"] }, '"zzz" is not a key of the dimension endpoint of nba/calls: write one of summary, box, tracking.'],
      ["nba/box", { game: ["0022300004..0022300002"] }, '"0022300004..0022300002" is not a key of nba/game: the range ends before it begins, write 0022300002..0022300004.'],
      ["nba/games", { date: ["2024-02-30"] }, '"2024-02-30" is not a key of nba/games: February 2024 has 29 days.']
    ]
    for (const [select, where, expected] of refusals) {
      it(`refuses ${select} ${JSON.stringify(where)}`, () => assert.strictEqual(message(restrict(select, { where })), expected))
    }

    it("a value must be known to one asset, not to all", () => {
      const found = Result.getOrThrow(restrict("nba/calls regions nba/box", { where: { key: ["eu"] } }))
      assert.deepStrictEqual([found.of("regions"), found.of("nba/box")], [["eu"], []])
      assert.include(found.notes, "nba/box: it is left out, since --where key names no key of it.")
    })
  })

  describe("by keys and their places", () => {
    const table: ReadonlyArray<readonly [Partial<typeof everything>, ReadonlyArray<string>]> = [
      [{ keys: ["0022300003", "0022300001"] }, [ids[0]!, ids[2]!]],
      [{ keys: ["0022300003", "0022300003"] }, [ids[2]!]],
      [{ start: 1, end: 3 }, [ids[1]!, ids[2]!]],
      [{ start: 3 }, [ids[3]!, ids[4]!]],
      [{ end: 2 }, [ids[0]!, ids[1]!]],
      [{ start: 4, end: 1000 }, [ids[4]!]],
      [{ limit: 2 }, [ids[0]!, ids[1]!]],
      [{ start: 2, limit: 2 }, [ids[2]!, ids[3]!]],
      // A limit overrides an end.
      [{ start: 2, end: 3, limit: 2 }, [ids[2]!, ids[3]!]],
      [{ start: 2, end: 1, limit: 1 }, [ids[2]!]],
      // Places are those in the list of keys, where one is given.
      [{ keys: ["0022300005", "0022300004", "0022300002"], limit: 2 }, [ids[1]!, ids[3]!]]
    ]
    for (const [limits, expected] of table) {
      it(JSON.stringify(limits), () => {
        const found = Result.getOrThrow(restrict("nba/box", limits))
        assert.deepStrictEqual(found.of("nba/box"), expected)
        // The dynamic dimension is the one of the parameters.
        assert.deepStrictEqual(Result.getOrThrow(restrict("nba/calls", limits)).size("nba/calls"), 3 * expected.length)
      })
    }

    it("two ranges that meet are disjoint and cover all, whatever keys were removed", () => {
      const keys = new Map([["nba/game", keysOf(ids, ["0022300002"])]])
      const of = (limits: Partial<typeof everything>) => Result.getOrThrow(restrict("nba/box", limits, keys)).of("nba/box")
      assert.deepStrictEqual([of({ start: 0, end: 2 }), of({ start: 2, end: 4 })], [[ids[0], ids[2]], [ids[3], ids[4]]])
    })

    it("without a dynamic dimension it is the only one that is not time", () => {
      assert.deepStrictEqual(Result.getOrThrow(restrict("regions", { limit: 1 })).of("regions"), ["eu"])
    })

    const refusals: ReadonlyArray<readonly [string, Partial<typeof everything>, string]> = [
      ["nba/box", { start: 3, end: 3 }, "--param-start 3 is not before --param-end 3, and the end is not taken: write an end after the start."],
      ["nba/box", { end: 0 }, "--param-end 0 takes no key: write 1 or more."],
      ["nba/box", { limit: 0 }, "--param-limit 0 takes no key: write 1 or more."],
      ["nba/box", { start: -1 }, "--param-start -1 is below 0, the place of the first key."],
      ["nba/box", { start: 5 }, "nba/box: --param-start 5 is beyond the end, nba/game has 5 keys, the first at 0."],
      ["nba/box", { keys: [] }, "--param-list names no key."],
      // Leading zeros belong to the key.
      ["nba/box", { keys: ["22300001"] }, '"22300001" is not a key of nba/game: did you mean "0022300001"?'],
      ["nba/box", { keys: ["0022300001", "zzz"] }, '"zzz" is not a key of nba/game: it has 5 others.'],
      ["nba/box", { keys: ["0022300009", "b", "c", "d", "e", "f", "g"] }, '7 keys are not keys of nba/game: "0022300009", "b", "c", "d", "e" and 2 more (for the first, did you mean "0022300001"?).'],
      ["pairs", { limit: 1 }, "pairs has several dimensions, a and b, and --param-limit 1 does not say which: write --where a=…."],
      ["nba/games", { limit: 1 }, "None of the selected assets has keys other than time windows, so that --param-limit 1 means nothing: leave it out."]
    ]
    for (const [select, limits, expected] of refusals) {
      it(`refuses ${select} ${JSON.stringify(limits)}`, () => assert.strictEqual(message(restrict(select, limits)), expected))
    }

    it("says what has to come first where no key exists", () => {
      const none = new Map<string, ReadonlyArray<DynamicKey>>()
      const first = "none of nba/game exists yet: materialize nba/games first."
      assert.strictEqual(message(restrict("nba/box", { limit: 1 }, none)), first)
      assert.strictEqual(message(restrict("nba/box", { keys: ["0022300001"] }, none)), first)
      assert.strictEqual(message(restrict("nba/calls", { where: { game: ["0022300001"] } }, none)), first)
      assert.strictEqual(
        message(restrict("salad/prices", { limit: 1 }, none)),
        "none of salad/city exists yet: add keys with `sluice partitions add salad/city KEY…`."
      )
    })

    it("notes it where nothing is limited, unless the asset that gives the keys is selected too", () => {
      const none = new Map<string, ReadonlyArray<DynamicKey>>()
      const notes = (select: string) => Result.getOrThrow(restrict(select, {}, none)).notes
      assert.deepStrictEqual(notes("nba/box nba/calls"), ["nba/box and nba/calls: none of nba/game exists yet: materialize nba/games first."])
      assert.deepStrictEqual(notes("nba/games nba/box nba/calls"), [])
      assert.deepStrictEqual(Result.getOrThrow(restrict("nba/box", {})).notes, [])
    })

    it("refuses a removed key", () => {
      const keys = new Map([["nba/game", keysOf(ids, ["0022300002"])]])
      assert.include(message(restrict("nba/box", { keys: ["0022300002"] }, keys)), '"0022300002" is not a key of nba/game')
    })
  })

  describe("across assets", () => {
    it("takes what follows from upstream, and limits hold together", () => {
      const found = Result.getOrThrow(restrict("nba/games nba/calls nba/total", {
        from: "2024-01-02",
        to: "2024-01-04",
        where: { endpoint: ["box"] }
      }))
      assert.deepStrictEqual(found.of("nba/calls"), ["box|0022300002", "box|0022300003", "box|0022300004"])
      assert.strictEqual(found.size("nba/games"), 3)
      assert.strictEqual(found.size("nba/total"), 1)
      assert.deepStrictEqual(found.notes, [])
    })

    it("follows what an asset reads where its keys come from nobody", () => {
      const found = Result.getOrThrow(restrict("nba/games months_of_days", { where: { date: ["2024-02-10"] } }))
      assert.strictEqual(found.size("nba/games"), 1)
    })

    it("leaves out what has nothing to do with the limits, and says so", () => {
      const found = Result.getOrThrow(restrict("nba/games regions", { from: "2024-03-01" }))
      assert.strictEqual(found.size("regions"), 0)
      assert.deepStrictEqual(found.notes, [
        "regions: nothing that was asked for is one of its dimensions or follows from what it reads, so it is left out."
      ])
    })
  })
})

