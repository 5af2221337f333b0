/** Requests of an API: what is sent, and how it is shown. */
import { Redacted, Result } from "effect"
import { Setting } from "./ApiError.ts"
import * as Auth from "./Auth.ts"
import type { ApiOptions, CallOptions, HeaderValue, Query } from "./Options.ts"
import { hidden, remember, reveal, type Secrets } from "./Secrets.ts"

export interface ApiRequest {
  readonly route: string
  readonly method: string
  readonly url: string
  /** The URL without secrets. */
  readonly shown: string
  /** `shown` below the declared base URL, also where another server is asked in its place: recordings know it by this. */
  readonly canonical: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | undefined
  /** The body without secrets; "": there is none. */
  readonly shownBody: string
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

const hiddenInUrl = encodeURIComponent(hidden)

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

/** A text that may be meant as a URL, without a user and a password before its host. */
export const withoutUser = (text: string): string => text.replace(/\/\/\S*@/, `//${hidden}@`)

const isHttp = (url: string) => /^https?:\/\//i.test(url)

const rootOf = (url: URL) => `${url.origin}${url.pathname}`.replace(/\/+$/, "")

/** Whether a URL is the root, or below it. */
const isBelow = (url: string, root: string) => url.startsWith(root) && (url.length === root.length || "/?#".includes(url[root.length]!))

/** Whether something may be redacted in it: a body without is JSON in half the time. */
const mayHide = (value: unknown): boolean =>
  typeof value === "object" && value !== null &&
  (Redacted.isRedacted(value) || "toJSON" in value || Object.values(value).some(mayHide))

/** A body as JSON; what is redacted in it is revealed. */
const toJson = (body: unknown, secrets: Secrets): string => {
  if (!mayHide(body)) return JSON.stringify(body) ?? "null"
  const reveals = function(this: unknown, key: string, value: unknown): unknown {
    // `value` is what toJSON made of it.
    const raw: unknown = typeof this === "object" && this !== null ? Object.getOwnPropertyDescriptor(this, key)?.value : undefined
    return Redacted.isRedacted(raw) ? remember(secrets, raw) : value
  }
  return JSON.stringify(body, reveals) ?? "null"
}

/** Requests below `baseUrl`. Each secret that a request is given is added to `secrets`. */
export const make = (options: ApiOptions<string>, baseUrl: string, secrets: Secrets): Result.Result<Build, Setting> => {
  const { name } = options
  if (!isHttp(baseUrl) || !URL.canParse(baseUrl)) {
    return Result.fail(new Setting({ problem: `The base URL of the ${name} API is "${withoutUser(baseUrl)}", which is not an http(s) URL.` }))
  }
  const base = new URL(baseUrl)
  const user = takeUser(base)
  const auth = options.auth ?? user
  const root = rootOf(base)
  const declared = URL.canParse(options.baseUrl) ? rootOf(new URL(options.baseUrl)) : root
  for (const secret of [...auth?.secrets ?? [], ...user?.secrets ?? []]) reveal(secrets, secret)
  const sent = (value: Value) => reveal(secrets, value)
  const headersOf = (headers: Readonly<Record<string, HeaderValue>> | undefined) =>
    Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), sent(value)] as const)
  const own = [
    ...headersOf(options.headers),
    ...(auth === undefined ? [] : [[auth.header, Redacted.value(auth.value)] as const])
  ]
  for (const value of Object.values(options.query ?? {})) if (Redacted.isRedacted(value)) remember(secrets, value)
  secrets.keep()
  const below = (path: string): string => {
    if (!isHttp(path)) return `${root}${/^[/?]|^$/.test(path) ? "" : "/"}${path}`
    return isBelow(path, declared) ? `${root}${path.slice(declared.length)}` : path
  }

  return Result.succeed((call) => {
    const text = below(call.path)
    if (!URL.canParse(text)) {
      const problem = `The path of a call of the ${name} API is "${secrets.redact(call.path)}", which makes no URL.`
      return Result.fail(new Setting({ problem }))
    }
    const url = new URL(text)
    takeUser(url)
    // What the API is given for itself is not for other hosts.
    const home = url.origin === base.origin
    const queries = [call.query, home ? options.query : undefined]
    const json = call.body === undefined ? undefined : toJson(call.body, secrets)
    const headers = Object.fromEntries([
      ["accept", "application/json"],
      ["accept-encoding", "gzip, deflate, br"],
      ["user-agent", "sluice/0.1"],
      ...(home ? own : []),
      ...(json === undefined ? [] : [["content-type", "application/json"] as const]),
      ...headersOf(call.headers),
      ...(call.idempotencyKey === undefined ? [] : [["idempotency-key", call.idempotencyKey] as const])
    ])
    const real = withQuery(url, queryString(queries, sent))
    const shown = secrets.redact(withQuery(url, queryString(queries, show)).replaceAll(hiddenInUrl, hidden))
    return Result.succeed({
      route: call.route,
      method: call.method ?? "GET",
      url: real,
      shown,
      canonical: isBelow(shown, root) ? `${declared}${shown.slice(root.length)}` : shown,
      headers,
      body: json === undefined ? undefined : new TextEncoder().encode(json),
      shownBody: json === undefined ? "" : secrets.redact(json)
    })
  })
}
