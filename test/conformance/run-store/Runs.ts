/** Runs: cancel, resume, lists, and what is recorded beside the steps. */
import { assert } from "@effect/vitest"
import { Effect, Exit } from "effect"
import type { Calls } from "../../../engine/record/Calls.ts"
import * as CheckSummary from "../../../engine/record/CheckSummary.ts"
import type { Cell } from "../../../engine/record/Step.ts"
import {
  a, b, c, commitOf, computed, ended, gather, grants, lapse, materialize, request, started, type Test, worker
} from "./Records.ts"

export const runs = (test: Test): void => {
  test("grants nothing after a cancel, until the run is resumed", Effect.gen(function*() {
    const { run, store } = yield* started
    yield* store.claim(run, "one", [a])
    yield* store.cancelRun(run)
    assert.isTrue(yield* store.cancelRequested(run))
    const refused = yield* store.claim(run, "one", [a, b])
    assert.deepStrictEqual([refused.standing, ...grants(refused)], ["cancelled", false, false])
    assert.strictEqual((yield* store.claim(run, "one", [])).standing, "cancelled")
    yield* store.commit(commitOf(run, "one", [computed(a)]))
    assert.isTrue(yield* store.finishRun(run, "one", "cancelled"))
    yield* store.cancelRun(run)
    assert.deepStrictEqual(yield* store.resumeRun(run, "two"), request)
    assert.isFalse(yield* store.cancelRequested(run))
    assert.deepStrictEqual(grants(yield* store.claim(run, "two", [b])), [true])
  }))

  test("keeps what was called, as the last sums of each worker, added up by route", Effect.gen(function*() {
    const { run, store } = yield* started
    const sums = (fields: Partial<Calls>): Calls => ({
      resource: "nhl",
      route: "schedule",
      calls: 3,
      errors: { TimedOut: 1 },
      latencies: { 10: 2, 50: 1 },
      millis: 150,
      waitMillis: 30,
      firstAt: new Date("2026-03-08T10:00:00.000Z"),
      lastAt: new Date("2026-03-08T10:00:01.000Z"),
      limit: { name: "nhl", perSecond: 5, shared: false },
      ...fields
    })
    assert.deepStrictEqual(yield* store.calls(run), [])
    yield* store.recordCalls(run, "one", [sums({ calls: 1, errors: {}, latencies: { 10: 1 } }), sums({ route: "feed", limit: null })])
    yield* store.recordCalls(run, "one", [sums({})])
    yield* store.recordCalls(run, "two", [sums({ errors: { Status: 2 }, lastAt: new Date("2026-03-08T10:00:03.500Z") })])
    assert.deepStrictEqual(yield* store.calls(run), [
      sums({ route: "feed", limit: null }),
      sums({
        calls: 6,
        errors: { TimedOut: 1, Status: 2 },
        latencies: { 10: 4, 50: 2 },
        millis: 300,
        waitMillis: 60,
        lastAt: new Date("2026-03-08T10:00:03.500Z"),
        limit: { name: "nhl", perSecond: 10, shared: false }
      })
    ])
  }))

  test("resumes lost, failed and cancelled runs, once, and no others", Effect.gen(function*() {
    const { run, store } = yield* started
    const refusal = (effect: Effect.Effect<unknown, { readonly _tag: string; readonly message: string }>) =>
      Effect.map(Effect.flip(effect), (error) => `${error._tag}: ${error.message}`)
    assert.match(yield* refusal(store.resumeRun(run, "two")), /RunUnavailable.*live worker/)
    assert.match(yield* refusal(store.resumeRun(99, "two")), /RunUnavailable.*no run 99/)
    assert.match(yield* refusal(store.cancelRun(99)), /RunUnavailable.*no run 99/)
    assert.match(yield* refusal(store.run(99)), /RunUnavailable.*no run 99/)
    assert.isFalse(yield* store.finishRun(run, "two", "succeeded"))
    assert.strictEqual((yield* store.run(run)).state, "running")
    assert.isTrue(yield* store.finishRun(run, "one", "failed"))
    assert.match(yield* refusal(store.cancelRun(run)), /RunUnavailable.*ended/)
    const both = yield* Effect.all(
      ["one", "two"].map((id) => Effect.exit(store.resumeRun(run, id))),
      { concurrency: 2 }
    )
    assert.lengthOf(both.filter(Exit.isSuccess), 1)
    const finished = yield* Effect.forEach(["one", "two"], (id) => store.finishRun(run, id, "succeeded"))
    assert.deepStrictEqual(finished, both.map(Exit.isSuccess))
    assert.match(yield* refusal(store.resumeRun(run, "two")), /RunUnavailable.*succeeded/)

    yield* store.startWorker(worker("dying"))
    const lost = yield* store.createRun(request, "dying")
    assert.isFalse((yield* store.run(lost)).lost)
    yield* lapse(store, "dying")
    assert.isTrue((yield* store.run(lost)).lost)
    yield* store.resumeRun(lost, "two")
    assert.deepInclude(yield* store.run(lost), { lost: false, state: "running", worker: "two.local:42" })

    yield* store.startWorker(worker("brief"))
    const orphan = yield* store.createRun(request, "brief")
    yield* store.stopWorker("brief")
    yield* store.cancelRun(orphan)
    assert.deepInclude(yield* store.run(orphan), { state: "cancelled", lost: false })
  }))

  test("lists runs newest first with their counts", Effect.gen(function*() {
    const { run, store } = yield* started
    yield* materialize(run, [computed(a), computed(b)])
    const next = yield* store.createRun(request, "two")
    yield* store.finishRun(run, "one", "succeeded")
    const [latest, first] = yield* store.runs({ limit: 10 })
    assert.strictEqual(latest?.id, next)
    assert.deepInclude(latest, { state: "running", finishedAt: null, materialized: 0, request })
    assert.strictEqual(latest?.worker, "two.local:42")
    assert.deepInclude(first, { id: run, state: "succeeded", lost: false, materialized: 2, failed: 0, skipped: 0 })
    assert.instanceOf(first?.finishedAt, Date)
    assert.lengthOf(yield* store.runs({ limit: 1 }), 1)
    assert.lengthOf(yield* store.runs({ limit: 0 }), 0)
  }))

  test("replaces a step when a resumed run tries it again, and lists steps as they ended", Effect.gen(function*() {
    const { run, store } = yield* started
    const at = (seconds: number) => ({ finishedAt: new Date(1_000 * seconds) })
    yield* store.claim(run, "one", [a, b, c])
    yield* store.endSteps(run, "one", [ended(a, "failed", at(3))], gather)
    yield* materialize(run, [computed(b, at(1)), computed(c, at(2))])
    const partitions = (steps: ReadonlyArray<Cell>) => steps.map((step) => step.partition)
    assert.deepStrictEqual(partitions(yield* store.steps(run)), ["1", "2", "0"])
    assert.deepStrictEqual(partitions(yield* store.steps(run, { states: ["failed"] })), ["0"])
    assert.deepStrictEqual(partitions(yield* store.steps(run, { states: ["materialized"], limit: 1 })), ["1"])
    yield* materialize(run, [computed(a, at(9))])
    const steps = yield* store.steps(run)
    assert.deepStrictEqual(partitions(steps), ["1", "2", "0"])
    assert.isTrue(steps.every((step) => step.state === "materialized"))
  }))

  test("keeps of a failed step the class of its error and whether it is transient", Effect.gen(function*() {
    const { run, store } = yield* started
    yield* store.claim(run, "one", [a, b])
    const good = { errorClass: "NotFound", transient: false }
    const steps = [ended(a, "failed", good), ended(b, "failed"), ended(c, "skipped", { error: null })]
    yield* store.endSteps(run, "one", steps, gather)
    const kept = (yield* store.steps(run)).map(({ error, errorClass, transient }) => [error, errorClass, transient])
    const said = "the league's API said 503"
    assert.deepStrictEqual(kept, [[said, "NotFound", false], [said, "ApiError", true], [null, null, null]])
  }))

  test("records the end of a run again when it is asked again, and no other one", Effect.gen(function*() {
    const { run, store } = yield* started
    assert.isTrue(yield* store.finishRun(run, "one", "failed"))
    assert.isTrue(yield* store.finishRun(run, "one", "failed"))
    assert.isFalse(yield* store.finishRun(run, "one", "succeeded"))
    assert.strictEqual((yield* store.run(run)).state, "failed")
  }))

  test("keeps the materializations of a cell, newest first", Effect.gen(function*() {
    const { run, store } = yield* started
    const next = yield* store.createRun(request, "one")
    yield* materialize(run, [computed(a, { finishedAt: new Date(1_000) })])
    yield* materialize(next, [computed(a, { finishedAt: new Date(2_000) }), computed(b)])
    const found = yield* store.materializations(a, { limit: 5 })
    assert.deepStrictEqual(found.map((step) => step.run), [next, run])
    assert.lengthOf(yield* store.materializations(a, { limit: 1 }), 1)
    assert.lengthOf(yield* store.materializations(c, { limit: 5 }), 0)
  }))

  test("keeps attempts, events and checks as they were recorded", Effect.gen(function*() {
    const { run, store } = yield* started
    const attempt = (number: number) => ({
      ...a, attempt: number, startedAt: new Date(0), finishedAt: new Date(5), error: "ApiError", message: "503",
      transient: number === 1, nextTryAt: number === 1 ? new Date(9) : null
    })
    yield* store.recordAttempts(run, [attempt(1), attempt(2)])
    yield* store.recordAttempts(run, [])
    assert.deepStrictEqual(yield* store.attempts(run), [attempt(1), attempt(2)])
    const events = [
      { type: "run_started", at: new Date(1), message: "3 steps" },
      { type: "lease_lost", at: new Date(2), asset: "nhl/games", partition: "0", message: "taken over" }
    ] as const
    yield* store.recordEvents(run, events)
    assert.deepStrictEqual(yield* store.events(run), events)
    const check = {
      ...a, check: "has a team", severity: "error", passed: false, message: "2 rows", at: new Date(3),
      examples: [{ player: 8, team: null }]
    } as const
    yield* store.recordChecks(run, [check])
    yield* store.recordChecks(null, [check])
    assert.deepStrictEqual(yield* store.checks(run), [check])
  }))

  test("sums up checks by their last result of each cell, and knows what is not checked", Effect.gen(function*() {
    const { run, store } = yield* started
    const at = new Date("2026-01-01T00:00:00Z")
    const later = new Date("2026-01-01T00:00:09Z")
    const result = (check: string, partition: string, passed: boolean, at: Date) => ({
      asset: "nhl/games", partition, check, severity: "error" as const, passed, message: passed ? "" : `${partition} is bad`, at, examples: []
    })
    assert.deepStrictEqual(yield* store.checkSummaries(run), [])
    yield* materialize(run, [a, b, c].map((cell) => ({ ...computed(cell), startedAt: at, finishedAt: at })))
    assert.deepStrictEqual(new Set(yield* store.unchecked(run, "nhl/games", "goals")), new Set(["0", "1", "2"]))
    const results = [
      result("goals", "0", false, at),
      result("goals", "1", false, at),
      result("names", "0", true, at),
      result("goals", "0", true, later)
    ]
    yield* store.recordChecks(run, results)
    yield* store.recordChecks(run, [{ ...result("whole", "", false, later), severity: "warn" }])
    const expected = [
      { asset: "nhl/games", check: "goals", severity: "error", passed: 1, failed: 1, firstFailure: { partition: "1", message: "1 is bad" } },
      { asset: "nhl/games", check: "names", severity: "error", passed: 1, failed: 0, firstFailure: null },
      { asset: "nhl/games", check: "whole", severity: "warn", passed: 0, failed: 1, firstFailure: { partition: "", message: " is bad" } }
    ]
    assert.deepStrictEqual<unknown>(yield* store.checkSummaries(run), expected)
    assert.deepStrictEqual<unknown>(CheckSummary.of(yield* store.checks(run)), expected)
    assert.deepStrictEqual(yield* store.unchecked(run, "nhl/games", "goals"), ["2"])
    assert.deepStrictEqual(yield* store.unchecked(run, "nhl/games", "names"), ["1", "2"])
    // A cell that is materialized again is to be checked again.
    const again = new Date("2026-01-01T00:00:20Z")
    yield* materialize(run, [{ ...computed(b), startedAt: again, finishedAt: again }])
    assert.deepStrictEqual(new Set(yield* store.unchecked(run, "nhl/games", "goals")), new Set(["1", "2"]))
  }))
}
