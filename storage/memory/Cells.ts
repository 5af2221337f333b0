/** Claims, commits and failures of cells in memory. */
import { Clock, Effect } from "effect"
import type { Claimed, RunStore, StoredCell, StoredCells } from "../../engine/record/RunStore.ts"
import { type Cell, cellName, type Step } from "../../engine/record/Step.ts"
import { displacedBy } from "../Displaced.ts"
import { leaseLost, miscounted, noSuchRun, runLost, stepOf, unregistered } from "../Refusals.ts"
import { cellAt, giveKeys, isAlive, keySetOf, type State } from "./State.ts"

export const make = (state: State) => {
  const holds = (worker: string, cell: Cell): boolean => {
    const { claimedBy } = cellAt(state, cell)
    return claimedBy !== undefined && claimedBy.id === worker && !claimedBy.stopped
  }

  const claim: RunStore["Service"]["claim"] = Effect.fn("RunStore.claim")(function*(run, worker, cells) {
    const now = yield* Clock.currentTimeMillis
    const record = state.runs[run - 1]
    const claimant = state.workers.get(worker)
    if (record === undefined) return yield* noSuchRun(run)
    if (claimant === undefined) return yield* unregistered(worker)
    const { cancelRequested: cancelled } = record
    const claimed: Claimed = {
      cancelled,
      cells: cells.map((key) => {
        const cell = cellAt(state, key)
        const { claimedBy } = cell
        const free = claimedBy === undefined || claimedBy === claimant || !isAlive(claimedBy, now)
        const granted = !cancelled && free && !cell.locked
        if (granted) cell.claimedBy = claimant
        const { codeVersion = "", dataVersion: version, inputs = {} } = cell.stored ?? {}
        return { granted, version, codeVersion, inputs }
      })
    }
    return claimed
  })

  const release: RunStore["Service"]["release"] = (worker, cells) =>
    Effect.sync(() => {
      for (const cell of cells) if (holds(worker, cell)) cellAt(state, cell).claimedBy = undefined
    })

  const commit: RunStore["Service"]["commit"] = Effect.fn("RunStore.commit")(function*(commit) {
    const { cells, run, worker } = commit
    const record = state.runs[run - 1]
    if (record === undefined) return yield* noSuchRun(run)
    const lost = cells.filter((cell) => !holds(worker, cell))
    if (lost.length > 0) return yield* leaseLost(lost)
    const executes = () => record.state === "running" && record.worker.id === worker
    if (!executes()) return yield* runLost(run, cells)
    const held = cells.map((cell) => cellAt(state, cell))
    for (const cell of held) cell.locked = true
    const written = yield* commit.write.pipe(
      Effect.filterOrFail((written) => written.length === cells.length, (written) => miscounted(cells, written)),
      Effect.onExit(() => Effect.sync(() => {
        for (const cell of held) cell.locked = false
      }))
    )
    if (!executes()) return yield* runLost(run, cells)
    // Before the first change: nothing after it can fail, so that all of it happens or nothing.
    const sources = commit.keys(written)
    const steps: Array<Step> = []
    for (const [place, cell] of cells.entries()) {
      const target = held[place]
      const result = written[place]
      if (target === undefined || result === undefined) continue
      const kept = result.hash !== undefined && result.hash === target.hash ? target.stored?.dataVersion : undefined
      const dataVersion = kept ?? ++state.lastVersion
      target.hash = result.hash
      target.claimedBy = undefined
      target.stored = {
        dataVersion,
        codeVersion: cell.codeVersion,
        inputs: cell.inputs,
        materializedAt: cell.finishedAt,
        materializedBy: run,
        failed: false,
        error: null
      }
      const step = stepOf(cell, result.rows, dataVersion)
      record.steps.set(cellName(cell), step)
      steps.push(step)
    }
    for (const { asset, partition } of displacedBy(cells, written)) {
      const target = state.cells.get(asset)?.get(partition)
      if (target?.stored?.dataVersion === undefined) continue
      target.hash = undefined
      target.stored = { ...target.stored, dataVersion: ++state.lastVersion }
    }
    for (const source of sources) giveKeys(keySetOf(state, source.set), source)
    return steps
  })

  const endSteps: RunStore["Service"]["endSteps"] = Effect.fn("RunStore.endSteps")(function*(run, worker, steps) {
    const record = state.runs[run - 1]
    if (record === undefined) return yield* noSuchRun(run)
    for (const step of steps) {
      const cell = cellAt(state, step)
      const isNew = cell.stored === undefined && cell.claimedBy === undefined
      if (step.state === "failed" && (isNew || holds(worker, step))) {
        cell.claimedBy = undefined
        cell.stored = { ...cell.stored ?? neverMaterialized, failed: true, error: step.error }
      }
      if (record.steps.get(cellName(step))?.state !== "materialized") {
        record.steps.set(cellName(step), { ...step, rows: null, dataVersion: null })
      }
    }
  })

  const cells: RunStore["Service"]["cells"] = (assets) =>
    Effect.sync(() => {
      const found: StoredCells = new Map(assets.map((asset) => {
        const partitions = new Map<string, StoredCell>()
        for (const [partition, { stored }] of state.cells.get(asset) ?? []) {
          if (stored !== undefined) partitions.set(partition, stored)
        }
        return [asset, partitions]
      }))
      return found
    })

  return { claim, release, commit, endSteps, cells }
}

const neverMaterialized: StoredCell = {
  dataVersion: undefined,
  codeVersion: "",
  inputs: {},
  materializedAt: undefined,
  materializedBy: undefined,
  failed: false,
  error: null
}
