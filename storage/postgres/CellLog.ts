/** The log of one asset as it is read, row by row: what it comes to, and whether it may be used. */
import { Effect, Result } from "effect"
import { type CellChange, type CellSets, changesOf, fold, type Numbering } from "../../engine/record/CellSets.ts"
import type { RunStoreError } from "../../engine/record/RunStore.ts"
import { parseSet, setOf } from "./SetColumns.ts"

/** A row of the log; null in all but the first two columns where there is none. */
export interface Row {
  readonly asset: string
  /** The numbering that the asset is marked with; null: it is not. */
  readonly marked: string | null
  readonly id: number | null
  readonly isBase: boolean | null
  readonly numbering: string | null
  readonly kind: "materialized" | "failed" | "stray" | null
  readonly basis: string | null
  readonly partitions: string | null
  readonly at: Date | null
}

export interface CellLog {
  readonly numbering: Numbering
  readonly take: (row: Row) => Effect.Effect<void, RunStoreError>
  /** Whether the asset is marked with the numbering and all rows are counted by it. */
  readonly isUsable: () => boolean
  /** Rows that are not base rows. */
  readonly deltas: () => number
  readonly sets: () => CellSets
  /** Tells which rows were taken. */
  readonly mark: () => string
}

/** So many changes are folded at a time, or as many as the sets have ranges: a log of a million rows is never in memory. */
const foldedAt = 5000

const rangesIn = (changes: ReadonlyArray<CellChange>): number =>
  changes.reduce((sum, change) => sum + (change.kind === "stray" ? 0 : change.cells.segments.length), 0)

export const make = (numbering: Numbering, marked: string | null = null): CellLog => {
  let isMarked = marked === numbering.id
  let isMixed = false
  let deltas = 0
  let rows = 0
  let ids = 0
  let changes: Array<CellChange> = []
  let most = foldedAt
  const sets = () => fold(numbering.dimensions, changes)
  const add = (change: CellChange) => {
    if (changes.push(change) < most) return
    changes = [...changesOf(sets())]
    most = changes.length + Math.max(foldedAt, rangesIn(changes))
  }
  const take = (row: Row): Effect.Effect<void, RunStoreError> => {
    isMarked ||= row.marked === numbering.id
    if (row.kind === null || row.partitions === null) return Effect.void
    rows++
    ids += row.id ?? 0
    if (row.isBase !== true) deltas++
    isMixed ||= row.numbering !== numbering.id
    if (isMixed) return Effect.void
    if (row.kind === "stray") add({ kind: "stray" })
    else {
      const parsed = parseSet(row.partitions)
      if (Result.isFailure(parsed)) return Effect.asVoid(setOf(row.partitions))
      const cells = parsed.success
      add(
        row.kind === "failed"
          ? { kind: "failed", cells }
          : { kind: "materialized", cells, basis: row.basis ?? "", at: row.at ?? new Date(0) }
      )
    }
    return Effect.void
  }
  return { numbering, take, sets, isUsable: () => isMarked && !isMixed, deltas: () => deltas, mark: () => `${rows} ${ids}` }
}
