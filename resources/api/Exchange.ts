/** One exchange over HTTP: a request is sent, its answer read whole or its connection closed. */
import type * as Undici from "@effect/platform-node/Undici"
import { Effect } from "effect"
import { NotJson, Setting, TimedOut, TooLarge, Unreachable } from "./ApiError.ts"
import { headOf } from "./Head.ts"
import type { ApiRequest } from "./Request.ts"
import { unpack } from "./Unpack.ts"

/** Node's timers take no more; beyond it they fire at once. */
export const longestTimer = 2 ** 31 - 1

/** An answer, its body whole and unpacked. */
export interface Answer {
  readonly status: number
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** The status says all of an answer that is not good: its body need not be whole. */
const isGood = ({ status }: { readonly status: number }) => status >= 200 && status <= 299

/** Why there is no whole answer. */
export type ExchangeProblem = Unreachable | TimedOut | NotJson | TooLarge | Setting

/** Answers a request within a time, over the network or from recordings. */
export type Exchange<E = ExchangeProblem> = (request: ApiRequest, timeoutMillis: number) => Effect.Effect<Answer, E>

/** The innermost text about what went wrong, on one line. */
const problemOf = (error: unknown, redact: (text: string) => string): string => {
  let cause = error
  while (cause instanceof Error && cause.message === "" && cause.cause !== undefined) cause = cause.cause
  if (cause instanceof AggregateError && cause.message === "") cause = cause.errors[0]
  const text = cause instanceof Error ? cause.message || cause.name : String(cause)
  return headOf(Buffer.from(text), redact).replace(/\.$/, "")
}

/** Such as a header with a line break in it: no further try changes that. */
const isUnsendable = (error: unknown) => error instanceof Error && "code" in error && error.code === "UND_ERR_INVALID_ARG"

const headersOf = (headers: Undici.Dispatcher.ResponseData["headers"]): Record<string, string> => {
  const flat: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name] = typeof value === "string" ? value : value.join(", ")
  }
  return flat
}

export interface LiveOptions {
  readonly dispatcher: Undici.Dispatcher
  /** At most so many bytes of a body are read. */
  readonly maxBody: number
  /** What is told of errors is passed through it. */
  readonly redact: (text: string) => string
}

/**
 * Sends by undici's own dispatch, below the client of effect/http: that one makes a stream, an AbortSignal and, where a
 * body is not read to its end, an exception with its stack for each call, which cost more than the call. The time-out
 * is a timer for the same reason: racing two fibers costs more than all of this.
 */
export const live = ({ dispatcher, maxBody, redact }: LiveOptions): Exchange => (request, timeoutMillis) =>
  Effect.flatMap(
    Effect.callback<Answer, ExchangeProblem>((resume) => {
      const { origin, pathname, search } = new URL(request.url)
      const chunks: Array<Uint8Array> = []
      let size = 0
      let answer: { readonly status: number; readonly headers: Record<string, string> } | undefined
      let controller: Undici.Dispatcher.DispatchController | undefined
      let ended = false
      const end = (effect: Effect.Effect<Answer, ExchangeProblem>) => {
        if (ended) return
        ended = true
        clearTimeout(timer)
        resume(effect)
      }
      // Aborting closes the connection: what still comes on it is nobody's.
      const give = (problem: ExchangeProblem) => {
        end(Effect.fail(problem))
        controller?.abort(new Error("The answer is not waited for any more."))
      }
      const timer = setTimeout(() => give(new TimedOut({ millis: timeoutMillis })), Math.min(timeoutMillis, longestTimer))
      const broken = (error: unknown) => {
        if (answer !== undefined && !isGood(answer)) return end(Effect.succeed({ ...answer, body: Buffer.concat(chunks) }))
        end(Effect.fail(
          isUnsendable(error)
            ? new Setting({ problem: `The request to ${request.shown} cannot be sent: ${problemOf(error, redact)}.` })
            : answer === undefined
            // A request is started when its connection is there.
            ? new Unreachable({ problem: problemOf(error, redact), ...(controller === undefined ? {} : { cut: true }) })
            : new NotJson({ head: headOf(Buffer.concat(chunks), redact), instead: "a body that ends early" })
        ))
      }
      try {
        dispatcher.dispatch({
          origin,
          path: `${pathname}${search}`,
          // Only the methods of CallOptions come here.
          method: request.method as Undici.Dispatcher.HttpMethod,
          headers: request.headers,
          body: request.body ?? null,
          headersTimeout: 0,
          bodyTimeout: 0
        }, {
          onRequestStart: (started) => {
            controller = started
            if (ended) started.abort(new Error("The answer is not waited for any more."))
          },
          onResponseStart: (_, status, headers) => {
            if (status >= 200) answer = { status, headers: headersOf(headers) }
          },
          onResponseData: (_, chunk) => {
            size += chunk.length
            if (size > maxBody) return give(new TooLarge({ limitBytes: maxBody }))
            chunks.push(chunk)
          },
          onResponseEnd: () => {
            if (answer === undefined) return broken(new Error("it closed the connection without an answer"))
            end(Effect.succeed({ ...answer, body: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks) }))
          },
          onResponseError: (_, error) => broken(error)
        })
      } catch (error) {
        broken(error)
      }
      return Effect.sync(() => {
        if (ended) return
        ended = true
        clearTimeout(timer)
        controller?.abort(new Error("The call was interrupted."))
      })
    }),
    (answer) => {
      const encoding = answer.headers["content-encoding"]
      if (encoding === undefined) return Effect.succeed(answer)
      const unpacked = unpack(answer.body, encoding, maxBody)
      const body = isGood(answer) ? unpacked : Effect.orElseSucceed(unpacked, () => new Uint8Array())
      return Effect.map(body, (body) => ({ ...answer, body }))
    }
  )

/** The request that a redirecting answer asks for; undefined: it is none, or leads nowhere. */
export const redirected = (
  request: ApiRequest,
  answer: Answer,
  redact: (text: string) => string
): ApiRequest | undefined => {
  const { location } = answer.headers
  if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return undefined
  if (!URL.canParse(location, request.url)) return undefined
  const url = new URL(location, request.url)
  if (!/^https?:$/.test(url.protocol)) return undefined
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
