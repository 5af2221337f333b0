/** An API as a typed resource: declared once with its routes, called as if it were local. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Clock, Context, Duration, Effect, Layer, Random, Result, type Schema, type Scope } from "effect"
import { HttpClient } from "effect/http"
import { Usage } from "../../engine/definition/Usage.ts"
import { ApiError, type Reason, redacted, Status, TimedOut } from "./ApiError.ts"
import * as Exchange from "./Exchange.ts"
import { decoder } from "./Misfit.ts"
import type { ApiOptions, CallOptions, TypedCall } from "./Options.ts"
import { read } from "./Reading.ts"
import * as Request from "./Request.ts"
import * as Retrying from "./Retrying.ts"
import * as Secrets from "./Secrets.ts"
import * as Slots from "./Slots.ts"

export { basic, bearer, header } from "./Auth.ts"
export type { AnswerHead, ApiOptions, Auth, CallOptions, Decode, HeaderValue, Query, QueryValue, RetryOptions, RouteOptions, TypedCall } from "./Options.ts"
export { unexpected } from "./Misfit.ts"
export { type ApiProblem, limited, refused } from "./Problem.ts"

export interface Api<Routes extends string> {
  readonly name: string
  /** Calls the API; the value is what `schema` reads in the body, or the body's JSON where no schema is given. */
  readonly call: {
    <S extends Schema.ConstraintDecoder<unknown>>(call: TypedCall<Routes, S>): Effect.Effect<S["Type"], ApiError>
    (call: CallOptions<Routes>): Effect.Effect<unknown, ApiError>
  }
}

/** An API redirects at most so often. */
const maxRedirects = 3

export const make = Effect.fnUntraced(function*<const Routes extends string>(
  options: ApiOptions<Routes>
): Effect.fn.Return<Api<Routes>, never, Scope.Scope> {
  const { name } = options
  const connections = options.connections ?? 16
  const secrets = Secrets.make()
  const context = yield* Layer.build(NodeHttpClient.layerUndiciOptions({ connections }))
  const exchange = Exchange.live(Context.get(context, HttpClient.HttpClient), options.maxBody ?? 64 * 1024 * 1024)
  const slots = Slots.make(connections)
  const build = Request.make(options, options.baseUrl, secrets)
  const decoders = new WeakMap<object, (body: unknown) => Result.Result<unknown, Reason>>()
  const decoderOf = (schema: Schema.ConstraintDecoder<unknown>) => {
    const known = decoders.get(schema)
    if (known !== undefined) return known
    const made = decoder(schema)
    decoders.set(schema, made)
    return made
  }

  /** One request and its answer, within the time-out. */
  const once = Effect.fnUntraced(function*(request: Request.ApiRequest, timeout: Duration.Input) {
    const usage = yield* Usage
    const asked = yield* Clock.currentTimeMillis
    return yield* slots.run(Effect.gen(function*() {
      const sent = yield* Clock.currentTimeMillis
      const result = yield* exchange(request).pipe(
        Effect.timeoutOrElse({
          duration: timeout,
          orElse: () => Effect.fail(new TimedOut({ millis: Duration.toMillis(timeout) }))
        }),
        Effect.result
      )
      const ended = yield* Clock.currentTimeMillis
      const told = Result.flatMap(result, (answer): Result.Result<Exchange.Answer | { json: unknown }, Reason> => {
        if (Exchange.redirected(request, answer) !== undefined) return Result.succeed(answer)
        return Result.map(read(request.route, answer, options.decode, ended), (json) => ({ json }))
      })
      const error = Result.isFailure(told) ? told.failure._tag : null
      usage({ resource: name, route: request.route, millis: ended - sent, waitMillis: sent - asked, error })
      return yield* Effect.fromResult(told)
    }))
  })

  const follow = (request: Request.ApiRequest, timeout: Duration.Input, left: number): Effect.Effect<unknown, Reason> =>
    Effect.flatMap(once(request, timeout), (told) => {
      if ("json" in told) return Effect.succeed(told.json)
      const next = Exchange.redirected(request, told)
      return next === undefined || left === 0
        ? Effect.fail(new Status({ status: told.status, head: "" }))
        : follow(next, timeout, left - 1)
    })

  const call = Effect.fnUntraced(function*(given: CallOptions<Routes> & { readonly schema?: Schema.ConstraintDecoder<unknown> }) {
    const { route } = given
    const subject = secrets.redact(given.subject ?? route)
    let tries = 0
    const fail = (reason: Reason, url: string) =>
      new ApiError({ api: name, route, subject, url, reason: redacted(reason, secrets.redact), tries })
    const built = Result.flatMap(build, (make) => make(given))
    if (Result.isFailure(built)) return yield* fail(built.failure, options.baseUrl)
    const request = built.success
    const { retry, timeout } = options.routes[route]
    for (;;) {
      tries++
      const result = yield* Effect.result(follow(request, timeout ?? options.timeout ?? "30 seconds", maxRedirects))
      const value = given.schema === undefined ? result : Result.flatMap(result, decoderOf(given.schema))
      if (Result.isSuccess(value)) return value.success
      const wait = Retrying.delay(retry ?? options.retry ?? Retrying.standard, tries, value.failure, yield* Random.next)
      if (wait === undefined) return yield* fail(value.failure, request.shown)
      yield* Effect.sleep(wait)
    }
  })

  // The value's type is that of the schema, which `decoderOf` has read it by.
  return { name, call: call as Api<Routes>["call"] }
})
