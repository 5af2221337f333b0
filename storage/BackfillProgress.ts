/** What became of the cells of a backfill, put together from many changes: merged by kind, and counted. */
import * as PartitionSet from "../engine/partition/PartitionSet.ts"
import type { AssetSet } from "../engine/record/CellSets.ts"
import type { ProgressChange, ProgressKind } from "../engine/record/BackfillStore.ts"

/** From this many changes on they are merged. A run of the NBA's 2 million cells in commits of 500 writes 4,000. */
export const mergeAbove = 500

const groupOf = ({ asset, kind, numbering }: ProgressChange): string => `${kind}\0${numbering}\0${asset}`

/** One change an asset, numbering and kind: the union of those given. */
export const merge = (changes: Iterable<ProgressChange>): ReadonlyArray<ProgressChange> => {
  const groups = new Map<string, { readonly first: ProgressChange; readonly sets: Array<PartitionSet.PartitionSet> }>()
  for (const change of changes) {
    const group = groups.get(groupOf(change))
    if (group === undefined) groups.set(groupOf(change), { first: change, sets: [change.cells] })
    else group.sets.push(change.cells)
  }
  return Array.from(groups.values(), ({ first, sets }) => ({
    ...first, cells: PartitionSet.unionAll(first.cells.dimensions, sets)
  }))
}

/** Whether merging leaves less than half of the changes; without this, many assets would be merged again and again. */
export const isWorthMerging = (changes: number, groups: number): boolean =>
  changes > mergeAbove && changes > 2 * groups

/** So many materialized steps tell how long the next one takes: the mean of more is hardly surer. */
export const timedCells = 200

export interface Count {
  readonly asset: string
  readonly kind: ProgressKind
  readonly cells: number
}

// A cell that failed, was taken over and then materialized counts once, as what is best.
const outcomes = ["materialized", "unchanged", "failed", "skipped"] as const

/** The cells of each asset and kind, each cell once however often it was recorded. Kinds without cells are absent. */
export const countsOf = (changes: Iterable<ProgressChange>): ReadonlyArray<Count> => {
  const merged = new Map(merge(changes).map((change) => [groupOf(change), change]))
  const counts = new Map<string, Count>()
  const add = (asset: string, kind: ProgressKind, cells: PartitionSet.PartitionSet) => {
    const key = `${asset}\0${kind}`
    const count = (counts.get(key)?.cells ?? 0) + PartitionSet.size(cells)
    if (count > 0) counts.set(key, { asset, kind, cells: count })
  }
  for (const change of merged.values()) {
    const { asset, cells, kind } = change
    if (kind === "planned") add(asset, kind, cells)
    else if (kind !== "retried") {
      const better = outcomes.slice(0, outcomes.indexOf(kind)).flatMap((kind) =>
        merged.get(groupOf({ ...change, kind }))?.cells ?? []
      )
      add(asset, kind, better.reduce(PartitionSet.difference, cells))
    }
  }
  return Array.from(counts.values()).sort((left, right) =>
    left.asset < right.asset ? -1 : left.asset > right.asset ? 1 : kinds.indexOf(left.kind) - kinds.indexOf(right.kind)
  )
}

/** What is planned and has not ended, by asset and numbering. */
export const leftOf = (changes: Iterable<ProgressChange>): ReadonlyArray<AssetSet> => openOf(changes, "planned")

/** What is tried again and has not ended, by asset and numbering. */
export const retriedOf = (changes: Iterable<ProgressChange>): ReadonlyArray<AssetSet> => openOf(changes, "retried")

const openOf = (changes: Iterable<ProgressChange>, begun: "planned" | "retried"): ReadonlyArray<AssetSet> => {
  const merged = merge(changes)
  const isEnd = ({ kind }: ProgressChange) => kind !== "planned" && kind !== "retried"
  return merged.filter(({ kind }) => kind === begun).map(({ asset, cells, numbering }) => {
    const ended = merged.filter((one) => isEnd(one) && one.asset === asset && one.numbering === numbering)
    return { asset, numbering, cells: ended.reduce((left, { cells }) => PartitionSet.difference(left, cells), cells) }
  })
}

export const sizeOf = (sets: Iterable<AssetSet>): number => {
  let cells = 0
  for (const set of sets) cells += PartitionSet.size(set.cells)
  return cells
}

const kinds: ReadonlyArray<ProgressKind> = ["planned", ...outcomes]

/** The cells of all assets by kind. */
export const totalsOf = (counts: Iterable<Count>): Readonly<Record<ProgressKind, number>> => {
  const totals = { planned: 0, materialized: 0, unchanged: 0, failed: 0, skipped: 0 }
  for (const { cells, kind } of counts) totals[kind] += cells
  return totals
}
