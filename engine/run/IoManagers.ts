/** The IO managers of a graph's assets: where they are found, and whether they can store what the assets give. */
import { Context, Effect, Option, Schema } from "effect"
import { type Any, storedOf } from "../definition/Asset.ts"
import type { IoManager } from "../definition/Io.ts"
import type { AssetGraph } from "../graph/AssetGraph.ts"

/** An asset cannot be stored by the IO manager it names; found before anything runs. */
export class UnfitIo extends Schema.TaggedError<UnfitIo>()("UnfitIo", { message: Schema.String }) {}

/** Finds the IO manager of an asset among the services `R`. */
export type Find<R> = (asset: Any) => Effect.Effect<IoManager, never, R>

/** The graph's `R` proves that the service is there; the asset in the graph has forgotten which one it is. */
export const find = <R>(context: Context.Context<R>): Find<never> => (asset) =>
  Effect.sync(() => Context.getUnsafe(context as Context.Context<unknown>, asset.io))

/** Asks the IO manager of every asset named whether it can store it. */
export const validate = <R>(
  graph: AssetGraph,
  keys: ReadonlyArray<string>,
  io: Find<R>
): Effect.Effect<void, UnfitIo, R> =>
  Effect.gen(function*() {
    for (const key of keys) {
      const asset = graph.assets.get(key)!
      const manager = yield* io(asset)
      if (!manager.accepts.includes(asset.output._tag)) {
        const kind = asset.output._tag === "Rows" ? "rows" : "documents"
        const message = `${key} gives ${kind}, but ${asset.io.key} does not store ${kind}: choose another io.`
        return yield* new UnfitIo({ message })
      }
      if (asset.computation.checkpoint !== undefined && manager.partial === undefined) {
        const message = `${key} has a checkpoint, but ${asset.io.key} does not keep rows of cells that are not whole: ` +
          "store it in the Warehouse, or leave out `checkpoint`."
        return yield* new UnfitIo({ message })
      }
      if (manager.validate === undefined) continue
      yield* Effect.mapError(manager.validate(storedOf(asset)), ({ message }) => new UnfitIo({ message }))
    }
    yield* apart(graph, new Set(keys), io)
  })

/** Asks the IO manager of every asset named whether what is stored of it fits the definition, as its next write must. */
export const fits = <R>(graph: AssetGraph, keys: ReadonlyArray<string>, io: Find<R>): Effect.Effect<void, UnfitIo, R> =>
  Effect.forEach(keys, (key) =>
    Effect.gen(function*() {
      const asset = graph.assets.get(key)!
      const manager = yield* io(asset)
      if (manager.fits === undefined) return
      yield* Effect.mapError(manager.fits(storedOf(asset)), ({ message }) => new UnfitIo({ message }))
    }), { discard: true })

/** No asset named is stored where another one of the graph is. One that is not named may be unfit itself. */
const apart = <R>(graph: AssetGraph, keys: ReadonlySet<string>, io: Find<R>): Effect.Effect<void, UnfitIo, R> =>
  Effect.gen(function*() {
    const taken = new Map<string, string>()
    for (const [key, asset] of graph.assets) {
      const { place } = yield* io(asset)
      const found = place === undefined ? Option.none() : yield* Effect.option(place(storedOf(asset)))
      if (Option.isNone(found)) continue
      const inIo = `${asset.io.key} ${found.value}`
      const other = taken.get(inIo)
      if (other !== undefined && (keys.has(key) || keys.has(other))) {
        const message = `${other} and ${key} would both be stored in ${found.value}: rename one of them, or name another \`table\` in its Rows.of.`
        return yield* new UnfitIo({ message })
      }
      taken.set(inIo, key)
    }
  })
