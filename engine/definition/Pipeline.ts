/** A named selection of assets with their checks: what is run, listed and scheduled together. */
import type { Any, Services } from "./Asset.ts"
import * as Schedule from "../schedule/Schedule.ts"
import type { AnyCheck, ServicesOf as CheckServices } from "./Check.ts"

export interface Pipeline<out R> {
  readonly _tag: "Pipeline"
  readonly "~R"?: R
  readonly name: string
  readonly description: string | undefined
  readonly assets: ReadonlyArray<Any>
  readonly checks: ReadonlyArray<AnyCheck>
  /** Starts runs of it by time. */
  readonly schedule: Schedule.Schedule | undefined
}

export type AnyPipeline = Pipeline<unknown>

/** Everything that must be provided to run the pipeline. */
export type ServicesOf<T> = T extends { readonly "~R"?: infer R } ? R : never

/** Defines a pipeline; its schedule has its name. Throws on a malformed name or schedule, since a definition is code. */
export const make = <const A extends ReadonlyArray<Any>, const C extends ReadonlyArray<AnyCheck> = []>(
  name: string,
  options: {
    readonly description?: string
    readonly assets: A
    readonly checks?: C
    readonly schedule?: Schedule.Options
  }
): Pipeline<Services<A[number]> | CheckServices<C[number]>> => {
  if (!/^[A-Za-z0-9_-]+$/.test(name)) {
    throw new Error(`Pipeline name "${name}" is not valid: use letters, digits, "_" and "-".`)
  }
  return {
    _tag: "Pipeline",
    name,
    description: options.description,
    assets: options.assets,
    checks: options.checks ?? [],
    schedule: options.schedule === undefined ? undefined : Schedule.make(name, options.schedule)
  }
}
