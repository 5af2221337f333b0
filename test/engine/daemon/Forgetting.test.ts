import { assert, it } from "@effect/vitest"
import { Duration, Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import * as Forgetting from "../../../engine/daemon/Forgetting.ts"
import type { Observation } from "../../../engine/daemon/Observation.ts"
import { RetentionStore } from "../../../engine/record/RetentionStore.ts"
import { RunStore, RunStoreError } from "../../../engine/record/RunStore.ts"
import { memory, requestOf } from "../run/harness.ts"

it.effect("of two daemons one forgets old records, once a day, and tells so; a failure is told and tried again", () =>
  Effect.gen(function*() {
    const runs = yield* RunStore
    const store = yield* RetentionStore
    yield* runs.startWorker({ id: "one", host: "h", pid: 1, leaseMillis: 1e12 })
    const run = Effect.gen(function*() {
      const id = yield* runs.createRun(requestOf({}), "one")
      yield* runs.finishRun(id, "one", "succeeded")
    })
    let broken = false
    const breaking = RetentionStore.of({
      ...store,
      forget: (retention) => broken
        ? Effect.fail(new RunStoreError({ message: "permission denied", transient: false, cause: undefined }))
        : store.forget(retention)
    })
    const told: Array<Observation> = []
    const serve = Forgetting.serve({ olderThanMillis: Duration.toMillis("2 days"), keys: [] }, (observation) => void told.push(observation)).pipe(
      Effect.provideService(RetentionStore, breaking),
      Effect.forkScoped
    )
    yield* Effect.all([serve, serve])
    const day = Effect.andThen(run, TestClock.adjust("1 day"))
    yield* TestClock.adjust("5 minutes")
    for (let i = 0; i < 4; i++) yield* day
    broken = true
    yield* day
    broken = false
    yield* day
    assert.deepStrictEqual(told.map((one) => one._tag === "Forgot" ? one.rows : one._tag === "NotForgotten" ? one.message : one._tag), [
      0, 0, 0, 1, 1, "permission denied", 2
    ])
    assert.lengthOf(yield* runs.runs({ limit: 9 }), 2)
  }).pipe(Effect.scoped, Effect.provide(Layer.fresh(memory))))
