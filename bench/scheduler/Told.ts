/** How soon a daemon tells a hook of the end of a run that was executed elsewhere. */
import { Deferred, Effect, Fiber, Result } from "effect"
import { AssetGraph, Hook, RunStore } from "sluice"
import * as Daemon from "../../engine/daemon/Daemon.ts"
import { HookStore } from "../../engine/record/HookStore.ts"
import { RunRequest } from "../../engine/record/Run.ts"
import * as Lease from "../../engine/run/Lease.ts"
import { print, quantile } from "../report.ts"

const ends = Number(process.env["BENCH_TICKS"] ?? 60)

export const measure = Effect.scoped(Effect.gen(function*() {
  const store = yield* RunStore.RunStore
  const told = new Map<number, number>()
  const hook = Hook.make("bench", {
    on: Hook.runSucceeded,
    atMost: { messages: 1000, per: "1 second" },
    tell: { kind: "list", to: "a list", spacingMillis: 0, send: ({ run }) => Effect.sync(() => void told.set(run?.id ?? 0, performance.now())) }
  })
  const graph = Result.getOrThrow(AssetGraph.make([]))
  const stop = yield* Deferred.make<void>()
  const daemon = yield* Effect.forkChild(Daemon.run(graph, [], { stop: Deferred.await(stop), hooks: [hook] }))
  const { worker } = yield* Lease.acquire
  const hooks = yield* HookStore
  while ((yield* hooks.hooks).length === 0) yield* Effect.sleep(50)
  yield* Effect.sleep("1 second")
  const lags: Array<number> = []
  for (let i = 0; i < ends; i++) {
    const run = yield* store.createRun(new RunRequest({ selection: "bench", partitions: null, force: false, concurrency: 1 }), worker)
    yield* store.finishRun(run, worker, "succeeded")
    const ended = performance.now()
    while (!told.has(run)) yield* Effect.sleep(1)
    lags.push(told.get(run)! - ended)
    yield* Effect.sleep(20)
  }
  yield* Deferred.succeed(stop, undefined)
  yield* Fiber.join(daemon)
  print({ name: "from the end of a run to its hook, median", rounds: [quantile(lags, 0.5)], unit: "ms" })
  print({ name: `from the end of a run to its hook, 99th of 100 (${lags.length})`, rounds: [quantile(lags, 0.99)], unit: "ms" })
}))
