/** Three processes on one backfill, killed and frozen: every cell is done, once, and by who may. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import * as Backfill from "../../../engine/backfill/Backfill.ts"
import { type Child, create, dump, freeze, type Line, make, outcome, query, services, until } from "./processes.ts"
import { moment } from "../../moment.ts"
import * as Weather from "./weather.ts"

const size = { days: 98, stations: 39 }
const cells = Weather.cellsOf(size)
const kills = 10

/** What one run gives that nobody disturbs. */
const undisturbed = Effect.gen(function*() {
  const report = yield* Backfill.start(Weather.make({ ...size, work: () => Effect.void }), Weather.request({ concurrency: 32 }))
  assert.include(report, { state: "succeeded", planned: cells, materialized: cells, unchanged: 0, failed: 0, skipped: 0 })
  return yield* dump
}).pipe(Effect.provide(services))

describe("Backfill, crashed", () => {
  it.live("3 processes, each killed 10 times, one frozen beyond its lease: every cell is done once, by who holds it", () =>
    Effect.gen(function*() {
      assert.isAtLeast(cells, 19_000)
      const alone = yield* Effect.forkChild(undisturbed)
      const here = yield* make
      const id = yield* create(size, Weather.request())
      const options = { ...size, id, failing: 0, flaky: 0, leaseMillis: 2000, workMillis: 30 }
      /** Processes that are dead from a moment on. */
      const dead = new Map<number, number>()
      let frozen: { readonly pid: number; readonly from: number; to: number; readonly taken: ReadonlySet<string> } | undefined

      /** It has begun to compute, or has ended. */
      const isAtWork = (child: Child) => child.process.exitCode !== null || here.lastStart(child.pid) !== undefined

      /** Stops it in the middle of computations, until others have done one of these cells. */
      const sleepLong = Effect.fnUntraced(function*(child: Child) {
        yield* Effect.sleep(300)
        const computing = new Set<string>()
        const taken = new Set<string>()
        yield* freeze(child, () => {
          computing.clear()
          for (const { cell, pid, what } of here.lines()) {
            if (pid !== child.pid) continue
            if (what === "start") computing.add(cell)
            else computing.delete(cell)
          }
          return computing.size > 0
        })
        frozen = { pid: child.pid, from: moment(), to: Number.POSITIVE_INFINITY, taken }
        const cellsNow = [...computing].map((cell) => `'${cell}'`).join()
        yield* until(Effect.map(
          query(`select asset || '@' || partition as cell from sluice.steps where asset || '@' || partition in (${cellsNow})`),
          (steps) => {
            for (const { cell } of steps) taken.add(cell!)
            return taken.size > 0
          }
        ))
        frozen.to = moment()
        child.process.kill("SIGCONT")
        // What it was computing ends without a trace; then it takes part again.
        yield* until(Effect.sync(() => (here.lastStart(child.pid) ?? 0) > frozen!.to))
      })

      const thawed = yield* Deferred.make<void>()
      const lives = Effect.fnUntraced(function*(nth: number) {
        for (let life = 0; life < kills; life++) {
          const child = here.join(options)
          if (life % 4 === 3) yield* Effect.sleep(Math.random() * 1200)
          else {
            yield* until(Effect.sync(() => isAtWork(child)))
            yield* Effect.sleep(Math.random() * 500)
          }
          if (nth === 0 && life === 1) yield* Effect.andThen(sleepLong(child), Deferred.succeed(thawed, undefined))
          // Somebody has to be there who takes the cells of the frozen one.
          if (nth !== 0 && life === kills - 1) yield* Deferred.await(thawed)
          assert.isNull(child.process.exitCode, `process ${nth} ended before it was killed: ${JSON.stringify(child.process.exitCode)}`)
          dead.set(child.pid, moment())
          child.process.kill("SIGKILL")
          yield* Effect.promise(() => child.ended)
        }
      })
      yield* Effect.forEach([0, 1, 2], lives, { concurrency: 3 })
      // Not before all were killed and frozen as often: on a slow machine the first to live on would leave nothing to do.
      const outcomes = yield* Effect.forEach([0, 1, 2], () => outcome(here.join(options)), { concurrency: 3 })
      for (const outcome of outcomes) assert.include(outcome, { state: "succeeded", planned: cells, materialized: cells, failed: 0, skipped: 0 })
      assert.strictEqual(dead.size, 3 * kills)

      assert.deepStrictEqual(yield* dump, yield* Fiber.join(alone))
      assert.deepStrictEqual(yield* query("select state from sluice.run_states"), [{ state: "succeeded" }])
      assert.deepStrictEqual(yield* query("select * from sluice.cells where claimed_by is not null and materialized_at is null"), [])
      assert.deepStrictEqual(yield* query("select run from sluice.lots"), [])

      // Who is recorded as the one who made a cell is the one who wrote its rows.
      const steps = yield* query(`
        select
          step.asset || '@' || step.partition as cell, step.state::text, worker.pid::text,
          (extract(epoch from step.finished_at) * 1000)::text as finished
        from sluice.steps as step join sluice.workers as worker on worker.number = step.worker
      `)
      assert.strictEqual(steps.length, cells)
      const made = new Map(steps.map(({ cell, finished, pid, state }) => [cell!, { state, pid: Number(pid), finished: Number(finished) }]))
      assert.strictEqual(made.size, cells)
      for (const table of ["reading", "cleaned", "trend", "extreme", "score", "week"]) {
        for (const { id, pid } of yield* query(`select id, pid::text from test.${table}`)) {
          assert.strictEqual(Number(pid), made.get(`test/${table}@${id}`)?.pid, `test/${table}@${id}`)
        }
      }

      // No finished cell was computed again, and none by two processes that were both alive.
      const begun = new Map<string, Array<{ readonly pid: number; readonly from: number; to: number }>>()
      for (const { at, cell, pid, what } of here.lines().toSorted((a: Line, b: Line) => a.at - b.at)) {
        const known = begun.get(cell) ?? []
        begun.set(cell, known)
        if (what === "start") known.push({ pid, from: at, to: dead.get(pid) ?? Number.POSITIVE_INFINITY })
        else for (const one of known) if (one.pid === pid && one.to > at) one.to = at
      }
      /** What it was computing when it was frozen is others' once its lease is over; it ends when it is revived. */
      const isFrozen = (pid: number, from: number, moment: number) => frozen?.pid === pid && from < frozen.from && moment > frozen.from
      const again: Array<string> = []
      const beside: Array<string> = []
      for (const [cell, computations] of begun) {
        const end = made.get(cell)!
        for (const [i, { from, pid }] of computations.entries()) {
          const late = Math.round(from - end.finished)
          // The end of a computation is noted to the millisecond.
          if (late > 1) again.push(`${cell}: finished by ${end.pid}, began again in ${pid} ${late} ms later` )
          for (const before of computations.slice(0, i)) {
            if (before.to <= from || isFrozen(before.pid, before.from, from)) continue
            beside.push(`${cell}: began in ${pid} while ${before.pid} computed it, from ${before.from - from} to ${before.to - from} ms`)
          }
        }
      }
      assert.deepStrictEqual({ again, beside }, { again: [], beside: [] })
      // The frozen process found cells that it had been computing in other hands.
      assert.isAtLeast(frozen?.taken.size ?? 0, 1)
      for (const cell of frozen?.taken ?? []) assert.notStrictEqual(made.get(cell)?.pid, frozen?.pid, cell)
    }).pipe(Effect.scoped, Effect.provide(services)), 300_000)
})
