/**
 * What a project writes commands of its own with. A command says which part of the deployment its work needs, and only
 * that part is built, when the work begins; `Deployment.make` checks that the part gives it.
 *
 * - `withResources`: the resources alone. No database is opened, not even looked for.
 * - `withDatabase`: the database as it is; nothing is made in it, and `whereDatabase` says beforehand where it is.
 * - `withStored`: the database, the run store and the IO managers: to look at what is stored, and to plan.
 * - `withEverything`: all of it, and `materialize` and `backfill`.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { resolve } from "node:path"
import type { SqlClient } from "effect/sql/SqlClient"
import type { BackfillReport, Planned } from "../engine/backfill/Backfill.ts"
import type { BackfillStore } from "../engine/record/BackfillStore.ts"
import type { ExecutorError, RunReport } from "../engine/run/Executor.ts"
import type { RunStore } from "../engine/record/RunStore.ts"
import type { Backfill, BackfillError, Backfilling, PlanBackfill } from "./backfill/Own.ts"
import type { Refusal, Unfinished } from "./Refusal.ts"

export { didYouMean } from "../engine/Suggestion.ts"
export type { BackfillError, Backfilling } from "./backfill/Own.ts"
export { severalWords } from "./backfill/KeyWords.ts"
export { lazily } from "./Lazily.ts"
export { open as logFile, type Options as LogFileOptions } from "./LogFile.ts"
export { Refusal, Unfinished } from "./Refusal.ts"
export { asNode, withSettings } from "./Settings.ts"

export type Part = "resources" | "database" | "stored" | "everything"

/** What an effect takes from a part of the deployment. */
export interface From<out P extends Part, out R> {
  readonly "~Part": P
  readonly "~Services": R
}

/** How another process of the command line ended. */
export interface Ended {
  /** 0 done, 1 failed, 2 wrong use or configuration, 130 interrupted; 128 and more: ended by a signal. */
  readonly exitCode: number
  /** The last 64 kB of each. */
  readonly stdout: string
  readonly stderr: string
}

export interface Materialization {
  /** A selection expression, as `sluice materialize` takes it. */
  readonly selection: string
  /** A partition expression; none: all partitions. */
  readonly partitions?: string | undefined
  /** Fresh cells too. Default false. */
  readonly force?: boolean | undefined
  /** Steps that run at once. Default 8. */
  readonly concurrency?: number | undefined
  /** The progress as JSON lines. Default false. */
  readonly json?: boolean | undefined
}

/** The report is undefined where there was nothing to do. `Unfinished`: a step or a check failed, and it has been told. */
export type Materialize = (
  what: Materialization
) => Effect.Effect<RunReport | undefined, ExecutorError | Refusal | Unfinished, RunStore>

/** The deployment that the command belongs to, as the command line gives it to the commands. */
export class Deployed extends Context.Service<
  Deployed,
  & { readonly [P in Part]: Layer.Layer<never, Refusal> }
  & {
    readonly sluice: (args: ReadonlyArray<string>, output: "collected" | "shown") => Effect.Effect<Ended, Refusal>
    /** The folder in which the command was started: the process has moved into the project's. */
    readonly startFolder: string
    readonly whereDatabase: Effect.Effect<WhereDatabase, Refusal>
    readonly plan: PlanBackfill
  }
>()("sluice/cli/Deployed") {}

/**
 * `named`: on a server that the environment names. Else the project's own, which is started when it is needed; `absent`
 * when it was never made.
 */
export type WhereDatabase = "named" | "running" | "stopped" | "absent"

/** Starts runs of the deployment's pipelines; there inside `withEverything`. */
export class Materializer extends Context.Service<Materializer, Materialize>()("sluice/cli/Materializer") {}

/** Starts backfills of the deployment's pipelines; there inside `withEverything`. */
export class Backfiller extends Context.Service<Backfiller, Backfill>()("sluice/cli/Backfiller") {}

const within = <const P extends Part>(part: P) =>
<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | Refusal, From<P, R>> =>
  // `From` keeps for Deployment.make's check what the layers have forgotten: that they give R.
  Effect.flatMap(Deployed, (deployed) => Effect.provide(effect, deployed[part])) as unknown as Effect.Effect<
    A,
    E | Refusal,
    From<P, R>
  >

/** Runs the effect with the deployment's resources. Needs resources that do without the database. */
export const withResources = within("resources")

/** Runs the effect with the database: a client of it. The engine's tables are neither made nor brought up to date. */
export const withDatabase = within("database")

/** Runs the effect with the database, the run store and the IO managers. */
export const withStored = within("stored")

/** Runs the effect with everything that runs have. */
export const withEverything = within("everything")

/**
 * Computes and stores what is selected of the deployment's pipelines, with the progress and the report of
 * `sluice materialize`.
 */
export const materialize = (
  what: Materialization
): Effect.Effect<RunReport | undefined, ExecutorError | Refusal | Unfinished, RunStore | Materializer> =>
  Effect.flatMap(Materializer, (start) => start(what))

/**
 * Computes and stores many partitions of the deployment's pipelines, with the progress and the report of `sluice backfill`
 * unless `shown` is false. Undefined: there was nothing to do.
 */
export const backfill = (
  what: Backfilling
): Effect.Effect<BackfillReport | undefined, BackfillError | Unfinished, RunStore | BackfillStore | SqlClient | Backfiller> =>
  Effect.flatMap(Backfiller, (start) => start(what))

/** What `backfill` would do now: nothing is written, and nothing outside is asked but the store. */
export const planBackfill = (
  what: Backfilling
): Effect.Effect<Planned, Effect.Error<ReturnType<PlanBackfill>>, RunStore | BackfillStore | Deployed> =>
  Effect.flatMap(Deployed, ({ plan }) => plan(what))

/**
 * Runs another command of this project as a process of its own; it is ended with the effect. What it says is given back
 * at its end, or `shown` on this command's own outputs as it comes.
 */
export const sluice = (
  args: ReadonlyArray<string>,
  output: "collected" | "shown" = "collected"
): Effect.Effect<Ended, Refusal, Deployed> => Effect.flatMap(Deployed, (deployed) => deployed.sluice(args, output))

/** A path that the user gave, from the folder in which the command was started. */
export const path = (given: string): Effect.Effect<string, never, Deployed> =>
  Effect.map(Deployed, ({ startFolder }) => resolve(startFolder, given))

/** Where the project's database is. Opens nothing and starts nothing. */
export const whereDatabase: Effect.Effect<WhereDatabase, Refusal, Deployed> =
  Effect.flatMap(Deployed, (deployed) => deployed.whereDatabase)
