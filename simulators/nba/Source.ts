/** NBA_SOURCE with the local stand-in: the simulator (default), beside what every API understands. */
import { Data, Effect, Layer, type Scope } from "effect"
import * as Api from "../../resources/api/Api.ts"
import { NbaSource } from "../../resources/nba/NbaSource.ts"
import type { SimulatorError } from "./Simulator.ts"

/** The setting is no source that there is. */
export class NbaSourceError extends Data.TaggedError("NbaSourceError")<{ readonly message: string }> {}

// Loaded when asked for: a source elsewhere needs neither a server nor the simulator's facts.
const simulator: Effect.Effect<Api.Source, SimulatorError, Scope.Scope> = Effect.gen(function*() {
  const Simulator = yield* Effect.promise(() => import("./Simulator.ts"))
  return Api.at((yield* Simulator.make()).url)
})

/** Reads NBA_SOURCE, and starts the local server that it asks for in the surrounding scope. */
export const open: Effect.Effect<Api.Source, NbaSourceError | SimulatorError, Scope.Scope> = Effect.gen(function*() {
  const text = (yield* Api.sourceSetting("nba")) || "simulator"
  if (text === "simulator") return yield* simulator
  const source = Api.parseSource(text)
  if (source !== undefined) return source
  const message = `NBA_SOURCE is "${text}"; write simulator, live, an http(s) URL, replay:FOLDER or record:FOLDER.`
  return yield* new NbaSourceError({ message })
})

/** `NBA_SOURCE`: `simulator` (default), `live`, an http(s) URL, `replay:FOLDER` or `record:FOLDER`. */
export const layer: Layer.Layer<NbaSource, NbaSourceError | SimulatorError> = Layer.effect(NbaSource, open)
