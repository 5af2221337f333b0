/** The football resource asking a simulator, or any server, of the test. */
import { ConfigProvider, Effect, Layer, Logger } from "effect"
import { FootballApi } from "../../../resources/football/FootballApi.ts"
import * as Simulator from "../../../simulators/football/Simulator.ts"
import * as MemoryLimitStore from "../../../storage/MemoryLimitStore.ts"

export const secret = "s3cr3t-of-the-vendor"

/** Asks this URL; its limits are kept, as by the vendor. */
export const at = (url: string, settings: Readonly<Record<string, string>> = {}) =>
  FootballApi.layer.pipe(
    Layer.provide(MemoryLimitStore.layer),
    Layer.merge(ConfigProvider.layer(ConfigProvider.fromUnknown({
      FOOTBALL_SOURCE: url,
      THESPORTS_USER: "user-of-the-vendor",
      THESPORTS_SECRET: secret,
      ...settings
    })))
  )

/** What was logged, as `LEVEL text`. */
export const logged = () => {
  const lines: Array<string> = []
  const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
    lines.push(`${logLevel} ${Array.isArray(message) ? message.join(" ") : String(message)}`)
  })
  return { lines, layer: Logger.layer([logger]) }
}

/** Runs with a simulator of its own; by default nothing is logged. */
export const simulated = <A, E>(
  options: Simulator.Options,
  test: (simulator: Simulator.Simulator) => Effect.Effect<A, E, FootballApi>,
  settings?: Readonly<Record<string, string>>,
  logger: Layer.Layer<never> = Logger.layer([])
) =>
  Effect.scoped(Effect.gen(function*() {
    const simulator = yield* Simulator.make(options)
    return yield* Effect.provide(test(simulator), at(simulator.url, settings))
  })).pipe(Effect.provide(logger))
