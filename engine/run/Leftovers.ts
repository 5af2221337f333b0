/** Rows that were put aside for cells with which nobody went on: removed in the end, or they would lie there for ever. */
import { Clock, Effect } from "effect"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import type { Checkpoint } from "../record/Checkpoint.ts"
import { RunStore } from "../record/RunStore.ts"
import { outputsOf, type ResumingOptions } from "./Resuming.ts"

/** A run that is resumed after a long holiday still finds what it had. */
const keptMillis = 30 * 24 * 3_600_000

type Options<R> = Pick<ResumingOptions<R>, "event" | "io" | "run" | "worker">

/**
 * Of the assets of a run, what is older; to be called when the cells of the run have ended. A cell is claimed for it, so
 * nobody is at it meanwhile. What goes wrong is left to the next run.
 */
export const clear = <R>(graph: AssetGraph, keys: ReadonlyArray<string>, options: Options<R>): Effect.Effect<void, never, R | RunStore> =>
  Effect.gen(function*() {
    const computations = new Map(keys.flatMap((key) => {
      const computation = graph.assets.get(key)?.computation
      return computation?.checkpoint === undefined ? [] : [[computation.key, computation] as const]
    }))
    if (computations.size === 0) return
    const store = yield* RunStore
    const before = (yield* Clock.currentTimeMillis) - keptMillis
    for (const checkpoint of yield* store.checkpoints([...computations.keys()])) {
      const computation = computations.get(checkpoint.computation)
      if (checkpoint.at.getTime() < before && computation !== undefined) yield* clearOne(checkpoint, computation.outputs(), options)
    }
  }).pipe(Effect.catch((error) => Effect.logWarning(`Rows of cells that nobody goes on with could not be removed; it is tried again by the next run. ${error.message}`)))

const clearOne = <R>(checkpoint: Checkpoint, assets: Parameters<typeof outputsOf>[0], options: Options<R>) =>
  Effect.gen(function*() {
    const store = yield* RunStore
    const { run, worker } = options
    const outputs = yield* outputsOf(assets, checkpoint.partition, options)
    const cells = outputs.map(({ cell }) => ({ asset: cell.asset.key, partition: checkpoint.partition }))
    const remove = Effect.gen(function*() {
      const claimed = yield* store.claim(run, worker, cells)
      if (claimed.cells.some(({ granted }) => !granted)) return
      yield* store.commitCheckpoint({
        run,
        worker,
        cells,
        place: checkpoint,
        after: checkpoint.id,
        next: undefined,
        write: Effect.forEach(outputs, ({ cell, partial }) => partial.discard(cell), { discard: true })
      })
      const asset = cells[0]?.asset ?? checkpoint.computation
      const message = `removes ${checkpoint.records} records with which nobody has gone on for 30 days`
      options.event({ type: "checkpoint", at: new Date(), asset, partition: checkpoint.partition, message })
    })
    yield* Effect.ensuring(remove, Effect.ignore(store.release(run, worker, cells)))
  })
