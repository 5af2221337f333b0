/** A deployment: which pipelines there are, and what they are run with. `main.ts` of a project exports one by default. */
import type { PgClient } from "@effect/sql-pg"
import type { Layer } from "effect"
import type { SqlClient } from "effect/sql"
import type { AnyPipeline, Pipeline } from "../engine/definition/Pipeline.ts"
import type { Database } from "../resources/database/Database.ts"

/** What the layers of a deployment may build on: the project's database. */
export type Provided = Database | PgClient.PgClient | SqlClient.SqlClient

/** `IO` and `RS` are what the layers give; both forgotten in `Deployment<never, never>`, which every deployment is. */
export interface Deployment<in IO = never, in RS = never> {
  readonly _tag: "Deployment"
  readonly pipelines: ReadonlyArray<AnyPipeline>
  /** IO managers: needed to look at stored values as well as to run. */
  readonly io: Layer.Layer<IO, unknown, Provided>
  /** Outside things: built only for what computes. */
  readonly resources: Layer.Layer<RS, unknown, Provided>
}

export interface Options<IO, RS> {
  readonly pipelines: ReadonlyArray<Pipeline<NoInfer<IO | RS>>>
  readonly io: Layer.Layer<IO, unknown, Provided>
  readonly resources: Layer.Layer<RS, unknown, Provided>
}

/** Defines a deployment; a resource or IO manager that a pipeline needs and no layer gives is a compile error. */
export const make = <IO, RS>(options: Options<IO, RS>): Deployment<IO, RS> => ({ _tag: "Deployment", ...options })

export const isDeployment = (u: unknown): u is Deployment =>
  typeof u === "object" && u !== null && "_tag" in u && u._tag === "Deployment"
