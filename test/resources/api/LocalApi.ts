/** A local HTTP server for tests of APIs: answers as it is told, and remembers what it was asked. */
import { Effect, type Scope } from "effect"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo, Socket } from "node:net"
import { Api, LimitStore } from "sluice"
import { MemoryLimitStore } from "sluice/testing"

export interface Asked {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage["headers"]
  readonly body: string
}

export interface LocalApi {
  readonly url: string
  readonly asked: ReadonlyArray<Asked>
  /** Sockets that are open now. */
  readonly open: () => number
  /** The most requests that were in the works at once. */
  readonly most: () => number
}

/** Answers one request; `count` is how many came before it. */
export type Answering = (asked: Asked, response: ServerResponse, count: number) => void

export const json = (response: ServerResponse, value: unknown, status = 200, headers: Record<string, string> = {}) => {
  response.writeHead(status, { "content-type": "application/json", ...headers })
  response.end(typeof value === "string" ? value : JSON.stringify(value))
}

export const make = (answering: Answering): Effect.Effect<LocalApi, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<LocalApi & { readonly close: () => Promise<void> }>((resume) => {
      const asked: Array<Asked> = []
      const sockets = new Set<Socket>()
      let working = 0
      let most = 0
      const server = createServer((request, response) => {
        const chunks: Array<Buffer> = []
        most = Math.max(most, ++working)
        response.once("close", () => working--)
        request.on("data", (chunk) => chunks.push(chunk))
        request.on("error", () => {})
        request.on("end", () => {
          const one: Asked = {
            method: request.method ?? "",
            url: request.url ?? "",
            headers: request.headers,
            body: Buffer.concat(chunks).toString()
          }
          asked.push(one)
          answering(one, response, asked.length - 1)
        })
      })
      server.on("connection", (socket) => {
        sockets.add(socket)
        socket.on("error", () => {})
        socket.on("close", () => sockets.delete(socket))
      })
      server.listen(0, "127.0.0.1", () => {
        const { port } = server.address() as AddressInfo
        const close = () =>
          new Promise<void>((done) => {
            server.close(() => done())
            for (const socket of sockets) socket.destroy()
          })
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, asked, open: () => sockets.size, most: () => most, close }))
      })
    }),
    (server) => Effect.promise(server.close)
  )

/** An API whose limits are kept in memory. */
export const declare = <const Routes extends string>(
  options: Api.ApiOptions<Routes>
): Effect.Effect<Api.Api<Routes>, never, Scope.Scope> =>
  Effect.provideServiceEffect(Api.make(options), LimitStore, Effect.sync(MemoryLimitStore.make))
