/** Brings the values of computed steps to where they are kept outside the database, before their commit opens its transaction. */
import { Effect, Stream } from "effect"
import { type Any, storedOf } from "../definition/Asset.ts"
import type { IoError, IoManager } from "../definition/Io.ts"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import type { Computed } from "./Compute.ts"
import * as KeySources from "./KeySources.ts"

/** A computed step whose values are what `write` of their IO managers takes. */
export interface Staged extends Computed {
  /** By asset: the rows of staged streams that give partition keys. */
  readonly kept: ReadonlyMap<string, ReadonlyArray<unknown>>
}

const none: Staged["kept"] = new Map()

/** Stages the values of one step; most IO managers have nothing to stage. */
export const make = <R>(graph: AssetGraph, io: (asset: Any) => Effect.Effect<IoManager, never, R>) => {
  const known = new Map<string, NonNullable<IoManager["stage"]> | "none">()
  const find = Effect.fnUntraced(function*(asset: Any) {
    const { stage } = yield* io(asset)
    known.set(asset.key, stage ?? "none")
  })

  return (computed: Computed): Effect.Effect<Staged, IoError, R> =>
    Effect.gen(function*() {
      for (const key of computed.values.keys()) if (!known.has(key)) yield* find(graph.assets.get(key)!)
      if (Array.from(computed.values.keys()).every((key) => known.get(key) === "none")) return { ...computed, kept: none }
      const values = new Map(computed.values)
      const kept = new Map<string, ReadonlyArray<unknown>>()
      for (const [key, value] of computed.values) {
        const stage = known.get(key)
        if (stage === undefined || stage === "none") continue
        const tap = Stream.isStream(value) && KeySources.setsFrom(graph, key).length > 0 ? KeySources.keepingRows(value) : undefined
        const cell = { asset: storedOf(graph.assets.get(key)!), partition: computed.step.partition, value: tap?.stream ?? value }
        values.set(key, yield* stage(cell))
        if (tap !== undefined) kept.set(key, tap.rows)
      }
      return { ...computed, values, kept }
    })
}
