/** API_ENDPOINT=simulator: the local stand-in, with its options as in a URL: `simulator?latency=20&errors=0.02`. */
import { Effect, Layer } from "effect"
import { SettingsError } from "../../resources/bulk/Setting.ts"
import { StandIns } from "../../resources/bulk/Source.ts"
import type { Options } from "./Simulator.ts"

const known: Readonly<Record<string, (value: number) => Options>> = {
  latency: (latency) => ({ latency }),
  errors: (errorRate) => ({ errorRate }),
  limit: (calls) => ({ limit: { calls, per: "1 second" } }),
  outage: (after) => ({ outages: [{ after, millis: 3000 }] }),
  seed: (seed) => ({ seed })
}

const wanted = `simulator, or simulator? with ${Object.keys(known).join(", ")}, as in simulator?latency=20&errors=0.02`

const optionsOf = Effect.fnUntraced(function*(source: string) {
  let options: Options = {}
  for (const [name, text] of new URLSearchParams(source.slice("simulator".length).replace(/^\?/, ""))) {
    const option = known[name]
    const value = Number(text)
    if (option === undefined || text.trim() === "" || !Number.isFinite(value) || value < 0) {
      const message = `API_ENDPOINT is "${source}", whose "${name}=${text}" is no option of the simulator; write ${wanted}.`
      return yield* new SettingsError({ message })
    }
    options = { ...options, ...option(value) }
  }
  return options
})

/** Knows the word `simulator`; the server is started when it is first asked for. */
export const layer: Layer.Layer<never> = Layer.succeed(StandIns, Effect.fnUntraced(function*(source: string) {
  if (!/^simulator(\?|$)/.test(source)) return undefined
  const options = yield* optionsOf(source)
  const Simulator = yield* Effect.promise(() => import("./Simulator.ts"))
  const { url } = yield* Simulator.make(options)
  return url
}))
