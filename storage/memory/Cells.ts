/** Claims, commits and failures of cells in memory. */
import { Clock, Effect } from "effect"
import type { Claimed, RunStore, StoredCell, StoredCells } from "../../engine/record/RunStore.ts"
import { type Cell, cellName, type Step } from "../../engine/record/Step.ts"
import { ofCommit, ofEnds } from "../Changes.ts"
import { displacedBy } from "../Displaced.ts"
import { leaseLost, miscounted, noSuchRun, runLost, stepOf, unregistered } from "../Refusals.ts"
import { log } from "./CellSets.ts"
import { endCheckpoints, overtakenBy } from "./Checkpoints.ts"
import { cellAt, executes, giveKeys, holds, isAlive, keySetOf, type RunRecord, type State } from "./State.ts"

export const make = (state: State) => {
  const standingOf = (run: RunRecord, worker: string): Claimed["standing"] =>
    run.cancelRequested || !executes(run, worker) ? "cancelled" : run.backfill?.paused === true ? "paused" : "running"

  const claim: RunStore["Service"]["claim"] = Effect.fn("RunStore.claim")(function*(run, worker, cells) {
    const now = yield* Clock.currentTimeMillis
    const record = state.runs[run - 1]
    const claimant = state.workers.get(worker)
    if (record === undefined) return yield* noSuchRun(run)
    if (claimant === undefined) return yield* unregistered(worker)
    const standing = standingOf(record, worker)
    const claimed: Claimed = {
      standing,
      cells: cells.map((key) => {
        const cell = cellAt(state, key)
        const { claimedBy, claimedFor } = cell
        const isOwn = claimedBy === claimant && (claimedFor === run || state.runs[claimedFor - 1]?.state !== "running")
        const free = claimedBy === undefined || isOwn || !isAlive(claimedBy, now)
        const granted = standing === "running" && free && !cell.locked
        if (granted) Object.assign(cell, { claimedBy: claimant, claimedFor: run })
        const { codeVersion = "", dataVersion: version, inputs = {}, materializedBy } = cell.stored ?? {}
        return { granted, own: !granted && claimedBy === claimant, version, done: materializedBy === run, codeVersion, inputs }
      })
    }
    return claimed
  })

  const release: RunStore["Service"]["release"] = (run, worker, cells) =>
    Effect.sync(() => {
      for (const cell of cells) if (holds(state, run, worker, cell)) cellAt(state, cell).claimedBy = undefined
    })

  const commit: RunStore["Service"]["commit"] = Effect.fn("RunStore.commit")(function*(commit) {
    const { cells, run, worker } = commit
    const record = state.runs[run - 1]
    if (record === undefined) return yield* noSuchRun(run)
    const lost = cells.filter((cell) => !holds(state, run, worker, cell))
    if (lost.length > 0) return yield* leaseLost(lost)
    if (!executes(record, worker)) return yield* runLost(run, cells)
    const overtaken = overtakenBy(state, cells)
    if (overtaken !== undefined) return yield* overtaken
    const held = cells.map((cell) => cellAt(state, cell))
    for (const cell of held) cell.locked = true
    const written = yield* commit.write.pipe(
      Effect.filterOrFail((written) => written.length === cells.length, (written) => miscounted(cells, written)),
      Effect.onExit(() => Effect.sync(() => {
        for (const cell of held) cell.locked = false
      }))
    )
    if (!executes(record, worker)) return yield* runLost(run, cells)
    // Before the first change: nothing after it can fail, so that all of it happens or nothing.
    const sources = commit.keys(written)
    const changes = ofCommit(cells, commit.gather)
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
        windows: cell.windows ?? "",
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
    endCheckpoints(state, cells)
    log(state, record, changes)
    for (const source of sources) giveKeys(keySetOf(state, source.set), source)
    return steps
  })

  const endSteps: RunStore["Service"]["endSteps"] = Effect.fn("RunStore.endSteps")(
    function*(run, worker, steps, gather) {
      const record = state.runs[run - 1]
      if (record === undefined) return yield* noSuchRun(run)
      const isMaterialized = (step: Cell) => record.steps.get(cellName(step))?.state === "materialized"
      const marks = (step: Cell) => {
        const cell = cellAt(state, step)
        return (cell.stored === undefined && cell.claimedBy === undefined) || holds(state, run, worker, step)
      }
      const effective = steps.filter((step) => step.state === "failed" ? marks(step) : !isMaterialized(step))
      log(state, record, ofEnds(effective, gather))
      for (const step of effective) {
        if (step.state === "skipped") continue
        const cell = cellAt(state, step)
        cell.claimedBy = undefined
        cell.stored = { ...cell.stored ?? neverMaterialized, failed: true, error: step.error }
      }
      for (const step of steps) {
        if (!isMaterialized(step)) record.steps.set(cellName(step), { ...step, rows: null, dataVersion: null })
      }
    }
  )

  const cells: RunStore["Service"]["cells"] = (wanted) =>
    Effect.sync(() => {
      const found: StoredCells = new Map(Array.from(wanted, ([asset, keys]) => {
        const partitions = new Map<string, StoredCell>()
        const held = state.cells.get(asset)
        for (const partition of keys === "all" ? held?.keys() ?? [] : keys) {
          const stored = held?.get(partition)?.stored
          if (stored !== undefined) partitions.set(partition, stored)
        }
        return [asset, partitions]
      }))
      return found
    })

  const changedInputs: RunStore["Service"]["changedInputs"] = (inputs) =>
    Effect.sync(() =>
      inputs.map(({ asset, input, partition, upstream }) =>
        Array.from(state.cells.get(asset) ?? []).flatMap(([key, { stored }]) => {
          if (stored?.dataVersion === undefined) return []
          const read = stored.inputs[input]
          const now = state.cells.get(upstream)?.get(partition === "" ? "" : key)?.stored?.dataVersion
          const isSame = now === undefined ? read?.count === 0 : read?.count === 1 && read.max === now
          return isSame ? [] : [key]
        })
      )
    )

  return { claim, release, commit, endSteps, cells, changedInputs }
}

const neverMaterialized: StoredCell = {
  dataVersion: undefined,
  codeVersion: "",
  windows: "",
  inputs: {},
  materializedAt: undefined,
  materializedBy: undefined,
  failed: false,
  error: null
}
