/**
 * As much of HTTP/1.1 as a stand-in needs: requests with a length, one after the other on connections that are kept.
 *
 * By `node:http` a call costs 90 µs of processor time, by this 45; at 5,000 calls a second beside the pipeline that they
 * are meant to measure, on the same two cores, that is a ninth of the machine.
 */
import { Effect, type Scope } from "effect"
import { createServer, type Socket } from "node:net"

export interface Request {
  readonly method: string
  /** Without its query. */
  readonly path: string
  /** The value of a header by its name in lower case; of several the first one. */
  readonly header: (name: string) => string | undefined
  readonly body: string
}

/** Answers a request, once; nothing happens where the connection is gone by then. */
export type Respond = (status: number, body: string, headers?: Readonly<Record<string, string>>) => void

export interface Connections {
  /** TCP connections: ever opened, and at most at once. */
  readonly opened: () => number
  readonly most: () => number
}

const reasons: Readonly<Record<number, string>> = {
  200: "OK", 400: "Bad Request", 404: "Not Found", 411: "Length Required", 413: "Content Too Large", 422: "Unprocessable Content",
  429: "Too Many Requests", 431: "Request Header Fields Too Large", 503: "Service Unavailable"
}

/** Connections on which nothing happens for so long are closed; clients are told. */
const idleSeconds = 30
const maxHead = 16_384
const maxBody = 16 * 1024 * 1024

const headOf = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): string => {
  const more = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("")
  return `HTTP/1.1 ${status} ${reasons[status] ?? "Unknown"}\r\ncontent-type: application/json\r\n${more}content-length: ${Buffer.byteLength(body)}\r\n`
}

/** A refusal of what cannot be read: where the next request begins is not known, so it is the last answer. */
const refusal = (status: number, error: string): string => {
  const body = JSON.stringify({ error })
  return `${headOf(status, body)}connection: close\r\n\r\n${body}`
}

interface Head {
  readonly method: string
  readonly path: string
  readonly header: (name: string) => string | undefined
  readonly length: number
  readonly isLast: boolean
}

const requestLine = /^([A-Z]+) (\S+) HTTP\/1\.([01])$/

/** The head of a request, or what it is refused with. */
const readHead = (text: string): Head | string => {
  const end = text.indexOf("\r\n")
  const line = requestLine.exec(end < 0 ? text : text.slice(0, end))
  if (line === null) return refusal(400, "this is no request of HTTP/1.1")
  const headers = end < 0 ? "" : text.slice(end)
  const names = headers.toLowerCase()
  const header = (name: string): string | undefined => {
    const at = names.indexOf(`\r\n${name}:`)
    if (at < 0) return undefined
    const from = at + name.length + 3
    const to = headers.indexOf("\r\n", from)
    return headers.slice(from, to < 0 ? undefined : to).trim()
  }
  if (header("transfer-encoding") !== undefined) return refusal(411, "a body comes with its content-length here")
  const length = header("content-length") ?? "0"
  if (!/^\d{1,15}$/.test(length)) return refusal(400, "content-length is no number")
  if (Number(length) > maxBody) return refusal(413, `a body has ${maxBody} bytes at most here`)
  const connection = header("connection")?.toLowerCase()
  return {
    method: line[1]!,
    path: line[2]!.split("?", 1)[0]!,
    header,
    length: Number(length),
    isLast: connection === "close" || (line[3] === "0" && connection !== "keep-alive")
  }
}

/** Reads the requests of a connection; the next one when the one before it is answered. */
const serve = (socket: Socket, take: (request: Request, respond: Respond) => void): void => {
  let rest: Buffer = Buffer.alloc(0)
  let head: Head | undefined
  let isBusy = false

  const end = (text: string) => {
    isBusy = true
    socket.end(text)
  }
  /** One request, if it is there. */
  const next = () => {
    if (head === undefined) {
      const at = rest.indexOf("\r\n\r\n")
      if (at < 0) {
        if (rest.length > maxHead) end(refusal(431, `the head of a request has ${maxHead} bytes at most here`))
        return
      }
      const read = readHead(rest.toString("latin1", 0, at))
      if (typeof read === "string") return end(read)
      head = read
      rest = rest.subarray(at + 4)
      if (rest.length < head.length && head.header("expect") !== undefined) socket.write("HTTP/1.1 100 Continue\r\n\r\n")
    }
    if (rest.length < head.length) return
    const { header, isLast, length, method, path } = head
    const body = rest.toString("utf8", 0, length)
    rest = rest.subarray(length)
    head = undefined
    isBusy = true
    take({ method, path, header, body }, (status, text, headers) => {
      if (socket.destroyed) return
      const sent = method === "HEAD" ? "" : text
      if (isLast) return end(`${headOf(status, text, headers)}connection: close\r\n\r\n${sent}`)
      socket.write(`${headOf(status, text, headers)}keep-alive: timeout=${idleSeconds}\r\n\r\n${sent}`)
      isBusy = false
      if (rest.length > 0) next()
    })
  }
  // Who waits for an answer is not idle, however long it takes.
  socket.setTimeout(idleSeconds * 1000, () => {
    if (!isBusy) socket.destroy()
  })
  // Who breaks off is gone, and that is all.
  socket.on("error", () => socket.destroy())
  socket.on("data", (bytes: Buffer) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    if (rest.length > maxHead + maxBody) return void socket.destroy()
    if (!isBusy) next()
  })
}

/** Serves on 127.0.0.1 until the scope closes; gives the port, for 0 a free one. */
export const listen = Effect.fnUntraced(function*(
  port: number,
  take: (request: Request, respond: Respond) => void
): Effect.fn.Return<Connections & { readonly port: number }, never, Scope.Scope> {
  const sockets = new Set<Socket>()
  let [opened, most] = [0, 0]
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    opened++
    most = Math.max(most, sockets.size)
    socket.on("close", () => sockets.delete(socket))
    serve(socket, take)
  })
  yield* Effect.addFinalizer(() =>
    Effect.callback<void>((resume) => {
      server.close(() => resume(Effect.void))
      for (const socket of sockets) socket.destroy()
    })
  )
  const bound = yield* Effect.callback<number>((resume) => {
    server.once("error", (error) => resume(Effect.die(error)))
    server.listen(port, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
    })
  })
  return { port: bound, opened: () => opened, most: () => most }
})
