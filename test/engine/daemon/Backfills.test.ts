/** Ticks that start backfills, on Postgres: planned by the daemon that executes them, and gone on with by the next one. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Layer } from "effect"
import { Asset, Partitions, Rows } from "../../../index.ts"
import * as Backfill from "../../../engine/backfill/Backfill.ts"
import * as Daemon from "../../../engine/daemon/Daemon.ts"
import * as Executing from "../../../engine/daemon/Executing.ts"
import { BackfillStore } from "../../../engine/record/BackfillStore.ts"
import { RunStore } from "../../../engine/record/RunStore.ts"
import { TickStore } from "../../../engine/record/TickStore.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import * as Schedule from "../../../engine/schedule/Schedule.ts"
import * as MemoryIo from "../../../io/memory/MemoryIo.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import * as TestDatabase from "../../TestDatabase.ts"
import { Store, Value } from "../assets.ts"
import { request } from "../backfill/weather.ts"
import { graphWith } from "../run/harness.ts"

const layer = Layer.mergeAll(PostgresRunStore.layer, MemoryIo.layer(Store)).pipe(Layer.provideMerge(TestDatabase.layerMigrated))

const days = Partitions.daily({ start: "2024-01-01", end: "2024-12-31" })

describe("a tick that asks for a backfill", () => {
  it.live("starts one, which the next daemon goes on with when this one is stopped", () =>
    Effect.gen(function*() {
      const computed: Array<string> = []
      const asset = Asset.make("days", {
        partitions: days,
        output: Rows.of(Value, { key: ["value"] }),
        io: Store,
        run: (_, { key }) =>
          Effect.as(
            Effect.tap(Effect.sleep("10 millis"), () => Effect.sync(() => computed.push(key))),
            [{ value: key }]
          )
      })
      const graph = graphWith<Store>([asset])
      const schedules = [
        Schedule.make("all", { every: "1 hour", request: { select: asset, partitions: "..2024-11-30", backfill: true, concurrency: 4 } }),
        Schedule.make("wrong", { every: "1 hour", request: { select: asset, partitions: "2025-02-01", backfill: true } })
      ]
      const told: Array<Daemon.Observation> = []
      const daemon = Effect.gen(function*() {
        const stop = yield* Deferred.make<void>()
        const fiber = yield* Effect.forkChild(Daemon.run(graph, schedules, {
          stop: Deferred.await(stop), graceMillis: 2000, watcher: (observation) => void told.push(observation)
        }))
        return { stop: Effect.andThen(Deferred.succeed(stop, undefined), Fiber.join(fiber)) }
      })
      const until = (holds: () => boolean) =>
        Effect.gen(function*() {
          while (!holds()) yield* Effect.sleep(10)
        })
      const first = yield* daemon
      yield* until(() => computed.length >= 40)
      const backfills = yield* BackfillStore
      const id = told.flatMap((one) => one._tag === "Started" && one.schedule === "all" ? [one.run] : [])[0]!
      // Its place is free for others meanwhile, and nobody ends the pause but who unpauses it.
      yield* backfills.pause(id)
      yield* Effect.repeat(Effect.delay(backfills.backfill(id), "20 millis"), { until: ({ lost }) => lost })
      const rested = computed.length
      yield* Effect.sleep("2500 millis")
      assert.deepInclude(yield* backfills.backfill(id), { state: "paused", lost: true, materialized: rested })
      yield* backfills.unpause(id)
      yield* until(() => computed.length >= rested + 40)
      assert.deepStrictEqual(yield* first.stop, [id])
      const before = computed.length
      assert.isBelow(before, 300)
      const second = yield* daemon
      yield* until(() => told.some((one) => one._tag === "Ended" && one.run === id))
      assert.deepStrictEqual(yield* second.stop, [])
      // What was under way when the first one stopped was finished.
      assert.lengthOf(computed, 335)
      assert.lengthOf(new Set(computed), 335)
      assert.isTrue(told.some((one) => one._tag === "Adopted" && one.run === id))

      const ticks = yield* TickStore
      assert.deepStrictEqual((yield* ticks.ticks("all", { limit: 9 })).map(({ run, runState }) => [run, runState]), [[id, "succeeded"]])
      assert.deepInclude(yield* backfills.backfill(id), { name: "all", state: "succeeded", planned: 335, materialized: 335, failed: 0 })
      const [refused] = yield* ticks.ticks("wrong", { limit: 9 })
      assert.deepInclude(refused, { state: "failed", runState: "failed" })
      assert.match(refused!.reason ?? "", /2025-02-01/)
      assert.lengthOf(yield* (yield* RunStore).runs({ limit: 9 }), 2)
    }).pipe(
      Effect.provide(layer),
      Effect.provideService(Lease.Timing, { lease: Duration.seconds(4), heartbeat: Duration.seconds(1), cancelPoll: Duration.seconds(1) })
    ), 60_000)

  it.live("is not gone on with where it was cancelled before the daemon came to it", () =>
    Effect.gen(function*() {
      const asset = Asset.make("days", { partitions: days, output: Rows.of(Value), io: Store, run: (_, { key }) => Effect.succeed([{ value: key }]) })
      const graph = graphWith<Store>([asset])
      const backfills = yield* BackfillStore
      const id = yield* Effect.scoped(Effect.flatMap(Lease.acquire, (lease) => Backfill.create(graph, request(), lease)))
      assert.strictEqual((yield* Backfill.cancel(id!)).state, "cancelled")
      const refused = yield* Effect.flip(Executing.resume(graph, id!, () => {}))
      assert.strictEqual(refused._tag, "RunUnavailable")
      assert.include(yield* backfills.backfill(id!), { state: "cancelled", materialized: 0 })
    }).pipe(Effect.provide(layer)))
})
