/** Backfills in one process, and in several fibers that share a store. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Result } from "effect"
import { Asset, Input, Mapping, Partitions, Retry, Rows, RunStore } from "../../../index.ts"
import * as Backfill from "../../../engine/backfill/Backfill.ts"
import { BackfillStore, unplanned } from "../../../engine/record/BackfillStore.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import { commitOf, computed, worker } from "../../conformance/run-store/Records.ts"
import { Store, Value } from "../assets.ts"
import { graphWith, stored } from "../run/harness.ts"
import { create, join, journal, noted, services, start } from "./harness.ts"
import { Blip, Broken, hash, request } from "./weather.ts"

const days = Partitions.daily({ start: "2024-01-01", end: "2024-01-29" })
const keys = Array.from({ length: 200 }, (_, i) => `k${String(i).padStart(3, "0")}`)
const fixed = Partitions.fixed(keys)
const isBroken = (key: string) => hash(key) % 10 === 0
const isFlaky = (key: string) => hash(key) % 10 === 1

describe("Backfill", () => {
  it.live("failures: those for good, what reads them is skipped with the reason; retryFailed touches just these", () =>
    Effect.gen(function*() {
      const log = journal()
      const blips = new Set<string>()
      let healed = false
      const retry = Retry.transient({ times: 2, base: "5 millis" })
      const source = noted(log, "source", { partitions: fixed, retry }, (_, key) => {
        if (!healed && isBroken(String(key))) return Effect.fail(new Broken({ message: `${key} is broken` }))
        if (isFlaky(String(key)) && !blips.has(String(key))) {
          blips.add(String(key))
          return Effect.fail(new Blip({ message: "busy" }))
        }
        return Effect.succeed([String(key)])
      })
      const derived = noted(log, "derived", { partitions: fixed, inputs: { source } })
      const last = noted(log, "last", { partitions: fixed, inputs: { derived } })
      const assets = [source, derived, last]
      const broken = keys.filter(isBroken)
      const good = keys.length - broken.length
      assert.isAtLeast(broken.length, 10)
      assert.isAtLeast(keys.filter(isFlaky).length, 10)

      const report = yield* start(assets)
      assert.include(report, { state: "failed", planned: 600, materialized: 3 * good, failed: broken.length, skipped: 2 * broken.length, unchanged: 0, stopReason: null })
      assert.strictEqual(log.started().length, 3 * good + broken.length + keys.filter(isFlaky).length)
      const store = yield* RunStore.RunStore
      const id = report!.id
      const failed = yield* store.steps(id, { states: ["failed"] })
      assert.deepStrictEqual(failed.map(({ partition }) => partition).toSorted(), broken)
      for (const step of failed) assert.include(step, { asset: "source", errorClass: "Broken", transient: false, attempts: 1 })
      const skipped = yield* store.steps(id, { states: ["skipped"] })
      assert.deepStrictEqual(skipped.map(({ reason }) => reason).toSorted(), [
        ...broken.map((key) => `derived@${key} failed or was skipped`),
        ...broken.map((key) => `source@${key} failed or was skipped`)
      ])

      // A new backfill leaves failed cells alone, unless it is asked for just these.
      assert.isUndefined(yield* start([source]))
      const before = log.started().length
      assert.include(yield* start([source], { only: ["failed"] }), { state: "failed", planned: broken.length, failed: broken.length })
      assert.deepStrictEqual(log.started().slice(before).toSorted(), broken.map((key) => `source@${key}`))

      healed = true
      const rest = log.started().length
      assert.deepStrictEqual(yield* Backfill.retryFailed(id), { failed: broken.length, skipped: 2 * broken.length })
      assert.include(yield* Effect.flatMap(BackfillStore, (store) => store.backfill(id)), { state: "running", lost: true })
      assert.include(yield* join(assets, id), { state: "succeeded", planned: 600, materialized: 600, failed: 0, skipped: 0 })
      assert.deepStrictEqual(
        log.started().slice(rest).toSorted(),
        [...broken.map((key) => `derived@${key}`), ...broken.map((key) => `last@${key}`), ...broken.map((key) => `source@${key}`)]
      )
      assert.strictEqual((yield* Effect.flip(Backfill.retryFailed(id)))._tag, "RunUnavailable")
      assert.match((yield* Effect.flip(join(assets, id))).message, /succeeded/)
    }).pipe(Effect.provide(services)))

  for (const only of [undefined, ["missing", "stale", "failed", "fresh"]] as const) {
    it.live(`what a process that was taken for dead has committed after all is not computed again${only === undefined ? "" : ", also where all is forced"}`, () =>
      Effect.gen(function*() {
        const log = journal()
        const source = noted(log, "source", { partitions: fixed })
        const id = yield* create([source], only === undefined ? {} : { only })
        const runs = yield* RunStore.RunStore
        const backfills = yield* BackfillStore
        yield* runs.startWorker(worker("late"))
        let example: Parameters<typeof runs.commit>[0] | undefined
        let late: string | undefined
        const overtaken = RunStore.RunStore.of({
          ...runs,
          commit: (commit) => {
            example = commit
            return runs.commit(commit)
          },
          // It commits a cell just before that is claimed by who plans it for computation.
          claim: (run, by, cells) =>
            Effect.gen(function*() {
              const [cell] = cells
              if (example !== undefined && late === undefined && cell !== undefined && by !== "late") {
                late = cell.partition
                yield* backfills.join(id, "late")
                yield* runs.claim(run, "late", [cell])
                const { cells: [{ codeVersion } = { codeVersion: "" }], gather } = example
                yield* runs.commit({ ...commitOf(run, "late", [computed(cell, { codeVersion })]), gather })
                yield* backfills.leave(id, "late")
              }
              return yield* runs.claim(run, by, cells)
            }).pipe(Effect.catchTags({ LeaseLost: Effect.die, RunUnavailable: Effect.die }))
        })
        const report = yield* Effect.provideService(join([source], id, { concurrency: 4 }), RunStore.RunStore, overtaken)
        assert.isDefined(late)
        assert.include(report, { state: "succeeded", planned: keys.length, materialized: keys.length, unchanged: 0, failed: 0 })
        assert.deepStrictEqual(log.started().toSorted(), keys.filter((key) => key !== late).map((key) => `source@${key}`))
      }).pipe(Effect.provide(services)))
  }

  for (const maxFailures of [{ amount: 20, unit: "cells" }, { amount: 5, unit: "percent" }] as const) {
    it.live(`an outage stops it by itself, at ${maxFailures.amount} ${maxFailures.unit}; it goes on when the outage is over`, () =>
      Effect.gen(function*() {
        const log = journal()
        const many = Partitions.fixed(Array.from({ length: 2000 }, (_, i) => `k${i}`))
        let out = true
        const source = noted(log, "source", { partitions: many }, () =>
          Effect.andThen(Effect.sleep(5), out ? Effect.fail(new Broken({ message: "503" })) : Effect.succeed(["x"])))
        const report = yield* start([source], { maxFailures, concurrency: 8 })
        assert.include(report, { state: "failed", materialized: 0 })
        assert.match(report!.stopReason ?? "", /cells failed, which reaches the maximum of/)
        const limit = maxFailures.unit === "cells" ? 20 : 100
        assert.isAtLeast(report!.failed, limit)
        assert.isBelow(log.started().length, 1500)
        // What is left goes on as it is; the failed ones wait until they are asked for.
        out = false
        const { failed, id, state, stopReason } = report!
        assert.deepStrictEqual(yield* Backfill.retryFailed(id), { failed, skipped: 0 })
        assert.include(yield* join([source], id), { state, stopReason, planned: 2000, materialized: failed, failed: 0, retrying: 0 })
        assert.include(yield* join([source], id), { state: "succeeded", materialized: 2000, failed: 0, stopReason: null })
      }).pipe(Effect.provide(services)))
  }

  it.live("pipelining: a cell starts when its own upstream cells are done, and a week when its seven days are", () =>
    Effect.gen(function*() {
      const log = journal()
      const stuck = yield* Deferred.make<void>()
      const source = noted(log, "source", { partitions: days }, (_, day) =>
        Effect.as(log.nameOf(day) === "2024-01-21" ? Deferred.await(stuck) : Effect.sleep(5), ["x"]))
      const derived = noted(log, "derived", { partitions: days, inputs: { source } }, () => Effect.as(Effect.sleep(1), ["x"]))
      const weeks = Partitions.weekly({ start: "2024-01-01", end: "2024-01-29", weekStart: "Monday" })
      const week = noted(log, "week", { partitions: weeks, inputs: { derived } })
      const all = noted(log, "all", { inputs: { week } })
      const fiber = yield* Effect.forkChild(start([source, derived, week, all], { concurrency: 3 }))
      const others = ["start week@2024-01-01", "start week@2024-01-08", "start week@2024-01-22"]
      while (!others.every((line) => log.lines.includes(line))) yield* Effect.sleep(10)
      assert.notInclude(log.lines, "start derived@2024-01-21")
      assert.notInclude(log.lines, "start week@2024-01-15")
      assert.notInclude(log.lines, "start all")
      assert.isBelow(log.place("start derived@2024-01-02"), log.place("start source@2024-01-20"))
      yield* Deferred.succeed(stuck, undefined)
      assert.include(yield* Fiber.join(fiber), { state: "succeeded", materialized: 28 + 28 + 4 + 1 })
      for (const name of ["01", "08", "15", "22"]) {
        for (let day = Number(name); day < Number(name) + 7; day++) {
          const date = `2024-01-${String(day).padStart(2, "0")}`
          assert.isBelow(log.place(`end derived@${date}`), log.place(`start week@2024-01-${name}`))
          assert.isBelow(log.place(`end source@${date}`), log.place(`start derived@${date}`))
        }
      }
      assert.strictEqual(new Set(log.started()).size, log.started().length)
    }).pipe(Effect.provide(services)))

  it.live("two participants: each takes part, no cell is done twice, downstream cells start before upstream is complete", () =>
    Effect.gen(function*() {
      const log = journal()
      // Nobody goes ahead before both have begun, however long one takes to come.
      const both = yield* Deferred.make<void>()
      const begun = new Set<number>()
      const source = noted(log, "source", { partitions: fixed }, () => Effect.as(Effect.andThen(Deferred.await(both), Effect.sleep(10)), ["x"]))
      const derived = noted(log, "derived", { partitions: fixed, inputs: { source } }, () => Effect.as(Effect.sleep(10), ["x"]))
      const id = yield* create([source, derived], { concurrency: 4 })
      const by: Array<number> = [0, 0]
      const reports = yield* Effect.forEach([0, 1], (one) =>
        join([source, derived], id, {
          observer: ({ _tag }) => {
            if (_tag === "StepMaterialized") by[one]!++
            if (_tag === "StepStarted" && begun.add(one).size === 2) Deferred.doneUnsafe(both, Effect.void)
          }
        }), { concurrency: 2 })
      for (const report of reports) assert.include(report, { state: "succeeded", materialized: 400, unchanged: 0 })
      assert.isTrue(by.every((count) => count > 80), by.join())
      assert.strictEqual(log.started().length, 400)
      assert.strictEqual(new Set(log.started()).size, 400)
      assert.isBelow(log.lines.findIndex((line) => line.startsWith("start derived")), log.lines.findLastIndex((line) => line.startsWith("start source")))
    }).pipe(Effect.provide(services)))

  it.live("order: oldest or newest first, by time wherever that dimension stands", () =>
    Effect.gen(function*() {
      const partitions = Partitions.product({ station: Partitions.fixed(["a", "b", "c"]), day: days })
      for (const order of ["oldest", "newest"] as const) {
        const log = journal()
        const asset = noted(log, `by_${order}`, { partitions })
        assert.include(yield* start([asset], { order, concurrency: 1, selection: asset.key }), { state: "succeeded", materialized: 84 })
        const seen = log.started().map((cell) => cell.slice(cell.indexOf("|") + 1))
        const sorted = seen.toSorted()
        if (order === "newest") sorted.reverse()
        assert.deepStrictEqual(seen, sorted)
      }
    }).pipe(Effect.provide(services)))

  it.live("only: missing, stale, failed, all; what is fresh is left alone unless all is asked for", () =>
    Effect.gen(function*() {
      const letters = Partitions.fixed(["a", "b", "c", "d"])
      const make = (codeVersion: string, fail: ReadonlyArray<string>) => {
        const log = journal()
        return { log, asset: noted(log, "asset", { partitions: letters, codeVersion }, (_, key) =>
          fail.includes(String(key)) ? Effect.fail(new Broken({ message: "no" })) : Effect.succeed(["x"])) }
      }
      const first = make("1", ["d"])
      assert.include(yield* start([first.asset]), { state: "failed", materialized: 3, failed: 1 })
      const states = (only: ReadonlyArray<"missing" | "stale" | "failed" | "fresh">, codeVersion = "1") =>
        Effect.gen(function*() {
          const { asset, log } = make(codeVersion, [])
          yield* start([asset], { only })
          return log.started().map((cell) => cell.slice(-1)).toSorted().join("")
        })
      assert.strictEqual(yield* states(["missing"]), "")
      assert.strictEqual(yield* states(["missing", "stale"]), "")
      assert.strictEqual(yield* states(["missing"], "2"), "")
      assert.strictEqual(yield* states(["stale"], "2"), "abc")
      assert.strictEqual(yield* states(["failed"], "2"), "d")
      assert.strictEqual(yield* states(["missing", "stale", "failed"], "2"), "")
      assert.strictEqual(yield* states(["missing", "stale", "failed", "fresh"], "2"), "abcd")
    }).pipe(Effect.provide(services)))

  it.live("an asset's own limit holds over all its lots; a batch takes as many as asked for", () =>
    Effect.gen(function*() {
      const log = journal()
      const limited = noted(log, "limited", { partitions: fixed, concurrency: 3 }, () => Effect.as(Effect.sleep(2), ["x"]))
      const free = noted(log, "free", { partitions: fixed, inputs: { limited } }, () => Effect.as(Effect.sleep(2), ["x"]))
      assert.include(yield* start([limited, free], { concurrency: 16 }), { state: "succeeded", materialized: 400 })
      assert.strictEqual(log.most.get("limited"), 3)
      const sizes: Array<number> = []
      const batched = Asset.make("batched", {
        partitions: fixed,
        output: Rows.of(Value),
        io: Store,
        batch: 10,
        run: (_, keys) =>
          Effect.sync(() => {
            sizes.push(keys.length)
            return keys.map((key) => key === "k050" ? Result.fail(new Broken({ message: "no" })) : [{ value: key }])
          })
      })
      const report = yield* start([batched], { batch: 25 })
      assert.include(report, { state: "failed", materialized: 199, failed: 1 })
      assert.deepStrictEqual(sizes, Array.from({ length: 8 }, () => 25))
    }).pipe(Effect.provide(services)))

  it.live("dynamic keys: their cells start while the listing goes on; a reader of everything runs once, at the end", () =>
    Effect.gen(function*() {
      const log = journal()
      const listing = noted(log, "listing", { partitions: days }, (_, day) =>
        Effect.as(Effect.sleep(150), ["a", "b"].map((game) => `${log.nameOf(day)}-${game}`)))
      const games = Partitions.dynamic<ReadonlyArray<{ readonly value: string }>>("games", {
        from: listing,
        key: (row) => row.value
      })
      const game = noted(log, "game", { partitions: games }, (_, key) => Effect.succeed([String(key)]))
      const detail = noted(log, "detail", { partitions: games, inputs: { game } })
      const all = noted(log, "all", { inputs: { game: Input.rows(game, { mapping: Mapping.all }), detail } }, ({ game }) =>
        Effect.succeed([String(game?.length)]))
      const assets = [listing, game, detail, all]
      const report = yield* start(assets, { concurrency: 2 })
      assert.include(report, { state: "succeeded", planned: 28 + 56 + 56 + 1, materialized: 28 + 56 + 56 + 1, unchanged: 0 })
      assert.isBelow(log.lines.findIndex((line) => line.startsWith("start game")), log.lines.findLastIndex((line) => line.startsWith("start listing")))
      assert.strictEqual(new Set(log.started()).size, log.started().length)
      assert.deepStrictEqual(yield* stored(all), ["56"])
      assert.isUndefined(yield* start(assets))
    }).pipe(Effect.provide(services)))

  it.live("keys added or removed by hand while it runs: a new one waits for the next, a removed one keeps its history", () =>
    Effect.gen(function*() {
      const store = yield* RunStore.RunStore
      const log = journal()
      const gate = yield* Deferred.make<void>()
      const partitions = Partitions.dynamic("hand")
      const asset = noted(log, "asset", { partitions }, (_, key) => Effect.as(key === "k000" ? Deferred.await(gate) : Effect.void, ["x"]))
      const whole = noted(log, "whole", { inputs: { asset } })
      yield* store.addKeys("hand", keys.slice(0, 100))
      const fiber = yield* Effect.forkChild(start([asset, whole], { concurrency: 2 }))
      while (log.started().length < 20) yield* Effect.sleep(5)
      yield* store.addKeys("hand", ["new"])
      yield* store.removeKeys("hand", ["k001"])
      yield* Deferred.succeed(gate, undefined)
      const report = yield* Fiber.join(fiber)
      assert.include(report, { state: "succeeded", planned: 101, failed: 0 })
      assert.notInclude(log.started(), "asset@new")
      assert.deepStrictEqual((yield* store.materializations({ asset: "asset", partition: "k001" }, { limit: 5 })).map(({ state }) => state), ["materialized"])
      const before = log.started().length
      assert.include(yield* start([asset, whole]), { state: "succeeded", planned: 2 })
      assert.deepStrictEqual(log.started().slice(before), ["asset@new", "whole"])
    }).pipe(Effect.provide(services)))

  it.live("interrupted in the middle of a listing and joined: no finished cell is computed again", () =>
    Effect.gen(function*() {
      const log = journal()
      const listing = noted(log, "listing", { partitions: days }, (_, day) => Effect.as(Effect.sleep(30), [log.nameOf(day)]))
      const games = Partitions.dynamic<ReadonlyArray<{ readonly value: string }>>("games", { from: listing, key: (row) => row.value })
      const game = noted(log, "game", { partitions: games }, () => Effect.as(Effect.sleep(20), ["x"]))
      const all = noted(log, "all", { inputs: { game } })
      const assets = [listing, game, all]
      const id = yield* create(assets, { concurrency: 2 })
      const store = yield* RunStore.RunStore
      const finished = Effect.map(store.steps(id), (steps) => new Set(steps.map(({ asset, partition }) => `${asset}@${partition}`)))
      for (const count of [5, 15, 35]) {
        const fiber = yield* Effect.forkChild(join(assets, id))
        const before = yield* finished
        const from = log.started().length
        while ((yield* finished).size < count) yield* Effect.sleep(5)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(log.started().slice(from).filter((cell) => before.has(cell)), [])
      }
      const before = yield* finished
      const from = log.started().length
      assert.include(yield* join(assets, id), { state: "succeeded", planned: 57, materialized: 57 })
      assert.deepStrictEqual(log.started().slice(from).filter((cell) => before.has(cell)), [])
    }).pipe(Effect.provide(services)))

  it.live("two backfills over the same cells: each cell is computed once at a time, and both end", () =>
    Effect.gen(function*() {
      const log = journal()
      const source = noted(log, "source", { partitions: fixed }, () => Effect.as(Effect.sleep(5), ["x"]))
      const derived = noted(log, "derived", { partitions: fixed, inputs: { source } }, () => Effect.as(Effect.sleep(5), ["x"]))
      const reports = yield* Effect.all([start([source, derived]), start([source, derived], { order: "newest" })], { concurrency: 2 })
      for (const report of reports) assert.include(report, { state: "succeeded", planned: 400, failed: 0, skipped: 0 })
      assert.strictEqual(reports.reduce((sum, report) => sum + report!.materialized, 0), 400)
      assert.strictEqual(reports.reduce((sum, report) => sum + report!.unchanged, 0), 400)
      assert.strictEqual(log.started().length, 400)
    }).pipe(Effect.provide(services)))

  it.live("a participant that breaks leaves the work to the others", () =>
    Effect.gen(function*() {
      const log = journal()
      const source = noted(log, "source", { partitions: fixed }, () => Effect.as(Effect.sleep(10), ["x"]))
      const id = yield* create([source], { concurrency: 2 })
      const good = yield* Effect.forkChild(join([source], id))
      while (log.started().length < 5) yield* Effect.sleep(5)
      const backfills = yield* BackfillStore
      const bad = yield* Effect.exit(
        join([source], id).pipe(Effect.provideService(BackfillStore, {
          ...backfills,
          take: () => Effect.die("a bug")
        }))
      )
      assert.strictEqual(bad._tag, "Failure")
      assert.include(yield* Fiber.join(good), { state: "succeeded", materialized: 200 })
    }).pipe(Effect.provide(services)))

  it.live("one that could not be planned says why among its events", () =>
    Effect.scoped(Effect.gen(function*() {
      const asset = noted(journal(), "a", { partitions: fixed })
      const backfills = yield* BackfillStore
      const store = yield* RunStore.RunStore
      const lease = yield* Lease.acquire
      const target = { ...request().backfill!.target, keys: ["nowhere"] }
      for (const wrong of [request({ target }), request({ selection: "b" })]) {
        // As a tick makes it: the daemon that begins it plans it.
        const id = yield* backfills.create(wrong, [], [unplanned], lease.worker)
        const error = yield* Effect.flip(Backfill.begin(graphWith<Store>([asset]), id, lease))
        assert.strictEqual((yield* backfills.backfill(id)).state, "failed")
        const last = (yield* store.events(id)).at(-1)
        assert.deepStrictEqual([last?.type, last?.message], ["run_finished", `failed: ${error.message}`])
      }
    })).pipe(Effect.provide(services)))
})
