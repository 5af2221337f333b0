/** The life of a backfill: who takes part, pausing, cancelling, ending, retrying. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { request as runRequest, worker } from "../RunStore.ts"
import { begun, cells, end, games, materialize, refusal, request, stats, type Test, textOf } from "./Records.ts"

export const life = (test: Test): void => {
  test("is created with its first participant, and listed newest first", Effect.gen(function*() {
    const { id, runs, store } = yield* begun
    const summary = yield* store.backfill(id)
    assert.deepInclude(summary, {
      id, name: "season", state: "running", lost: false, cancelRequested: false, finishedAt: null, stopReason: null,
      planned: 200, materialized: 0, unchanged: 0, failed: 0, skipped: 0, request
    })
    assert.lengthOf(summary.participants, 1)
    assert.deepInclude(summary.participants[0], {
      worker: "one", host: "one.local", pid: 42, alive: true, leftAt: null, running: 0
    })
    yield* runs.createRun(runRequest, "two")
    const next = yield* store.create(request, [], [], "two")
    assert.deepStrictEqual((yield* store.backfills({ limit: 9 })).map((one) => one.id), [next, id])
    assert.deepStrictEqual((yield* store.backfills({ limit: 1 })).map((one) => one.id), [next])
    assert.match(yield* refusal(store.create(request, [], [], "nobody")), /RunStoreError: .*nobody/)
    assert.deepInclude(yield* runs.run(id), { state: "running", lost: false, workerId: "one" })
  }))

  test("is joined and left; what a participant reports is shown", Effect.gen(function*() {
    const { id, runs, store } = yield* begun
    const joined = yield* store.join(id, "two")
    assert.deepStrictEqual(joined.participants.map((one) => [one.worker, one.leftAt]), [["one", null], ["two", null]])
    yield* store.report(id, "two", 7)
    yield* store.report(id, "nobody", 9)
    assert.isTrue(yield* runs.executes(id, "two"))
    assert.strictEqual((yield* store.backfill(id)).participants[1]?.running, 7)
    const [lot] = yield* store.take(id, "two", null, () => [cells(games, 0, 9)])
    assert.deepInclude(lot, { worker: "two", asset: games })
    yield* store.leave(id, "two")
    yield* store.leave(id, "two")
    assert.isFalse(yield* runs.executes(id, "two"))
    const left = yield* store.backfill(id)
    assert.instanceOf(left.participants.find((one) => one.worker === "two")?.leftAt, Date)
    assert.deepStrictEqual((yield* store.look(id, null)).lots, [])
    yield* store.leave(id, "one")
    assert.deepInclude(yield* store.backfill(id), { state: "running", lost: true })
    const back = yield* store.join(id, "two")
    assert.deepInclude(back, { state: "running", lost: false })
    assert.deepInclude(back.participants.at(-1), { worker: "two", leftAt: null, running: 0 })
  }))

  test("grants no claim while it is paused, and goes on with those that take part", Effect.gen(function*() {
    const { id, runs, store } = yield* begun
    const cell = { asset: games, partition: "1" }
    yield* store.pause(id)
    assert.strictEqual((yield* store.look(id, null)).state, "paused")
    const refused = yield* runs.claim(id, "one", [cell])
    assert.deepStrictEqual([refused.standing, refused.cells[0]?.granted], ["paused", false])
    assert.deepInclude(yield* store.join(id, "two"), { state: "paused", lost: false })
    yield* store.pause(id)
    yield* store.unpause(id)
    assert.isTrue((yield* runs.claim(id, "two", [cell])).cells[0]?.granted)
    assert.strictEqual((yield* store.look(id, null)).state, "running")
    yield* store.pause(id)
    yield* store.leave(id, "one")
    yield* store.leave(id, "two")
    assert.deepInclude(yield* store.backfill(id), { state: "paused", lost: true })
    assert.deepInclude(yield* store.join(id, "one"), { state: "running", lost: false })
  }))

  test("is cancelled: at once without live participants, else when the last one ends it", Effect.gen(function*() {
    const { id, runs, store } = yield* begun
    yield* store.join(id, "two")
    yield* runs.cancelRun(id)
    const look = yield* store.look(id, null)
    assert.deepStrictEqual([look.state, look.cancelRequested], ["running", true])
    assert.strictEqual((yield* runs.claim(id, "two", [{ asset: games, partition: "1" }])).standing, "cancelled")
    for (const refused of [store.join(id, "one"), store.pause(id), store.unpause(id), store.retryFailed(id)]) {
      assert.match(yield* refusal(refused), /RunUnavailable: Backfill \d+ is being cancelled/)
    }
    assert.isFalse(yield* store.finish(id, "one", "cancelled"))
    yield* store.leave(id, "one")
    assert.isTrue(yield* store.finish(id, "two", "cancelled"))
    assert.isFalse(yield* store.finish(id, "two", "cancelled"))
    yield* store.leave(id, "two")
    const ended = yield* store.backfill(id)
    assert.deepInclude(ended, { state: "cancelled", lost: false, stopReason: null })
    assert.instanceOf(ended.finishedAt, Date)

    assert.deepInclude(yield* store.join(id, "two"), { state: "running", cancelRequested: false, finishedAt: null })
    yield* store.leave(id, "two")
    yield* runs.cancelRun(id)
    assert.deepInclude(yield* store.backfill(id), { state: "cancelled", lost: false })

    yield* store.join(id, "one")
    yield* store.join(id, "two")
    yield* runs.cancelRun(id)
    yield* runs.stopWorker("one")
    yield* runs.stopWorker("two")
    assert.deepInclude(yield* store.backfill(id), { state: "running", lost: true, cancelRequested: true })
    yield* runs.startWorker(worker("three"))
    assert.deepInclude(yield* store.join(id, "three"), { state: "running", lost: false, cancelRequested: false })
  }))

  test("stops by itself with the reason that came first, and goes on without it", Effect.gen(function*() {
    const { id, runs, store } = yield* begun
    yield* store.stop(id, "12 cells failed")
    yield* store.stop(id, "13 cells failed")
    assert.deepInclude(yield* store.backfill(id), { cancelRequested: true, stopReason: "12 cells failed" })
    assert.strictEqual((yield* runs.claim(id, "one", [{ asset: games, partition: "1" }])).standing, "cancelled")
    yield* store.leave(id, "one")
    yield* runs.cancelRun(id)
    assert.deepInclude(yield* store.backfill(id), { state: "failed", stopReason: "12 cells failed" })
    yield* store.stop(id, "too late")
    yield* store.stop(99, "no such backfill")
    assert.deepInclude(yield* store.join(id, "two"), { state: "running", cancelRequested: false, stopReason: null })
    yield* runs.cancelRun(id)
    yield* store.stop(id, "the user was first")
    assert.isNull((yield* store.backfill(id)).stopReason)
  }))

  test("ends once, and only by one that takes part", Effect.gen(function*() {
    const { id, runs, store } = yield* begun
    yield* materialize(id, "one", games, 0, 99)
    yield* store.take(id, "one", null, () => [cells(stats, 0, 9)])
    assert.isFalse(yield* store.finish(id, "two", "succeeded"))
    assert.isFalse(yield* store.finish(99, "one", "succeeded"))
    const { round } = yield* store.look(id, null)
    assert.isFalse(yield* store.finish(id, "one", "succeeded", round + 1), "another round than the caller saw")
    yield* store.join(id, "two")
    assert.isFalse(yield* store.finish(id, "one", "failed"), "gives up, but another takes part")
    assert.isTrue(yield* store.finish(id, "one", "succeeded", round))
    assert.isFalse(yield* store.finish(id, "one", "failed"))
    assert.deepInclude(yield* store.backfill(id), { state: "succeeded", lost: false, materialized: 100 })
    assert.deepInclude(yield* runs.run(id), { state: "succeeded", materialized: 100 })
    assert.deepStrictEqual((yield* store.look(id, null)).lots, [])
    for (const refused of [store.join(id, "two"), store.pause(id), store.unpause(id)]) {
      assert.match(yield* refusal(refused), /RunUnavailable: Backfill \d+ has already succeeded/)
    }
    assert.match(yield* refusal(store.retryFailed(id)), /RunUnavailable: .* nothing to retry/)
  }))

  test("retries what failed and was skipped, whether it has ended or not", Effect.gen(function*() {
    const { id, store } = yield* begun
    assert.match(yield* refusal(store.retryFailed(id)), /nothing to retry/)
    yield* materialize(id, "one", games, 0, 9)
    yield* end(id, "one", "failed", games, 10, 14)
    yield* end(id, "one", "skipped", stats, 10, 14)
    const before = yield* store.look(id, null)
    assert.deepStrictEqual(yield* store.retryFailed(id), { failed: 5, skipped: 5 })
    const after = yield* store.look(id, before)
    assert.strictEqual(after.round, before.round + 1)
    assert.deepStrictEqual(after.changes.map(({ kind }) => kind).sort(), ["materialized", "planned", "planned"])
    const open = yield* store.backfill(id)
    assert.deepInclude(open, { state: "running", lost: false, materialized: 10, failed: 0, skipped: 0 })

    yield* end(id, "one", "failed", games, 10, 10)
    assert.isTrue(yield* store.finish(id, "one", "failed"))
    yield* store.leave(id, "one")
    assert.match(yield* refusal(store.pause(id)), /has already ended.*backfill resume/)
    assert.deepStrictEqual(yield* store.retryFailed(id), { failed: 1, skipped: 0 })
    assert.deepInclude(yield* store.backfill(id), { state: "running", lost: true, finishedAt: null, failed: 0 })
    assert.deepInclude(yield* store.join(id, "two"), { state: "running", lost: false })
    yield* materialize(id, "two", games, 10, 10)
    assert.match(yield* refusal(store.retryFailed(id)), /nothing to retry/)
  }))

  test("a retry of one that has ended, or is lost, does what failed and nothing else, whoever goes on with it", Effect.gen(function*() {
    const { id, runs, store } = yield* begun
    yield* materialize(id, "one", games, 0, 9)
    yield* end(id, "one", "failed", games, 10, 11)
    yield* end(id, "one", "skipped", stats, 10, 10)
    yield* store.stop(id, "2 cells failed")
    yield* store.leave(id, "one")
    yield* runs.cancelRun(id)
    assert.deepStrictEqual(yield* store.retryFailed(id), { failed: 2, skipped: 1 })
    const retried = Effect.map(store.look(id, null), ({ changes, retrying }) => ({
      retrying, cells: changes.filter(({ kind }) => kind === "retried").map(({ asset, cells }) => `${asset} ${textOf(cells)}`).sort()
    }))
    const both = { retrying: true, cells: [`${stats} 10-10`, `${games} 10-11`].sort() }
    assert.deepInclude(yield* store.backfill(id), { state: "running", lost: true, stopReason: null, retrying: 3, failed: 0 })
    // As after a crash: it is lost, and others go on with it.
    yield* store.join(id, "one")
    yield* store.leave(id, "one")
    yield* store.join(id, "two")
    assert.deepStrictEqual(yield* retried, both)
    yield* materialize(id, "two", games, 10, 10)
    yield* end(id, "two", "failed", games, 11, 11)
    assert.deepInclude(yield* store.backfill(id), { retrying: 1, failed: 1, stopReason: null })
    assert.deepStrictEqual(yield* store.retryFailed(id), { failed: 2, skipped: 0 }, "with the skipped one that was not tried yet")
    // By Ctrl-C: what was not tried is tried by the next retry.
    assert.isTrue(yield* store.finish(id, "two", "cancelled"))
    yield* store.leave(id, "two")
    assert.deepInclude(yield* store.backfill(id), { state: "cancelled", stopReason: null, retrying: 2 })
    assert.deepInclude(yield* store.retryFailed(id), { failed: 2 })
    yield* store.join(id, "two")
    yield* materialize(id, "two", games, 11, 11)
    yield* materialize(id, "two", stats, 10, 10)
    const { round } = yield* store.look(id, null)
    assert.isTrue(yield* store.finish(id, "two", "succeeded", round))
    assert.deepInclude(yield* store.backfill(id), { state: "cancelled", retrying: 0, materialized: 13, failed: 0, skipped: 0 })
    assert.match(yield* refusal(store.retryFailed(id)), /nothing to retry/)
    assert.match(yield* refusal(store.join(id, "one", true)), /has already ended.*backfill resume/, "too late for the retry")
    // All the rest.
    assert.deepInclude(yield* store.join(id, "one"), { state: "running", retrying: null })
    assert.deepStrictEqual(yield* retried, { retrying: false, cells: [] })
  }))

  test("a retry gives a backfill that stopped its reason back; one without other open cells is no such retry", Effect.gen(function*() {
    const { id, runs, store } = yield* begun
    yield* end(id, "one", "failed", games, 0, 0)
    yield* store.stop(id, "1 cell failed")
    yield* store.leave(id, "one")
    yield* runs.cancelRun(id)
    yield* store.retryFailed(id)
    yield* store.join(id, "two")
    yield* materialize(id, "two", games, 0, 0)
    const { round } = yield* store.look(id, null)
    assert.isTrue(yield* store.finish(id, "two", "succeeded", round))
    assert.deepInclude(yield* store.backfill(id), { state: "failed", stopReason: "1 cell failed", retrying: 0, planned: 200, materialized: 1 })
    yield* store.join(id, "two")
    yield* materialize(id, "two", games, 1, 98)
    yield* materialize(id, "two", stats, 0, 99)
    yield* end(id, "two", "failed", games, 99, 99)
    assert.isTrue(yield* store.finish(id, "two", "failed"))
    assert.deepStrictEqual(yield* store.retryFailed(id), { failed: 1, skipped: 0 })
    assert.deepInclude(yield* store.backfill(id), { state: "running", retrying: null, failed: 0 })
  }))

  test("a retry of one whose workers are known to be dead does what failed alone, before their leases end", Effect.gen(function*() {
    const { id, store } = yield* begun
    yield* store.join(id, "two")
    yield* end(id, "one", "failed", games, 0, 0)
    assert.deepStrictEqual(yield* store.retryFailed(id, ["one"]), { failed: 1, skipped: 0 })
    assert.isNull((yield* store.backfill(id)).retrying, "the other goes on with all of it")
    yield* end(id, "one", "failed", games, 0, 0)
    yield* store.retryFailed(id, ["one", "two"])
    assert.strictEqual((yield* store.backfill(id)).retrying, 1)
    assert.isTrue(yield* store.finish(id, "two", "succeeded", (yield* store.look(id, null)).round))
    assert.strictEqual((yield* store.backfill(id)).state, "cancelled")
  }))

  test("a paused one retries nothing until it goes on", Effect.gen(function*() {
    const { id, store } = yield* begun
    yield* end(id, "one", "failed", games, 0, 0)
    yield* store.pause(id)
    assert.match(yield* refusal(store.retryFailed(id)), /RunUnavailable: Backfill \d+ is paused.*sluice backfill resume \d+` first/)
    yield* store.unpause(id)
    assert.deepStrictEqual(yield* store.retryFailed(id), { failed: 1, skipped: 0 })
    assert.deepInclude(yield* store.look(id, null), { retrying: false })
  }))

  test("says so when a number is no backfill, or an ordinary run", Effect.gen(function*() {
    const { runs, store } = yield* begun
    const run = yield* runs.createRun(runRequest, "two")
    const asked = (id: number) => [
      store.join(id, "two"), store.pause(id), store.unpause(id), store.retryFailed(id), store.look(id, null),
      store.take(id, "two", null, () => []), store.backfill(id)
    ]
    for (const refused of asked(99)) assert.match(yield* refusal(refused), /RunUnavailable: There is no backfill 99/)
    for (const refused of asked(run)) {
      assert.match(yield* refusal(refused), /RunUnavailable: Run \d+ is no backfill.*sluice run/)
    }
    assert.deepStrictEqual(yield* store.counts(99), [])
  }))
}
