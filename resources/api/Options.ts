/** What an API is declared with, and what a call of it is. */
import type { Duration, Redacted, Result, Schema } from "effect"
import type { Call } from "../../engine/definition/Usage.ts"
import type { RateLimit } from "../../engine/limit/RateLimit.ts"
import type { BreakerOptions } from "./Breaker.ts"
import type { ApiProblem } from "./Problem.ts"
import type { Source } from "./Source.ts"

/** A value of the query; undefined is left out, "" is sent. */
export type QueryValue = string | number | boolean | Redacted.Redacted | undefined

export type Query = Readonly<Record<string, QueryValue>>

export type HeaderValue = string | Redacted.Redacted

export interface RetryOptions {
  /** Tries after the first one. */
  readonly times: number
  /** The first delay; each further one is twice as long, with jitter of ±20 %. Default 1 second. */
  readonly base?: Duration.Input
  /** No delay is longer than this, but where the API asks for more (Retry-After). Default 30 seconds. */
  readonly max?: Duration.Input
  /** The API is not waited for longer than this, whatever it asks for. Default 5 minutes. */
  readonly maxRetryAfter?: Duration.Input
}

export interface RouteOptions {
  /** Of the calls of this route, beside those of the API. */
  readonly limits?: ReadonlyArray<RateLimit>
  /** Of one try. Default: the API's. */
  readonly timeout?: Duration.Input
  /** Default: the API's. */
  readonly retry?: RetryOptions | false
}

/** What a `decode` function sees of an answer beside its body. */
export interface AnswerHead {
  readonly route: string
  readonly status: number
  /** Names in small letters. */
  readonly headers: Readonly<Record<string, string>>
}

/** Looks at the JSON of a 2xx answer: gives the body that is read, or what the API says is wrong. */
export type Decode = (body: unknown, answer: AnswerHead) => Result.Result<unknown, ApiProblem>

export interface ApiOptions<Routes extends string> {
  /** Names the API in errors, limits, metrics and recordings: letters, digits, - and _. */
  readonly name: string
  /** How errors and notices call it, as in "the NHL API". Default: the name. */
  readonly title?: string
  /** Paths of calls are appended to it. A user and a password in it are sent as Basic authorization. */
  readonly baseUrl: string
  /** Of every request. */
  readonly headers?: Readonly<Record<string, HeaderValue>>
  /** Added to every request. */
  readonly query?: Query
  readonly auth?: Auth
  /** At most so many calls are in flight. Default 16. */
  readonly connections?: number
  /** Of one try, from sending to the end of the body. Default 30 seconds. */
  readonly timeout?: Duration.Input
  /** Of every call. They are never exceeded, over all processes that share them. */
  readonly limits?: ReadonlyArray<RateLimit>
  /** The kinds of calls there are: each call names its own. */
  readonly routes: Readonly<Record<Routes, RouteOptions>>
  /** Further tries of what may succeed later. Default 3 of them, from 1 second on. */
  readonly retry?: RetryOptions | false
  /** Default: opens after 5 failures in a row, for 60 seconds. */
  readonly breaker?: BreakerOptions | false
  /** Default: any JSON passes. */
  readonly decode?: Decode
  /**
   * Numbers of answers that have more digits than a JavaScript number: "rounded", as JSON.parse does it, or "kept", as values
   * that JSON.stringify, and so a table, writes with all of them. For answers that are stored as they are. Default "rounded".
   */
  readonly longNumbers?: "rounded" | "kept"
  /** The largest body that is read, in bytes, unpacked. Default 64 MiB. */
  readonly maxBody?: number
  /**
   * Whether an answer that leads elsewhere is followed; else it is an error. "unchanged": only where the same request is
   * asked for there. A POST that is answered with 301, 302 or 303 would become a GET, without its body. Default true.
   */
  readonly redirects?: boolean | "unchanged"
  /**
   * Where the answers come from. Default: what the setting `<NAME>_SOURCE` says: `live` (where it is not set), an http(s)
   * URL in the place of `baseUrl`, `replay:FOLDER` or `record:FOLDER`.
   */
  readonly source?: Source
}

/** A header that says who asks. */
export interface Auth {
  readonly header: string
  readonly value: Redacted.Redacted
  /** Parts of the value that are secrets by themselves. */
  readonly secrets: ReadonlyArray<Redacted.Redacted>
}

export interface CallOptions<Routes extends string> {
  readonly route: Routes
  /** Appended to the base URL; an absolute http(s) URL is asked as it is. */
  readonly path: string
  /** What is asked for, as errors name it: "the live matches". Default: the route's name. */
  readonly subject?: string
  /** Default GET. */
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  readonly query?: Query
  readonly headers?: Readonly<Record<string, HeaderValue>>
  /** Sent as JSON. */
  readonly body?: unknown
  /** How much the call counts for the limits. Default 1. */
  readonly weight?: number
  /** Sent as the header `idempotency-key` with all tries. */
  readonly idempotencyKey?: string
  /** Hears of each try, beside the run. */
  readonly tried?: (call: Call) => void
}

/** A call whose body is read by a schema. */
export interface TypedCall<Routes extends string, S extends Schema.ConstraintDecoder<unknown>> extends CallOptions<Routes> {
  readonly schema: S
}
