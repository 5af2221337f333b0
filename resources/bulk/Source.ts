/** Local servers that stand for the outside of the bulk pipeline: for the API that takes records, and for the bucket they are in. */
import { Context, Effect, type Redacted, type Scope } from "effect"
import type { SettingsError } from "./Setting.ts"

/** A bucket that is there for as long as its scope is open. */
export interface Bucket {
  /** `s3://records`. */
  readonly uri: string
  /** The settings of the environment that lead to it. */
  readonly settings: Readonly<Record<string, string | Redacted.Redacted<string>>>
}

export interface StandIn {
  /** Starts what a word of API_ENDPOINT stands for, and gives its URL; undefined: the word stands for nothing here. */
  readonly api: (source: string) => Effect.Effect<string | undefined, SettingsError, Scope.Scope>
  /** An empty one; undefined: there is none. */
  readonly bucket: Effect.Effect<Bucket | undefined, never, Scope.Scope>
}

/** By default nothing stands for anything; the simulators bring theirs. */
export class StandIns extends Context.Reference<StandIn>("resources/bulk/StandIns", {
  defaultValue: () => ({ api: () => Effect.succeed(undefined), bucket: Effect.succeed(undefined) })
}) {}
