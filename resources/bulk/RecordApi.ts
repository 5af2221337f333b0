/** The API that takes records, one or several with each call: limited, retried, and waited for while it is down. */
import { Context, Duration, Effect, Layer, Result, type Schema, Scope } from "effect"
import type { Call } from "../../engine/definition/Usage.ts"
import { LimitStore } from "../../engine/limit/LimitStore.ts"
import * as RateLimit from "../../engine/limit/RateLimit.ts"
import * as Api from "../api/Api.ts"
import type { ApiError } from "../api/ApiError.ts"
import { outcomeOf } from "../api/Breaker.ts"
import { StorableJson } from "./Storable.ts"
import * as Batch from "./Batch.ts"
import * as Gathering from "./Gathering.ts"
import * as HealthCheck from "./HealthCheck.ts"
import { SettingsError } from "./Setting.ts"
import * as Settings from "./Settings.ts"
import { type StandIn, StandIns } from "./Source.ts"

export { logAnnotation } from "../api/Api.ts"

/** A record on its way. */
export interface Outgoing {
  readonly id: string
  /** The same for every try of the record, in whatever process: the API does its work once for each key. */
  readonly key: string
  /** Sent as JSON. */
  readonly record: unknown
}

interface Tried {
  /** Requests that were made for it. */
  readonly tries: number
  /** Of the last one, from sending to the end of the answer. */
  readonly millis: number
  /** Of the last one, before it was sent: for a connection, the limit and the breaker. */
  readonly waitMillis: number
}

/** What became of a record. */
export type Outcome =
  | Tried & { readonly _tag: "Processed"; readonly answer: Schema.Json }
  /** The API refused it, or each try failed although the API is up. */
  | Tried & { readonly _tag: "Failed"; readonly error: ApiError }

/** Further tries of a record whose try failed in a way that may pass. */
export const retries = 3

/** A call that is not full is sent after so long, as the last ones of a file are. */
const lingerMillis = 10

/**
 * A pause of the process or of the API that is no longer than this is made up for: one to collect garbage takes 10 ms, one
 * while the database moves the rows of a chunk 50 to 200. With 0.06 an API at 5,000/s had 0.3 % of its calls unused for that
 * alone: slots that were free, with records and permits for them, waited for the even pace. With 0.25 and 0.5 more records
 * are on their way after a pause, and of six rounds with a million two had 252 and 257 MB.
 */
const pauseSeconds = 0.1

const refused = (message: string) => new SettingsError({ message })

/** `/health` below the endpoint, before its query where it has one. */
const healthOf = (endpoint: string): string => {
  const url = new URL(endpoint)
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/health`
  return url.href
}

const open = Effect.fnUntraced(function*(standIns: StandIn) {
  const settings = yield* Settings.read
  const standIn = yield* standIns.api(settings.endpoint)
  const endpoint = (standIn ?? settings.endpoint).replace(/\/+$/, "")
  if (!/^https?:\/\//i.test(endpoint) || !URL.canParse(endpoint)) {
    const message = `API_ENDPOINT is "${settings.endpoint}"; write the http(s) URL that records are sent to, or simulator.`
    return yield* refused(message)
  }
  const auth = settings.apiKey === undefined ? undefined : Api.bearer(settings.apiKey)
  const { breaker, rate, reachesSeconds } = settings
  const api = yield* Api.make({
    name: "bulk",
    title: "record",
    baseUrl: endpoint,
    connections: Settings.inFlight(settings),
    timeout: Duration.seconds(settings.timeoutSeconds),
    limits: [RateLimit.make("bulk", {
      calls: rate.calls,
      per: Duration.seconds(rate.seconds),
      // Calls of a burst are at the API later than one alone: not as soon as `reaches` may state.
      burst: reachesSeconds === undefined ? Math.max(1, Math.round(rate.calls / rate.seconds * pauseSeconds)) : 1,
      reaches: reachesSeconds === undefined ? undefined : Duration.seconds(reachesSeconds)
    })],
    routes: { process: {} },
    // A record that is not posted is not processed, whatever comes back.
    redirects: "unchanged",
    // What it answers is stored as it is.
    longNumbers: "kept",
    retry: { times: retries, base: Duration.seconds(settings.retryBaseSeconds) },
    breaker: { failures: breaker.failures, cooldown: Duration.seconds(breaker.cooldownSeconds) },
    ...(auth === undefined ? {} : { auth })
  })
  const health = yield* HealthCheck.make(settings.health ?? healthOf(endpoint), auth)
  /**
   * Calls until the API has said something about the records: none is to blame for one that is down, or asked too often.
   * `ended` makes of that what is given.
   */
  const call = <S extends Schema.ConstraintDecoder<unknown>, A>(
    given: (tried: (call: Call) => void) => Api.TypedCall<"process", S>,
    ended: (result: Result.Result<S["Type"], ApiError>, tried: Tried) => A
  ): Effect.Effect<A> =>
    Effect.suspend(() => {
      const all = { tries: 0, millis: 0, waitMillis: 0 }
      const one = api.call(given(({ millis, waitMillis }) => {
        all.tries++
        all.millis = millis
        all.waitMillis = waitMillis
      }))
      const calling: Effect.Effect<A> = Effect.matchEffect(one, {
        onSuccess: (answer) => Effect.succeed(ended(Result.succeed(answer), all)),
        onFailure: (error) => {
          if (error.reason._tag === "Limited") return calling
          const isEnd = Effect.sync(() => ended(Result.fail(error), all))
          if (outcomeOf(error.reason) !== "outage") return isEnd
          return Effect.flatMap(health.isUp, (isUp) => isUp ? isEnd : Effect.andThen(Effect.sleep(betweenChecks), calling))
        }
      })
      return calling
    })

  const post = { route: "process", path: "", method: "POST" } as const

  const alone = ({ id, key, record }: Outgoing): Effect.Effect<Outcome> =>
    call(
      (tried) => ({ ...post, tried, subject: `record ${id}`, body: record, idempotencyKey: key, schema: StorableJson }),
      (result, { millis, tries, waitMillis }): Outcome =>
        Result.isSuccess(result)
          ? { _tag: "Processed", answer: result.success, tries, millis, waitMillis }
          : { _tag: "Failed", error: result.failure, tries, millis, waitMillis }
    )

  const together = Gathering.make({
    size: settings.recordsPerCall,
    lingerMillis,
    settle: Batch.settle({
      call: (records) =>
        call((tried) => ({
          ...post,
          tried,
          subject: `${records.length} records from ${records[0]?.id} on`,
          body: Batch.bodyOf(records),
          schema: Batch.Answer,
          weight: rate.counts === "records" ? records.length : 1
        }), (result, tried) => ({ result, ...tried })),
      url: endpoint.replace(/[?#].*$/s, ""),
      retries,
      retryBaseSeconds: settings.retryBaseSeconds
    })
  })
  return { settings, api, health, process: settings.recordsPerCall === 1 ? alone : together }
})

const make = Effect.gen(function*() {
  const scope = yield* Scope.Scope
  const limits = yield* LimitStore
  const standIns = yield* StandIns
  // Settings are looked at when records are sent, and not by every command of the deployment.
  const opened = yield* Effect.cached(
    open(standIns).pipe(Effect.provideService(Scope.Scope, scope), Effect.provideService(LimitStore, limits))
  )

  return RecordApi.of({
    settings: Effect.map(opened, ({ settings }) => settings),
    health: Effect.flatMap(opened, ({ health }) => health.now),
    breaker: Effect.matchEffect(opened, { onFailure: () => Effect.succeed(untried), onSuccess: ({ api }) => api.breaker }),
    process: Effect.map(opened, ({ process }) => process)
  })
})

const untried: Api.BreakerStatus = { state: "Closed", trips: 0, changedAt: undefined }

/** A record that waits for the API's return asks its health so often. */
const betweenChecks = "1 second"

export class RecordApi extends Context.Service<RecordApi, {
  /** Fails where a setting cannot be used, as do all others. */
  readonly settings: Effect.Effect<Settings.Settings, SettingsError>
  /** Asks the API whether it is up. */
  readonly health: Effect.Effect<HealthCheck.Health, ApiError | SettingsError>
  /** The circuit breaker between the records and the API. */
  readonly breaker: Effect.Effect<Api.BreakerStatus>
  /** What sends a record until its outcome is known: only the settings can make this fail. */
  readonly process: Effect.Effect<(outgoing: Outgoing) => Effect.Effect<Outcome>, SettingsError>
}>()("resources/bulk/RecordApi") {
  static readonly layer: Layer.Layer<RecordApi, never, LimitStore> = Layer.effect(RecordApi, make)
}
