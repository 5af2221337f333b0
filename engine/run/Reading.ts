/** Reads the inputs of steps through the views that their definition names; those of a group with one load an upstream. */
import { Effect, Schedule, Stream } from "effect"
import { type Any, storedOf } from "../definition/Asset.ts"
import type { Element, IoError, IoManager, Loaded, Source } from "../definition/Io.ts"
import type { Edge } from "../graph/AssetGraph.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import type { Snapshot } from "../plan/Snapshot.ts"
import { upstreamOf } from "../plan/Staleness.ts"

export interface ReadingOptions<R> {
  readonly snapshot: Snapshot
  readonly io: (asset: Any) => Effect.Effect<IoManager, never, R>
}

export type Inputs = Readonly<Record<string, unknown>>

/** Loads that fail in passing (a lost connection) are tried again by the engine, whatever the asset's retry policy. */
const reload = { while: (error: IoError) => error.transient, schedule: Schedule.exponential("100 millis"), times: 3 }

/** Upstreams are read so many at once. */
const concurrency = 4

/** What `run` gets for one cell of the asset. */
export const one = <R>(asset: Any, point: PartitionSet.Point, options: ReadingOptions<R>): Effect.Effect<Inputs, IoError, R> => {
  const edges = options.snapshot.graph.upstream(asset.key)
  if (edges.length === 0) return Effect.succeed({})
  return Effect.map(
    Effect.forEach(edges, (edge) =>
      Effect.gen(function*() {
        const partitions = partitionsOf(options.snapshot, edge, [point])
        const io = yield* managerOf(edge, partitions, options)
        return [edge.input, yield* read(edge, io, partitions, options)] as const
      }), { concurrency }),
    Object.fromEntries
  )
}

/** What `run` gets for each of these cells of the asset. */
export const many = <R>(
  asset: Any,
  points: ReadonlyArray<PartitionSet.Point>,
  options: ReadingOptions<R>
): Effect.Effect<ReadonlyArray<Inputs>, IoError, R> =>
  Effect.map(
    Effect.forEach(options.snapshot.graph.upstream(asset.key), (edge) =>
      Effect.map(valuesOf(edge, points, options), (values) => ({ input: edge.input, values })), { concurrency }),
    (columns) => points.map((_, i) => Object.fromEntries(columns.map(({ input, values }) => [input, values[i]])))
  )

/** The value of one input for each of these cells. */
const valuesOf = <R>(
  edge: Edge,
  points: ReadonlyArray<PartitionSet.Point>,
  options: ReadingOptions<R>
): Effect.Effect<ReadonlyArray<unknown>, IoError, R> =>
  Effect.gen(function*() {
    const { snapshot } = options
    const whole = partitionsOf(snapshot, edge, points)
    const io = yield* managerOf(edge, whole, options)
    const isOne = snapshot.space(edge.upstream).partitions._tag === "Unpartitioned"
    if (whole === "all" || edge.mapping._tag === "All" || isOne) {
      // All of them read the same.
      const value = yield* read(edge, io, whole, options)
      return points.map(() => value)
    }
    const source = { asset: storedOf(snapshot.graph.assets.get(edge.upstream)!), partitions: whole }
    const loaded = yield* Effect.cached(Effect.map(Effect.retry(io.load(source), reload), byPartition))
    const memory = answering(io, new Set(whole), loaded)
    return yield* Effect.forEach(points, (point) => read(edge, memory, partitionsOf(snapshot, edge, [point]), options))
  })

const read = <R>(edge: Edge, io: IoManager, partitions: Source["partitions"], options: ReadingOptions<R>) =>
  Effect.retry(edge.view.read(io, { asset: storedOf(options.snapshot.graph.assets.get(edge.upstream)!), partitions }), reload)

/** The partitions of an upstream that these cells read together, of those that are stored. */
const partitionsOf = (snapshot: Snapshot, edge: Edge, points: ReadonlyArray<PartitionSet.Point>): Source["partitions"] => {
  const { keyAt, partitions } = snapshot.space(edge.upstream)
  // A reader of everything asks for all that is stored, not for a list of a million keys.
  if (edge.mapping._tag === "All" && partitions._tag !== "Unpartitioned" && !snapshot.hasStrays(edge.upstream)) return "all"
  const cells = upstreamOf(snapshot, edge, PartitionSet.fromPoints(points[0]!.length, points))
  const stored = snapshot.cells(edge.upstream)
  return Array.from(PartitionSet.points(cells), keyAt).filter((key) => stored.get(key)?.dataVersion !== undefined)
}

/** Where nothing is stored there may be no table either. */
const managerOf = <R>(edge: Edge, partitions: Source["partitions"], { io, snapshot }: ReadingOptions<R>) =>
  (partitions === "all" ? snapshot.isStored(edge.upstream) : partitions.length > 0)
    ? io(snapshot.graph.assets.get(edge.upstream)!)
    : Effect.succeed(nothing)

/** Stands for an upstream of which no cell is stored. */
const nothing: IoManager = {
  accepts: [],
  prepare: () => Effect.void,
  write: () => Effect.succeed([]),
  load: () => Effect.succeed({ partitions: [], values: [] }),
  stream: () => Stream.empty
}

/** A loaded element with its place in stored order. */
interface Placed extends Element {
  readonly place: number
}

const byPartition = ({ partitions, values }: Loaded): ReadonlyMap<string, ReadonlyArray<Placed>> =>
  Map.groupBy(partitions.map((partition, place): Placed => ({ partition, place, value: values[place] })), (one) => one.partition)

/** Answers from what was loaded, as the IO manager itself would; what lies outside is asked of that. */
const answering = (
  io: IoManager,
  known: ReadonlySet<string>,
  loaded: Effect.Effect<ReadonlyMap<string, ReadonlyArray<Placed>>, IoError>
): IoManager => {
  const isKnown = ({ partitions }: Source) => partitions !== "all" && partitions.every((partition) => known.has(partition))
  const elements = ({ partitions }: Source) =>
    Effect.map(loaded, (byPartition) => {
      const found = Array.from(partitions, (partition) => byPartition.get(partition) ?? [])
      return found.length === 1 ? found[0]! : found.flat().sort((a, b) => a.place - b.place)
    })
  return {
    ...io,
    load: (source) =>
      isKnown(source)
        ? Effect.map(elements(source), (found) => ({
          partitions: found.map((element) => element.partition),
          values: found.map((element) => element.value)
        }))
        : io.load(source),
    stream: (source) => isKnown(source) ? Stream.unwrap(Effect.map(elements(source), Stream.fromIterable)) : io.stream(source)
  }
}
