/** What both run stores say when they refuse something. */
import { Effect } from "effect"
import type { CellWritten } from "../engine/definition/Io.ts"
import * as KeyText from "../engine/partition/KeyText.ts"
import { type CellCommit, LeaseLost, RunStoreError, RunUnavailable } from "../engine/record/RunStore.ts"
import { type Cell, cellName, type Step } from "../engine/record/Step.ts"

/** The error of a commit whose claims `lost` are gone. */
export const leaseLost = (lost: ReadonlyArray<Cell>): LeaseLost => {
  const [first] = lost
  const name = first === undefined ? "no cell" : cellName(first)
  return new LeaseLost({
    cells: lost.map(({ asset, partition }) => ({ asset, partition })),
    message: `This worker no longer holds ${name}${lost.length > 1 ? ` and ${lost.length - 1} more` : ""}, because ` +
      "its lease ended and another worker took over; nothing of the batch was written."
  })
}

/** The error of a commit of a run that is another worker's by now, or has ended. */
export const runLost = (run: number, cells: ReadonlyArray<Cell>): LeaseLost =>
  new LeaseLost({
    cells: cells.map(({ asset, partition }) => ({ asset, partition })),
    message: `This worker no longer executes run ${run}, because its lease ended and the run was cancelled or taken ` +
      "over; nothing of the batch was written."
  })

/** The error of a commit that does not follow the checkpoint of its cell: a commit that was held for lost came first. */
export const overtaken = (cells: ReadonlyArray<Cell>): LeaseLost => {
  const [first] = cells
  return new LeaseLost({
    cells: cells.map(({ asset, partition }) => ({ asset, partition })),
    message: `The checkpoint of ${first === undefined ? "a cell" : cellName(first)} has moved on meanwhile; ` +
      "nothing was written, and the cell goes on from there."
  })
}

/** The error of a `write` that does not give one result for each cell. */
export const miscounted = (cells: ReadonlyArray<Cell>, written: ReadonlyArray<CellWritten>): RunStoreError =>
  new RunStoreError({
    message: `The IO manager gave ${written.length} results for the ${cells.length} cells it was to write; ` +
      "its write must give one result for each cell, in order.",
    transient: false
  })

/** Why a run that was asked for is not to be had. */
export const unavailable = (run: number, why: "absent" | "alive" | "succeeded" | "ended"): RunUnavailable =>
  new RunUnavailable({
    run,
    message: {
      absent: `There is no run ${run}; \`sluice runs\` lists those that exist.`,
      alive: `Run ${run} cannot be resumed because a live worker is executing it; cancel it first.`,
      succeeded: `Run ${run} cannot be resumed because it has succeeded; start a new run.`,
      ended: `Run ${run} cannot be cancelled because it has already ended.`
    }[why]
  })

/** A worker that never started, or has stopped, asks for something. */
export const unregistered = (worker: string): RunStoreError =>
  new RunStoreError({
    message: `The worker ${worker} can execute nothing because it is not registered or has stopped.`,
    transient: false
  })

/** Keys that cannot be added are refused before anything is written. */
export const fitKeys = (keys: ReadonlyArray<string>): Effect.Effect<void, RunStoreError> => {
  const message = KeyText.refusal(keys)
  return message === undefined ? Effect.void : Effect.fail(new RunStoreError({ message, transient: false }))
}

/** Cells are asked for in the name of a run that does not exist. */
export const noSuchRun = (run: number): RunStoreError =>
  new RunStoreError({
    message: `Nothing can be claimed or recorded for run ${run} because there is no such run.`,
    transient: false
  })

/** The step that a committed cell becomes. */
export const stepOf = (cell: CellCommit, rows: number, dataVersion: number): Step => ({
  asset: cell.asset,
  partition: cell.partition,
  state: "materialized",
  reason: cell.reason,
  attempts: cell.attempts,
  startedAt: cell.startedAt,
  finishedAt: cell.finishedAt,
  error: null,
  errorClass: null,
  transient: null,
  rows,
  dataVersion,
  codeVersion: cell.codeVersion,
  inputs: cell.inputs,
  metadata: cell.metadata
})

/** Why a backfill that was asked for is not to be had, or not to be changed like this. */
export const noBackfill = (
  id: number,
  why: "absent" | "run" | "ended" | "succeeded" | "stopping" | "paused" | "nothing to retry"
): RunUnavailable =>
  new RunUnavailable({
    run: id,
    message: {
      absent: `There is no backfill ${id}; \`sluice backfills\` lists those that exist.`,
      run: `Run ${id} is no backfill; use \`sluice run show ${id}\`, \`run resume\` or \`run cancel\`.`,
      ended: `Backfill ${id} has already ended; \`sluice backfill resume ${id}\` goes on with what is left of it.`,
      succeeded: `Backfill ${id} has already succeeded, so nothing is left of it to do; start a new backfill.`,
      stopping: `Backfill ${id} is being cancelled and a process still has to stop; try again in a few seconds.`,
      paused: `Backfill ${id} is paused, so what failed would wait too; write \`sluice backfill resume ${id}\` first.`,
      "nothing to retry": `Backfill ${id} has no failed or skipped cells, so there is nothing to retry.`
    }[why]
  })
