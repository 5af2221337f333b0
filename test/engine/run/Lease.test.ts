/** What a worker may take for its own around the moment at which its lease is found to have ended. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Layer } from "effect"
import { RunStore } from "../../../engine/record/RunStore.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import * as MemoryRunStore from "../../../storage/MemoryRunStore.ts"

const timing = { lease: Duration.seconds(30), heartbeat: Duration.seconds(10), cancelPoll: Duration.seconds(10) }

describe("Lease", () => {
  it.live("does not hold what was claimed while the store was telling that the lease had ended", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const answer = yield* Deferred.make<void>()
      const store = yield* RunStore
      const slow = {
        ...store,
        heartbeat: () => Effect.as(Effect.andThen(Deferred.succeed(asked, undefined), Deferred.await(answer)), false)
      }
      yield* Effect.gen(function*() {
        const lease = yield* Lease.acquire
        yield* Deferred.await(asked)
        // The store may see this claim before it renews the lease, and give its cells to another worker in between.
        const claimed = performance.now()
        assert.isAtLeast(claimed, lease.heldSince())
        yield* Effect.sleep(5)
        yield* Deferred.succeed(answer, undefined)
        while (lease.heldSince() <= claimed) yield* Effect.sleep(1)
        assert.isAbove(lease.heldSince(), claimed)
      }).pipe(Effect.scoped, Effect.provideService(RunStore, slow))
    }).pipe(Effect.provideService(Lease.Timing, timing), Effect.provide(Layer.fresh(MemoryRunStore.layer))), 10_000)
})
