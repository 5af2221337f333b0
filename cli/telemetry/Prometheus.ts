/** The metrics of this process over HTTP, in the format of Prometheus. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Layer from "effect/Layer"
import * as HttpRouter from "effect/http/HttpRouter"
import type { ServeError } from "effect/http/HttpServerError"
import * as PrometheusMetrics from "effect/observability/PrometheusMetrics"
import { createServer } from "node:http"

/** Serves `/metrics`. */
export const layer = (host: string, port: number): Layer.Layer<never, ServeError> =>
  HttpRouter.serve(PrometheusMetrics.layerHttp(), { disableLogger: true, disableListenLog: true }).pipe(
    // A scraper that keeps its connection open does not keep the process from ending.
    Layer.provide(NodeHttpServer.layer(() => createServer({ keepAlive: false }), { host, port, gracefulShutdownTimeout: "100 millis" }))
  )
