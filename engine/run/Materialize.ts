/** One asset by hand: compute it from given inputs (a test), load what is stored (a notebook), or materialize it (a run). */
import { DateTime, Effect, type Result, Schema, Stream } from "effect"
import type * as Asset from "../definition/Asset.ts"
import { storedOf } from "../definition/Asset.ts"
import type { Done } from "../definition/Checkpoint.ts"
import type { Input } from "../definition/Input.ts"
import { defaultView } from "../definition/Input.ts"
import type { IoError, IoManager } from "../definition/Io.ts"
import { isRowTable, type Value } from "../definition/Output.ts"
import * as Pipeline from "../definition/Pipeline.ts"
import * as AssetGraph from "../graph/AssetGraph.ts"
import * as PartitionKey from "../partition/PartitionKey.ts"
import * as PartitionSpace from "../partition/PartitionSpace.ts"
import { itemsOf } from "./Calling.ts"
import * as Executor from "./Executor.ts"
import { RunRequest } from "../record/Run.ts"
import { RunStore } from "../record/RunStore.ts"

/** The key of one partition as an argument: none for an unpartitioned asset. */
export type KeyArgument<P, K> = [P] extends [never] ? [] : [partition: K]

/** The run did not materialize what was asked for. */
export class MaterializeFailed extends Schema.TaggedError<MaterializeFailed>()("MaterializeFailed", {
  run: Schema.Int,
  message: Schema.String
}) {}

/**
 * The value for given inputs: nothing is read, nothing is kept, and only the resources of `run` are needed. Rows that
 * `run` gives as a table or a stream come back as an array.
 */
export const compute = <Out, P, K, E, R, V>(
  asset: Asset.Asset<Out, P, K, E, R, unknown, Asset.Reads<V, unknown>>,
  inputs: NoInfer<V>,
  ...key: KeyArgument<P, NoInfer<K>>
): Effect.Effect<Value<Out>, E | PartitionKey.PartitionKeyError, R> =>
  Effect.gen(function*() {
    const partition = key.length === 0 ? undefined : (yield* locate(asset, key[0])).value
    // The signature above holds what the graph has forgotten: the types of this asset's inputs, errors and resources.
    const run = asset.computation.run as (inputs: unknown, partition: unknown) => Effect.Effect<unknown, E, R>
    const produced = asset.computation.batch === undefined
      ? yield* run(inputs, partition)
      : yield* only<E>(asset.computation, yield* run([inputs], [partition]))
    return yield* settle<Value<Out>, E, R>(outputOf(asset, produced))
  })

/** The stored value of one cell; only the asset's IO manager is needed. */
export const load = <Out, P, K, IO>(
  asset: Asset.Asset<Out, P, K, unknown, unknown, IO, unknown>,
  ...key: KeyArgument<P, NoInfer<K>>
): Effect.Effect<Value<Out>, IoError | PartitionKey.PartitionKeyError, IO> =>
  Effect.gen(function*() {
    const partition = key.length === 0 ? "" : (yield* locate(asset, key[0])).text
    const io = yield* managerOf<IO>(asset)
    // The default view of an asset is its stored value, decoded by its own schema.
    return (yield* defaultView(asset, false).read(io, { asset: storedOf(asset), partitions: [partition] })) as Value<Out>
  })

/** All that is stored of an asset, through a view: `loadAll(Input.table(gameStats))`. */
export const loadAll = <A, IO>(input: Input<A, IO>): Effect.Effect<A, IoError, IO> =>
  Effect.gen(function*() {
    const asset = input.asset()
    const io = yield* managerOf<IO>(asset)
    const partitions = asset.partitions._tag === "Unpartitioned" ? [""] : "all" as const
    return yield* input.view.read(io, { asset: storedOf(asset), partitions })
  })

/** Reads the inputs, computes, stores and records one cell, whether it is stale or not; gives the stored value. */
export const materialize = <Out, P, K, E, R, IO, V, ReadIO>(
  asset: Asset.Asset<Out, P, K, E, R, IO, Asset.Reads<V, ReadIO>>,
  ...key: KeyArgument<P, NoInfer<K>>
): Effect.Effect<
  Value<Out>,
  IoError | PartitionKey.PartitionKeyError | MaterializeFailed | Executor.ExecutorError | AssetGraph.GraphError,
  R | IO | ReadIO | RunStore
> =>
  Effect.gen(function*() {
    const graph = yield* Effect.fromResult(AssetGraph.make([Pipeline.make("materialize", { assets: [asset] })]))
    const partition = key.length === 0 ? null : (yield* locate(asset, key[0])).text
    const request = new RunRequest({ selection: asset.key, partitions: partition, force: true, concurrency: 1 })
    const report = yield* Executor.start<R | IO | ReadIO>(graph, request)
    const broken = report.failed[0] ?? report.skipped[0]
    if (broken !== undefined || report.state !== "succeeded") {
      const message = broken?.reason ?? `Run ${report.run} was ${report.state}.`
      return yield* new MaterializeFailed({ run: report.run, message })
    }
    return yield* load(asset, ...key)
  })

const managerOf = <IO>(asset: Asset.Any): Effect.Effect<IoManager, never, IO> =>
  // `asset.io` is the key of the service that the signature of the caller names as IO.
  asset.io as unknown as Effect.Effect<IoManager, never, IO>

/** A key as written, as text and as what `run` sees. Keys of dynamic sets are taken as they come. */
const locate = (asset: Asset.Any, key: unknown) =>
  Effect.gen(function*() {
    const text = yield* Effect.fromResult(PartitionKey.toText(asset.partitions, key, asset.key))
    const own = yield* Effect.fromResult(PartitionKey.keysOf(asset.partitions, text, asset.key))
    const space = PartitionSpace.resolve(asset.partitions, { now: yield* DateTime.now, dynamicKeys: () => own })
    const point = yield* Effect.fromResult(space.positionOf(text))
    return { text, value: space.valueAt(point) }
  })

/** The value of a batch of one. What contradicts the types of `run` is an exception; a failed item has the asset's errors. */
const only = <E>(computation: Asset.Computation, given: unknown): Effect.Effect<unknown, E> =>
  Effect.flatMap(Effect.orDie(Effect.fromResult(itemsOf(computation, given, 1))), ([item]) =>
    item === undefined ? Effect.die(new Error("unreachable")) : Effect.fromResult(item as Result.Result<unknown, E>))

/** The value of this asset among those its computation gives. */
const outputOf = (asset: Asset.Any, produced: unknown): unknown => {
  const name = Object.entries(asset.computation.outputs()).find(([, output]) => output.key === asset.key)?.[0] ?? ""
  if (asset.computation.checkpoint !== undefined) {
    // The types of `run` say that it gives such a stream.
    return Stream.flatMap(produced as Stream.Stream<Done<unknown, unknown>, unknown, unknown>, ({ rows }) =>
      Stream.fromIterable((name === "" ? rows : (rows as Readonly<Record<string, unknown>>)[name] ?? []) as Iterable<unknown>))
  }
  return name === "" ? produced : (produced as Readonly<Record<string, unknown>>)[name]
}

const settle = <A, E, R>(value: unknown): Effect.Effect<A, E, R> => {
  if (Stream.isStream(value)) return Stream.runCollect(value as Stream.Stream<unknown, E, R>) as Effect.Effect<A, E, R>
  return Effect.succeed((isRowTable(value) ? value.objects() : value) as A)
}
