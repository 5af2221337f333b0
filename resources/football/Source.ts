/** Where the football API is: the vendor, or what a setting names in its place. */
import { Context, Effect, type Scope } from "effect"
import type { ApiError } from "../api/ApiError.ts"

/** The vendor's own address. */
export const vendor = "https://api.thesports.com/v1/football"

/** See `StandIns`. */
export type StandIn = (source: string) => Effect.Effect<string | undefined, ApiError, Scope.Scope>

/**
 * Starts what a word of FOOTBALL_SOURCE stands for, for as long as the scope is open, and gives its URL; undefined: the
 * word stands for nothing here. By default no word does; the simulators bring theirs.
 */
export class StandIns extends Context.Reference<StandIn>("resources/football/StandIns", {
  defaultValue: () => () => Effect.succeed(undefined)
}) {}
