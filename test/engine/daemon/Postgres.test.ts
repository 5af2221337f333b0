/** A daemon whose connections to the database are cut. */
import { assert, describe, it } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Deferred, Duration, Effect, Fiber, Layer } from "effect"
import * as Daemon from "../../../engine/daemon/Daemon.ts"
import { TickStore } from "../../../engine/record/TickStore.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import * as Schedule from "../../../engine/schedule/Schedule.ts"
import * as MemoryIo from "../../../io/memory/MemoryIo.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import * as TestDatabase from "../../TestDatabase.ts"
import { Store } from "../assets.ts"
import { graphWith, texts } from "../run/harness.ts"

const layer = Layer.mergeAll(PostgresRunStore.layer, MemoryIo.layer(Store)).pipe(Layer.provideMerge(TestDatabase.layer))

describe("a daemon on Postgres", () => {
  it.live("goes on when its connections were cut, and no tick is lost", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      const ticks = yield* TickStore
      const graph = graphWith<Store>([texts("asset", () => Effect.succeed(["value"]))])
      const schedule = Schedule.make("asset", { cron: "* * * * * *", overlap: "allow", request: { force: true } })
      const stop = yield* Deferred.make<void>()
      const told: Array<string> = []
      const daemon = yield* Effect.forkChild(Daemon.run(graph, [schedule], {
        stop: Deferred.await(stop), watcher: (observation) => void told.push(observation._tag)
      }))
      const started = () => told.filter((tag) => tag === "Started").length
      const until = (count: number) =>
        Effect.gen(function*() {
          while (started() < count) yield* Effect.sleep(10)
        })
      const cut = Effect.ignore(sql`
        select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
      `)
      yield* until(1)
      for (let i = 0; i < 10; i++) yield* Effect.andThen(cut, Effect.sleep(100))
      yield* until(started() + 2)
      yield* ticks.setRunning("asset", false)
      while (told.filter((tag) => tag === "Ended").length < (yield* ticks.ticks("asset", { limit: 99 })).length) yield* Effect.sleep(20)
      yield* Deferred.succeed(stop, undefined)
      assert.deepStrictEqual(yield* Fiber.join(daemon), [])
      const all = yield* ticks.ticks("asset", { limit: 99 })
      const [latest, first] = [all[0]!.due.getTime(), all.at(-1)!.due.getTime()]
      assert.strictEqual(all.length, (latest - first) / 1000 + 1)
      for (const tick of all) assert.strictEqual(tick.runState, "succeeded")
    }).pipe(
      Effect.provide(layer),
      Effect.provideService(Lease.Timing, { lease: Duration.seconds(2), heartbeat: Duration.millis(500), cancelPoll: Duration.seconds(1) })
    ), 60_000)
})
