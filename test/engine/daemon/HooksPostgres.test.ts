/** Two daemons with the same hooks on one Postgres, whose connections are cut. */
import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer } from "effect"
import * as Daemon from "../../../engine/daemon/Daemon.ts"
import { HookStore } from "../../../engine/record/HookStore.ts"
import { RunStore } from "../../../engine/record/RunStore.ts"
import { Hook, type LimitStore } from "../../../index.ts"
import * as MemoryIo from "../../../io/memory/MemoryIo.ts"
import * as PostgresLimitStore from "../../../storage/PostgresLimitStore.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import * as LocalApi from "../../resources/api/LocalApi.ts"
import * as TestDatabase from "../../TestDatabase.ts"
import { Store } from "../assets.ts"
import { graphWith, requestOf, texts } from "../run/harness.ts"

const layer = Layer.mergeAll(PostgresLimitStore.layer, MemoryIo.layer(Store)).pipe(
  Layer.provideMerge(PostgresRunStore.layer),
  Layer.provideMerge(TestDatabase.layerMigrated)
)

const until = <E, R>(condition: Effect.Effect<boolean, E, R>) =>
  Effect.gen(function*() {
    while (!(yield* condition)) yield* Effect.sleep(20)
  })

describe("two daemons with hooks on Postgres", () => {
  it.live("tell each end of a run once, a receiver that is in trouble as late as it wants, and miss none", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      const [runs, hooks] = [yield* RunStore, yield* HookStore]
      const times: Array<number> = []
      const server = yield* LocalApi.make((_, response, count) => {
        times.push(performance.now())
        response.writeHead(count === 0 ? 429 : 200, { "retry-after": "3" }).end()
      })
      const graph = graphWith<Store | LimitStore>([texts("asset", () => Effect.succeed(["value"]))])
      const received: Array<number> = []
      const all = Hook.make("all", {
        on: [Hook.runFailed, Hook.runSucceeded], once: 0, atMost: { messages: 1000, per: "1 second" },
        tell: { kind: "list", to: "a list", spacingMillis: 0, send: ({ run }) => Effect.sync(() => void received.push(run!.id)) }
      })
      const limited = Hook.make("limited", { tell: Hook.webhook(server.url) })
      const stop = yield* Deferred.make<void>()
      const told: Array<Daemon.Observation> = []
      const daemon = Effect.forkChild(Daemon.run(graph, [], { stop: Deferred.await(stop), hooks: [all, limited], watcher: (one) => told.push(one) }))
      const daemons = yield* Effect.all([daemon, daemon])
      yield* until(Effect.map(hooks.hooks, (known) => known.length === 2))
      yield* runs.startWorker({ id: "elsewhere", host: "north", pid: 7, leaseMillis: 60_000 })
      const ended: Array<number> = []
      const end = Effect.gen(function*() {
        const run = yield* runs.createRun(requestOf({}), "elsewhere")
        yield* runs.finishRun(run, "elsewhere", run % 2 === 0 ? "succeeded" : "failed")
        ended.push(run)
      })
      const cut = Effect.ignore(sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`)
      for (let i = 0; i < 20; i++) {
        yield* Effect.retry(end, { times: 5 })
        if (i % 7 === 3) yield* cut
      }
      yield* until(Effect.sync(() => new Set(received).size >= ended.length && times.length >= 2))
      yield* until(Effect.map(hooks.hooks, (known) => known.every(({ waiting }) => waiting === 0)))
      yield* Deferred.succeed(stop, undefined)
      yield* Effect.forEach(daemons, Fiber.join)

      const counts = yield* sql<{ readonly state: string; readonly count: number }>`
        select state, count(*)::integer as count from sluice.hook_deliveries where hook = 'all' group by state
      `
      assert.deepStrictEqual(counts, [{ state: "sent", count: ended.length }])
      // Where the connection was cut between the sending and its record, it is sent again; that is told of as not told.
      const again = told.filter((one) => one._tag === "Told" && one.hook === "all").length - ended.length
      assert.deepStrictEqual([...new Set(received)].sort((left, right) => left - right), ended)
      assert.isAtMost(received.length, ended.length + 3 + again)
      // One failure that is the same for all runs: told once, and its second try not before the receiver wants it.
      assert.lengthOf(times, 2)
      assert.isAtLeast(times[1]! - times[0]!, 2990)
      assert.strictEqual(new Set(server.asked.map(({ headers }) => headers["idempotency-key"])).size, 1)
    }).pipe(Effect.scoped, Effect.provide(layer)), 60_000)
})
