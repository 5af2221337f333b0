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
  /** The URL in two: `https://host:port`, and what stands after it. */
  readonly origin: string
  readonly target: string
  /** The URL without secrets. */
  readonly shown: string
  /** `shown` below the declared base URL, also where another server is asked in its place: recordings know it by this. */
  readonly canonical: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | undefined
  /** The body without secrets; "": there is none. Recordings alone ask for it. */
  readonly shownBody: () => string
}

export type Build = (call: CallOptions<string>) => Result.Result<ApiRequest, Setting>

type Value = NonNullable<Query[string]>

/** `a=1&b=x%20y` */
const queryString = (queries: ReadonlyArray<Query | undefined>, text: (value: Value) => string): ReadonlyArray<string> =>
  queries.flatMap((query) => Object.entries(query ?? {})).flatMap(([name, value]) =>
    value === undefined ? [] : [`${encodeURIComponent(name)}=${encodeURIComponent(text(value))}`]
  )

/** What stands after the origin of a URL, with a longer query. */
const targetOf = (url: URL, parts: ReadonlyArray<string>): string => {
  const own = url.search.slice(1)
  const search = (own === "" ? parts : [own, ...parts]).join("&")
  return `${url.pathname}${search === "" ? "" : `?${search}`}`
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

/** What a redacted value is as JSON begins so. */
const redactedMark = JSON.stringify(Redacted.make("")).slice(1, -2)

/** A body as JSON; what is redacted in it is revealed. */
const toJson = (body: unknown, secrets: Secrets): string => {
  const json = JSON.stringify(body) ?? "null"
  // To look for the mark takes a tenth of the time of a replacer.
  if (!json.includes(redactedMark)) return json
  const reveals = function(this: unknown, key: string, value: unknown): unknown {
    // `value` is what toJSON made of it.
    const raw: unknown = typeof this === "object" && this !== null ? Object.getOwnPropertyDescriptor(this, key)?.value : undefined
    return Redacted.isRedacted(raw) ? remember(secrets, raw) : value
  }
  return JSON.stringify(body, reveals) ?? "null"
}

/** A URL that is asked, from path and query of a call. */
interface Place {
  /** It is of the API's own host. */
  readonly home: boolean
  readonly url: string
  readonly origin: string
  readonly target: string
  /** Redacted values are hidden; other secrets may stand in it. */
  readonly shown: string
}

type Headers = Readonly<Record<string, string>>

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
  const own = Object.fromEntries([
    ...headersOf(options.headers),
    ...(auth === undefined ? [] : [[auth.header, Redacted.value(auth.value)] as const])
  ])
  const foreignHeaders: Headers = { accept: "application/json", "accept-encoding": "gzip, deflate, br", "user-agent": "sluice/0.1" }
  const homeHeaders: Headers = { ...foreignHeaders, ...own }
  for (const value of Object.values(options.query ?? {})) if (Redacted.isRedacted(value)) remember(secrets, value)
  secrets.keep()
  const below = (path: string): string => {
    if (!isHttp(path)) return `${root}${/^[/?]|^$/.test(path) ? "" : "/"}${path}`
    return isBelow(path, declared) ? `${root}${path.slice(declared.length)}` : path
  }

  const placeOf = (path: string, query: Query | undefined): Place | undefined => {
    const text = below(path)
    if (!URL.canParse(text)) return undefined
    const url = new URL(text)
    takeUser(url)
    const home = url.origin === base.origin
    // What the API is given for itself is not for other hosts.
    const queries = [query, home ? options.query : undefined]
    const target = targetOf(url, queryString(queries, sent))
    const shown = `${url.origin}${targetOf(url, queryString(queries, show))}`.replaceAll(hiddenInUrl, hidden)
    return { home, url: `${url.origin}${target}`, origin: url.origin, target, shown }
  }

  // Records are all sent to one path: its URL is taken apart once.
  let last: { readonly path: string; readonly place: Place } | undefined
  const placeAgain = ({ path, query }: CallOptions<string>): Place | undefined => {
    if (query !== undefined) return placeOf(path, query)
    if (last?.path === path) return last.place
    const place = placeOf(path, query)
    if (place !== undefined) last = { path, place }
    return place
  }

  return Result.succeed((call) => {
    const place = placeAgain(call)
    if (place === undefined) {
      const problem = `The path of a call of the ${name} API is "${secrets.redact(call.path)}", which makes no URL.`
      return Result.fail(new Setting({ problem }))
    }
    const json = call.body === undefined ? undefined : toJson(call.body, secrets)
    const headers: Record<string, string> = { ...(place.home ? homeHeaders : foreignHeaders) }
    if (json !== undefined) headers["content-type"] = "application/json"
    if (call.headers !== undefined) for (const [name, value] of headersOf(call.headers)) headers[name] = value
    if (call.idempotencyKey !== undefined) headers["idempotency-key"] = call.idempotencyKey
    const shown = secrets.redact(place.shown)
    return Result.succeed({
      route: call.route,
      method: call.method ?? "GET",
      url: place.url,
      origin: place.origin,
      target: place.target,
      shown,
      canonical: isBelow(shown, root) ? `${declared}${shown.slice(root.length)}` : shown,
      headers,
      body: json === undefined ? undefined : Buffer.from(json),
      shownBody: () => json === undefined ? "" : secrets.redact(json)
    })
  })
}
