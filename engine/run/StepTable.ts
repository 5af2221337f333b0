/**
 * The steps of a plan with what each waits for: an upstream that ends lowers a counter of each step that reads it, and a
 * step whose counter is zero is ready. A reader of everything waits for a whole asset at a gate, not for each of its cells.
 */
import type { Edge } from "../graph/AssetGraph.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import type { PlannedAssets, Plan } from "../plan/Plan.ts"
import type { Snapshot } from "../plan/Snapshot.ts"
import { downstreamOf, type Reason, sameKey, upstreamOf } from "../plan/Staleness.ts"
import { type Cell, cellName } from "../record/Step.ts"

/** One planned step: a computation at a partition. `index` is its place in the table. */
export interface PlannedStep {
  readonly index: number
  readonly planned: PlannedAssets
  readonly point: PartitionSet.Point
  readonly partition: string
  readonly reason: Reason
}

/** The cells that a step materializes, one an asset of its computation. */
export const cellsOf = (step: PlannedStep): ReadonlyArray<Cell> =>
  step.planned.assets.map((asset) => ({ asset, partition: step.partition }))

interface Group {
  readonly planned: PlannedAssets
  readonly base: number
  readonly points: ReadonlyArray<PartitionSet.Point>
  readonly partitions: ReadonlyArray<string>
  readonly reasons: ReadonlyArray<Reason>
  readonly indexOf: ReadonlyMap<string, number>
  /** Edges to groups that read this one. */
  readonly readers: Array<{ readonly group: Group; readonly edge: Edge }>
  /** Upstream groups that must end as a whole before any step here may start. */
  gates: number
  /** Steps not yet ended. */
  left: number
}

export interface StepTable {
  readonly size: number
  readonly step: (index: number) => PlannedStep
  /** The place of a cell of the table by its key, so that nobody has to read the key. */
  readonly pointOf: (asset: string, partition: string) => PartitionSet.Point | undefined
  /** Steps that wait for nothing, to begin with. */
  readonly ready: ReadonlyArray<number>
  /** The steps of a table that have ended. */
  readonly ended: () => number
  /**
   * Marks a step as ended. `broken` tells why its data is not there: steps that read it must be skipped for that
   * reason. Gives the steps that have become ready, and whether each must be skipped.
   */
  readonly end: (index: number, broken?: "failed" | "was skipped") => ReadonlyArray<Ready>
}

export interface Ready {
  readonly index: number
  /** Skip it for this reason. */
  readonly skip: string | undefined
}

export const make = (plan: Plan, snapshot: Snapshot): StepTable => {
  const groups: Array<Group> = []
  let size = 0
  for (const planned of plan.steps) {
    const group = makeGroup(planned, snapshot, size)
    groups.push(group)
    size += group.points.length
  }
  const waits = new Int32Array(size)
  const skip = new Map<number, string>()
  const gateSkip = new Map<Group, string>()
  const groupOf = new Map(groups.flatMap((group) => group.planned.assets.map((asset) => [asset, group] as const)))

  for (const group of groups) {
    for (const edge of edgesInto(group, snapshot)) {
      const upstream = groupOf.get(edge.upstream)
      if (upstream === undefined || upstream === group) continue
      upstream.readers.push({ group, edge })
      if (edge.mapping._tag === "All") {
        group.gates++
        continue
      }
      group.points.forEach((point, i) => {
        waits[group.base + i]! += countPlanned(snapshot, edge, point, upstream)
      })
    }
  }

  let ended = 0
  const find = (index: number): Group => {
    let low = 0
    let high = groups.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (groups[middle]!.base <= index) low = middle
      else high = middle - 1
    }
    return groups[low]!
  }
  const isReady = (group: Group, index: number) => group.gates === 0 && waits[index] === 0
  const ready = (group: Group, index: number): Ready => ({ index, skip: skip.get(index) ?? gateSkip.get(group) })

  const end: StepTable["end"] = (index, broken) => {
    ended++
    const group = find(index)
    group.left--
    const released: Array<Ready> = []
    const own = group.planned.assets[0]!
    const why = () => `${cellName({ asset: own, partition: group.partitions[index - group.base]! })} ${broken}`
    for (const { edge, group: reader } of group.readers) {
      const breaks = broken !== undefined && !edge.partial
      if (edge.mapping._tag === "All") {
        if (breaks && !gateSkip.has(reader)) gateSkip.set(reader, why())
        if (group.left > 0) continue
        reader.gates--
        if (reader.gates === 0) {
          reader.points.forEach((_, i) => {
            if (waits[reader.base + i] === 0) released.push(ready(reader, reader.base + i))
          })
        }
        continue
      }
      for (const next of readersOf(snapshot, edge, group, index, reader)) {
        if (breaks && !skip.has(next)) skip.set(next, why())
        waits[next]!--
        if (isReady(reader, next)) released.push(ready(reader, next))
      }
    }
    return released
  }

  return {
    size,
    step: (index) => {
      const group = find(index)
      const i = index - group.base
      return {
        index,
        planned: group.planned,
        point: group.points[i]!,
        partition: group.partitions[i]!,
        reason: group.reasons[i]!
      }
    },
    pointOf: (asset, partition) => {
      const group = groupOf.get(asset)
      const index = group?.indexOf.get(partition)
      return group === undefined || index === undefined ? undefined : group.points[index - group.base]
    },
    ready: groups.flatMap((group) =>
      group.points.flatMap((_, i) => isReady(group, group.base + i) ? [group.base + i] : [])
    ),
    ended: () => ended,
    end
  }
}

const makeGroup = (planned: PlannedAssets, snapshot: Snapshot, base: number): Group => {
  const { keyAt } = snapshot.space(planned.assets[0]!)
  const points: Array<PartitionSet.Point> = []
  const partitions: Array<string> = []
  const reasons: Array<Reason> = []
  const indexOf = new Map<string, number>()
  for (const { cells, reason } of planned.reasons) {
    for (const point of PartitionSet.points(cells)) {
      const partition = keyAt(point)
      indexOf.set(partition, base + points.length)
      points.push(point)
      partitions.push(partition)
      reasons.push(reason)
    }
  }
  return { planned, base, points, partitions, reasons, indexOf, readers: [], gates: 0, left: points.length }
}

/** The edges into any asset of a group; several assets of one computation share their inputs. */
const edgesInto = (group: Group, snapshot: Snapshot): ReadonlyArray<Edge> =>
  snapshot.graph.upstream(group.planned.assets[0]!)

const single = (point: PartitionSet.Point) => PartitionSet.fromPoints(point.length, [point])

/** How many planned upstream steps a step waits for. */
const countPlanned = (snapshot: Snapshot, edge: Edge, point: PartitionSet.Point, upstream: Group): number =>
  edge.mapping._tag === "Identity"
    ? (upstream.indexOf.has(sameKey(snapshot, edge, point)) ? 1 : 0)
    : PartitionSet.size(PartitionSet.intersection(upstreamOf(snapshot, edge, single(point)), upstream.planned.cells))

function* readersOf(
  snapshot: Snapshot,
  edge: Edge,
  group: Group,
  index: number,
  reader: Group
): IterableIterator<number> {
  const i = index - group.base
  if (edge.mapping._tag === "Identity") {
    if (snapshot.space(edge.upstream).partitions._tag === "Unpartitioned") {
      yield* reader.indexOf.values()
      return
    }
    const next = reader.indexOf.get(group.partitions[i]!)
    if (next !== undefined) yield next
    return
  }
  const readers = downstreamOf(snapshot, edge, single(group.points[i]!))
  const { keyAt } = snapshot.space(edge.downstream)
  for (const point of PartitionSet.points(PartitionSet.intersection(readers, reader.planned.cells))) {
    const next = reader.indexOf.get(keyAt(point))
    if (next !== undefined) yield next
  }
}
