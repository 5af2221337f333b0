/** The graph of assets: who reads what through which partitions, in an order where upstream comes first. */
import { Result, Schema } from "effect"
import * as Asset from "../definition/Asset.ts"
import type { AnyCheck } from "../definition/Check.ts"
import { defaultView, type View } from "../definition/Input.ts"
import type { AnyPipeline, ServicesOf } from "../definition/Pipeline.ts"
import * as Partitions from "../partition/Partitions.ts"
import * as PartitionMapping from "../partition/PartitionMapping.ts"

/** The definitions contradict each other. The message is one sentence for the user. */
export class GraphError extends Schema.TaggedError<GraphError>()("GraphError", { message: Schema.String }) {}

/** One asset reads another. */
export interface Edge {
  readonly upstream: string
  readonly downstream: string
  /** The name of the input. */
  readonly input: string
  readonly mapping: PartitionMapping.Mapping
  readonly view: View<unknown>
  readonly partial: boolean
}

/** `R` is everything that must be provided to materialize and check all of it. */
export interface AssetGraph<out R = unknown> {
  readonly "~R"?: R
  /** All assets, upstream first. */
  readonly assets: ReadonlyMap<string, Asset.Any>
  readonly pipelines: ReadonlyMap<string, AnyPipeline>
  readonly checks: ReadonlyArray<AnyCheck>
  /** What an asset reads. */
  readonly upstream: (key: string) => ReadonlyArray<Edge>
  /** Who reads an asset. */
  readonly downstream: (key: string) => ReadonlyArray<Edge>
  /** The assets whose rows give partition keys of this one. */
  readonly keySources: (key: string) => ReadonlyArray<KeySource>
  /** The assets that this one is read by or gives partition keys to. */
  readonly dependents: (key: string) => ReadonlyArray<string>
}

/** A dynamic set that is a dimension of an asset's partitions, and the asset whose rows give its keys. */
export interface KeySource {
  readonly set: string
  readonly asset: string
}

interface Found {
  readonly asset: Asset.Any
  readonly by: string
}

/** Builds the graph of the pipelines' assets and everything they read. */
export const make = <const P extends ReadonlyArray<AnyPipeline>>(
  pipelines: P
): Result.Result<AssetGraph<ServicesOf<P[number]>>, GraphError> =>
  Result.gen(function*() {
    const byName = new Map<string, AnyPipeline>()
    for (const pipeline of pipelines) {
      if (byName.has(pipeline.name)) {
        return yield* fail(`Two pipelines are named "${pipeline.name}": give one of them another name.`)
      }
      byName.set(pipeline.name, pipeline)
    }
    const found = yield* collect(pipelines)
    const edges = new Map<string, ReadonlyArray<Edge>>()
    for (const { asset } of found.values()) edges.set(asset.key, yield* edgesOf(asset))
    const sources = new Map(Array.from(found.values(), ({ asset }) => [asset.key, keySourcesOf(asset)]))
    const order = yield* sort(found, edges, sources)
    const downstream = Map.groupBy(Array.from(edges.values()).flat(), (edge) => edge.upstream)
    const keyed = Array.from(sources).flatMap(([key, list]) => list.map((source) => ({ key, source: source.asset })))
    const keyedBy = Map.groupBy(keyed, ({ source }) => source)
    const checks = pipelines.flatMap((pipeline) => pipeline.checks).filter((check, i, all) => all.indexOf(check) === i)
    yield* uniqueChecks(checks)
    const none: ReadonlyArray<never> = []
    return {
      assets: new Map(order.map((asset) => [asset.key, asset])),
      pipelines: byName,
      checks,
      upstream: (key) => edges.get(key) ?? none,
      downstream: (key) => downstream.get(key) ?? none,
      keySources: (key) => sources.get(key) ?? none,
      dependents: (key) => [
        ...(downstream.get(key) ?? none).map((edge) => edge.downstream),
        ...(keyedBy.get(key) ?? none).map((dependent) => dependent.key)
      ]
    }
  })

/** Every asset that the pipelines list or that a listed one needs, by key. */
const collect = (pipelines: ReadonlyArray<AnyPipeline>): Result.Result<ReadonlyMap<string, Found>, GraphError> => {
  const found = new Map<string, Found>()
  const open: Array<Found> = pipelines.flatMap((pipeline) => [
    ...pipeline.assets.map((asset) => ({ asset, by: `pipeline ${pipeline.name}` })),
    ...pipeline.checks.map((check) => ({ asset: check.asset, by: `check "${check.name}"` }))
  ])
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { asset, by } = next
    const known = found.get(asset.key)
    if (known !== undefined && known.asset !== asset) {
      return fail(`Two assets have the key "${asset.key}" (${known.by}; ${by}): give one of them another key.`)
    }
    if (known !== undefined) continue
    found.set(asset.key, next)
    const reader = `read by ${asset.key}`
    for (const input of Object.values(asset.computation.inputs)) {
      open.push({ asset: input._tag === "Asset" ? input : input.asset(), by: reader })
    }
    for (const other of Object.values(asset.computation.outputs())) open.push({ asset: other, by })
    for (const source of keySourceAssets(asset)) open.push({ asset: source, by: `source of the partitions of ${asset.key}` })
  }
  return Result.succeed(found)
}

const edgesOf = (asset: Asset.Any): Result.Result<ReadonlyArray<Edge>, GraphError> =>
  Result.gen(function*() {
    const edges: Array<Edge> = []
    for (const [input, value] of Object.entries(asset.computation.inputs)) {
      const upstream = value._tag === "Asset" ? value : value.asset()
      const given = value._tag === "Asset" ? undefined : value.mapping
      const mapping = given ?? (yield* Result.mapError(
        PartitionMapping.defaultMapping(asset.partitions, upstream.partitions),
        (why) => new GraphError({ message: `${asset.key} cannot read ${upstream.key} as "${input}": ${why}` })
      ))
      const refusal = PartitionMapping.validate(mapping, asset.partitions, upstream.partitions)
      if (Result.isFailure(refusal)) {
        return yield* fail(`${asset.key} cannot read ${upstream.key} as "${input}": ${refusal.failure}`)
      }
      const many = asset.partitions._tag === "Unpartitioned" && upstream.partitions._tag !== "Unpartitioned"
      const perCell = PartitionMapping.cardinality(mapping, asset.partitions, upstream.partitions)
      if (value._tag === "Asset" && value.output._tag === "Document" && !many && perCell === "many") {
        return yield* fail(
          `${asset.key} reads several documents of ${upstream.key} at a time as "${input}": ` +
            `write ${input}: Input.documents(…).`
        )
      }
      edges.push({
        upstream: upstream.key,
        downstream: asset.key,
        input,
        mapping,
        view: value._tag === "Asset" ? defaultView(upstream, many) : value.view,
        partial: value._tag === "Asset" ? false : value.partial
      })
    }
    return edges
  })

const keySourcesOf = (asset: Asset.Any): ReadonlyArray<KeySource> =>
  Partitions.dynamicSets(asset.partitions).flatMap((set) =>
    set.from === undefined ? [] : [{ set: set.name, asset: set.from }]
  )

const keySourceAssets = (asset: Asset.Any): ReadonlyArray<Asset.Any> =>
  Partitions.dynamicSets(asset.partitions).flatMap((set) => Asset.isAsset(set.source) ? [set.source] : [])

/** Depth-first order; a cycle is told as the path that closes it. */
const sort = (
  found: ReadonlyMap<string, Found>,
  edges: ReadonlyMap<string, ReadonlyArray<Edge>>,
  sources: ReadonlyMap<string, ReadonlyArray<KeySource>>
): Result.Result<ReadonlyArray<Asset.Any>, GraphError> => {
  const order: Array<Asset.Any> = []
  const done = new Set<string>()
  const path: Array<string> = []
  const visit = (key: string): string | undefined => {
    if (done.has(key)) return undefined
    if (path.includes(key)) return [...path.slice(path.indexOf(key)), key].join(" → ")
    path.push(key)
    const needs = [...(edges.get(key) ?? []).map((edge) => edge.upstream), ...(sources.get(key) ?? []).map((s) => s.asset)]
    for (const upstream of needs) {
      const cycle = visit(upstream)
      if (cycle !== undefined) return cycle
    }
    path.pop()
    done.add(key)
    const asset = found.get(key)
    if (asset !== undefined) order.push(asset.asset)
    return undefined
  }
  for (const key of Array.from(found.keys()).sort()) {
    const cycle = visit(key)
    if (cycle !== undefined) return fail(`These assets read each other in a cycle: ${cycle}.`)
  }
  return Result.succeed(order)
}

const uniqueChecks = (checks: ReadonlyArray<AnyCheck>): Result.Result<void, GraphError> => {
  const names = new Set<string>()
  for (const check of checks) {
    const name = `"${check.name}" of ${check.asset.key}`
    if (names.has(name)) return fail(`Two checks are named ${name}: give one of them another name.`)
    names.add(name)
  }
  return Result.void
}

const fail = (message: string) => Result.fail(new GraphError({ message }))

/** Keys reached from `start` over `steps` edges (default all), without the start itself unless it is reached again. */
export const reach = (
  graph: AssetGraph,
  start: Iterable<string>,
  direction: "upstream" | "downstream",
  steps: number = Number.POSITIVE_INFINITY
): ReadonlySet<string> => {
  const seen = new Set<string>()
  let front = new Set(start)
  for (let depth = 0; depth < steps && front.size > 0; depth++) {
    const next = new Set<string>()
    for (const key of front) {
      for (const neighbour of neighbours(graph, key, direction)) {
        if (!seen.has(neighbour)) {
          seen.add(neighbour)
          next.add(neighbour)
        }
      }
    }
    front = next
  }
  return seen
}

/** The assets next to this one, over inputs and over sources of partition keys. */
export const neighbours = (graph: AssetGraph, key: string, direction: "upstream" | "downstream"): ReadonlyArray<string> =>
  direction === "downstream"
    ? graph.dependents(key)
    : [...graph.upstream(key).map((edge) => edge.upstream), ...graph.keySources(key).map((source) => source.asset)]
