/** Where records are sent: an API, or what a word stands for in its place. */
import { Context, Effect, type Scope } from "effect"
import type { SettingsError } from "./Setting.ts"

/** See `StandIns`. */
export type StandIn = (source: string) => Effect.Effect<string | undefined, SettingsError, Scope.Scope>

/**
 * Starts what a word of API_ENDPOINT stands for, for as long as the scope is open, and gives its URL; undefined: the
 * word stands for nothing here. By default no word does; the simulators bring theirs.
 */
export class StandIns extends Context.Reference<StandIn>("resources/bulk/StandIns", {
  defaultValue: () => () => Effect.succeed(undefined)
}) {}
