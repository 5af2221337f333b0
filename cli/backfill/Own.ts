/** A backfill as a command of the project's own asks for it: `Cli.backfill` and `Cli.planBackfill`. */
import { Effect, type Schema } from "effect"
import type { SqlClient } from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as Engine from "../../engine/backfill/Backfill.ts"
import type { AssetGraph } from "../../engine/graph/AssetGraph.ts"
import { BackfillOptions, type CellState, defaultStates, everything, type MaxFailures, type Order, Target } from "../../engine/record/Backfill.ts"
import type { BackfillStore } from "../../engine/record/BackfillStore.ts"
import { RunRequest } from "../../engine/record/Run.ts"
import type { RunStore } from "../../engine/record/RunStore.ts"
import type { Refusal, Unfinished } from "../Refusal.ts"

export interface Backfilling extends Pick<Engine.Options, "observer" | "progress" | "planned"> {
  /** A selection expression, as `sluice backfill` takes it. */
  readonly selection: string
  /** Which partitions; what is absent limits nothing. */
  readonly target?: Partial<Omit<Target, "constructor">> | undefined
  /** Cells in these states are done. Default: missing and stale ones. */
  readonly only?: ReadonlyArray<CellState> | undefined
  /** By time or by the order of the keys. Default oldest first. */
  readonly order?: Order | undefined
  /** Steps that this process runs at once. Default 8. */
  readonly concurrency?: number | undefined
  /** After so many failures it stops by itself. Default: never. */
  readonly maxFailures?: MaxFailures | undefined
  /** A name for the list of backfills. */
  readonly name?: string | undefined
  /** The progress as JSON lines. Default false. */
  readonly json?: boolean | undefined
  /**
   * False: nothing is written to the terminal, and the report alone says how it ended. Default true: progress and report
   * are shown, and an end that is not good is the error `Unfinished`.
   */
  readonly shown?: boolean | undefined
}

/** What can go wrong with a backfill as a whole, `Unfinished` aside: the request, or the database. */
export type BackfillError = Effect.Error<ReturnType<typeof Engine.start>> | SqlError | Schema.SchemaError | Refusal

export type Backfill = (
  what: Backfilling
) => Effect.Effect<Engine.BackfillReport | undefined, BackfillError | Unfinished, RunStore | BackfillStore | SqlClient>

export type PlanBackfill = (what: Backfilling) => ReturnType<typeof Engine.plan>

export const requestOf = (what: Backfilling): RunRequest => {
  const only = what.only ?? defaultStates
  return new RunRequest({
    selection: what.selection,
    partitions: null,
    force: only.includes("fresh"),
    concurrency: what.concurrency ?? 8,
    backfill: new BackfillOptions({
      name: what.name ?? null,
      target: new Target({ ...everything, ...what.target }),
      only,
      order: what.order ?? "oldest",
      batch: null,
      maxFailures: what.maxFailures ?? null
    })
  })
}

export const planning = (graph: AssetGraph): PlanBackfill => (what) => Effect.suspend(() => Engine.plan(graph, requestOf(what)))
