/** An API as a typed resource: declared once with its routes, called as if it were local. */
import { Duration, Effect, Random, Result, type Schema, type Scope } from "effect"
import type { LimitStore } from "../../engine/limit/LimitStore.ts"
import { ApiError, type Reason, redacted } from "./ApiError.ts"
import { ruleOf } from "./Breaker.ts"
import * as Gate from "./Gate.ts"
import * as Health from "./Health.ts"
import * as Limits from "./Limits.ts"
import * as Meter from "./Meter.ts"
import { decoderOf } from "./Misfit.ts"
import type { ApiOptions, CallOptions, TypedCall } from "./Options.ts"
import * as Request from "./Request.ts"
import * as Retrying from "./Retrying.ts"
import * as Secrets from "./Secrets.ts"
import * as Slots from "./Slots.ts"
import * as Transport from "./Transport.ts"
import * as Try from "./Try.ts"

export { basic, bearer, header } from "./Auth.ts"
export type { BreakerOptions } from "./Breaker.ts"
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
    redact: secrets.redact
  })
  const build = Request.make(options, transport.baseUrl, secrets)
  const maxWait = breaker === false ? undefined : breaker?.maxWait
  const maxWaitMillis = maxWait === undefined ? undefined : Duration.toMillis(maxWait)

  const call = Effect.fnUntraced(function*(given: CallOptions<Routes> & { readonly schema?: Schema.ConstraintDecoder<unknown> }) {
    const { route } = given
    const subject = secrets.redact(given.subject ?? route)
    let tries = 0
    let extra = 0
    const fail = (reason: Reason, url: string) =>
      new ApiError({ api: title, route, subject, url: secrets.redact(url), reason: redacted(reason, secrets.redact), tries })
    const built = Result.flatMap(build, (make) => make(given))
    if (Result.isFailure(built)) return yield* fail(built.failure, Request.withoutUser(options.baseUrl))
    const request = built.success
    yield* Effect.annotateCurrentSpan({ "http.request.method": request.method, "url.full": request.shown })
    const { retry: ownRetry, timeout } = options.routes[route]
    const retry = ownRetry ?? options.retry ?? Retrying.standard
    const calling: Try.Calling = {
      limits: transport.offline ? Limits.none : limits(route),
      weight: given.weight ?? 1,
      timeoutMillis: Duration.toMillis(timeout ?? options.timeout ?? Transport.standardTimeout),
      maxWaitMillis,
      counted: false,
      gaveUp: false
    }
    const decode = given.schema === undefined ? undefined : decoderOf(given.schema)
    for (;;) {
      tries++
      const result = yield* Effect.result(attempt(request, calling))
      const value = decode === undefined ? result : Result.flatMap(result, (json) => decode(json, secrets.redact))
      if (Result.isSuccess(value)) return value.success
      const reason = value.failure
      if (calling.gaveUp) return yield* fail(reason, request.shown)
      const wait = Retrying.delay(retry, tries, reason, yield* Random.next)
      if (wait !== undefined) yield* Effect.sleep(wait)
      else if (!(yield* health.holds(reason, tries, extra++))) return yield* fail(reason, request.shown)
    }
  }, (effect, { route, subject }) =>
    Effect.withSpan(effect, `${name}.${route}`, {
      kind: "client",
      captureStackTrace: false,
      attributes: { "sluice.api": name, "sluice.route": route, "sluice.subject": secrets.redact(subject ?? route) }
    }))

  // The value's type is that of the schema, which `decoderOf` has read it by.
  return { name, call: call as Api<Routes>["call"] }
})
