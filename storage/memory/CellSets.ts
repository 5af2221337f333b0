/** The states of cells as sets, in memory: a log of changes an asset, from its first question on. */
import { Effect } from "effect"
import { basisOf, changesOf, fold, type CellSets, type Numbering } from "../../engine/record/CellSets.ts"
import type { RunStore } from "../../engine/record/RunStore.ts"
import { type Change, gathering } from "../Changes.ts"
import type { RunRecord, State } from "./State.ts"

/** Records what became of cells in a run, which may be a backfill. */
export const log = (state: State, run: RunRecord, changes: ReadonlyArray<Change>): void => {
  for (const { asset, at, basis, cells, kind, numbering } of changes) {
    run.backfill?.changes.push({ asset, numbering, cells, kind })
    const log = state.logs.get(asset)
    if (log === undefined || kind === "skipped") continue
    if (log.numbering !== numbering) log.isMixed = true
    log.changes.push(kind === "failed" ? { kind, cells } : { kind, cells, at, basis: basis ?? "" })
  }
}

const fromCells = (state: State, asset: string, numbering: Numbering): CellSets => {
  const found = gathering(numbering)
  for (const [partition, { stored }] of state.cells.get(asset) ?? []) {
    if (stored === undefined) continue
    const { codeVersion, dataVersion, failed, inputs, materializedAt, windows } = stored
    const basis = dataVersion === undefined ? undefined : basisOf(codeVersion, inputs, windows)
    found.add({ partition, basis, failed, materializedAt })
  }
  return found.sets()
}

export const make = (state: State) => {
  const cellSets: RunStore["Service"]["cellSets"] = (assets) =>
    Effect.sync(() =>
      new Map(Array.from(assets, ([asset, numbering]) => {
        const log = state.logs.get(asset)
        const sets = log === undefined || log.isMixed || log.numbering !== numbering.id
          ? fromCells(state, asset, numbering)
          : fold(numbering.dimensions, log.changes)
        state.logs.set(asset, { numbering: numbering.id, isMixed: false, changes: [...changesOf(sets)] })
        return [asset, { ...sets, mark: String(state.lastVersion) }]
      }))
    )

  return { cellSets }
}
