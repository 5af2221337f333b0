/** FOOTBALL_SOURCE=simulator: the local stand-in, with its options as in a URL: `simulator?latency=300&errors=0.02`. */
import { Effect, Layer } from "effect"
import type { ApiError } from "../../resources/api/ApiError.ts"
import { setting } from "../../resources/football/Settings.ts"
import { StandIns } from "../../resources/football/Source.ts"
import * as Word from "../Word.ts"
import type { Options } from "./Simulator.ts"

/** The server is started when it is first asked for. */
export const layer: Layer.Layer<never> = Layer.succeed(
  StandIns,
  Word.standIn<Options, ApiError>({
    setting: "FOOTBALL_SOURCE",
    options: {
      latency: (latency) => ({ latency }),
      errors: (errorRate) => ({ errorRate }),
      seed: (seed) => ({ seed }),
      matches: (matches) => ({ matches }),
      teams: (teams) => ({ teams }),
      competitions: (competitions) => ({ competitions }),
      odds: (oddsRows) => ({ oddsRows })
    },
    example: "simulator?latency=300&errors=0.02",
    start: (options) => Effect.flatMap(Effect.promise(() => import("./Simulator.ts")), (Simulator) => Simulator.make(options)),
    refuse: setting
  })
)
