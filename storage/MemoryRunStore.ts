/** The run store in memory: for tests and notebooks. It is gone with the process, and its clock is Effect's. */
import { Effect, Layer } from "effect"
import { AutomationStore } from "../engine/record/AutomationStore.ts"
import { BackfillStore } from "../engine/record/BackfillStore.ts"
import { HookStore } from "../engine/record/HookStore.ts"
import { RetentionStore } from "../engine/record/RetentionStore.ts"
import { type DynamicKey, RunStore } from "../engine/record/RunStore.ts"
import { SensorStore } from "../engine/record/SensorStore.ts"
import { TickStore } from "../engine/record/TickStore.ts"
import * as Automations from "./memory/Automations.ts"
import * as Backfills from "./memory/Backfills.ts"
import * as Cells from "./memory/Cells.ts"
import * as CellSets from "./memory/CellSets.ts"
import * as Checkpoints from "./memory/Checkpoints.ts"
import * as Hooks from "./memory/Hooks.ts"
import * as Retention from "./memory/Retention.ts"
import * as Runs from "./memory/Runs.ts"
import * as Sensors from "./memory/Sensors.ts"
import * as State from "./memory/State.ts"
import * as Ticks from "./memory/Ticks.ts"
import { fitKeys } from "./Refusals.ts"

const runs: Layer.Layer<RunStore, never, State.Shared> = Layer.effect(
  RunStore,
  Effect.map(State.Shared, (state) =>
    RunStore.of({
      ...Runs.make(state),
      ...Cells.make(state),
      ...CellSets.make(state),
      ...Checkpoints.make(state),
      dynamicKeys: (sets) =>
        Effect.sync(() =>
          new Map(sets.map((set) => [
            set,
            Array.from(State.keySetOf(state, set).keys, ([key, { byHand, sources }], position): DynamicKey => (
              { key, position, live: byHand || sources.size > 0, sources: [...sources].sort() }
            ))
          ]))
        ),
      addKeys: (set, keys) =>
        Effect.andThen(fitKeys(keys), Effect.sync(() => State.addKeys(State.keySetOf(state, set), keys))),
      removeKeys: (set, keys) => Effect.sync(() => State.removeKeys(State.keySetOf(state, set), keys))
    }))
)

const backfills: Layer.Layer<BackfillStore, never, State.Shared> = Layer.effect(
  BackfillStore,
  Effect.map(State.Shared, Backfills.make)
)

const ticks: Layer.Layer<TickStore, never, State.Shared> = Layer.effect(TickStore, Effect.map(State.Shared, Ticks.make))

const sensors: Layer.Layer<SensorStore, never, State.Shared> = Layer.effect(SensorStore, Effect.map(State.Shared, Sensors.make))

const automations: Layer.Layer<AutomationStore, never, State.Shared> = Layer.effect(
  AutomationStore,
  Effect.map(State.Shared, Automations.make)
)

const retention: Layer.Layer<RetentionStore, never, State.Shared> = Layer.effect(
  RetentionStore,
  Effect.map(State.Shared, Retention.make)
)

const hooks: Layer.Layer<HookStore, never, State.Shared> = Layer.effect(HookStore, Effect.map(State.Shared, Hooks.make))

/** Runs, the backfills that they may be, the ticks, automations and sensors that start them, and the hooks that are told. Each build of the layer is a store of its own. */
export const layer: Layer.Layer<RunStore | BackfillStore | TickStore | AutomationStore | SensorStore | HookStore | RetentionStore> = Layer.provide(
  Layer.mergeAll(runs, backfills, ticks, automations, retention, sensors, hooks),
  State.layer
)
