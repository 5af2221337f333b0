/** Requests of an API: what is sent, and how it is shown. */
import { Redacted, Result } from "effect"
import { Setting } from "./ApiError.ts"
import * as Auth from "./Auth.ts"
import type { ApiOptions, CallOptions, HeaderValue, Query } from "./Options.ts"
import { hidden, reveal, type Secrets } from "./Secrets.ts"

export interface ApiRequest {
  readonly route: string
  readonly method: string
  readonly url: string
  /** The URL without secrets. */
  readonly shown: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | undefined
}

export type Build = (call: CallOptions<string>) => Result.Result<ApiRequest, Setting>

type Value = NonNullable<Query[string]>

/** `a=1&b=x%20y` */
const queryString = (queries: ReadonlyArray<Query | undefined>, text: (value: Value) => string): ReadonlyArray<string> =>
  queries.flatMap((query) => Object.entries(query ?? {})).flatMap(([name, value]) =>
    value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(text(value))}`]
  )

const withQuery = (url: URL, parts: ReadonlyArray<string>): string => {
  const own = url.search.slice(1)
  const search = (own === "" ? parts : [own, ...parts]).join("&")
  return `${url.origin}${url.pathname}${search === "" ? "" : `?${search}`}`
}

const show = (value: Value): string => Redacted.isRedacted(value) ? hidden : String(value)

/** Takes user and password out of a URL. */
const takeUser = (url: URL) => {
  const { password, username } = url
  url.username = ""
  url.password = ""
  return username === "" && password === ""
    ? undefined
    : Auth.basic(decodeURIComponent(username), Redacted.make(decodeURIComponent(password)))
}

const isHttp = (url: string) => /^https?:\/\//i.test(url)

/** Requests below `baseUrl`. Each secret that a request is given is added to `secrets`. */
export const make = (options: ApiOptions<string>, baseUrl: string, secrets: Secrets): Result.Result<Build, Setting> => {
  const { name } = options
  if (!isHttp(baseUrl) || !URL.canParse(baseUrl)) {
    return Result.fail(new Setting({ problem: `The base URL of the ${name} API is "${baseUrl}", which is not an http(s) URL.` }))
  }
  const base = new URL(baseUrl)
  const user = takeUser(base)
  const auth = options.auth ?? user
  const root = `${base.origin}${base.pathname}`.replace(/\/+$/, "")
  for (const secret of [...auth?.secrets ?? [], ...user?.secrets ?? []]) reveal(secrets, secret)
  const sent = (value: Value) => reveal(secrets, value)
  const headersOf = (headers: Readonly<Record<string, HeaderValue>> | undefined) =>
    Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), sent(value)] as const)
  const own = [
    ...headersOf(options.headers),
    ...(auth === undefined ? [] : [[auth.header, Redacted.value(auth.value)] as const])
  ]

  return Result.succeed((call) => {
    const text = isHttp(call.path) ? call.path : `${root}${/^[/?]|^$/.test(call.path) ? "" : "/"}${call.path}`
    if (!URL.canParse(text)) {
      const problem = `The path of a call of the ${name} API is "${secrets.redact(call.path)}", which makes no URL.`
      return Result.fail(new Setting({ problem }))
    }
    const url = new URL(text)
    takeUser(url)
    // What the API is given for itself is not for other hosts.
    const home = url.origin === base.origin
    const queries = [call.query, home ? options.query : undefined]
    return Result.succeed({
      route: call.route,
      method: call.method ?? "GET",
      url: withQuery(url, queryString(queries, sent)),
      shown: secrets.redact(withQuery(url, queryString(queries, show)).replaceAll(encodeURIComponent(hidden), hidden)),
      headers: Object.fromEntries([
        ["accept", "application/json"],
        ["accept-encoding", "gzip, deflate, br"],
        ["user-agent", "sluice/0.1"],
        ...(home ? own : []),
        ...(call.body === undefined ? [] : [["content-type", "application/json"] as const]),
        ...headersOf(call.headers),
        ...(call.idempotencyKey === undefined ? [] : [["idempotency-key", call.idempotencyKey] as const])
      ]),
      body: call.body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(call.body))
    })
  })
}
