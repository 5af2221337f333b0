/** The run store in memory: for tests and notebooks. It is gone with the process, and its clock is Effect's. */
import { Effect, Layer } from "effect"
import { type DynamicKey, RunStore } from "../engine/record/RunStore.ts"
import * as Cells from "./memory/Cells.ts"
import * as Runs from "./memory/Runs.ts"
import * as State from "./memory/State.ts"

/** Each build of the layer is a store of its own. */
export const layer: Layer.Layer<RunStore> = Layer.sync(RunStore, () => {
  const state = State.make()
  return RunStore.of({
    ...Runs.make(state),
    ...Cells.make(state),
    dynamicKeys: (sets) =>
      Effect.sync(() =>
        new Map(sets.map((set) => {
          const live: Array<DynamicKey> = []
          for (const [key, { byHand, sources }] of State.keySetOf(state, set).keys) {
            if (byHand || sources.size > 0) live.push({ key, sources: [...sources].sort() })
          }
          return [set, live]
        }))
      ),
    addKeys: (set, keys) => Effect.sync(() => State.addKeys(State.keySetOf(state, set), keys)),
    removeKeys: (set, keys) => Effect.sync(() => State.removeKeys(State.keySetOf(state, set), keys))
  })
})
