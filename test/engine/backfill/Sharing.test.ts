/** Processes that share a backfill on Postgres: failures and retries, lots of the dead, keys that appear, lost connections. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import * as Backfill from "../../../engine/backfill/Backfill.ts"
import { BackfillStore } from "../../../engine/record/BackfillStore.ts"
import { create, freeze, make, outcome, query, services, until, wasWaiting } from "./processes.ts"
import * as Weather from "./weather.ts"

const size = { days: 42, stations: 10 }
const cells = Weather.cellsOf(size)
const base = { ...size, failing: 0, flaky: 0, leaseMillis: 2000, workMillis: 20 }
/** Where nobody dies, a busy machine must not look like a death. */
const calm = { ...base, leaseMillis: 10_000 }
const started = (lines: ReadonlyArray<{ readonly what: string; readonly cell: string }>) =>
  lines.flatMap(({ cell, what }) => what === "start" ? [cell] : [])

describe("Backfill, shared", () => {
  it.live("10 % fail for good, 10 % now and then: two processes agree on the counts; retried from a third, just these run", () =>
    Effect.gen(function*() {
      const here = yield* make
      const id = yield* create(size, Weather.request())
      const failing = { ...calm, id, failing: 1, flaky: 1 }
      const ends = yield* Effect.forEach([here.join(failing), here.join(failing)], outcome)
      const keys = Array.from({ length: size.days * size.stations }, (_, i) => {
        const day = new Date(Date.parse("2023-01-01") + Math.floor(i / size.stations) * 86_400_000).toISOString().slice(0, 10)
        return `${day}|s${String(i % size.stations).padStart(2, "0")}`
      })
      const broken = keys.filter((key) => Weather.hash(key) % 10 === 0)
      const flaky = keys.filter((key) => Weather.hash(key) % 10 === 1)
      assert.isAtLeast(broken.length, 20)
      assert.isAtLeast(flaky.length, 20)
      for (const end of ends) {
        assert.include(end, { state: "failed", planned: cells, failed: broken.length, stopReason: null })
        assert.strictEqual(end.materialized + end.failed + end.skipped, cells)
      }
      const kinds = yield* query(`
        select asset, state::text, count(*)::text from sluice.steps where state <> 'materialized' group by 1, 2 order by 1, 2
      `)
      const skipped = Object.fromEntries(kinds.filter(({ state }) => state === "skipped").map(({ asset, count }) => [asset, Number(count)]))
      assert.deepStrictEqual(kinds.filter(({ state }) => state === "failed"), [{ asset: "test/reading", state: "failed", count: String(broken.length) }])
      assert.strictEqual(skipped["test/cleaned"], broken.length)
      assert.strictEqual(skipped["test/extreme"], broken.length)
      // A trend reads three days.
      assert.isAbove(skipped["test/trend"]!, broken.length)
      assert.strictEqual(skipped["test/score"], skipped["test/trend"])
      const reasons = yield* query("select distinct reason from sluice.steps where asset = 'test/cleaned' and state = 'skipped' order by 1")
      assert.deepStrictEqual(reasons.map(({ reason }) => reason), broken.map((key) => `test/reading@${key} failed or was skipped`).toSorted())
      const attempts = yield* query("select partition from sluice.attempts where transient order by partition")
      assert.isTrue(flaky.every((key) => attempts.some(({ partition }) => partition === key)))

      const open = yield* query("select asset || '@' || partition as cell from sluice.steps where state <> 'materialized' order by 1")
      const before = here.lines().length
      assert.strictEqual((yield* Backfill.retryFailed(id)).failed, broken.length)
      const healed = { ...calm, id }
      for (const end of yield* Effect.forEach([here.join(healed), here.join(healed)], outcome)) {
        if (end.error === undefined) assert.include(end, { state: "succeeded", materialized: cells, failed: 0, skipped: 0 })
        // The other was so quick that nothing was left.
        else assert.strictEqual(end.error, "RunUnavailable")
      }
      assert.deepStrictEqual(started(here.lines().slice(before)).toSorted(), open.map(({ cell }) => cell!).toSorted())
    }).pipe(Effect.scoped, Effect.provide(services)), 60_000)

  it.live("retried while it runs: the processes take up what had failed, and go on", () =>
    Effect.gen(function*() {
      const here = yield* make
      const backfills = yield* BackfillStore
      const id = yield* create(size, Weather.request())
      const children = [here.join({ ...calm, id, failing: 1 }), here.join({ ...calm, id, failing: 1 })]
      yield* until(Effect.map(backfills.backfill(id), ({ failed }) => failed >= 5))
      const { failed } = yield* Backfill.retryFailed(id)
      assert.isAtLeast(failed, 5)
      for (const end of yield* Effect.forEach(children, outcome)) {
        assert.strictEqual(end.state, "failed")
        assert.strictEqual(end.materialized + end.failed + end.skipped, cells)
      }
      const readings = started(here.lines()).filter((cell) => cell.startsWith("test/reading"))
      assert.strictEqual(readings.length - new Set(readings).size, failed)
    }).pipe(Effect.scoped, Effect.provide(services)), 60_000)

  it.live("the lots and claims of a process that dies, or sleeps, go to the others", () =>
    Effect.gen(function*() {
      const here = yield* make
      // All cells are asked for, also fresh ones: that a cell is done already would not keep a process from it.
      const id = yield* create(size, Weather.request({ only: ["missing", "stale", "failed", "fresh"] }))
      const [dead, asleep, alive] = [here.join({ ...base, id }), here.join({ ...base, id }), here.join({ ...base, id })]
      yield* until(Effect.sync(() => [dead, asleep, alive].every(({ pid }) => here.lines().some((line) => line.pid === pid))))
      dead.process.kill("SIGKILL")
      yield* freeze(asleep, () => wasWaiting(asleep))
      assert.include(yield* outcome(alive), { state: "succeeded", materialized: cells })
      const rows = yield* query("select count(*)::text as cells from sluice.steps")
      const noted = here.lines().length
      asleep.process.kill("SIGCONT")
      assert.include(yield* outcome(asleep), { state: "succeeded", materialized: cells, failed: 0, skipped: 0 })
      assert.deepStrictEqual(started(here.lines().slice(noted)), [])
      assert.deepStrictEqual(yield* query("select count(*)::text as cells from sluice.steps"), rows)
      assert.deepStrictEqual(yield* query("select id from test.cleaned group by id having count(*) > 1"), [])
    }).pipe(Effect.scoped, Effect.provide(services)), 60_000)

  it.live("all connections cut, again and again: the processes go on, and every cell is there once", () =>
    Effect.gen(function*() {
      const here = yield* make
      const id = yield* create(size, Weather.request())
      const children = [here.join({ ...base, id }), here.join({ ...base, id })]
      yield* until(Effect.sync(() => here.lines().length > 200))
      const cut = query(`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
      `)
      const cutting = yield* Effect.forkChild(Effect.forEach([1, 2, 3, 4], () => Effect.andThen(cut, Effect.sleep(400))))
      for (const end of yield* Effect.forEach(children, outcome)) assert.include(end, { state: "succeeded", materialized: cells })
      yield* Fiber.join(cutting)
      const steps = yield* query("select count(*)::text as steps, count(distinct (asset, partition))::text as cells from sluice.steps")
      assert.deepStrictEqual(steps, [{ steps: String(cells), cells: String(cells) }])
      assert.deepStrictEqual(yield* query("select id from test.cleaned group by id having count(*) > 1"), [])
    }).pipe(Effect.scoped, Effect.provide(services)), 60_000)
})
