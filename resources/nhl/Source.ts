/** Where the NHL's bodies come from: the host that is asked, and which of the API's two shapes. */
import { Config, Context, Effect, Layer } from "effect"
import * as ApiSource from "../api/Source.ts"
import { type NhlApiError, setting } from "./NhlApiError.ts"

/** Which of the API's two shapes is asked for; `both` asks for api-web first. */
export type ShapeSetting = "api-web" | "statsapi" | "both"

export interface Source {
  readonly source: ApiSource.Source
  readonly shape: ShapeSetting
  /** Ask for the play-by-play too, whose roster has first names: a second request a game. */
  readonly fullNames: boolean
}

export const live = "https://api-web.nhle.com"

const text = (name: string, fallback: string) =>
  Effect.map(Config.String(name).pipe(Config.withDefault(fallback)), (value) => value.trim() || fallback)

/** NHL_SOURCE as written, or `fallback`. */
export const named = (fallback: string) => text("NHL_SOURCE", fallback)

/**
 * The source of an API, with the settings
 * - `NHL_SHAPE`: `api-web`, `statsapi` or `both`; default as given.
 * - `NHL_FULL_NAMES`: default false.
 */
export const at = Effect.fnUntraced(function*(source: ApiSource.Source, shape: ShapeSetting): Effect.fn.Return<
  Source,
  NhlApiError | Config.ConfigError
> {
  const given = yield* text("NHL_SHAPE", shape)
  if (given !== "api-web" && given !== "statsapi" && given !== "both") {
    return yield* setting(`NHL_SHAPE is "${given}"; write api-web, statsapi or both.`)
  }
  if (source._tag === "Live" && given === "statsapi") {
    return yield* setting("NHL_SHAPE is statsapi, which the league withdrew in 2023; with NHL_SOURCE=live write api-web.")
  }
  if (source._tag === "At" && !URL.canParse(source.url)) {
    return yield* setting(`NHL_SOURCE is "${source.url}", which is not a URL.`)
  }
  const fullNames = yield* Config.Boolean("NHL_FULL_NAMES").pipe(Config.withDefault(false))
  return { source, shape: given, fullNames }
})

/** The source that a word names which every API knows; undefined: it is another one. */
export const remote = (word: string) => {
  const source = ApiSource.parse(word)
  // A server of somebody's own may have both shapes, and so may recordings of it.
  return source === undefined ? undefined : at(source, source._tag === "At" || source._tag === "Replay" ? "both" : "api-web")
}

/** Where NhlApi asks. The simulators have a layer of it that knows `simulator` and folders too. */
export class NhlSource extends Context.Service<NhlSource, Source>()("resources/nhl/NhlSource") {
  /** NHL_SOURCE: `live` (default), an http(s) URL, `replay:FOLDER` or `record:FOLDER`. */
  static readonly layer: Layer.Layer<NhlSource, NhlApiError | Config.ConfigError> = Layer.effect(
    NhlSource,
    Effect.flatMap(named("live"), (source) =>
      remote(source) ?? setting(`NHL_SOURCE is "${source}"; write ${ApiSource.words}.`))
  )
}
