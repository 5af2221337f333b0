/** Cancel and pause from another process: once they have taken effect, nothing starts, in any process. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Backfill from "../../../engine/backfill/Backfill.ts"
import { BackfillStore } from "../../../engine/record/BackfillStore.ts"
import * as Generator from "../partition/generator.ts"
import { type Child, create, freeze, type Line, make, outcome, query, services, until, wasWaiting } from "./processes.ts"
import * as Weather from "./weather.ts"

const size = { days: 70, stations: 20 }
const base = { ...size, failing: 0, flaky: 0, leaseMillis: 1000, workMillis: 30 }
const { whole } = Generator.make(4711)

const pause = (millis: number) => Effect.sleep(millis)
const starts = (lines: ReadonlyArray<Line>) => lines.filter(({ what }) => what === "start").length

/** The run and the steps of a backfill, as they are recorded. */
const record = (id: number) =>
  Effect.all([
    query(`select state::text, finished_at::text from sluice.runs where id = ${id}`),
    query(`select asset, partition, state::text from sluice.steps where run = ${id} order by 1, 2`)
  ])

describe("Backfill, cancelled", () => {
  it.live("after cancel has returned no step starts: at any moment, paused or not, also of a process that is frozen", () =>
    Effect.gen(function*() {
      const here = yield* make
      const backfills = yield* BackfillStore
      let frozenStarts = 0
      for (let round = 0; round < 5; round++) {
        const id = yield* create(size, Weather.request({ name: `round ${round}` }))
        const isFrozen = round === 1 || round === 2
        // A process is frozen while it waits, which one with short steps seldom does.
        const workMillis = isFrozen ? 200 : base.workMillis
        const children = Array.from({ length: 2 + round % 2 }, (): Child => here.join({ ...base, id, workMillis }))
        const ours = () => here.lines().filter(({ pid }) => children.some((child) => child.pid === pid))
        // One that comes later would open it again.
        yield* until(Effect.map(backfills.backfill(id), ({ participants }) => participants.filter(({ alive }) => alive).length === children.length))
        if (round % 2 === 0) yield* until(Effect.sync(() => starts(ours()) > whole(100, 400)))
        yield* pause(whole(0, 60))
        const frozen = children[0]!
        if (isFrozen) {
          yield* freeze(frozen, () => wasWaiting(frozen))
          frozenStarts = starts(ours().filter(({ pid }) => pid === frozen.pid))
        }
        if (round === 3) {
          yield* Backfill.pause(id)
          yield* pause(whole(0, 300))
        }
        const summary = yield* Backfill.cancel(id)
        const noted = here.lines().length
        assert.include(summary, { state: "cancelled", lost: false })
        const recorded = yield* record(id)
        if (isFrozen) frozen.process.kill("SIGCONT")
        const outcomes = yield* Effect.forEach(children, outcome)
        yield* pause(200)
        // What a frozen process had begun may end; nothing begins.
        assert.deepStrictEqual(here.lines().slice(noted).filter(({ what }) => what === "start"), [])
        if (isFrozen) assert.strictEqual(starts(ours().filter(({ pid }) => pid === frozen.pid)), frozenStarts)
        assert.deepStrictEqual(yield* record(id), recorded)
        for (const outcome of outcomes) {
          const isTold = outcome.state === "cancelled" || outcome.cancelRequested === true || outcome.error === "RunUnavailable"
          assert.isTrue(isTold, JSON.stringify(outcome))
        }
        assert.deepStrictEqual(yield* query("select run from sluice.lots"), [])
        assert.strictEqual((yield* Effect.flip(Backfill.pause(id)))._tag, "RunUnavailable")
      }
    }).pipe(Effect.scoped, Effect.provide(services)), 120_000)

  it.live("a paused backfill starts nothing until it is told to go on, by any process", () =>
    Effect.gen(function*() {
      const here = yield* make
      const id = yield* create(size, Weather.request())
      // Nobody dies here: a busy machine must not look like it.
      const calm = { ...base, id, leaseMillis: 10_000 }
      const children = [here.join(calm), here.join(calm)]
      for (let round = 0; round < 3; round++) {
        const before = starts(here.lines())
        yield* until(Effect.sync(() => starts(here.lines()) > before + whole(50, 300)))
        assert.include(yield* Backfill.pause(id), { state: "paused", lost: false })
        // No claim is granted any more; what was claimed before is done.
        const claimed = "select asset || '@' || partition as cell from sluice.cell_states where state = 'running'"
        const held = new Set((yield* query(claimed)).map(({ cell }) => cell!))
        const open = here.lines().length
        yield* until(Effect.map(query(claimed), (cells) => cells.length === 0))
        for (const { cell, what } of here.lines().slice(open)) if (what === "start") assert.isTrue(held.has(cell), cell)
        const noted = here.lines().length
        yield* pause(500)
        assert.deepStrictEqual(here.lines().slice(noted).filter(({ what }) => what === "start"), [])
        assert.include(yield* Backfill.unpause(id), { state: "running" })
      }
      const before = starts(here.lines())
      yield* until(Effect.sync(() => starts(here.lines()) > before + 100))
      yield* Backfill.cancel(id)
      yield* Effect.forEach(children, outcome)
      // A cancelled one goes on when a process joins it, with what is left.
      const done = new Set((yield* query("select asset || '@' || partition as cell from sluice.steps")).map(({ cell }) => cell!))
      const noted = here.lines().length
      assert.include(yield* outcome(here.join({ ...calm, workMillis: 1 })), { state: "succeeded" })
      const again = here.lines().slice(noted).filter(({ cell, what }) => what === "start" && done.has(cell))
      assert.deepStrictEqual(again, [])
    }).pipe(Effect.scoped, Effect.provide(services)), 120_000)
})
