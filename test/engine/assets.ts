/** Small assets and a memory IO manager for the tests of the engine. */
import { Effect, Result, Schema } from "effect"
import { Asset, AssetGraph, Io, Pipeline, Rows } from "../../index.ts"

export class Store extends Io.Tag<Store>()("test/Store") {}

export const Value = Schema.Struct({ value: Schema.String })

/** An unpartitioned asset that reads others and stores one row. */
export const plain = (
  key: string,
  inputs: ReadonlyArray<Asset.Any> = [],
  more: { readonly tags?: Record<string, string>; readonly kinds?: Array<string>; readonly owners?: Array<string> } = {}
) =>
  Asset.make(key, {
    ...more,
    inputs: Object.fromEntries(inputs.map((input, i) => [`in${i}`, input])),
    output: Rows.of(Value),
    io: Store,
    run: () => Effect.succeed([{ value: key }])
  })

export const graphOf = (...assets: ReadonlyArray<Asset.Any>) =>
  Result.getOrThrow(AssetGraph.make([Pipeline.make("all", { assets })]))
