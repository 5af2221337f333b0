/** Whether a cell is missing, stale or fresh, and why: what `sluice explain` prints and what a plan is made of. */
import { Result } from "effect"
import type { Edge } from "../graph/AssetGraph.ts"
import * as PartitionMapping from "../partition/PartitionMapping.ts"
import * as Partitions from "../partition/Partitions.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import type { StoredCell } from "../record/RunStore.ts"
import type { InputVersion } from "../record/Step.ts"
import { add, type Snapshot } from "./Snapshot.ts"

export type Reason =
  | { readonly _tag: "Forced" }
  | { readonly _tag: "Missing" }
  | { readonly _tag: "Failed" }
  | { readonly _tag: "CodeChanged"; readonly from: string; readonly to: string }
  | { readonly _tag: "InputAdded"; readonly input: string; readonly upstream: string }
  | { readonly _tag: "InputRemoved"; readonly input: string; readonly upstream: string }
  | { readonly _tag: "UpstreamChanged"; readonly input: string; readonly upstream: string }
  /** Its upstream is materialized by the same plan. */
  | { readonly _tag: "UpstreamPlanned"; readonly upstream: string }

/** A reason in the user's words. */
export const describe = (reason: Reason): string => {
  switch (reason._tag) {
    case "Forced":
      return "forced"
    case "Missing":
      return "missing"
    case "Failed":
      return "failed before"
    case "CodeChanged":
      return `code version changed from "${reason.from}" to "${reason.to}"`
    case "InputAdded":
      return `now reads ${reason.upstream}`
    case "InputRemoved":
      return `no longer reads ${reason.upstream}`
    case "UpstreamChanged":
      return `${reason.upstream} changed`
    case "UpstreamPlanned":
      return `${reason.upstream} runs first`
  }
}

/** The upstream cells that one cell reads over an edge, of those that exist. */
export const upstreamOf = (snapshot: Snapshot, edge: Edge, cells: PartitionSet.PartitionSet): PartitionSet.PartitionSet =>
  PartitionMapping.upstream(edge.mapping, snapshot.space(edge.downstream), snapshot.space(edge.upstream), cells)

export const downstreamOf = (snapshot: Snapshot, edge: Edge, cells: PartitionSet.PartitionSet): PartitionSet.PartitionSet =>
  PartitionMapping.downstream(edge.mapping, snapshot.space(edge.downstream), snapshot.space(edge.upstream), cells)

const single = (point: PartitionSet.Point): PartitionSet.PartitionSet => PartitionSet.fromPoints(point.length, [point])

/** The upstream versions that a materialization of the cell would read now, by input name. */
export const inputVersions = (
  snapshot: Snapshot,
  asset: string,
  point: PartitionSet.Point
): Readonly<Record<string, InputVersion>> => {
  const versions: Record<string, InputVersion> = {}
  for (const edge of snapshot.graph.upstream(asset)) versions[edge.input] = versionOf(snapshot, edge, point)
  return versions
}

/** Over an identity, the key of the upstream cell that a cell reads: its own, or "" of an unpartitioned upstream. */
export const sameKey = (snapshot: Snapshot, edge: Edge, point: PartitionSet.Point): string =>
  snapshot.space(edge.upstream).partitions._tag === "Unpartitioned" ? "" : snapshot.space(edge.downstream).keyAt(point)

const versionOf = (snapshot: Snapshot, edge: Edge, point: PartitionSet.Point): InputVersion => {
  const asset = edge.upstream
  if (edge.mapping._tag === "Identity") {
    // The common case by far: no set is built, which makes a plan of 100,000 cells five times as fast.
    const key = sameKey(snapshot, edge, point)
    const version = snapshot.cells(asset).get(key)?.dataVersion
    // What is stored of a partition that the upstream no longer has is not read either.
    return version === undefined || !exists(snapshot, edge, key)
      ? { asset, count: 0, sum: 0, max: 0 }
      : { asset, count: 1, sum: add(0, version), max: version }
  }
  return { asset, ...snapshot.versions(asset, upstreamOf(snapshot, edge, single(point))) }
}

const exists = (snapshot: Snapshot, edge: Edge, key: string): boolean => {
  const upstream = snapshot.space(edge.upstream)
  return Partitions.equals(snapshot.space(edge.downstream).partitions, upstream.partitions) ||
    Result.isSuccess(upstream.positionOf(key))
}

/** Why a stored cell is not fresh; undefined when it is. */
export const staleness = (
  snapshot: Snapshot,
  asset: string,
  point: PartitionSet.Point,
  cell: StoredCell | undefined
): Reason | undefined => {
  if (cell === undefined || cell.dataVersion === undefined) return cell?.failed === true ? { _tag: "Failed" } : { _tag: "Missing" }
  if (cell.failed) return { _tag: "Failed" }
  const codeVersion = snapshot.graph.assets.get(asset)?.codeVersion ?? ""
  if (cell.codeVersion !== codeVersion) return { _tag: "CodeChanged", from: cell.codeVersion, to: codeVersion }
  const edges = snapshot.graph.upstream(asset)
  const gone = Object.entries(cell.inputs).find(([input]) => !edges.some((edge) => edge.input === input))
  if (gone !== undefined) return { _tag: "InputRemoved", input: gone[0], upstream: gone[1].asset }
  for (const edge of edges) {
    const read = cell.inputs[edge.input]
    if (read === undefined || read.asset !== edge.upstream) {
      return { _tag: "InputAdded", input: edge.input, upstream: edge.upstream }
    }
    const now = versionOf(snapshot, edge, point)
    if (now.count !== read.count || now.sum !== read.sum) {
      return { _tag: "UpstreamChanged", input: edge.input, upstream: edge.upstream }
    }
  }
  return undefined
}
