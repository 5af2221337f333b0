/** Runs of one process that want the same cells: how soon the next one has a cell, and how often the store is asked. */
import { Effect, Result, Schema } from "effect"
import { Asset, AssetGraph, Partitions, Pipeline, Rows, RunStore, Warehouse } from "sluice"
import { RunRequest } from "../../engine/record/Run.ts"
import * as Executor from "../../engine/run/Executor.ts"
import * as Freed from "../../engine/run/Freed.ts"
import * as Lease from "../../engine/run/Lease.ts"
import { print, quantile } from "../report.ts"

const many = 30
const few = 8
const cells = 100
const stepMillis = 10

interface Step {
  readonly began: number
  ended: number
}

const steps: Array<Step> = []

const contended = Asset.make("bench/contended", {
  partitions: Partitions.fixed(Array.from({ length: cells }, (_, i) => `c${i}`)),
  output: Rows.of(Schema.Struct({ n: Schema.Int }), { key: ["n"] }),
  io: Warehouse,
  run: () => {
    const step: Step = { began: performance.now(), ended: 0 }
    steps.push(step)
    return Effect.delay(Effect.sync(() => {
      step.ended = performance.now()
      return [{ n: 1 }]
    }), stepMillis)
  }
})

const graph = Result.getOrThrow(AssetGraph.make([Pipeline.make("bench", { assets: [contended] })]))

/** So many runs at once, each of which wants these partitions anew; `isTold`: by the claims that end, as in a daemon. */
const contend = Effect.fnUntraced(function*(runs: number, partitions: string | null, isTold: boolean) {
  const bare = yield* RunStore.RunStore
  const claims: Array<number> = []
  const counting = {
    ...bare,
    claim: (...claim: Parameters<typeof bare.claim>) =>
      Effect.suspend(() => {
        const began = performance.now()
        return Effect.tap(bare.claim(...claim), () => Effect.sync(() => claims.push(performance.now() - began)))
      })
  }
  const telling = Freed.make(counting)
  const store = isTold ? telling.store : counting
  const request = new RunRequest({ selection: "bench", partitions, force: true, concurrency: 8 })
  yield* Effect.scoped(Effect.gen(function*() {
    const lease = yield* Lease.acquire
    const ids = yield* Effect.forEach(Array.from({ length: runs }), () => store.createRun(request, lease.worker))
    steps.length = 0
    yield* Effect.forEach(ids, (run) => Executor.begin(graph, run, lease), { concurrency: "unbounded", discard: true })
  })).pipe(
    Effect.provideService(RunStore.RunStore, store),
    Effect.provideService(Freed.Freed, isTold ? telling.freed : undefined)
  )
  const seconds = ((steps.at(-1)?.ended ?? 0) - (steps[0]?.began ?? 0)) / 1000
  return { claims, perSecond: steps.length / seconds }
})

/** From the end of a step to the beginning of the next, of a cell that is always wanted. */
const gaps = (): ReadonlyArray<number> => steps.slice(1).map(({ began }, i) => began - steps[i]!.ended)

export const measure = Effect.gen(function*() {
  // The first one makes the table.
  yield* contend(1, "c0", true)
  for (const [how, isTold] of [["told when it is free", true], ["asking five times a second", false]] as const) {
    const { claims } = yield* contend(many, "c0", isTold)
    print({ name: `one cell, ${many} runs, ${how}`, rounds: [quantile(gaps(), 0.5)], unit: "ms to the next step, median" })
    print({ name: "… 99th of 100", rounds: [quantile(gaps(), 0.99)], unit: "ms" })
    print({ name: "… claims a run", rounds: [claims.length / many], unit: "statements" })
  }
  for (const [how, isTold] of [["told when they are free", true], ["asking five times a second", false]] as const) {
    const { claims, perSecond } = yield* contend(few, null, isTold)
    print({ name: `${cells} cells, ${few} runs, ${how}`, rounds: [perSecond], unit: "cells/s" })
    print({ name: "… a claim, median", rounds: [quantile(claims, 0.5)], unit: "ms" })
    print({ name: "… a claim, 99th of 100", rounds: [quantile(claims, 0.99)], unit: "ms" })
    print({ name: "… claims", rounds: [claims.length / (cells * few)], unit: "statements a cell" })
  }
})
