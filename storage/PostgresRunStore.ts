/**
 * The run store in Postgres, in a schema of its own, `sluice`. Its tables and views carry comments: `\d+ sluice.*`
 * in psql is their documentation.
 */
import { PgClient } from "@effect/sql-pg"
import { Context, Effect, Layer } from "effect"
import { AutomationStore } from "../engine/record/AutomationStore.ts"
import { BackfillStore } from "../engine/record/BackfillStore.ts"
import { HookStore } from "../engine/record/HookStore.ts"
import { RetentionStore } from "../engine/record/RetentionStore.ts"
import { RunStore, type RunStoreError } from "../engine/record/RunStore.ts"
import { SensorStore } from "../engine/record/SensorStore.ts"
import { TickStore } from "../engine/record/TickStore.ts"
import * as Migrations from "./Migrations.ts"
import * as Automations from "./postgres/Automations.ts"
import * as Backfills from "./postgres/Backfills.ts"
import * as Calls from "./postgres/Calls.ts"
import * as Cells from "./postgres/Cells.ts"
import * as CellSets from "./postgres/CellSets.ts"
import * as Checkpoints from "./postgres/Checkpoints.ts"
import * as Claims from "./postgres/Claims.ts"
import * as Commits from "./postgres/Commits.ts"
import * as DynamicKeys from "./postgres/DynamicKeys.ts"
import * as Facts from "./postgres/Facts.ts"
import * as Hooks from "./postgres/Hooks.ts"
import * as Retention from "./postgres/Retention.ts"
import * as Runs from "./postgres/Runs.ts"
import * as Sensors from "./postgres/Sensors.ts"
import * as Steps from "./postgres/Steps.ts"
import * as Ticks from "./postgres/Ticks.ts"
import * as Workers from "./postgres/Workers.ts"

/**
 * Migrates the database, then serves: runs, the backfills that processes share, the ticks of schedules, automations,
 * sensors, hooks, and what is forgotten of all that. Commits share their transaction with whatever uses the same PgClient.
 */
export const layer: Layer.Layer<
  RunStore | BackfillStore | TickStore | AutomationStore | SensorStore | HookStore | RetentionStore,
  RunStoreError | Migrations.SchemaTooNew,
  PgClient.PgClient
> = Layer.effectContext(
  Effect.gen(function*() {
    const sql = yield* PgClient.PgClient
    yield* Migrations.run(sql, yield* Migrations.current)
    return Context.make(RunStore, {
      ...Workers.make(sql),
      ...Runs.make(sql),
      ...Claims.make(sql),
      ...Commits.make(sql),
      ...Checkpoints.make(sql),
      ...Steps.make(sql),
      ...Facts.make(sql),
      ...Calls.make(sql),
      ...Cells.make(sql),
      ...CellSets.make(sql),
      ...DynamicKeys.make(sql)
    }).pipe(
      Context.add(BackfillStore, Backfills.make(sql)),
      Context.add(TickStore, Ticks.make(sql)),
      Context.add(AutomationStore, Automations.make(sql)),
      Context.add(HookStore, Hooks.make(sql)),
      Context.add(RetentionStore, Retention.make(sql)),
      Context.add(SensorStore, Sensors.make(sql))
    )
  })
)
