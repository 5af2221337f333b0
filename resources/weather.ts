// resources/weather.ts
import { Context, Effect, Layer } from "effect"
import { Limiter, type LimitStore, RateLimit } from "sluice"

/** What the service allows: 120 calls in any minute. */
export const limit = RateLimit.make("weather", { calls: 120, per: "1 minute" })

export class Weather extends Context.Service<Weather, {
  readonly warmest: (city: string) => Effect.Effect<number>
}>()("resources/Weather") {
  static readonly layer: Layer.Layer<Weather, never, LimitStore> = Layer.effect(
    Weather,
    Effect.gen(function*() {
      const limiter = yield* Limiter.make(limit)
      // Here the service would be asked.
      return { warmest: (city) => limiter.use(Effect.succeed(city.length)) }
    })
  )
}
