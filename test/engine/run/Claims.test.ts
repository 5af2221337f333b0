import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Asset, Partitions, Rows, RunStore } from "../../../index.ts"
import { Store, Value } from "../assets.ts"
import { memory, start, story, texts } from "./harness.ts"

const keys = Array.from({ length: 40 }, (_, i) => `k${String(i).padStart(2, "0")}`)

const asset = texts("a", (_, key) => Effect.delay(Effect.succeed([String(key)]), "1 second"), {
  partitions: Partitions.fixed(keys)
})

describe("Claims", () => {
  it.effect("of a paused run start nothing, run what was granted to its end, and go on in their order", () =>
    Effect.gen(function*() {
      const store = yield* RunStore.RunStore
      let paused = true
      let asked = 0
      const pausing = RunStore.RunStore.of({
        ...store,
        claim: (run, worker, cells) =>
          Effect.suspend(() =>
            // What was claimed before the pause goes on.
            paused && asked++ > 0
              ? Effect.succeed({
                cells: cells.map(() => ({ granted: false, own: false, done: false, version: undefined, codeVersion: "", inputs: {} })),
                standing: "paused" as const
              })
              : store.claim(run, worker, cells)
          )
      })
      const { observer, of } = story()
      const fiber = yield* Effect.forkChild(Effect.provideService(start([asset], { observer, concurrency: 4 }), RunStore.RunStore, pausing))
      yield* TestClock.adjust("1 minute")
      const first = keys.slice(0, 8).map((key) => `a@${key}`)
      assert.deepStrictEqual([of("started"), of("materialized")], [first, first])
      assert.isAbove(asked, 100)
      paused = false
      for (let second = 0; second < 20; second++) yield* TestClock.adjust("1 second")
      assert.include(yield* Fiber.join(fiber), { state: "succeeded", materialized: 40 })
      assert.deepStrictEqual(of("started"), keys.map((key) => `a@${key}`))
    }).pipe(Effect.provide(memory)))

  it.live("that are granted in part make full groups together, and leave no place taken", () =>
    Effect.gen(function*() {
      const store = yield* RunStore.RunStore
      const sizes: Array<number> = []
      let running = 0
      let most = 0
      const batch = Asset.make("batch", {
        partitions: Partitions.fixed(keys),
        output: Rows.of(Value),
        io: Store,
        batch: 10,
        concurrency: 2,
        run: (_, keys) =>
          Effect.suspend(() => {
            sizes.push(keys.length)
            most = Math.max(most, ++running)
            return Effect.delay(Effect.succeed(keys.map((value) => [{ value }])), "50 millis")
          }).pipe(Effect.ensuring(Effect.sync(() => running--)))
      })
      let asked = 0
      // Another worker has every other cell at first: of two groups, one is left.
      const sharing = RunStore.RunStore.of({
        ...store,
        claim: (run, worker, cells) =>
          Effect.map(store.claim(run, worker, cells), (claim) => ({
            ...claim,
            cells: asked++ < 1 ? claim.cells.map((cell, i) => i % 2 === 0 ? cell : { ...cell, granted: false }) : claim.cells
          }))
      })
      const report = yield* Effect.provideService(start([batch]), RunStore.RunStore, sharing)
      assert.include(report, { state: "succeeded", materialized: 40 })
      assert.deepStrictEqual([sizes[0], most], [10, 2])
    }).pipe(Effect.provide(memory)))
})
