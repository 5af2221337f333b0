/** What every run store must do; run against each implementation. */
import { describe, it } from "@effect/vitest"
import { Effect, type Layer } from "effect"
import type { BackfillStore } from "../../engine/record/BackfillStore.ts"
import type { RunStore } from "../../engine/record/RunStore.ts"
import { claims } from "./run-store/Claims.ts"
import { cellSets } from "./run-store/CellSets.ts"
import { checkpoints } from "./run-store/Checkpoints.ts"
import { commits } from "./run-store/Commits.ts"
import { keys } from "./run-store/Keys.ts"
import type { Test } from "./run-store/Records.ts"
import { runs } from "./run-store/Runs.ts"

export { comparable, fromCells } from "./run-store/CellSets.ts"
export {
  all, backfillRequest, cellsOf, commitOf, computed, ended, gather, lapse, numbered, request, worker, written
} from "./run-store/Records.ts"

export const runStoreConformance = <E>(name: string, layer: Layer.Layer<RunStore | BackfillStore, E>): void => {
  const test: Test = (title, effect) => it.live(title, () => Effect.asVoid(Effect.provide(effect, layer)))

  describe(`${name} as a run store`, () => {
    claims(test)
    commits(test)
    checkpoints(test)
    cellSets(test)
    runs(test)
    keys(test)
  })
}
