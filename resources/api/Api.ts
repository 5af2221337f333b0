/** An API as a typed resource: declared once with its routes, called as if it were local. */
import { Clock, Duration, Effect, type Fiber, Random, Result, Schema, type Scope } from "effect"
import { Notices } from "../../engine/definition/Notice.ts"
import { Usage } from "../../engine/definition/Usage.ts"
import type { LimitStore } from "../../engine/limit/LimitStore.ts"
import { ApiError, type Reason, redacted } from "./ApiError.ts"
import { ruleOf } from "./Breaker.ts"
import * as Gate from "./Gate.ts"
import * as Health from "./Health.ts"
import * as Limits from "./Limits.ts"
import * as Meter from "./Meter.ts"
import { decoderOf } from "./Misfit.ts"
import type { ApiOptions, CallOptions, RouteOptions, TypedCall } from "./Options.ts"
import * as Request from "./Request.ts"
import * as Retrying from "./Retrying.ts"
import * as Secrets from "./Secrets.ts"
import * as Slots from "./Slots.ts"
import * as Transport from "./Transport.ts"
import * as Try from "./Try.ts"

export { basic, bearer, header } from "./Auth.ts"
export type { BreakerOptions } from "./Breaker.ts"
export { type BreakerStatus, logAnnotation } from "./Health.ts"
export { unexpected } from "./Misfit.ts"
export type {
  AnswerHead,
  ApiOptions,
  Auth,
  CallOptions,
  Decode,
  HeaderValue,
  Query,
  QueryValue,
  RetryOptions,
  RouteOptions,
  TypedCall
} from "./Options.ts"
export { type ApiProblem, limited, refused } from "./Problem.ts"
export { at, live, parse as parseSource, record, replay, setting as sourceSetting, type Source } from "./Source.ts"

export interface Api<Routes extends string> {
  readonly name: string
  /** Calls the API; the value is what `schema` reads in the body, or the body's JSON where no schema is given. */
  readonly call: {
    <S extends Schema.ConstraintDecoder<unknown>>(call: TypedCall<Routes, S>): Effect.Effect<S["Type"], ApiError>
    (call: CallOptions<Routes>): Effect.Effect<unknown, ApiError>
  }
  /** The circuit breaker as it is now. */
  readonly breaker: Effect.Effect<Health.BreakerStatus>
}

/** Builds the API in the surrounding scope: when that closes, no connection is left open. */
export const make = Effect.fnUntraced(function*<const Routes extends string>(
  options: ApiOptions<Routes>
): Effect.fn.Return<Api<Routes>, never, LimitStore | Scope.Scope> {
  const { breaker, name, title = name } = options
  const connections = options.connections ?? 16
  if (!Number.isSafeInteger(connections) || connections < 1) {
    return yield* Effect.die(new Error(`The ${title} API is declared with ${connections} connections: it is a whole number from 1 on.`))
  }
  const secrets = Secrets.make()
  const meter = Meter.make(name, yield* Effect.context<never>())
  const transport = yield* Transport.make(options, connections, secrets)
  const health = Health.make({ name, title }, breaker === false ? Gate.open : Gate.make(ruleOf(breaker ?? {})), meter)
  const limits = yield* Limits.make(options, connections, health.limitChanged, meter.permitted)
  const attempt = Try.make({
    name,
    transport,
    health,
    slots: Slots.make(connections, meter.inFlight),
    meter,
    decode: options.decode,
    keepsDigits: options.longNumbers === "kept",
    follows: options.redirects ?? true,
    redact: secrets.redact
  })
  const build = Request.make(options, transport.baseUrl, secrets)
  const timeouts = Object.fromEntries(Object.entries<RouteOptions>(options.routes).map(([route, { timeout }]) =>
    [route, Duration.toMillis(timeout ?? options.timeout ?? Transport.standardTimeout)]))
  const maxWait = breaker === false ? undefined : breaker?.maxWait
  const maxWaitMillis = maxWait === undefined ? undefined : Duration.toMillis(maxWait)

  type Given = CallOptions<Routes> & { readonly schema?: Schema.ConstraintDecoder<unknown> }

  const calling = ({ route, tried, weight = 1 }: Given, fiber: Fiber.Fiber<unknown, unknown>): Try.Calling => {
    const usage = fiber.getRef(Usage)
    return {
      limits: transport.offline ? Limits.none : limits(route),
      weight,
      timeoutMillis: timeouts[route]!,
      maxWaitMillis,
      clock: fiber.getRef(Clock.Clock),
      tried: tried === undefined ? usage : (call) => {
        tried(call)
        usage(call)
      },
      notices: fiber.getRef(Notices),
      counted: false,
      gaveUp: false
    }
  }

  /** What was parsed is JSON already. */
  const isJson = (schema: Given["schema"]) => schema === Schema.Json && options.decode === undefined

  const trying = (given: Given, request: Request.ApiRequest, its: Try.Calling, tries: number, extra: number): Effect.Effect<unknown, ApiError> =>
    Effect.flatMap(attempt(request, its), (told) => {
      const { route, schema } = given
      const value = schema === undefined || isJson(schema) ? told : Result.flatMap(told, (json) => decoderOf(schema)(json, secrets.redact))
      if (Result.isSuccess(value)) return Effect.succeed(value.success)
      const reason = value.failure
      if (its.gaveUp) return fail(given, reason, request.shown, tries)
      return Effect.flatMap(Random.next, (random) => {
        const wait = Retrying.delay(options.routes[route].retry ?? options.retry ?? Retrying.standard, tries, reason, random)
        if (wait !== undefined) return Effect.flatMap(Effect.sleep(wait), () => trying(given, request, its, tries + 1, extra))
        return Effect.flatMap(health.holds(reason, tries, extra), (holds) =>
          holds ? trying(given, request, its, tries + 1, extra + 1) : fail(given, reason, request.shown, tries))
      })
    })

  const subjectOf = ({ route, subject = route }: Given) => secrets.redact(subject)

  const fail = (given: Given, reason: Reason, url: string, tries: number) =>
    Effect.fail(new ApiError({
      api: title,
      route: given.route,
      subject: subjectOf(given),
      url: secrets.redact(url),
      reason: redacted(reason, secrets.redact),
      tries
    }))

  /** A span that nobody could see is not made: it costs as much as a tenth of the call. */
  const traced = (given: Given, { method, shown }: Request.ApiRequest, call: Effect.Effect<unknown, ApiError>) =>
    Effect.withSpan(call, `${name}.${given.route}`, {
      kind: "client",
      captureStackTrace: false,
      attributes: {
        "sluice.api": name,
        "sluice.route": given.route,
        "sluice.subject": subjectOf(given),
        "http.request.method": method,
        "url.full": shown
      }
    })

  const call = (given: Given): Effect.Effect<unknown, ApiError> =>
    Effect.withFiber((fiber) => {
      const built = Result.isFailure(build) ? Result.fail(build.failure) : build.success(given)
      if (Result.isFailure(built)) return fail(given, built.failure, Request.withoutUser(options.baseUrl), 0)
      const request = built.success
      const call = trying(given, request, calling(given, fiber), 1, 0)
      return fiber.cache.tracer === undefined ? call : traced(given, request, call)
    })

  // The value's type is that of the schema, which `decoderOf` has read it by.
  return { name, call: call as Api<Routes>["call"], breaker: Effect.sync(health.breaker) }
})
