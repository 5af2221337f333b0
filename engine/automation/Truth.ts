/** Of which cells a condition is true, and why: each part of it with its cells. */
import type { Edge } from "../graph/AssetGraph.ts"
import { type Condition, describe } from "../definition/Condition.ts"
import * as Partitions from "../partition/Partitions.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import { mainSiblings, siblings, type Snapshot } from "../plan/Snapshot.ts"
import { classifyTogether, downstreamOf, upstreamOf } from "../plan/Staleness.ts"
import type { State } from "../record/AutomationState.ts"
import * as Ages from "./Ages.ts"
import { inWindows } from "./Windows.ts"

export interface Truth {
  readonly condition: Condition
  /** The asset of whose cells this is said: another one where it is said of upstream cells. */
  readonly asset: string
  readonly cells: PartitionSet.PartitionSet
  readonly parts: ReadonlyArray<Truth>
}

export interface Moment {
  readonly snapshot: Snapshot
  /** Cells that are computed now, that a backfill has before it, or that are asked for by automation in a run that has not ended, or in this evaluation. */
  readonly underway: (asset: string) => PartitionSet.PartitionSet
  /** Cells that this evaluation has asked for: of assets further upstream. */
  readonly asked: (asset: string) => PartitionSet.PartitionSet
}

export interface Told {
  readonly truth: Truth
  /** For the next evaluation. */
  readonly remembered: ReadonlyMap<string, PartitionSet.PartitionSet>
  /** Those of them that are reset where a cell of the asset itself is asked for. */
  readonly untilAsked: ReadonlyArray<string>
  /** A tick of a cron expression has passed since the evaluation before, or the span of an age has begun anew. */
  readonly ticked: boolean
  /** When an age alone may change what is asked for, in milliseconds since 1970. */
  readonly next: number
}

/** Evaluates a condition of the cells of an asset, all of them at once. */
export const tell = (moment: Moment, asset: string, condition: Condition, before: State | undefined): Told => {
  const { snapshot } = moment
  const now = snapshot.now.epochMilliseconds
  const remembered = new Map<string, PartitionSet.PartitionSet>()
  const untilAsked: Array<string> = []
  let ticked = false
  let next = Number.POSITIVE_INFINITY

  const told = (asset: string, condition: Condition): Truth => {
    const { all } = snapshot.space(asset)
    const none = PartitionSet.empty(all.dimensions)
    const truth = (cells: PartitionSet.PartitionSet, parts: ReadonlyArray<Truth> = []): Truth => ({
      condition, asset, cells: PartitionSet.intersection(cells, all), parts
    })
    const whole = (isTrue: boolean) => truth(isTrue ? all : none)
    // By words, so that a condition that is written anew keeps what it knew; and positions are of one numbering.
    const place = `${asset} ${describe(condition)} ${Partitions.numbering(snapshot.space(asset).partitions)}`
    const known = before?.remembered.get(place)
    switch (condition._tag) {
      case "Missing":
      case "Stale":
      case "Failed":
        return truth(inState(snapshot, asset, condition._tag))
      case "Stored":
        return truth(stored(snapshot, asset))
      case "InProgress":
        return truth(moment.underway(asset))
      case "Blocked":
        return truth(blockedCells(snapshot, asset))
      case "Source":
        return whole(snapshot.graph.upstream(asset).length === 0)
      case "Cron": {
        const isKnown = before?.crons.includes(describe(condition)) === true
        const next = !isKnown ? undefined : condition.cron.moments(before.at + 1).next().value
        const isDue = next !== undefined && next.instant <= now
        ticked ||= isDue
        return whole(isDue)
      }
      case "LastPartitions":
      case "LastTime":
        return truth(inWindows(snapshot, asset, condition) ?? none)
      case "OlderThan": {
        const older = Ages.olderThan(snapshot, asset, condition.millis)
        next = Math.min(next, older.next)
        // What has failed is tried once in each span, as at a tick.
        ticked ||= before !== undefined && Ages.spanOf(now, condition.millis) > Ages.spanOf(before.at, condition.millis)
        return truth(older.cells)
      }
      case "And": {
        const parts = condition.of.map((part) => told(asset, part))
        return truth(parts.reduce((cells, part) => PartitionSet.intersection(cells, part.cells), all), parts)
      }
      case "Or": {
        const parts = condition.of.map((part) => told(asset, part))
        return truth(PartitionSet.unionAll(all.dimensions, parts.map(({ cells }) => cells)), parts)
      }
      case "Not": {
        const part = told(asset, condition.of)
        return truth(PartitionSet.difference(all, part.cells), [part])
      }
      case "AnyUpstream": {
        const parts = upstreamParts(asset, condition.of)
        return truth(
          PartitionSet.unionAll(all.dimensions, parts.map(({ edge, part }) => downstreamOf(snapshot, edge, part.cells))),
          parts.map(({ part }) => part)
        )
      }
      case "AllUpstream": {
        const parts = upstreamParts(asset, condition.of)
        const spoilt = parts.map(({ edge, part }) =>
          downstreamOf(snapshot, edge, PartitionSet.difference(snapshot.space(edge.upstream).all, part.cells)))
        return truth(PartitionSet.difference(all, PartitionSet.unionAll(all.dimensions, spoilt)), parts.map(({ part }) => part))
      }
      case "Newly": {
        const part = told(asset, condition.of)
        remembered.set(place, part.cells)
        return truth(PartitionSet.difference(part.cells, known ?? none), [part])
      }
      case "Since": {
        const part = told(asset, condition.of)
        const reset = condition.reset === undefined ? undefined : told(asset, condition.reset)
        if (reset === undefined) untilAsked.push(place)
        const kept = PartitionSet.difference(known ?? none, reset?.cells ?? moment.asked(asset))
        const cells = PartitionSet.intersection(PartitionSet.union(kept, part.cells), all)
        remembered.set(place, cells)
        return truth(cells, reset === undefined ? [part] : [part, reset])
      }
    }
  }

  const upstreamParts = (asset: string, condition: Condition): ReadonlyArray<{ readonly edge: Edge; readonly part: Truth }> =>
    snapshot.graph.upstream(asset).map((edge) => ({ edge, part: told(edge.upstream, condition) }))

  const truth = told(asset, condition)
  return { truth, remembered, untilAsked: untilAsked.filter((place) => place.startsWith(`${asset} `)), ticked, next }
}

/** The cells of the computation that gives the asset, in a state; a failure comes first, then what is missing. */
export const inState = (snapshot: Snapshot, asset: string, state: "Missing" | "Stale" | "Failed"): PartitionSet.PartitionSet => {
  const { all } = snapshot.space(asset)
  const outputs = siblings(snapshot.graph, asset)
  const failed = PartitionSet.unionAll(all.dimensions, outputs.map((output) => snapshot.sets(output).failed))
  if (state === "Failed") return PartitionSet.intersection(failed, all)
  const missing = PartitionSet.difference(all, stored(snapshot, asset))
  if (state === "Missing") return PartitionSet.difference(missing, failed)
  const unfresh = classifyTogether(snapshot, outputs, all).map(({ cells }) => cells)
  return PartitionSet.difference(PartitionSet.difference(PartitionSet.unionAll(all.dimensions, unfresh), failed), missing)
}

/** The cells that have data of all assets of the computation that they are to have. */
const stored = (snapshot: Snapshot, asset: string): PartitionSet.PartitionSet =>
  mainSiblings(snapshot.graph, asset).reduce((cells, output) => PartitionSet.intersection(cells, snapshot.materialized(output)), snapshot.space(asset).all)

/** Cells that could not be computed now, because what they need is not stored. */
const blockedCells = (snapshot: Snapshot, asset: string): PartitionSet.PartitionSet => {
  const { all } = snapshot.space(asset)
  const found = snapshot.graph.upstream(asset).map((edge) => downstreamOf(snapshot, edge, absent(snapshot, edge, all)))
  return PartitionSet.unionAll(all.dimensions, found)
}

/** The upstream cells that cells need over an edge and that are not stored. */
export const absent = (snapshot: Snapshot, edge: Edge, cells: PartitionSet.PartitionSet): PartitionSet.PartitionSet => {
  const stored = snapshot.materialized(edge.upstream)
  // A reader of everything reads what there is.
  const readsSome = edge.mapping._tag === "All" && !PartitionSet.isEmpty(stored)
  return edge.partial || readsSome
    ? PartitionSet.empty(stored.dimensions)
    : PartitionSet.difference(upstreamOf(snapshot, edge, cells), stored)
}
