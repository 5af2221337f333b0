/** What every hook store must do; run against each implementation. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import { judge } from "../../engine/hook/Judgement.ts"
import * as Pace from "../../engine/hook/Pace.ts"
import type { HookEvent, Kind } from "../../engine/record/HookEvent.ts"
import type { Happening, HappeningState } from "../../engine/record/Happening.ts"
import { HookStore, type Occurrence } from "../../engine/record/HookStore.ts"
import { RunStore } from "../../engine/record/RunStore.ts"
import { ended, request, worker } from "./RunStore.ts"

const states: ReadonlyArray<HappeningState> = ["failed", "lost", "succeeded", "cancelled", "checked"]

const occurrence = ({ at, id, run }: Happening, kind: Kind = "failed", fingerprint: string | null = null): Occurrence => {
  const event: HookEvent = {
    id: `h.${run}.${id}`, hook: "h", kind, at, title: `${kind} ${run}`, text: "", failures: [], checks: [], resume: null, repeats: 0, others: 0, subject: null,
    run: { id: run ?? 0, selection: "ä\u2028", partitions: null, startedAt: at, finishedAt: null, worker: "w:1", materialized: 0, failed: 1, skipped: 0 }
  }
  return { happening: id, fingerprint, event }
}

/** A store with a hook and two workers, and what its tests do with it. */
const known = Effect.gen(function*() {
  const runs = yield* RunStore
  const hooks = yield* HookStore
  yield* runs.startWorker(worker("one"))
  yield* runs.startWorker(worker("two"))
  yield* hooks.announce(["h"])
  const finish = (state: "failed" | "succeeded" | "cancelled") =>
    Effect.gen(function*() {
      const run = yield* runs.createRun(request, "one")
      yield* runs.finishRun(run, "one", state)
      return run
    })
  const record = (kind: Kind = "failed", fingerprint: string | null = null) =>
    Effect.gen(function*() {
      const { cursor, happenings } = yield* hooks.happenings("h", states)
      yield* hooks.record("h", { cursor, occurrences: happenings.map((one) => occurrence(one, kind, fingerprint)) }, judge(60_000))
    })
  const pace = (messages = 10, perMillis = 60_000) =>
    ({ counted: messages, withinMillis: 60_000, choose: Pace.choose({ atMost: { messages, perMillis }, channel: { spacingMillis: 0 } }) })
  const take = (by: string, messages?: number) => Effect.map(hooks.take("h", by, pace(messages)), ({ taken }) => taken)
  const told = Effect.map(hooks.deliveries("h", { limit: 99 }), (all) => all.toReversed().map(({ state }) => state))
  return { runs, hooks, finish, record, take, told }
})

export const hookStoreConformance = <E>(name: string, layer: Layer.Layer<RunStore | HookStore, E>): void => {
  const test = <A, X>(title: string, effect: Effect.Effect<A, X, RunStore | HookStore>) =>
    it.live(title, () => Effect.asVoid(Effect.provide(effect, layer)))

  describe(`${name} as a hook store`, () => {
    test("sees each end of a run since the hook is known, and leaves none out", Effect.gen(function*() {
      const { finish, hooks, record, runs } = yield* known
      const run = yield* finish("failed")
      const open = yield* runs.createRun(request, "one")
      const seen = Effect.map(hooks.happenings("h", states), ({ happenings }) => happenings.map(({ run, state }) => `${run} ${state}`))
      assert.deepStrictEqual(yield* seen, [`${run} failed`])
      assert.deepStrictEqual((yield* hooks.happenings("h", ["succeeded", "lost"])).happenings, [])
      yield* record()
      yield* runs.resumeRun(run, "two")
      yield* runs.finishRun(run, "two", "succeeded")
      // Asked again where the answer was lost: it is one end.
      yield* runs.finishRun(run, "two", "succeeded")
      yield* runs.finishRun(open, "one", "cancelled")
      assert.includeMembers([...yield* seen], [`${run} succeeded`, `${open} cancelled`])
      yield* hooks.announce(["later", "h"])
      assert.deepStrictEqual((yield* hooks.happenings("later", states)).happenings, [])
      assert.deepStrictEqual((yield* hooks.happenings("nobody's", states)).happenings, [])
    }))

    test("sees more than a thousand ends, and none twice of those that are known", Effect.gen(function*() {
      const { hooks } = yield* known
      yield* Effect.forEach(Array.from({ length: 1100 }), () => hooks.noteChecks([]), { concurrency: 8, discard: true })
      const seen = new Set<number>()
      for (;;) {
        const { cursor, happenings: ends } = yield* hooks.happenings("h", ["checked"], seen)
        if (ends.length === 0) break
        assert.isTrue(ends.every(({ id }) => !seen.has(id)))
        for (const { id } of ends) seen.add(id)
        yield* hooks.record("h", { cursor, occurrences: [] }, judge(0))
      }
      assert.strictEqual(seen.size, 1100)
    }))

    test("records an end once, however often and by how many it is seen", Effect.gen(function*() {
      const { finish, hooks, record, told } = yield* known
      yield* Effect.all([finish("failed"), finish("failed")])
      yield* Effect.all([record(), record(), record(), record()], { concurrency: 4 })
      yield* record()
      assert.deepStrictEqual(yield* told, ["waiting", "waiting"])
      const [latest] = yield* hooks.deliveries("h", { limit: 1 })
      assert.deepInclude(latest, { tries: 0, reason: null, sentAt: null, toldIn: null })
      assert.strictEqual(latest?.event.run?.selection, "ä\u2028")
      assert.deepInclude((yield* hooks.hooks)[0], { name: "h", running: true, waiting: 2, sent: 0, failed: 0 })
    }))

    test("the same is told once, until a success", Effect.gen(function*() {
      const { finish, hooks, record, told } = yield* known
      for (const kind of ["failed", "failed", "recovered", "failed"] as const) {
        yield* finish(kind === "recovered" ? "succeeded" : kind)
        yield* record(kind, kind === "recovered" ? null : "print")
        if (kind === "recovered") yield* record(kind)
      }
      assert.deepStrictEqual(yield* told, ["waiting", "same", "waiting", "waiting"])
      // What the hook has not been told is news.
      assert.deepStrictEqual((yield* hooks.deliveries("h", { limit: 9 })).map(({ event }) => event.kind), ["failed", "recovered", "failed", "failed"])
    }))

    test("of many that want it at once, one takes it, with what it did before", Effect.gen(function*() {
      const { finish, hooks, record, runs, take, told } = yield* known
      const run = yield* finish("failed")
      yield* record()
      const [first, ...others] = (yield* Effect.all(["one", "two", "one", "two"].map((by) => take(by)), { concurrency: 4 })).flatMap((one) => one ?? [])
      assert.deepStrictEqual(others, [])
      assert.deepInclude(first, { tries: 1, othersCount: 0 })
      assert.strictEqual(first?.event.title, `failed ${run}`)
      const [a, b] = (yield* runs.executes(run, "two")) ? ["two", "one"] : ["one", "two"]
      yield* runs.stopWorker(a!)
      yield* runs.stopWorker(b!)
      yield* runs.startWorker(worker("three"))
      const again = yield* take("three")
      assert.deepInclude(again, { id: first!.id, tries: 2 })
      assert.deepStrictEqual(again?.event, first?.event)
      yield* hooks.settle(first!.id, "one", { _tag: "Sent" })
      assert.deepStrictEqual(yield* told, ["waiting"], "a worker that is gone settles nothing")
      yield* hooks.settle(first!.id, "three", { _tag: "Sent" })
      assert.deepStrictEqual(yield* told, ["sent"])
      assert.isUndefined(yield* take("three"))
    }))

    test("what a live worker does not settle in time goes to another", Effect.gen(function*() {
      const { finish, hooks, record, take, told } = yield* known
      yield* finish("failed")
      yield* record()
      const choose = Pace.choose({ atMost: { messages: 9, perMillis: 1 }, channel: { spacingMillis: 0 } })
      const first = (yield* hooks.take("h", "one", { counted: 9, withinMillis: 0, choose })).taken!
      yield* Effect.sleep(3)
      assert.deepInclude(yield* take("two"), { id: first.id, tries: 2 })
      assert.isUndefined(yield* take("one"))
      yield* hooks.settle(first.id, "one", { _tag: "GaveUp", reason: "late" })
      assert.deepStrictEqual(yield* told, ["waiting"])
    }))

    test("is tried again when it is due, and given up with the reason", Effect.gen(function*() {
      const { finish, hooks, record, take, told } = yield* known
      yield* finish("failed")
      yield* record()
      const taken = (yield* take("one"))!
      yield* hooks.settle(taken.id, "one", { _tag: "Again", afterMillis: 60_000, reason: "no \u0000 luck" })
      const { nextMillis, taken: none } = yield* hooks.take("h", "two", { counted: 1, withinMillis: 60_000, choose: Pace.choose({ atMost: { messages: 1, perMillis: 1 }, channel: { spacingMillis: 0 } }) })
      assert.isUndefined(none)
      assert.approximately(nextMillis, 60_000, 20_000)
      const due = yield* hooks.take("h", "two", { counted: 1, withinMillis: 60_000, choose: ({ open }) => ({ take: open[0]!.id, sum: [], hold: [], next: 0 }) })
      assert.strictEqual(due.taken?.tries, 2)
      yield* hooks.settle(taken.id, "two", { _tag: "GaveUp", reason: "it is gone" })
      assert.deepStrictEqual(yield* told, ["failed"])
      assert.deepInclude((yield* hooks.deliveries("h", { limit: 1 }))[0], { reason: "it is gone", tries: 2 })
      assert.isUndefined(yield* take("one"))
      assert.strictEqual(yield* hooks.retry("h"), 1)
      assert.deepInclude(yield* take("one"), { id: taken.id, tries: 1 })
      assert.strictEqual(yield* hooks.retry("h"), 0)
    }))

    test("what waits for the limit is told in one", Effect.gen(function*() {
      const { finish, hooks, record, take, told } = yield* known
      for (let i = 0; i < 15; i++) yield* finish("failed")
      yield* record()
      const first = (yield* take("one", 2))!
      yield* hooks.settle(first.id, "one", { _tag: "Sent" })
      yield* hooks.settle((yield* take("one", 2))!.id, "one", { _tag: "Sent" })
      assert.isUndefined(yield* take("one", 2))
      const rest = (yield* take("one", 3))!
      assert.strictEqual(rest.othersCount, 12)
      assert.lengthOf(rest.others, 10)
      assert.isBelow(rest.others[0]!.run!.id, rest.event.run!.id)
      yield* hooks.settle(rest.id, "one", { _tag: "Sent" })
      assert.deepStrictEqual(new Set(yield* told), new Set(["sent", "summed"]))
      assert.strictEqual((yield* hooks.deliveries("h", { limit: 2 }))[1]?.toldIn, rest.id)
    }))

    test("a stopped hook sees nothing of what ends meanwhile, and nothing is taken", Effect.gen(function*() {
      const { finish, hooks, record, take, told } = yield* known
      yield* finish("failed")
      yield* record()
      yield* hooks.setRunning("h", false)
      yield* finish("failed")
      yield* record()
      assert.isUndefined(yield* take("one"))
      yield* hooks.setRunning("h", true)
      yield* record()
      assert.deepStrictEqual(yield* told, ["waiting"])
      assert.isDefined(yield* take("one"))
      yield* finish("succeeded")
      yield* record()
      assert.lengthOf(yield* told, 2)
    }))

    test("notes checks that were asked for by themselves", Effect.gen(function*() {
      const { hooks } = yield* known
      const checks = [{ asset: "a", check: "no \u0000 gap", severity: "warn", passed: 2, failed: 1, firstFailure: { partition: "x", message: "1 of 3 rows" } }] as const
      yield* hooks.noteChecks(checks)
      const { happenings: ends } = yield* hooks.happenings("h", ["checked"])
      assert.deepStrictEqual(ends.map(({ run, state }) => [run, state]), [[null, "checked"]])
      assert.deepInclude(ends[0]?.checks[0], { asset: "a", severity: "warn", failed: 1, firstFailure: { partition: "x", message: "1 of 3 rows" } })
      assert.deepStrictEqual((yield* hooks.happenings("h", ["failed"])).happenings, [])
    }))

    test("notes a lost run once, when its worker has been gone for so long", Effect.gen(function*() {
      const { hooks, runs } = yield* known
      const seen = Effect.map(hooks.happenings("h", states), ({ happenings }) => happenings.map(({ run, state }) => `${run} ${state}`))
      yield* runs.startWorker(worker("frozen", 1))
      yield* Effect.sleep(5)
      const run = yield* runs.createRun(request, "frozen")
      yield* hooks.noteLost(60_000)
      assert.deepStrictEqual(yield* seen, [])
      yield* Effect.all([hooks.noteLost(0), hooks.noteLost(0)], { concurrency: 2 })
      assert.deepStrictEqual(yield* seen, [`${run} lost`])
      yield* runs.resumeRun(run, "one")
      yield* hooks.noteLost(0)
      assert.lengthOf(yield* seen, 1)
    }))

    test("tells what failed in a run, by asset; and forgets", Effect.gen(function*() {
      const { finish, hooks, record, runs, told } = yield* known
      const run = yield* runs.createRun(request, "one")
      const at = (second: number) => new Date(Date.UTC(2024, 0, 1, 0, 0, second))
      const failed = (asset: string, partition: string, second: number) =>
        ended({ asset, partition }, "failed", { error: `no ${partition}`, attempts: 2, finishedAt: at(second) })
      yield* runs.claim(run, "one", [{ asset: "b", partition: "1" }, { asset: "b", partition: "2" }, { asset: "a", partition: "" }])
      yield* runs.endSteps(run, "one", [failed("b", "1", 2), failed("b", "2", 1), failed("a", "", 3)], () => [])
      assert.deepStrictEqual(yield* hooks.failures(run), [
        { asset: "a", count: 1, partition: "", error: "no ", attempts: 2 },
        { asset: "b", count: 2, partition: "2", error: "no 2", attempts: 2 }
      ])
      yield* finish("failed")
      yield* record("failed", "print")
      yield* finish("failed")
      yield* record("failed", "print")
      yield* hooks.forget(60_000)
      assert.deepStrictEqual(yield* told, ["waiting", "same"])
      yield* Effect.sleep(3)
      yield* hooks.forget(0)
      assert.deepStrictEqual(yield* told, ["waiting"])
    }))
  })
}
