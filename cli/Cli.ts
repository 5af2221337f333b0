/**
 * What a project writes commands of its own with. A command says which part of the deployment its work needs, and only
 * that part is built, when the work begins; `Deployment.make` checks that the part gives it.
 *
 * - `withResources`: the resources alone. No database is opened, not even looked for.
 * - `withStored`: the database, the run store and the IO managers: to look at what is stored.
 * - `withEverything`: all of it, and `materialize`.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type { ExecutorError, RunReport } from "../engine/run/Executor.ts"
import type { RunStore } from "../engine/record/RunStore.ts"
import type { Refusal, Unfinished } from "./Refusal.ts"

export { Refusal, Unfinished } from "./Refusal.ts"

export type Part = "resources" | "stored" | "everything"

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
  & { readonly sluice: (args: ReadonlyArray<string>) => Effect.Effect<Ended, Refusal> }
>()("sluice/cli/Deployed") {}

/** Starts runs of the deployment's pipelines; there inside `withEverything`. */
export class Materializer extends Context.Service<Materializer, Materialize>()("sluice/cli/Materializer") {}

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

/** Runs another command of this project as a process of its own; it is ended with the effect. */
export const sluice = (args: ReadonlyArray<string>): Effect.Effect<Ended, Refusal, Deployed> =>
  Effect.flatMap(Deployed, (deployed) => deployed.sluice(args))

/** Loads what a command needs only when it is run: `--help`, typing errors and other commands do without it. */
export const lazily = <M, A, E, R>(
  load: () => Promise<M>,
  work: (module: M) => Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> => Effect.flatMap(Effect.promise(load), work)
