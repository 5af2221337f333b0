/** A connection URL of Postgres, taken apart and put together without ever repeating its password. */
import { Effect, Redacted } from "effect"
import { userInfo } from "node:os"
import { type Address, DatabaseSettingInvalid } from "./DatabaseError.ts"

const sslModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]

/** What a URL says. `host` is a folder when it begins with "/": the server is then reached by its socket there. */
export interface Parts extends Address {
  readonly username: string
  readonly password: Redacted.Redacted<string> | undefined
  readonly sslMode: string | undefined
}

const decode = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** The operating system's name of this user: Postgres' default for user and database. */
export const systemUser = (): string => {
  try {
    return userInfo().username
  } catch {
    // A user id without a name, as containers often have.
    return "postgres"
  }
}

const shape = "postgres://user:password@host:5432/database"
const encoding = "characters such as @ : / ? # % in the user or the password must be percent-encoded"

// Not `new URL` alone: for postgres://me:12/34@host/db it finds the host "me", the port 12 and the database
// "34@host/db", and the password would be in the next message.
const authorityIsWhole = (raw: string): boolean => {
  const rest = raw.replace(/^[a-z]+:\/\//i, "")
  const end = rest.search(/[/?#]/)
  return end < 0 || !rest.slice(end).includes("@")
}

/**
 * Takes a URL apart. `setting` is the variable it came from, for the sentence about a URL that cannot be used.
 * Defaults as in libpq: port 5432, the system's user, the database named like the user; the host is localhost.
 */
export const parse = (
  url: Redacted.Redacted<string>,
  setting: string
): Effect.Effect<Parts, DatabaseSettingInvalid> =>
  Effect.suspend(() => {
    const invalid = (detail: string) => Effect.fail(new DatabaseSettingInvalid({ setting, detail }))
    const raw = Redacted.value(url).trim()
    if (!/^postgres(ql)?:\/\//i.test(raw)) return invalid(`must be a Postgres URL such as ${shape}`)
    if (!authorityIsWhole(raw) || !URL.canParse(raw)) {
      return invalid(`is not a valid Postgres URL; it should look like ${shape}, and ${encoding}`)
    }
    const parsed = new URL(raw)
    const query = parsed.searchParams
    const username = decode(parsed.username)
    const password = decode(parsed.password)
    const path = decode(parsed.pathname.slice(1))
    const hostname = decode(parsed.hostname.replace(/^\[(.*)\]$/, "$1"))
    if (username === undefined || password === undefined || path === undefined || hostname === undefined) {
      return invalid(`has a "%" that does not begin a code such as %40; ${encoding}`)
    }
    if (parsed.hash !== "") return invalid(`has a "#" in it; ${encoding}`)
    const sslMode = query.get("sslmode") ?? undefined
    if (sslMode !== undefined && !sslModes.includes(sslMode)) {
      return invalid(`has an unknown sslmode; it must be one of ${sslModes.join(", ")}`)
    }
    const port = Number(query.get("port") ?? (parsed.port || "5432"))
    if (!Number.isInteger(port) || port < 1 || port > 65535) return invalid("has a port outside 1 to 65535")
    const timeout = query.get("connect_timeout")
    if (timeout !== null && !/^\d+$/.test(timeout)) return invalid("has a connect_timeout that is no count of seconds")
    const user = query.get("user") ?? (username || systemUser())
    const secret = query.get("password") ?? (password || undefined)
    return Effect.succeed({
      host: query.get("host") ?? (hostname || "localhost"),
      port,
      database: query.get("dbname") ?? (path || user),
      username: user,
      password: secret === undefined ? undefined : Redacted.make(secret),
      sslMode
    })
  })

/** Puts a URL together from its parts. */
export const format = (parts: Parts): Redacted.Redacted<string> => {
  const socket = parts.host.startsWith("/")
  const host = socket ? "localhost" : parts.host.includes(":") ? `[${parts.host}]` : encodeURIComponent(parts.host)
  const secret = parts.password === undefined ? "" : `:${encodeURIComponent(Redacted.value(parts.password))}`
  const query = new URLSearchParams({
    ...(socket ? { host: parts.host } : {}),
    ...(parts.sslMode === undefined ? {} : { sslmode: parts.sslMode })
  }).toString()
  return Redacted.make(
    `postgres://${encodeURIComponent(parts.username)}${secret}@${host}:${parts.port}/` +
      `${encodeURIComponent(parts.database)}${query === "" ? "" : `?${query}`}`
  )
}
