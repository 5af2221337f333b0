/** From the source of an API to how its requests are answered. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Duration, Effect, Redacted, type Scope } from "effect"
import { type NotRecorded, Setting } from "./ApiError.ts"
import * as Exchange from "./Exchange.ts"
import type { ApiOptions } from "./Options.ts"
import { record } from "./Recording.ts"
import { longestTimer } from "./Receiver.ts"
import { replay } from "./Replay.ts"
import { withoutUser } from "./Request.ts"
import type { Secrets } from "./Secrets.ts"
import * as Source from "./Source.ts"

/** Of one try. */
export const standardTimeout = "30 seconds"

/**
 * No connection is tried for longer than calls wait: where nobody answers, the kernel asks ever less often, and calls that
 * come when the host is back would wait for a connection of the time when it was away.
 */
const connectTimeout = ({ routes, timeout = standardTimeout }: ApiOptions<string>): number =>
  Math.min(
    Math.max(...[timeout, ...Object.values(routes).map((route) => route.timeout ?? timeout)].map((time) => Duration.toMillis(time))),
    longestTimer
  )

export interface Transport {
  /** What paths are appended to. */
  readonly baseUrl: string
  /** Nothing is asked over the network: there is nobody to be limited for. */
  readonly offline: boolean
  readonly exchange: Exchange.Exchange<Exchange.ExchangeProblem | NotRecorded | Setting>
}

/** The source that the options name, or else the setting. */
const sourceOf = (options: ApiOptions<string>): Effect.Effect<Source.Source, Setting> =>
  options.source !== undefined ? Effect.succeed(options.source) : Effect.flatMap(Source.setting(options.name), (text) => {
    const source = text === "" ? Source.live : Source.parse(text)
    if (source !== undefined) return Effect.succeed(source)
    return Effect.fail(new Setting({ problem: `${Source.settingOf(options.name)} is "${withoutUser(text)}"; write ${Source.words}.` }))
  })

const of = (
  source: Source.Source,
  options: ApiOptions<string>,
  connections: number,
  secrets: Secrets
): Effect.Effect<Transport, Setting, Scope.Scope> => {
  switch (source._tag) {
    case "Live":
    case "At":
      // Each API has its own connections.
      return Effect.map(NodeHttpClient.makeDispatcherOptions({ connections, connect: { timeout: connectTimeout(options) } }), (dispatcher) => ({
        baseUrl: source._tag === "At" ? source.url : options.baseUrl,
        offline: false,
        exchange: Exchange.live({ dispatcher, maxBody: options.maxBody ?? 64 * 1024 * 1024, redact: secrets.redact })
      }))
    case "Replay": {
      const isSecret = (name: string) => Redacted.isRedacted(options.query?.[name])
      return Effect.map(replay(source.folder, isSecret), (exchange) => ({ baseUrl: options.baseUrl, offline: true, exchange }))
    }
    case "Record":
      return Effect.map(of(source.from, options, connections, secrets), (transport) => ({
        ...transport,
        exchange: record(transport.exchange, source.folder, secrets)
      }))
  }
}

/** The transport that the source of the API means. One that cannot be had is told by each call. */
export const make = (options: ApiOptions<string>, connections: number, secrets: Secrets): Effect.Effect<Transport, never, Scope.Scope> =>
  Effect.flatMap(sourceOf(options), (source) => of(source, options, connections, secrets)).pipe(
    Effect.catch((setting) => Effect.succeed({ baseUrl: options.baseUrl, offline: true, exchange: Exchange.of(() => Effect.fail(setting)) }))
  )
