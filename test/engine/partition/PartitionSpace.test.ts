import { assert, describe, it } from "@effect/vitest"
import { DateTime, Result } from "effect"
import * as PartitionKey from "../../../engine/partition/PartitionKey.ts"
import * as Partitions from "../../../engine/partition/Partitions.ts"
import * as PartitionSet from "../../../engine/partition/PartitionSet.ts"
import * as PartitionSpace from "../../../engine/partition/PartitionSpace.ts"

const day = Partitions.daily({ start: "2024-01-01" })
const region = Partitions.fixed(["north", "south", "east"])
const game = Partitions.dynamic("nhl/game", { from: { key: "nhl/games", "~A": [{ game_id: 1 }] }, key: (row) => row.game_id })
const table = Partitions.product({ date: day, region })
const odd = Partitions.product({ a: Partitions.fixed(["x|y", "x", "\\", "p,q"]), b: Partitions.fixed(["y", "", "a=b"].filter((key) => key !== "")) })

const dynamicKeys = (name: string) => name === "nhl/game" ? ["g1", "g2", "g10", "a..b", "c,d", "all"] : []

const space = <P, K>(partitions: Partitions.Partitions<P, K>, now = "2024-01-11T12:00:00Z") =>
  PartitionSpace.resolve(partitions, { now: DateTime.makeUnsafe(now), dynamicKeys })

const selected = (partitions: Partitions.Any, text: string): ReadonlyArray<string> | string => {
  const resolved = space(partitions)
  return Result.match(resolved.parse(text, "sales"), {
    onSuccess: (set) => Array.from(PartitionSet.points(set), resolved.keyAt),
    onFailure: (error) => error.message
  })
}

describe("PartitionSpace.parse", () => {
  const days = "daily from 2024-01-01 in UTC"
  const cases: ReadonlyArray<[Partitions.Any, string, ReadonlyArray<string> | string]> = [
    [day, "2024-01-02", ["2024-01-02"]],
    [day, "2024-01-02..2024-01-04", ["2024-01-02", "2024-01-03", "2024-01-04"]],
    [day, "2024-01-09..", ["2024-01-09", "2024-01-10"]],
    [day, "..2024-01-02", ["2024-01-01", "2024-01-02"]],
    [day, "2024-01-05, ..2024-01-02", ["2024-01-01", "2024-01-02", "2024-01-05"]],
    [day, "latest", ["2024-01-10"]],
    [day, "2024-13-01", `"2024-13-01" is not a partition of sales (${days}): month 13 does not exist.`],
    [day, "2023-02-30", `"2023-02-30" is not a partition of sales (${days}): February 2023 has 28 days.`],
    [day, "2023-12-31", `"2023-12-31" is not a partition of sales (${days}): the first partition is "2024-01-01".`],
    [day, "2024-01-11", `"2024-01-11" is not a partition of sales (${days}): the last partition so far is "2024-01-10".`],
    [day, "2024-01-05..2024-01-02",
      `"2024-01-05..2024-01-02" is not a partition of sales (${days}): the range ends before it begins, write 2024-01-02..2024-01-05.`],
    [day, "2024-01-05,yesterday",
      `"2024-01-05,yesterday" is not a partition of sales (${days}): at "yesterday" a day is written like 2024-03-31.`],
    [day, " ", `" " is not a partition of sales (${days}): the text is empty, write a key, a range A..B or *.`],
    [Partitions.weekly({ start: "2023-12-01" }), "2024-01-03",
      "\"2024-01-03\" is not a partition of sales (weekly from 2023-12-01 in UTC): it is a Wednesday and weeks begin on Sunday: write \"2023-12-31\"."],
    [Partitions.hourly({ start: "2023-10-01", timezone: "America/New_York" }), "2023-11-05T01:00",
      "\"2023-11-05T01:00\" is not a partition of sales (hourly from 2023-10-01 in America/New_York): that hour repeats: write \"2023-11-05T01:00-04:00\" or \"2023-11-05T01:00-05:00\"."],
    [Partitions.hourly({ start: "2023-03-01", timezone: "America/New_York" }), "2023-03-12T02:00",
      "\"2023-03-12T02:00\" is not a partition of sales (hourly from 2023-03-01 in America/New_York): clocks in America/New_York skip that time."],
    [Partitions.hourly({ start: "2023-03-01", timezone: "America/New_York" }), "2023-03-13T02:00-05:00",
      "\"2023-03-13T02:00-05:00\" is not a partition of sales (hourly from 2023-03-01 in America/New_York): America/New_York is then at -04:00."],
    [Partitions.cron({ cron: "0 */4 * * *", start: "2024-01-01" }), "2024-01-02T03:00",
      "\"2024-01-02T03:00\" is not a partition of sales (cron \"0 */4 * * *\" from 2024-01-01 in UTC): \"0 */4 * * *\" does not tick then: the tick before it is \"2024-01-02T00:00\"."],
    [Partitions.cron({ cron: "0 */4 * * *", start: "2024-01-01" }), "9024-01-02T03:00",
      "\"9024-01-02T03:00\" is not a partition of sales (cron \"0 */4 * * *\" from 2024-01-01 in UTC): the last partition so far is \"2024-01-11T08:00\"."],
    [Partitions.daily({ start: "2030-01-01" }), "latest",
      "\"latest\" is not a partition of sales (daily from 2030-01-01 in UTC): none exists yet, so there is no latest."],
    [Partitions.daily({ start: "2030-01-01" }), "2030-01-01",
      "\"2030-01-01\" is not a partition of sales (daily from 2030-01-01 in UTC): none exists yet, the first is to be \"2030-01-01\"."],
    [Partitions.daily({ start: "2030-01-01" }), "*", []],
    [region, "south..east", ["south", "east"]],
    [region, "east,north", ["north", "east"]],
    [region, "nrth", "\"nrth\" is not a partition of sales (fixed: north, south, east): did you mean \"north\"?"],
    [region, "moon", "\"moon\" is not a partition of sales (fixed: north, south, east): write one of north, south, east."],
    [game, "g2..", ["g2", "g10", "a..b", "c,d", "all"]],
    [game, "g10", ["g10"]],
    [game, "a..b", ["a..b"]],
    [game, "g1..a..b", ["g1", "g2", "g10", "a..b"]],
    [game, "c,d", ["c,d"]],
    [game, "c\\,d,g1", ["g1", "c,d"]],
    [game, "all", ["all"]],
    [game, "*", ["g1", "g2", "g10", "a..b", "c,d", "all"]],
    [game, "zebra", "\"zebra\" is not a partition of sales (dynamic nhl/game from nhl/games): it is not one of the 6 keys that exist."],
    [Partitions.dynamic("by/hand"), "x", "\"x\" is not a partition of sales (dynamic by/hand): none exists yet, add keys first."],
    [table, "2024-01-02|south", ["2024-01-02|south"]],
    [table, "2024-01-02..2024-01-03|north,latest", [
      "2024-01-02|north", "2024-01-03|north", "2024-01-10|north", "2024-01-10|south", "2024-01-10|east"
    ]],
    [table, "region=south,date=2024-01-02", ["2024-01-02|south"]],
    [table, "date=2024-01-02..2024-01-03,region=south,east", [
      "2024-01-02|south", "2024-01-02|east", "2024-01-03|south", "2024-01-03|east"
    ]],
    [table, "date=latest", ["2024-01-10|north", "2024-01-10|south", "2024-01-10|east"]],
    [table, "latest", ["2024-01-10|north", "2024-01-10|south", "2024-01-10|east"]],
    [table, "regoin=south",
      `"regoin=south" is not a partition of sales (date: ${days}; region: fixed: north, south, east): it has no dimension "regoin", only date, region. Did you mean "region"?`],
    [table, "region=south,date=2024-01-02,region=east",
      `"region=south,date=2024-01-02,region=east" is not a partition of sales (date: ${days}; region: fixed: north, south, east): it gives the dimension "region" twice: write region=a,b.`],
    [table, "2024-01-02|sooth",
      `"2024-01-02|sooth" is not a partition of sales (date: ${days}; region: fixed: north, south, east): region: did you mean "south"?`],
    [table, "2024-01-02",
      `"2024-01-02" is not a partition of sales (date: ${days}; region: fixed: north, south, east): a key is written <date>|<region> or date=<key>,region=<key>.`],
    [Partitions.none, "*", [""]],
    [Partitions.none, "latest", [""]],
    [Partitions.none, "x", "\"x\" is not a partition of sales (unpartitioned): it has no partitions, leave the key out."]
  ]
  for (const [partitions, text, expected] of cases) {
    it(`"${text}" of ${Partitions.describe(partitions)}`, () => assert.deepStrictEqual(selected(partitions, text), expected))
  }
})

describe("keys and values", () => {
  it("come back from their text in every space, whatever signs they hold", () => {
    for (const partitions of [day, region, game, table, odd, Partitions.none]) {
      const resolved = space<unknown, unknown>(partitions)
      assert.isAbove(PartitionSet.size(resolved.all), 0)
      for (const point of PartitionSet.points(resolved.all)) {
        const text = resolved.keyAt(point)
        assert.deepStrictEqual(resolved.positionOf(text), Result.succeed(point))
        if (partitions._tag === "Unpartitioned") continue
        const key = Result.getOrThrow(PartitionKey.fromText<unknown>(partitions, text))
        assert.deepStrictEqual(key, resolved.userKeyAt(point))
        assert.deepStrictEqual(PartitionKey.toText<unknown>(partitions, key), Result.succeed(text))
      }
    }
  })

  it("gives windows, keys and records of these", () => {
    const value = space(table).valueAt([19723, 2])
    assert.deepStrictEqual(value, {
      date: { key: "2024-01-01", start: DateTime.makeUnsafe("2024-01-01"), end: DateTime.makeUnsafe("2024-01-02"), timezone: "UTC" },
      region: "east"
    })
    assert.strictEqual(space(game).valueAt([2]), "g10")
    assert.deepStrictEqual(PartitionKey.toText(table, { date: "2024-01-01", region: "east" }), Result.succeed("2024-01-01|east"))
  })

  it("refuses a key of the wrong shape in a sentence", () => {
    const wrong = PartitionKey.toText<unknown>(table, { date: "2024-01-01" }, "sales")
    assert.match(Result.isFailure(wrong) ? wrong.failure.message : "", /is not a partition of sales \(.*\): the dimension "region" is not given\.$/)
    const short = PartitionKey.fromText(table, "date=2024-01-01", "sales")
    assert.match(Result.isFailure(short) ? short.failure.message : "", /the dimension "region" is not given\.$/)
  })
})

describe("Partitions", () => {
  it("takes keys from the rows of an asset", () => {
    assert.strictEqual(game.keyOf?.({ game_id: 7 }), "7")
    assert.strictEqual(game.from, "nhl/games")
    assert.strictEqual(Partitions.dynamic("by/hand").keyOf, undefined)
  })

  it("equals by structure", () => {
    const all = [
      Partitions.none, day, Partitions.daily({ start: "2024-01-02" }), Partitions.daily({ start: "2024-01-01", endOffset: 1 }),
      Partitions.daily({ start: "2024-01-01", timezone: "Asia/Tokyo" }), Partitions.weekly({ start: "2024-01-01" }), region,
      Partitions.fixed(["south", "north", "east"]), game, Partitions.dynamic("x"), table, Partitions.product({ region, date: day }), odd
    ]
    for (const [i, a] of all.entries()) {
      for (const [j, b] of all.entries()) assert.strictEqual(Partitions.equals(a, b), i === j, `${i} ${j}`)
    }
    assert.isTrue(Partitions.equals(table, Partitions.product({ date: Partitions.daily({ start: "2024-01-01" }), region: Partitions.fixed(["north", "south", "east"]) })))
    assert.isTrue(Partitions.equals(day, Partitions.daily({ start: "2024-01-01T00:00" })))
  })

  it("tells the compiler what a partition is", () => {
    type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false
    const holds = <T extends true>(value?: T) => assert.isUndefined(value)
    const infer = <P, K>(partitions: Partitions.Partitions<P, K>): { p: P | undefined; k: K | undefined } =>
      ({ p: partitions["~P"], k: partitions["~K"] })

    holds<Same<Partitions.PartitionValue<typeof day>, Partitions.Window>>()
    holds<Same<Partitions.PartitionKey<typeof region>, "north" | "south" | "east">>()
    holds<Same<Partitions.PartitionKey<typeof Partitions.none>, never>>()
    const [none, product] = [infer(Partitions.none), infer(table)]
    holds<Same<NonNullable<typeof none.p>, never>>()
    holds<Same<NonNullable<typeof product.p>, { readonly date: Partitions.Window; readonly region: "north" | "south" | "east" }>>()
    holds<Same<NonNullable<typeof product.k>, { readonly date: string; readonly region: "north" | "south" | "east" }>>()

    // @ts-expect-error "west" is not a region
    PartitionKey.toText(region, "west")
    // @ts-expect-error a product takes a key for each dimension
    PartitionKey.toText(table, { date: "2024-01-01" })
    // @ts-expect-error rows have no such column
    Partitions.dynamic("x", { from: { key: "nhl/games", "~A": [{ game_id: 1 }] }, key: (row) => row.player_id })
    // @ts-expect-error products do not nest
    assert.throws(() => Partitions.product({ inner: table }), /^The dimension "inner" cannot be date: /)
  })
})
