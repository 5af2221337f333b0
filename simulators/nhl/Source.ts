/** NHL_SOURCE with the local stand-ins: the simulator (default) and folders of recorded bodies, beside the live API. */
import { type Config, Effect, Layer, type Scope } from "effect"
import * as ApiSource from "../../resources/api/Source.ts"
import { type NhlApiError, setting } from "../../resources/nhl/NhlApiError.ts"
import { at, named, NhlSource, remote, type Source } from "../../resources/nhl/Source.ts"

// Loaded when asked for: neither server, nor the simulator's facts, is needed where the source is a URL.
const simulator: Effect.Effect<string, NhlApiError, Scope.Scope> = Effect.gen(function*() {
  const { Simulator, facts } = yield* Effect.promise(async () => ({
    Simulator: await import("./Simulator.ts"),
    facts: await import("./facts/index.ts")
  }))
  const server = yield* Effect.mapError(
    Simulator.make(facts),
    (error) => setting(`The NHL simulator cannot listen on 127.0.0.1: ${String(error.cause)}.`)
  )
  return server.url
})

const replay = Effect.fnUntraced(function*(folder: string) {
  const Replay = yield* Effect.promise(() => import("./Replay.ts"))
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

/** Reads NHL_SOURCE, and starts the local server that it asks for in the surrounding scope. */
export const open: Effect.Effect<Source, NhlApiError | Config.ConfigError, Scope.Scope> = Effect.gen(function*() {
  const source = yield* named("simulator")
  if (source === "simulator") return yield* at(ApiSource.at(yield* simulator), "api-web")
  return yield* remote(source) ?? at(ApiSource.at(yield* replay(source)), "both")
})

/**
 * `NHL_SOURCE`: `simulator` (default), `live`, an http(s) URL, `replay:FOLDER` or `record:FOLDER` of an API's exchanges,
 * or the path of a folder of bodies, however they were recorded.
 */
export const layer: Layer.Layer<NhlSource, NhlApiError | Config.ConfigError> = Layer.effect(NhlSource, open)
