/** The API that takes records, one with each call: limited, retried, and waited for while it is down. */
import { Context, Duration, Effect, Layer, Schema, Scope } from "effect"
import { Notices } from "../../engine/definition/Notice.ts"
import { Usage } from "../../engine/definition/Usage.ts"
import { LimitStore } from "../../engine/limit/LimitStore.ts"
import * as RateLimit from "../../engine/limit/RateLimit.ts"
import * as Api from "../api/Api.ts"
import type { ApiError } from "../api/ApiError.ts"
import { outcomeOf } from "../api/Breaker.ts"
import * as HealthCheck from "./HealthCheck.ts"
import { SettingsError } from "./Setting.ts"
import * as Settings from "./Settings.ts"
import { type StandIn, StandIns } from "./Source.ts"

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

/** The circuit breaker between the records and the API. */
export interface BreakerStatus {
  readonly state: "Closed" | "Open" | "HalfOpen"
  /** How often it has opened. */
  readonly trips: number
  readonly changedAt: Date | undefined
}

/** The annotation of lines that the API's calls log. */
export const logAnnotation = "client"

/** Further tries of a record whose try failed in a way that may pass. */
export const retries = 3

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
      reaches: reachesSeconds === undefined ? undefined : Duration.seconds(reachesSeconds)
    })],
    routes: { process: {} },
    retry: { times: retries, base: Duration.seconds(settings.retryBaseSeconds) },
    breaker: { failures: breaker.failures, cooldown: Duration.seconds(breaker.cooldownSeconds) },
    ...(auth === undefined ? {} : { auth })
  })
  const health = yield* HealthCheck.make(settings.health ?? healthOf(endpoint), auth)
  return { settings, api, health }
})

const make = Effect.gen(function*() {
  const scope = yield* Scope.Scope
  const limits = yield* LimitStore
  const standIns = yield* StandIns
  // Settings are looked at when records are sent, and not by every command of the deployment.
  const opened = yield* Effect.cached(
    open(standIns).pipe(Effect.provideService(Scope.Scope, scope), Effect.provideService(LimitStore, limits))
  )

  let breaker: BreakerStatus = { state: "Closed", trips: 0, changedAt: undefined }

  const process = Effect.fnUntraced(function*({ id, key, record }: Outgoing): Effect.fn.Return<Outcome, SettingsError> {
    const { api, health } = yield* opened
    const told = yield* Usage
    const noticed = yield* Notices
    let [tries, millis, waitMillis] = [0, 0, 0]
    const call = api.call({
      route: "process",
      path: "",
      method: "POST",
      subject: `record ${id}`,
      body: record,
      idempotencyKey: key,
      schema: Schema.Json
    }).pipe(
      Effect.provideService(Usage, (one) => {
        tries++
        millis = one.millis
        waitMillis = one.waitMillis
        told(one)
      }),
      Effect.provideService(Notices, (notice) => {
        const { breaker: state } = notice
        if (state !== undefined) breaker = { state, trips: breaker.trips + (state === "Open" ? 1 : 0), changedAt: new Date() }
        noticed(notice)
      }),
      Effect.annotateLogs(logAnnotation, "bulk")
    )
    for (;;) {
      const result = yield* Effect.result(call)
      if (result._tag === "Success") return { _tag: "Processed", answer: result.success, tries, millis, waitMillis }
      const error = result.failure
      // No record is to blame for an API that is down or asked too often: it waits, and is sent again with the same key.
      if (error.reason._tag === "Limited") continue
      if (outcomeOf(error.reason) !== "outage" || (yield* health.isUp)) return { _tag: "Failed", error, tries, millis, waitMillis }
      yield* Effect.sleep(betweenChecks)
    }
  })

  return RecordApi.of({
    settings: Effect.map(opened, ({ settings }) => settings),
    health: Effect.flatMap(opened, ({ health }) => health.now),
    breaker: Effect.sync(() => breaker),
    process
  })
})

/** A record that waits for the API's return asks its health so often. */
const betweenChecks = "1 second"

export class RecordApi extends Context.Service<RecordApi, {
  /** Fails where a setting cannot be used, as do all others. */
  readonly settings: Effect.Effect<Settings.Settings, SettingsError>
  /** Asks the API whether it is up. */
  readonly health: Effect.Effect<HealthCheck.Health, ApiError | SettingsError>
  readonly breaker: Effect.Effect<BreakerStatus>
  /** Sends a record until its outcome is known: only the settings can make this fail. */
  readonly process: (outgoing: Outgoing) => Effect.Effect<Outcome, SettingsError>
}>()("resources/bulk/RecordApi") {
  static readonly layer: Layer.Layer<RecordApi, never, LimitStore> = Layer.effect(RecordApi, make)
}
