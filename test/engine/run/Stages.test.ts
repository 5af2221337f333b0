import { assert, describe, it } from "@effect/vitest"
import { Data, Effect, Stream } from "effect"
import { Asset, Partitions, Rows, RunStore } from "../../../index.ts"
import { Store, Value } from "../assets.ts"
import { memory, resume, start, stored, story, texts } from "./harness.ts"

class Broken extends Data.TaggedError("Broken")<{ readonly message: string }> {}

const days = Partitions.fixed(["mon", "tue"])

/** Days that list games, a feed of each game, a total of all feeds. `listed` gives the games of a day. */
const league = (
  name: string,
  listed: (day: unknown) => ReadonlyArray<string>,
  options: { readonly streams?: boolean; readonly codeVersion?: string; readonly fails?: (what: string) => boolean } = {}
) => {
  const fails = options.fails ?? (() => false)
  const computed: Array<string> = []
  const did = (what: string, value: ReadonlyArray<string>) =>
    Effect.suspend(() => {
      if (fails(what)) return Effect.fail(new Broken({ message: `no ${what}` }))
      computed.push(what)
      return Effect.succeed(value)
    })
  const version = options.codeVersion === undefined ? {} : { codeVersion: options.codeVersion }
  const schedule = options.streams === true
    ? Asset.make(`${name}/schedule`, {
      ...version,
      partitions: days,
      output: Rows.of(Value),
      io: Store,
      run: (_, day) => Effect.succeed(Stream.fromIterable(listed(day).map((value) => ({ value }))))
    })
    : texts(`${name}/schedule`, (_, day) => did(String(day), listed(day)), { ...version, partitions: days })
  const game = Partitions.dynamic(`${name}/game`, { from: schedule, key: (row: { readonly value: string }) => row.value })
  const ref = texts(`${name}/ref`, () => did("ref", ["r"]))
  const feed = texts(`${name}/feed`, (_, key) => did(String(key), [`feed ${key}`]), { partitions: game, inputs: { ref } })
  const total = texts(
    `${name}/total`,
    ({ feed }) => Effect.succeed((feed as ReadonlyArray<{ readonly value: string }>).map((row) => row.value)),
    { inputs: { feed } }
  )
  return { all: [schedule, ref, feed, total], computed, feed, schedule, total }
}

describe("Runs in stages", () => {
  for (const streams of [false, true]) {
    it.effect(`stage two has the keys that stage one found${streams ? " in a stream" : ""}`, () =>
      Effect.gen(function*() {
        const { all, total } = league("nhl", (day) => day === "mon" ? ["g1", "g2"] : ["g3"], { streams })
        const { of, observer } = story()
        const report = yield* start(all, { observer })
        assert.include(report, { state: "succeeded", materialized: 7 })
        assert.deepStrictEqual(of("materialized").slice(-1), ["nhl/total"])
        assert.deepStrictEqual(yield* stored(total), ["feed g1", "feed g2", "feed g3"])
        const keys = (yield* (yield* RunStore.RunStore).dynamicKeys(["nhl/game"])).get("nhl/game")
        assert.deepStrictEqual(keys?.map(({ key, sources }) => [key, ...sources]), [["g1", "mon"], ["g2", "mon"], ["g3", "tue"]])
      }).pipe(Effect.provide(memory)))
  }

  for (const streams of [false, true]) {
    it.effect(`a row whose key nobody could type fails its cell alone, and says which${streams ? ", also in a stream" : ""}`, () =>
      Effect.gen(function*() {
        const { all } = league("nhl", (day) => day === "mon" ? ["g1", "g\n2"] : ["g3"], { streams })
        const report = yield* start(all)
        assert.strictEqual(report.state, "failed")
        assert.deepStrictEqual(report.failed.map(({ cell, reason }) => [cell.partition, reason]), [[
          "mon",
          "Row 2 of nhl/schedule gives the partition key \"g\\u000a2\" to the dynamic set \"nhl/game\", and it has a line break or " +
            "another control character, so nobody could type it: let the `key` function of the set leave that out, or give undefined."
        ]])
        const store = yield* RunStore.RunStore
        assert.deepStrictEqual((yield* store.dynamicKeys(["nhl/game"])).get("nhl/game")?.map(({ key }) => key), ["g3"])
        const cell = (yield* store.cells(new Map([["nhl/schedule", "all"]]))).get("nhl/schedule")?.get("mon")
        assert.include(cell, { dataVersion: undefined, failed: true })
      }).pipe(Effect.provide(memory)))
  }

  it.effect("a key function that throws fails the cell of its row, and says where", () =>
    Effect.gen(function*() {
      const a = texts("a", (_, day) => Effect.succeed([String(day)]), { partitions: days })
      const careless = Partitions.dynamic("careless", {
        from: a,
        key: ({ value }: { readonly value: string }): string => {
          if (value === "tue") throw new TypeError("no such field")
          return value
        }
      })
      const report = yield* start([a, texts("b", (_, key) => Effect.succeed([String(key)]), { partitions: careless })])
      assert.deepStrictEqual(report.failed.map(({ cell }) => cell.partition), ["tue"])
      assert.match(
        report.failed[0]!.reason,
        /^The `key` function of the dynamic set "careless" threw for row 1 of a: no such field \(.*Stages\.test\.ts:\d+:\d+\)$/
      )
      assert.strictEqual(report.materialized, 2)
    }).pipe(Effect.provide(memory)))

  it.effect("a key that vanishes from its source is removed, and is read by nobody any more", () =>
    Effect.gen(function*() {
      yield* start(league("nhl", (day) => day === "mon" ? ["g1", "g2"] : ["g2", "g3"]).all)
      const { all, computed, total } = league("nhl", (day) => day === "mon" ? ["g1", "g4"] : ["g2"], { codeVersion: "2" })
      const report = yield* start(all)
      assert.strictEqual(report.state, "succeeded")
      assert.deepStrictEqual(computed, ["mon", "tue", "g4"])
      assert.deepStrictEqual((yield* stored(total)).toSorted(), ["feed g1", "feed g2", "feed g4"])
      const store = yield* RunStore.RunStore
      const keys = (yield* store.dynamicKeys(["nhl/game"])).get("nhl/game")
      assert.deepStrictEqual(keys?.filter(({ live }) => live).map(({ key }) => key), ["g1", "g2", "g4"])
      assert.isTrue((yield* store.cells(new Map([["nhl/feed", "all"]]))).get("nhl/feed")?.has("g3"), "the history stays")
    }).pipe(Effect.provide(memory)))

  it.effect("a source that fails gives no keys, and the rest runs", () =>
    Effect.gen(function*() {
      const { all, total } = league("nhl", (day) => day === "mon" ? ["g1"] : ["g2"], { fails: (what) => what === "tue" })
      const report = yield* start(all)
      assert.include(report, { state: "failed", materialized: 4 })
      assert.deepStrictEqual(report.failed.map(({ cell }) => cell.partition), ["tue"])
      assert.deepStrictEqual(yield* stored(total), ["feed g1"])
    }).pipe(Effect.provide(memory)))

  it.effect("what failed in stage one skips its readers in stage two, even where older data of it is stored", () =>
    Effect.gen(function*() {
      let isBroken = true
      const make = () => league("nhl", (day) => [`g-${day}`], { fails: (what) => isBroken && what === "ref" })
      const first = make()
      const report = yield* start(first.all)
      assert.include(report, { state: "failed", materialized: 2 })
      assert.deepStrictEqual(report.failed.map(({ cell }) => cell.asset), ["nhl/ref"])
      assert.deepStrictEqual(report.skipped.map(({ cell, reason }) => `${cell.asset}@${cell.partition}: ${reason}`), [
        "nhl/feed@g-mon: nhl/ref failed or was skipped",
        "nhl/feed@g-tue: nhl/ref failed or was skipped",
        "nhl/total@: nhl/feed@g-mon failed or was skipped"
      ])
      isBroken = false
      assert.include(yield* resume(first.all, report.run), { state: "succeeded", materialized: 4 })
      assert.deepStrictEqual(first.computed.toSorted(), ["g-mon", "g-tue", "mon", "ref", "tue"])
      isBroken = true
      const forced = yield* start(make().all, { force: true })
      assert.include(forced, { state: "failed", materialized: 2 })
      assert.deepStrictEqual(forced.skipped.map(({ cell }) => cell.asset), ["nhl/feed", "nhl/feed", "nhl/total"])
    }).pipe(Effect.provide(memory)))

  it.effect("a resumed run goes on in stage two, and does not run stage one again", () =>
    Effect.gen(function*() {
      let isBroken = true
      for (const force of [false, true]) {
        isBroken = true
        const { all, computed } = league(`l${force}`, (day) => [`g-${day}`], { fails: (what) => isBroken && what === "g-tue" })
        const report = yield* start(all, { force })
        assert.include(report, { state: "failed", materialized: 4 })
        isBroken = false
        assert.include(yield* resume(all, report.run), { state: "succeeded", materialized: 2 })
        assert.deepStrictEqual(computed.toSorted(), ["g-mon", "g-tue", "mon", "ref", "tue"])
      }
    }).pipe(Effect.provide(memory)))

  it.effect("a day without games ends well", () =>
    Effect.gen(function*() {
      const { all, total } = league("nhl", () => [])
      assert.include(yield* start(all), { state: "succeeded", materialized: 4 })
      assert.deepStrictEqual(yield* stored(total), [])
    }).pipe(Effect.provide(memory)))
})
