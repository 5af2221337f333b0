/** A deployment: which pipelines there are, and what they are run with. `main.ts` of a project exports one by default. */
import type { PgClient } from "@effect/sql-pg"
import { Duration, type Layer } from "effect"
import type { Command, Environment, Services } from "effect/cli/Command"
import type { SqlClient } from "effect/sql"
import type { LimitStore } from "../engine/limit/LimitStore.ts"
import type { AnyPipeline, Pipeline } from "../engine/definition/Pipeline.ts"
import type { Hook } from "../engine/hook/Hook.ts"
import type { BackfillStore } from "../engine/record/BackfillStore.ts"
import type { RunStore } from "../engine/record/RunStore.ts"
import type { SensorStore } from "../engine/record/SensorStore.ts"
import type { Schedule } from "../engine/schedule/Schedule.ts"
import type { Sensor } from "../engine/sensor/Sensor.ts"
import type { Database } from "../resources/database/Database.ts"
import type { Backfiller, Deployed, From, Materializer } from "./Cli.ts"

/** What the layers of a deployment may build on: the project's database, and the rate limits that are shared through it. */
export type Provided = Database | PgClient.PgClient | SqlClient.SqlClient | LimitStore

/** A sensor of a deployment: what it needs the layers give. */
export type AnySensor = Sensor<SensorStore | Provided>

/** A hook of a deployment: what it needs the layers give. */
export type AnyHook = Hook<Provided>

/** A command of the project's own, as the command line runs it. */
export type OwnCommand = Command<string, unknown, {}, unknown, Environment | Deployed>

/** `IO` and `RS` are what the layers give; both forgotten in `Deployment<never, never>`, which every deployment is. */
export interface Deployment<in IO = never, in RS = never> {
  readonly _tag: "Deployment"
  readonly pipelines: ReadonlyArray<AnyPipeline>
  /** Schedules beside those of the pipelines. */
  readonly schedules: ReadonlyArray<Schedule>
  readonly sensors: ReadonlyArray<AnySensor>
  readonly hooks: ReadonlyArray<AnyHook>
  /** Records of runs that ended longer ago are forgotten by the daemon; undefined: none are. */
  readonly retentionMillis: number | undefined
  /** IO managers: needed to look at stored values as well as to run. */
  readonly io: Layer.Layer<IO, unknown, Provided>
  /** Outside things: built only for what computes. */
  readonly resources: Layer.Layer<RS, unknown, Provided>
  /** Commands that the project adds to the command line. */
  readonly commands: ReadonlyArray<OwnCommand>
}

/** What commands may always use. */
type Anywhere = Environment | Deployed

/** What commands may use, and inside which part of the deployment (see Cli.ts). */
type Usable<IO, RS, RIn> =
  | Anywhere
  // The resources are built without the database where none of them needs it; limits are then of the process alone.
  | From<"resources", [RIn] extends [LimitStore] ? RS | Anywhere : never>
  | From<"database", Exclude<Provided, LimitStore> | Anywhere>
  | From<"stored", IO | Provided | RunStore | BackfillStore | Anywhere>
  | From<"everything", IO | RS | Provided | RunStore | BackfillStore | Materializer | Backfiller | Anywhere>

/** Stands in the place of a command that uses `Missing`, which nothing in the deployment gives it there. */
export interface NothingGives<Missing> {
  readonly "~nothingGives": Missing
}

type Checked<C, May> = C extends Command.Any
  ? [Services<C>] extends [May] ? C : NothingGives<Exclude<Services<C>, May>>
  : C

export interface Options<IO, RS, RIn extends Provided, Commands extends ReadonlyArray<Command.Any>> {
  readonly pipelines: ReadonlyArray<Pipeline<NoInfer<IO | RS>>>
  /** Schedules of names of their own, beside those of the pipelines. */
  readonly schedules?: ReadonlyArray<Schedule>
  /** What starts runs when something is observed. */
  readonly sensors?: ReadonlyArray<Sensor<NoInfer<IO | RS> | Provided | SensorStore>>
  /** Who is told when runs and checks fail or succeed. */
  readonly hooks?: ReadonlyArray<Hook<NoInfer<IO | RS> | Provided>>
  /**
   * What is recorded of runs that ended longer ago is forgotten by `sluice daemon`, once a day, as by `sluice prune`: at
   * least an hour, such as "90 days". Default: nothing is.
   */
  readonly retention?: Duration.Input
  readonly io: Layer.Layer<IO, unknown, Provided>
  readonly resources: Layer.Layer<RS, unknown, RIn>
  /** Commands of the project's own beside the built-in ones; see `Cli` for what they are written with. */
  readonly commands?: Commands & { readonly [I in keyof Commands]: Checked<Commands[I], Usable<NoInfer<IO>, NoInfer<RS>, NoInfer<RIn>>> }
}

const leastRetention = Duration.toMillis("1 hour")

const retentionOf = (given: Duration.Input | undefined): number | undefined => {
  if (given === undefined) return undefined
  const millis = Duration.toMillis(Duration.fromInputUnsafe(given))
  if (millis >= leastRetention) return millis === Number.POSITIVE_INFINITY ? undefined : millis
  throw new Error("The retention of a deployment should be a span of time of at least an hour, such as \"90 days\".")
}

/**
 * Defines a deployment; a resource or IO manager that a pipeline or a command needs and no layer gives is a compile
 * error.
 */
export const make = <IO, RS, RIn extends Provided = never, const Commands extends ReadonlyArray<Command.Any> = readonly []>(
  options: Options<IO, RS, RIn, Commands>
): Deployment<IO, RS> => ({
  _tag: "Deployment",
  pipelines: options.pipelines,
  schedules: options.schedules ?? [],
  // The signature has checked that they need no more than a deployment's layers give.
  sensors: (options.sensors ?? []) as ReadonlyArray<AnySensor>,
  hooks: (options.hooks ?? []) as ReadonlyArray<AnyHook>,
  retentionMillis: retentionOf(options.retention),
  io: options.io,
  resources: options.resources,
  // The signature has checked that they need no more than Deployed gives them when they are run.
  commands: (options.commands ?? []) as unknown as ReadonlyArray<OwnCommand>
})

export const isDeployment = (u: unknown): u is Deployment =>
  typeof u === "object" && u !== null && "_tag" in u && u._tag === "Deployment"
