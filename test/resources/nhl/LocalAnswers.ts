/** A server that answers every request as a test tells it to, and the NHL resource pointed at it. */
import { ConfigProvider, Effect, Layer } from "effect"
import { createServer, type ServerResponse } from "node:http"
import { MemoryLimitStore } from "sluice/testing"
import * as NhlSimulators from "../../../simulators/nhl/Source.ts"
import { NhlApi } from "../../../resources/nhl/NhlApi.ts"

export type Answer = (path: string, response: ServerResponse) => void

export const json = (body: unknown, status = 200): Answer => (_, response) => {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body))
}

export const raw = (body: string, status = 200): Answer => (_, response) => {
  response.writeHead(status, { "content-type": "text/html" }).end(body)
}

/** The settings of the resource, in place of the environment. */
export const settings = (values: Record<string, string>) => ConfigProvider.layer(ConfigProvider.fromUnknown(values))

/** The resource with these settings. */
export const nhl = (values: Record<string, string>) =>
  NhlApi.layer.pipe(Layer.provide(NhlSimulators.layer), Layer.provide(MemoryLimitStore.layer), Layer.provide(settings(values)))

/** Listens on a free port until the scope closes; `paths` are those asked for, `agents` who asked. */
export const serve = (answer: Answer) =>
  Effect.acquireRelease(
    Effect.callback<{ url: string; paths: Array<string>; agents: Array<string>; close: () => void }>((resume) => {
      const paths: Array<string> = []
      const agents: Array<string> = []
      const server = createServer((request, response) => {
        paths.push(request.url ?? "")
        agents.push(request.headers["user-agent"] ?? "")
        answer(request.url ?? "", response)
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        const close = () => {
          server.closeAllConnections()
          server.close()
        }
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, paths, agents, close }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )
