/** What must never be shown: the secrets of an API, and texts with them taken out. */
import { Redacted } from "effect"

/** Stands in the place of a secret. */
export const hidden = "<redacted>"

export interface Secrets {
  /** Adds a secret; the empty text is none. */
  readonly add: (secret: string) => void
  /** The text without any secret, be it written as it is, as in a URL, as in JSON or as base64. */
  readonly redact: (text: string) => string
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")

/** Percent signs may be followed by small or by capital letters, and spaces are written in two ways. */
const forms = (secret: string): ReadonlyArray<string> => {
  const encoded = encodeURIComponent(secret)
  return [
    secret,
    encoded,
    encoded.replaceAll("%20", "+"),
    encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()),
    new URLSearchParams({ s: secret }).toString().slice(2),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString("base64"),
    Buffer.from(secret).toString("base64url")
  ]
}

export const make = (): Secrets => {
  const known = new Set<string>()
  let pattern: RegExp | undefined
  return {
    add: (secret) => {
      if (secret === "" || known.has(secret)) return
      for (const form of forms(secret)) known.add(form)
      // The longest first: a secret may be part of another one.
      const parts = [...known].sort((a, b) => b.length - a.length).map(escaped)
      pattern = new RegExp(parts.join("|"), "g")
    },
    redact: (text) => pattern === undefined ? text : text.replace(pattern, hidden)
  }
}

/** The value of a redacted one, which is remembered as a secret. */
export const remember = (secrets: Secrets, redacted: Redacted.Redacted<unknown>): unknown => {
  const value = Redacted.value(redacted)
  secrets.add(typeof value === "string" ? value : JSON.stringify(value) ?? "")
  return value
}

/** A value as it is sent. */
export const reveal = (secrets: Secrets, value: string | number | boolean | Redacted.Redacted): string =>
  String(Redacted.isRedacted(value) ? remember(secrets, value) : value)
