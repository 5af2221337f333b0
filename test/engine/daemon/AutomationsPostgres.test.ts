/** Daemons that evaluate automations on Postgres: what two of them do is done once. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer } from "effect"
import { Automation, Partitions } from "../../../index.ts"
import * as Daemon from "../../../engine/daemon/Daemon.ts"
import { AutomationStore } from "../../../engine/record/AutomationStore.ts"
import { RunStore } from "../../../engine/record/RunStore.ts"
import * as Executor from "../../../engine/run/Executor.ts"
import * as MemoryIo from "../../../io/memory/MemoryIo.ts"
import { layer as postgres } from "../../storage/Server.ts"
import { Store } from "../assets.ts"
import { graphWith, requestOf, texts } from "../run/harness.ts"

describe("a daemon with automations on Postgres", () => {
  it.live("beside another one asks once for what changed, and for nothing that failed again", () =>
    Effect.gen(function*() {
      const days = Partitions.daily({ start: "2024-01-01", end: "2024-01-05" })
      const computed: Array<string> = []
      const of = (key: string, inputs: Parameters<typeof texts>[2] = {}) =>
        texts(key, (_, day) =>
          Effect.suspend(() => {
            const name = `${key}@${(day as { readonly key: string }).key}`
            computed.push(name)
            return name === "middle@2024-01-02" ? Effect.fail(new Error("no")) : Effect.succeed([name])
          }), { partitions: days, ...inputs })
      const source = of("source")
      const middle = of("middle", { inputs: { source }, automation: Automation.eager })
      const graph = graphWith<Store>([of("end", { inputs: { middle }, automation: Automation.onMissing })])
      const runs = yield* RunStore
      const automations = yield* AutomationStore
      yield* Executor.start(graph, requestOf({ select: "source" }))
      const stop = yield* Deferred.make<void>()
      const daemon = Effect.forkChild(Daemon.run(graph, [], { stop: Deferred.await(stop) }))
      const daemons = yield* Effect.all([daemon, daemon])
      const isDone = Effect.map(automations.asks(["end"], { limit: 9 }), (asks) => asks.length > 0 && asks.every(({ runState }) => runState === "succeeded"))
      yield* Effect.repeat(Effect.delay(isDone, "100 millis"), { until: (done) => done })
      // Two looks more, in which nothing is asked for.
      yield* Effect.sleep("4500 millis")
      yield* Deferred.succeed(stop, undefined)
      yield* Effect.forEach(daemons, Fiber.join)
      const days4 = [1, 2, 3, 4].map((day) => `2024-01-0${day}`)
      assert.deepStrictEqual(computed.toSorted(), [
        ...days4.filter((day) => day !== "2024-01-02").map((day) => `end@${day}`),
        ...days4.map((day) => `middle@${day}`),
        ...days4.map((day) => `source@${day}`)
      ])
      assert.lengthOf(yield* runs.runs({ limit: 99 }), 3)
    }).pipe(Effect.provide(Layer.mergeAll(postgres, MemoryIo.layer(Store)))), 30_000)

  it.live("computes anew what is older than it may be, though nothing has changed", () =>
    Effect.gen(function*() {
      const { missing, olderThan, or, when } = Automation
      const graph = graphWith<Store>([
        texts("renewed", () => Effect.succeed(["the same"]), { automation: when(or(missing, olderThan("1 second"))) }),
        texts("kept", () => Effect.succeed(["the same"]), { automation: when(or(missing, olderThan("1 hour"))) })
      ])
      const automations = yield* AutomationStore
      const daemon = yield* Effect.forkChild(Daemon.run(graph, [], { stop: Effect.never }))
      const asks = (asset: string) => Effect.map(automations.asks([asset], { limit: 9 }), (all) => all.length)
      yield* Effect.repeat(Effect.delay(asks("renewed"), "200 millis"), { until: (count) => count >= 3 })
      assert.strictEqual(yield* asks("kept"), 1)
      yield* Fiber.interrupt(daemon)
    }).pipe(Effect.provide(Layer.mergeAll(postgres, MemoryIo.layer(Store)))), 30_000)
})
