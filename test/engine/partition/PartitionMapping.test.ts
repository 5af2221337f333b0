import { assert, describe, it } from "@effect/vitest"
import { DateTime, Result } from "effect"
import * as Mapping from "../../../engine/partition/PartitionMapping.ts"
import * as Partitions from "../../../engine/partition/Partitions.ts"
import * as PartitionSet from "../../../engine/partition/PartitionSet.ts"
import * as PartitionSpace from "../../../engine/partition/PartitionSpace.ts"
import * as Generator from "./generator.ts"

const { cron, daily, dynamic, fixed, hourly, monthly, none, product, weekly } = Partitions

const space = (partitions: Partitions.Any, now = "2021-09-01T00:00:00Z") =>
  PartitionSpace.resolve(partitions, {
    now: DateTime.makeUnsafe(now),
    dynamicKeys: (name) => name === "game" ? ["g1", "g2", "g3"] : ["g3", "g1", "x"]
  })

const keysOf = (resolved: PartitionSpace.PartitionSpace, set: PartitionSet.PartitionSet) =>
  Array.from(PartitionSet.points(set), resolved.keyAt)

const mapped = (
  direction: "upstream" | "downstream",
  mapping: Mapping.Mapping,
  down: PartitionSpace.PartitionSpace,
  up: PartitionSpace.PartitionSpace,
  text: string
) => {
  const [source, target] = direction === "upstream" ? [down, up] : [up, down]
  return keysOf(target, Mapping[direction](mapping, down, up, Result.getOrThrow(source.parse(text, "x"))))
}

const days = daily({ start: "2021-05-01" })
const hours = hourly({ start: "2021-05-01" })
const months = monthly({ start: "2021-01" })
const fourHours = cron({ cron: "0 */4 * * *", start: "2021-05-01" })
const hoursOf = (day: string) => Array.from({ length: 24 }, (_, hour) => `${day}T${String(hour).padStart(2, "0")}:00`)

describe("PartitionMapping on time windows", () => {
  type Case = readonly ["upstream" | "downstream", string, Mapping.Mapping, Partitions.Any, Partitions.Any, string, ReadonlyArray<string>]
  const cases: ReadonlyArray<Case> = [
    ["upstream", "a day reads its hours", Mapping.window, days, hours, "2021-05-07", hoursOf("2021-05-07")],
    ["upstream", "an hour reads its day", Mapping.window, hours, days, "2021-05-07T05:00", ["2021-05-07"]],
    ["downstream", "hours are read by their day", Mapping.window, days, hours, "2021-05-07T00:00..2021-05-07T05:00", ["2021-05-07"]],
    ["upstream", "months read their days", Mapping.window, months, days, "2021-05", Array.from({ length: 31 }, (_, i) => `2021-05-${String(i + 1).padStart(2, "0")}`)],
    ["upstream", "days that begin later overlap two", Mapping.window, days, daily({ start: "2021-05-01", hourOffset: 11 }), "2021-05-02..2021-05-04",
      ["2021-05-01", "2021-05-02", "2021-05-03", "2021-05-04"]],
    ["upstream", "the day before", Mapping.offset(-1), days, days, "2021-05-07", ["2021-05-06"]],
    ["upstream", "the first has none before", Mapping.offset(-1), days, days, "2021-05-01", []],
    ["downstream", "the day after reads it", Mapping.offset(-1), days, days, "2021-05-06", ["2021-05-07"]],
    ["upstream", "the day and the one before", Mapping.offset(-1, 0), days, days, "2021-07-04", ["2021-07-03", "2021-07-04"]],
    ["downstream", "read by the day and the next", Mapping.offset(-1, 0), days, days, "2021-07-03", ["2021-07-03", "2021-07-04"]],
    ["upstream", "the tick before", Mapping.offset(-1), fourHours, fourHours, "2021-05-06T04:00", ["2021-05-06T00:00"]],
    ["upstream", "cron under days", Mapping.window, days, fourHours, "2021-05-06", hoursOf("2021-05-06").filter((_, i) => i % 4 === 0)],
    ["upstream", "cron from different starts", Mapping.identity, fourHours, cron({ cron: "0 */4 * * *", start: "2021-05-03" }), "2021-05-02T20:00..2021-05-03T04:00",
      ["2021-05-03T00:00", "2021-05-03T04:00"]],
    ["upstream", "days from different starts", Mapping.identity, days, daily({ start: "2021-05-06" }), "2021-05-05..2021-05-06", ["2021-05-06"]],
    ["upstream", "a week reads its days and the day before", Mapping.offset(-1, 0), weekly({ start: "2021-05-02" }), days, "2021-05-09",
      ["2021-05-08", "2021-05-09", "2021-05-10", "2021-05-11", "2021-05-12", "2021-05-13", "2021-05-14", "2021-05-15"]],
    ["upstream", "the last two", Mapping.last(2), none, days, "*", ["2021-08-30", "2021-08-31"]],
    ["downstream", "read by the last two only", Mapping.last(2), months, days, "2021-08-01", []]
  ]
  for (const [direction, name, mapping, down, up, text, expected] of cases) {
    it(name, () => assert.deepStrictEqual(mapped(direction, mapping, space(down), space(up), text), expected))
  }

  it("reads only what exists at the moment", () => {
    const now = "2021-05-06T01:00:00Z"
    const [down, up] = [space(days, now), space(hours, now)]
    assert.deepStrictEqual(mapped("downstream", Mapping.window, down, up, "2021-05-05T23:00,2021-05-06T00:00"), ["2021-05-05"])
  })

  it("reads 23 and 25 hours over DST", () => {
    const timezone = "Europe/Berlin"
    const [down, up] = [daily({ start: "2021-01-01", timezone }), hourly({ start: "2021-01-01", timezone })].map((p) => space(p, "2022-01-01T00:00:00Z"))
    for (const [day, hours] of [["2021-03-28", 23], ["2021-10-31", 25], ["2021-11-01", 24]] as const) {
      assert.strictEqual(mapped("upstream", Mapping.window, down!, up!, day).length, hours)
    }
  })
})

describe("PartitionMapping on lists and products", () => {
  const region = fixed(["north", "south"])
  const table = product({ date: daily({ start: "2021-08-30" }), region })

  it("maps by key", () => {
    const [down, up] = [space(fixed(["a", "b", "c"])), space(fixed(["c", "a"]))]
    assert.deepStrictEqual(mapped("upstream", Mapping.identity, down, up, "*"), ["c", "a"])
    assert.deepStrictEqual(mapped("upstream", Mapping.identity, down, up, "b"), [])
    assert.deepStrictEqual(mapped("downstream", Mapping.identity, space(dynamic("game")), space(dynamic("other")), "*"), ["g1", "g3"])
  })

  it("projects on shared dimensions", () => {
    const day = space(daily({ start: "2021-08-30" }))
    assert.deepStrictEqual(mapped("upstream", Mapping.project(), space(table), day, "2021-08-30|south"), ["2021-08-30"])
    assert.deepStrictEqual(mapped("downstream", Mapping.project(), space(table), day, "2021-08-30"), ["2021-08-30|north", "2021-08-30|south"])
    assert.deepStrictEqual(mapped("upstream", Mapping.project(), day, space(table), "2021-08-30"), ["2021-08-30|north", "2021-08-30|south"])
    assert.deepStrictEqual(mapped("upstream", Mapping.project(), space(monthly({ start: "2021-07" })), space(table), "2021-08"),
      ["2021-08-30|north", "2021-08-30|south", "2021-08-31|north", "2021-08-31|south"])
    const turned = product({ region, date: daily({ start: "2021-08-30" }) })
    assert.deepStrictEqual(mapped("upstream", Mapping.project(), space(turned), space(table), "south|2021-08-30"), ["2021-08-30|south"])
    assert.deepStrictEqual(mapped("upstream", Mapping.project(["region"]), space(turned), space(table), "south|2021-08-30"),
      ["2021-08-30|south", "2021-08-31|south"])
  })

  it("follows a function", () => {
    const previous = Mapping.from((key: { readonly date: string; readonly region: string }) =>
      key.region === "south" ? [{ date: key.date, region: "north" }, { date: "1999-01-01", region: "north" }] : [])
    assert.deepStrictEqual(mapped("upstream", previous, space(table), space(table), "date=2021-08-31"), ["2021-08-31|north"])
    assert.deepStrictEqual(mapped("downstream", previous, space(table), space(table), "2021-08-31|north"), ["2021-08-31|south"])
  })
})

describe("defaultMapping", () => {
  const region = fixed(["north", "south"])
  const table = product({ date: days, region })
  type Case = readonly [Partitions.Any, Partitions.Any, Mapping.Mapping | string, Mapping.Cardinality?]
  const cases: ReadonlyArray<Case> = [
    [none, none, Mapping.identity, "one"],
    [days, none, Mapping.identity, "one"],
    [none, days, Mapping.all, "many"],
    [days, days, Mapping.identity, "one"],
    [days, daily({ start: "2021-06-01" }), Mapping.window, "one"],
    [days, hours, Mapping.window, "many"],
    [table, days, Mapping.project(), "one"],
    [days, table, Mapping.project(), "many"],
    [table, product({ date: hours, region }), Mapping.project(), "many"],
    [table, product({ region, date: days }), Mapping.project(), "one"],
    [days, daily({ start: "2021-05-01", timezone: "Asia/Tokyo" }), "the time zones UTC and Asia/Tokyo differ"],
    [region, fixed(["east"]), "fixed: north, south and fixed: east are cut differently"],
    [dynamic("a"), dynamic("b"), "dynamic a and dynamic b are cut differently"],
    [region, days, "fixed: north, south and daily from 2021-05-01 in UTC are cut differently"],
    [product({ a: region }), product({ b: days }), "they share no dimension"],
    [product({ a: days }), product({ b: days }), "they share no dimension"],
    [table, daily({ start: "2021-05-01", timezone: "Asia/Tokyo" }), "the time zones UTC and Asia/Tokyo differ"],
    [table, product({ date: days, region: fixed(["east"]) }), "in the dimension \"region\" fixed: north, south and fixed: east are cut differently"],
    [product({ a: days, b: days }), days, "several dimensions fit: name one with Mapping.project([\"a\"])"]
  ]
  for (const [down, up, expected, cardinality] of cases) {
    it(`${Partitions.describe(down)} reads ${Partitions.describe(up)}`, () => {
      const mapping = Mapping.defaultMapping(down, up)
      if (typeof expected === "string") {
        assert.strictEqual(
          Result.isFailure(mapping) ? mapping.failure : undefined,
          `Partitions (${Partitions.describe(down)}) cannot read (${Partitions.describe(up)}): ${expected}. ` +
            "Pass a mapping that fits, for example Mapping.all, or Mapping.from((key) => keys)."
        )
      } else {
        assert.deepStrictEqual(mapping, Result.succeed(expected))
        assert.strictEqual(Mapping.cardinality(expected, down, up), cardinality)
      }
    })
  }

  it("refuses mappings that do not fit", () => {
    for (const [mapping, down, up] of [
      [Mapping.window, region, days], [Mapping.offset(-1), region, region], [Mapping.identity, days, hours],
      [Mapping.identity, table, days], [Mapping.project(["moon"]), table, table], [Mapping.offset(-1), product({ region }), product({ region })]
    ] as const) {
      assert.isTrue(Result.isFailure(Mapping.validate(mapping, down, up)), mapping._tag)
    }
    assert.throws(() => Mapping.offset(1, 0), /ascending order, not 1 and 0/)
    assert.throws(() => Mapping.last(0), /needs 1 or more, not 0/)
  })

  it("has a cardinality in its type", () => {
    const one: Mapping.Mapping<"one"> = Mapping.identity
    // @ts-expect-error a window mapping may read many
    const wrong: Mapping.Mapping<"one"> = Mapping.window
    assert.notStrictEqual(one, wrong)
  })
})

describe("upstream and downstream", () => {
  const randomTime = (random: Generator.Generator, timezone: string) => {
    const options = {
      start: `2021-10-${String(random.whole(20, 31))}`,
      timezone,
      endOffset: random.whole(-1, 1),
      minuteOffset: random.pick([0, 0, 30]),
      hourOffset: random.pick([0, 0, 2, 11])
    }
    return random.pick([
      () => hourly({ ...options, start: `2021-10-3${random.whole(0, 1)}` }), () => daily(options), () => daily(options),
      () => weekly({ ...options, weekStart: random.pick(["Sunday", "Monday"]) }),
      () => monthly({ ...options, dayOffset: random.pick([1, 5]) }),
      () => cron({ ...options, cron: random.pick(["0 */6 * * *", "30 2 * * *", "0 0 * * MON,THU"]) })
    ])()
  }
  const randomList = (random: Generator.Generator) =>
    random.pick([fixed(["a", "b", "c"]), fixed(["c", "x", "a"]), dynamic("game"), dynamic("other")])

  const randomPartitions = (random: Generator.Generator, timezone: string): Partitions.Any =>
    random.pick<() => Partitions.Any>([
      () => none,
      () => randomTime(random, timezone),
      () => randomTime(random, timezone),
      () => randomList(random),
      () => product({ date: randomTime(random, timezone), list: randomList(random) }),
      () => product({ list: randomList(random), date: randomTime(random, timezone), other: fixed(["p", "q"]) })
    ])()

  it("are inverse for random spaces and mappings, and unions of what single cells give", () => {
    const random = Generator.make(11)
    const tried = new Map<string, number>()
    for (let round = 0; round < 1500; round++) {
      const timezone = random.pick(["UTC", "Europe/Berlin", "Australia/Lord_Howe"])
      const downPartitions = randomPartitions(random, timezone)
      const upPartitions = random.whole(0, 3) === 0 ? downPartitions : randomPartitions(random, timezone)
      const [low, high] = [random.whole(-3, 3), random.whole(-3, 3)].sort((a, b) => a - b)
      const mapping = random.pick([
        Mapping.identity, Mapping.window, Mapping.offset(low!, high!), Mapping.offset(low!), Mapping.all, Mapping.last(3),
        Mapping.project(), Mapping.project(["date"]), Mapping.from<unknown, unknown>((key) => [key]),
        Result.getOrElse(Mapping.defaultMapping(downPartitions, upPartitions), () => Mapping.all)
      ])
      if (Result.isFailure(Mapping.validate(mapping, downPartitions, upPartitions))) continue
      tried.set(mapping._tag, (tried.get(mapping._tag) ?? 0) + 1)
      const now = `2021-11-0${random.whole(2, 9)}T0${random.whole(0, 9)}:00:00Z`
      const [down, up] = [space(downPartitions, now), space(upPartitions, now)]
      const sample = (of: PartitionSpace.PartitionSpace) => {
        const all = [...PartitionSet.points(of.all)]
        return Array.from({ length: Math.min(6, all.length) }, () => random.pick(all))
      }
      const [ds, us] = [sample(down), sample(up)]
      const one = (of: PartitionSpace.PartitionSpace, point: PartitionSet.Point) => PartitionSet.fromPoints(of.dimensions.length, [point])
      const what = () => `${mapping._tag}: ${Partitions.describe(downPartitions)} reads ${Partitions.describe(upPartitions)}`
      for (const d of ds) {
        const reads = Mapping.upstream(mapping, down, up, one(down, d))
        assert.isTrue(PartitionSet.isSubset(reads, up.all), what())
        const first = PartitionSet.firstPoint(reads)
        for (const u of first === undefined ? us : [...us, first]) {
          const readBy = Mapping.downstream(mapping, down, up, one(up, u))
          assert.strictEqual(PartitionSet.has(readBy, d), PartitionSet.has(reads, u), `${what()}: ${down.keyAt(d)} and ${up.keyAt(u)}`)
        }
      }
      const together = Mapping.upstream(mapping, down, up, PartitionSet.fromPoints(down.dimensions.length, ds))
      const apart = PartitionSet.unionAll(up.dimensions.length, ds.map((d) => Mapping.upstream(mapping, down, up, one(down, d))))
      assert.deepStrictEqual(together, apart, what())
    }
    for (const tag of ["Identity", "Window", "Offset", "All", "Last", "Project", "From"]) {
      assert.isAbove(tried.get(tag) ?? 0, 20, tag)
    }
  })

  it("count in segments: ten million cells map like ten", () => {
    const many = product({ date: hourly({ start: "1990-01-01" }), shard: fixed(Array.from({ length: 40 }, (_, i) => `s${i}`)) })
    const [down, up] = [space(daily({ start: "1990-01-01" })), space(many)]
    assert.isAbove(PartitionSet.size(up.all), 10_000_000)
    assert.deepStrictEqual(Mapping.upstream(Mapping.project(), down, up, down.all), up.all)
    assert.deepStrictEqual(Mapping.downstream(Mapping.project(), down, up, up.all), down.all)
  })
})
