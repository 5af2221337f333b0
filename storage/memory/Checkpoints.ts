/** Checkpoints of cells that are partly done, in memory. */
import { Effect } from "effect"
import type { Place } from "../../engine/record/Checkpoint.ts"
import type { CellCommit, LeaseLost, RunStore } from "../../engine/record/RunStore.ts"
import { leaseLost, noSuchRun, overtaken, runLost } from "../Refusals.ts"
import { cellAt, executes, holds, type State } from "./State.ts"

const keyOf = ({ computation, partition }: Place): string => `${computation}\0${partition}`

/** Cells whose checkpoint is not the last of its place. */
export const overtakenBy = (state: State, cells: ReadonlyArray<CellCommit>): LeaseLost | undefined => {
  const others = cells.filter(({ checkpoint }) =>
    checkpoint !== undefined && state.checkpoints.get(keyOf(checkpoint))?.id !== checkpoint.id)
  return others.length === 0 ? undefined : overtaken(others)
}

/** Removes the checkpoints that cells end with. */
export const endCheckpoints = (state: State, cells: ReadonlyArray<CellCommit>): void => {
  for (const { checkpoint } of cells) if (checkpoint !== undefined) state.checkpoints.delete(keyOf(checkpoint))
}

export const make = (state: State) => {
  const commitCheckpoint: RunStore["Service"]["commitCheckpoint"] = Effect.fn("RunStore.commitCheckpoint")(
    function*({ after, cells, next, place, run, worker, write }) {
      const record = state.runs[run - 1]
      if (record === undefined) return yield* noSuchRun(run)
      const lost = cells.filter((cell) => !holds(state, run, worker, cell))
      if (lost.length > 0) return yield* leaseLost(lost)
      if (!executes(record, worker)) return yield* runLost(run, cells)
      const found = state.checkpoints.get(keyOf(place))?.id
      if (found === next?.id) return
      if (found !== after) return yield* overtaken(cells)
      const held = cells.map((cell) => cellAt(state, cell))
      for (const cell of held) cell.locked = true
      yield* Effect.onExit(write, () =>
        Effect.sync(() => {
          for (const cell of held) cell.locked = false
        }))
      if (!executes(record, worker)) return yield* runLost(run, cells)
      if (next === undefined) state.checkpoints.delete(keyOf(place))
      else state.checkpoints.set(keyOf(place), next)
    }
  )

  const checkpoints: RunStore["Service"]["checkpoints"] = (computations) =>
    Effect.sync(() =>
      [...state.checkpoints]
        .filter(([, { computation }]) => computations.includes(computation))
        .sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0)
        .map(([, checkpoint]) => checkpoint)
    )

  return {
    commitCheckpoint,
    checkpoints,
    checkpoint: (place: Place) => Effect.sync(() => state.checkpoints.get(keyOf(place)))
  }
}
