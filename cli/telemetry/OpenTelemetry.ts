/** Spans, metrics and logs to an OpenTelemetry collector, by the settings that OpenTelemetry has for this. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Layer from "effect/Layer"
import * as Otlp from "effect/observability/Otlp"
import * as OtlpSerialization from "effect/observability/OtlpSerialization"

/** OpenTelemetry's own defaults, which the layers do not have. */
const defaults = ConfigProvider.fromUnknown({
  OTEL_SERVICE_NAME: "sluice",
  OTEL_TRACES_EXPORTER: ["otlp"],
  OTEL_METRICS_EXPORTER: ["otlp"],
  OTEL_LOGS_EXPORTER: ["otlp"]
})

export const layer: Layer.Layer<never> = Otlp.layerFromConfig().pipe(
  Layer.provide(ConfigProvider.layerAdd(defaults)),
  Layer.provide(OtlpSerialization.layerJson),
  Layer.provide(NodeHttpClient.layerUndici)
)
