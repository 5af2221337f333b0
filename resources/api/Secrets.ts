/** What must never be shown: the secrets of an API, and texts with them taken out. */
import { Redacted } from "effect"

/** Stands in the place of a secret. */
export const hidden = "<redacted>"

export interface Secrets {
  /** Adds a secret; the empty text is none. */
  readonly add: (secret: string) => void
  /** What was added until now is never forgotten; of what calls add, the last hundred are remembered. */
  readonly keep: () => void
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

/** Calls may each have a secret of their own, such as the token of a user. */
const mostOfCalls = 100

export const make = (): Secrets => {
  const kept = new Map<string, ReadonlyArray<string>>()
  const ofCalls = new Map<string, ReadonlyArray<string>>()
  let pattern: RegExp | undefined
  return {
    add: (secret) => {
      if (secret === "" || kept.has(secret) || ofCalls.has(secret)) return
      ofCalls.set(secret, forms(secret))
      const [oldest] = ofCalls.keys()
      if (ofCalls.size > mostOfCalls && oldest !== undefined) ofCalls.delete(oldest)
      // The longest first: a secret may be part of another one.
      const parts = [...kept.values(), ...ofCalls.values()].flat().sort((a, b) => b.length - a.length)
      pattern = new RegExp(parts.map(escaped).join("|"), "g")
    },
    keep: () => {
      for (const [secret, written] of ofCalls) kept.set(secret, written)
      ofCalls.clear()
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
