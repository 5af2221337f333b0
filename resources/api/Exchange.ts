/** One exchange over HTTP: a request is sent, its answer read whole or its connection closed. */
import { Effect, Result, type Scope, Stream } from "effect"
import { HttpBody, HttpClient, type HttpClientError, HttpClientRequest, type HttpMethod } from "effect/http"
import { NotJson, TooLarge, Unreachable } from "./ApiError.ts"
import { headOf } from "./Head.ts"
import type { ApiRequest } from "./Request.ts"
import { unpack } from "./Unpack.ts"

/** An answer, its body whole and unpacked. */
export interface Answer {
  readonly status: number
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** Why there is no whole answer. */
export type ExchangeProblem = Unreachable | NotJson | TooLarge

/** Answers a request, over the network or from recordings. */
export type Exchange<E = ExchangeProblem> = (request: ApiRequest) => Effect.Effect<Answer, E>

/** The innermost text about what went wrong, on one line. */
const problemOf = (error: HttpClientError.HttpClientError, redact: (text: string) => string): string => {
  let cause: unknown = error.reason.cause
  while (cause instanceof Error && cause.message === "" && cause.cause !== undefined) cause = cause.cause
  if (cause instanceof AggregateError && cause.message === "") cause = cause.errors[0]
  const text = cause instanceof Error ? cause.message || cause.name : error.reason._tag
  return headOf(Buffer.from(text), redact).replace(/\.$/, "")
}

/** Sends through `client`; at most `maxBody` bytes of a body are read. What is told of errors is passed through `redact`. */
export const live = (client: HttpClient.HttpClient, maxBody: number, redact: (text: string) => string): Exchange => {
  // The end of the scope aborts what was not read to its end, which closes the connection.
  const scoped = HttpClient.withScope(client)

  const exchange = (request: ApiRequest): Effect.Effect<Answer, ExchangeProblem, Scope.Scope> =>
    Effect.gen(function*() {
      const response = yield* Effect.mapError(
        scoped.execute(
          HttpClientRequest.make(request.method as HttpMethod.HttpMethod)(request.url, {
            headers: request.headers,
            ...(request.body === undefined ? {} : { body: HttpBody.uint8Array(request.body, request.headers["content-type"]) })
          })
        ),
        (error) => new Unreachable({ problem: problemOf(error, redact) })
      )
      const { headers, status } = response
      const chunks: Array<Uint8Array> = []
      let size = 0
      yield* response.stream.pipe(
        Stream.mapError((): ExchangeProblem =>
          new NotJson({ head: headOf(Buffer.concat(chunks), redact), instead: "a body that ends early" })
        ),
        Stream.runForEach((chunk) => {
          chunks.push(chunk)
          size += chunk.length
          return size > maxBody ? Effect.fail(new TooLarge({ limitBytes: maxBody })) : Effect.void
        })
      )
      const body = yield* unpack(Buffer.concat(chunks), headers["content-encoding"], maxBody)
      return { status, headers, body }
    })

  return (request) =>
    // The client's own spans would hold the URL with its secrets, and its headers would tell foreign hosts of our traces.
    Effect.provideService(Effect.scoped(exchange(request)), HttpClient.TracerDisabledWhen, () => true)
}

/** The request that a redirecting answer asks for; undefined: it is none, or leads nowhere. */
export const redirected = (
  request: ApiRequest,
  answer: Answer,
  redact: (text: string) => string
): ApiRequest | undefined => {
  const { location } = answer.headers
  if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return undefined
  const parsed = Result.try(() => new URL(location, request.url))
  if (Result.isFailure(parsed) || !/^https?:$/.test(parsed.success.protocol)) return undefined
  const url = parsed.success
  const asGet = answer.status === 303 || (answer.status < 303 && request.method === "POST")
  const foreign = url.origin !== new URL(request.url).origin
  // What says who asks, and what was sent to this host, is not for other hosts.
  if (foreign && request.body !== undefined && !asGet) return undefined
  const kept = foreign
    ? Object.entries(request.headers).filter(([name]) => ["accept", "accept-encoding", "user-agent"].includes(name))
    : Object.entries(request.headers).filter(([name]) => !(asGet && name === "content-type"))
  return {
    ...request,
    method: asGet ? "GET" : request.method,
    url: url.href,
    shown: redact(url.href),
    canonical: redact(url.href),
    headers: Object.fromEntries(kept),
    ...(asGet ? { body: undefined, shownBody: "" } : {})
  }
}
