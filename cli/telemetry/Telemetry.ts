/** What a process that computes tells of itself to machines: metrics for Prometheus, and everything for OpenTelemetry. */
import { Config, Effect, Layer } from "effect"
import { messageOf, Refusal } from "../Refusal.ts"

const text = (name: string): Effect.Effect<string, Config.ConfigError> =>
  Effect.map(Config.String(name).pipe(Config.withDefault("")), (value) => value.trim())

const isPort = (port: number) => Number.isInteger(port) && port >= 0 && port <= 65_535

const prometheus = Effect.gen(function*() {
  const given = yield* text("SLUICE_METRICS_PORT")
  if (given === "") return Layer.empty
  const host = (yield* text("SLUICE_METRICS_HOST")) || "127.0.0.1"
  const port = /^\d+$/.test(given) ? Number(given) : Number.NaN
  if (!isPort(port)) {
    return yield* new Refusal({ message: `SLUICE_METRICS_PORT is "${given}", which is no port: write a number up to 65535.` })
  }
  const { layer } = yield* Effect.promise(() => import("./Prometheus.ts"))
  return layer(host, port).pipe(
    Layer.catch(({ cause }) =>
      Layer.effectContext(Effect.fail(
        new Refusal({
          message: `The metrics cannot be served at ${host}:${port} (SLUICE_METRICS_PORT): ${messageOf(cause)}; ` +
            "write another port, or leave the setting out.",
          cause
        })
      ))
    )
  )
})

const openTelemetry = Effect.gen(function*() {
  if ((yield* text("OTEL_EXPORTER_OTLP_ENDPOINT")) === "") return Layer.empty
  const { layer } = yield* Effect.promise(() => import("./OpenTelemetry.ts"))
  return layer
})

/**
 * By the settings
 * - `SLUICE_METRICS_PORT`: serves the metrics at `http://127.0.0.1:PORT/metrics`; `SLUICE_METRICS_HOST`: at another address.
 * - `OTEL_EXPORTER_OTLP_ENDPOINT`, and the others of OpenTelemetry: sends spans, metrics and logs there.
 *
 * Nothing is loaded for it where neither is set.
 */
export const layer: Layer.Layer<never, Refusal | Config.ConfigError> = Layer.mergeAll(
  Layer.unwrap(prometheus),
  Layer.unwrap(openTelemetry)
)
