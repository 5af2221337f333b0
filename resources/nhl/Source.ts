/** Where the NHL's bodies come from, as the settings NHL_SOURCE, NHL_SHAPE and NHL_FULL_NAMES say. */
import { Config, Effect, Scope } from "effect"
import { type NhlApiError, setting } from "./NhlApiError.ts"

/** Which of the API's two shapes is asked for; `both` asks for api-web first. */
export type ShapeSetting = "api-web" | "statsapi" | "both"

export interface Source {
  readonly url: string
  readonly shape: ShapeSetting
  /** Ask for the play-by-play too, whose roster has first names: a second request a game. */
  readonly fullNames: boolean
}

const live = "https://api-web.nhle.com"

const text = (name: string, fallback: string) =>
  Effect.map(Config.String(name).pipe(Config.withDefault(fallback)), (value) => value.trim() || fallback)

const readShape = Effect.fnUntraced(function*(fallback: ShapeSetting): Effect.fn.Return<
  ShapeSetting,
  NhlApiError | Config.ConfigError
> {
  const shape = yield* text("NHL_SHAPE", fallback)
  if (shape === "api-web" || shape === "statsapi" || shape === "both") return shape
  return yield* setting(`NHL_SHAPE is "${shape}"; write api-web, statsapi or both.`)
})

// Loaded when asked for: neither server, nor the simulator's facts, is needed where the source is a URL.
const simulator: Effect.Effect<string, NhlApiError, Scope.Scope> = Effect.gen(function*() {
  const { Simulator, facts } = yield* Effect.promise(async () => ({
    Simulator: await import("../../simulators/nhl/Simulator.ts"),
    facts: await import("../../simulators/nhl/facts/index.ts")
  }))
  const server = yield* Effect.mapError(
    Simulator.make(facts),
    (error) => setting(`The NHL simulator cannot listen on 127.0.0.1: ${String(error.cause)}.`)
  )
  return server.url
})

const replay = Effect.fnUntraced(function*(folder: string) {
  const Replay = yield* Effect.promise(() => import("../../simulators/nhl/Replay.ts"))
  const server = yield* Effect.mapError(
    Replay.make(folder),
    (error) =>
      setting(
        error._tag === "ReplayError"
          ? `NHL_SOURCE is "${folder}": ${error.message} Write simulator, live, an http(s) URL or a folder of bodies.`
          : `The server for the NHL bodies of ${folder} cannot listen on 127.0.0.1: ${String(error.cause)}.`
      )
  )
  return server.url
})

/**
 * Reads the settings, and starts the local server that they ask for in the surrounding scope.
 * - `NHL_SOURCE`: `simulator` (default), `live`, an http(s) URL, or the path of a folder of recorded bodies.
 * - `NHL_SHAPE`: `api-web`, `statsapi` or `both`. Default: `api-web` for `live` and `simulator`, else `both`.
 * - `NHL_FULL_NAMES`: default false.
 */
export const open: Effect.Effect<Source, NhlApiError | Config.ConfigError, Scope.Scope> = Effect.gen(function*() {
  const source = yield* text("NHL_SOURCE", "simulator")
  const known = source === "simulator" || source === "live"
  const shape = yield* readShape(known ? "api-web" : "both")
  const fullNames = yield* Config.Boolean("NHL_FULL_NAMES").pipe(Config.withDefault(false))
  if (source === "live" && shape === "statsapi") {
    return yield* setting(
      "NHL_SHAPE is statsapi, which the league withdrew in 2023; with NHL_SOURCE=live write api-web."
    )
  }
  const url = source === "simulator"
    ? yield* simulator
    : source === "live"
    ? live
    : /^https?:\/\//i.test(source)
    ? source
    : yield* replay(source)
  if (!URL.canParse(url)) return yield* setting(`NHL_SOURCE is "${source}", which is not a URL.`)
  return { url: url.replace(/\/+$/, ""), shape, fullNames }
})
