/** One exchange over HTTP: a request is sent, its answer read whole or its connection closed. */
import type * as Undici from "@effect/platform-node/Undici"
import { Effect } from "effect"
import type { NotJson, Setting, TimedOut, TooLarge, Unreachable } from "./ApiError.ts"
import { Receiver, type ReceiverOptions } from "./Receiver.ts"
import type { ApiRequest } from "./Request.ts"

/** An answer, its body whole and unpacked. */
export interface Answer {
  readonly status: number
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** Why there is no whole answer. */
export type ExchangeProblem = Unreachable | TimedOut | NotJson | TooLarge | Setting

/** Hears how a request goes, where it goes over the network. */
export interface Journey {
  /** It is written to a connection, which may have had to be opened first. */
  readonly sent: () => void
  /** Its answer begins: the server has it. */
  readonly answered: () => void
}

/** Someone who waits for an answer. */
export interface Waiting<E = ExchangeProblem> {
  readonly timeoutMillis: number
  readonly journey: Journey
  /** Hears once how the answer is had, where it is there at once, or why there is none. */
  readonly resume: (answer: Effect.Effect<Answer, E>) => void
}

/** An exchange that has begun. */
export interface Begun {
  /** Nobody waits any more: the connection is closed, nothing is heard. */
  readonly cancel: () => void
}

/** Answers a request within a time, over the network or from recordings. */
export type Exchange<E = ExchangeProblem> = (request: ApiRequest, waiting: Waiting<E>) => Begun

export interface LiveOptions extends ReceiverOptions {
  readonly dispatcher: Undici.Dispatcher
}

/**
 * Sends by undici's own dispatch, below the client of effect/http: that one makes a stream, an AbortSignal and, where a
 * body is not read to its end, an exception with its stack for each call, which cost more than the call. The time-out
 * is a timer for the same reason: racing two fibers costs more than all of this.
 */
export const live = ({ dispatcher, ...options }: LiveOptions): Exchange => (request, waiting) => {
  const receiver = new Receiver(request, waiting, options)
  try {
    dispatcher.dispatch({
      origin: request.origin,
      path: request.target,
      // Only the methods of CallOptions come here.
      method: request.method as Undici.Dispatcher.HttpMethod,
      headers: request.headers,
      body: request.body ?? null,
      headersTimeout: 0,
      bodyTimeout: 0
    }, receiver)
  } catch (error) {
    receiver.broken(error)
  }
  return receiver
}

/** Answers by an effect. */
export const of = <E>(answer: (request: ApiRequest) => Effect.Effect<Answer, E>): Exchange<E> => (request, waiting) => {
  waiting.resume(answer(request))
  return { cancel: () => {} }
}

/** The request that a redirecting answer asks for; undefined: it is none, leads nowhere, or is another request where it has to be `unchanged`. */
export const redirected = (
  request: ApiRequest,
  answer: Answer,
  unchanged: boolean,
  redact: (text: string) => string
): ApiRequest | undefined => {
  const { location } = answer.headers
  if (![301, 302, 303, 307, 308].includes(answer.status) || location === undefined) return undefined
  if (!URL.canParse(location, request.url)) return undefined
  const url = new URL(location, request.url)
  if (!/^https?:$/.test(url.protocol)) return undefined
  const asGet = answer.status === 303 || (answer.status < 303 && request.method === "POST")
  if (unchanged && asGet && request.method !== "GET") return undefined
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
    origin: url.origin,
    target: `${url.pathname}${url.search}`,
    shown: redact(url.href),
    canonical: redact(url.href),
    headers: Object.fromEntries(kept),
    ...(asGet ? { body: undefined, shownBody: () => "" } : {})
  }
}
