/** Secrets of channels: given as they are, or read from the settings when they are needed. */
import { Config, Effect, Redacted } from "effect"
import { NotDelivered } from "../../engine/hook/Hook.ts"
import * as Secrets from "../api/Secrets.ts"

/** A secret, or the setting that holds it: `Config.Redacted("SLACK_URL")`. */
export type Secret = Redacted.Redacted | Config.Config<Redacted.Redacted>

/** The value; `what` completes "… of this hook is not set". */
export const reveal = (secret: Secret, what: string): Effect.Effect<string, NotDelivered> =>
  Redacted.isRedacted(secret) ? Effect.succeed(Redacted.value(secret)) : Effect.matchEffect(secret, {
    onFailure: (error) => Effect.fail(new NotDelivered({ message: `${what} is not set: ${nameOf(error.message)}`, transient: false })),
    onSuccess: (value) => Effect.succeed(Redacted.value(value))
  })

/** Errors of settings name the setting at their end, and nothing of its value where it is redacted. */
const nameOf = (message: string): string => message.replaceAll(/\s+/g, " ").trim().replace(/\.?$/, ".")

/** Takes these secrets, and the longer parts of those that are URLs, out of texts. */
export const hiding = (...secrets: ReadonlyArray<string>): ((text: string) => string) => {
  const known = Secrets.make()
  for (const secret of secrets.flatMap(partsOf)) known.add(secret)
  return known.redact
}

/** Shorter parts of a path are words of any sentence. */
const leastPart = 6

/** A URL and what of it may be a secret by itself. */
export const partsOf = (secret: string): ReadonlyArray<string> => {
  if (!URL.canParse(secret)) return [secret]
  const { password, pathname, search, searchParams } = new URL(secret)
  const segments = pathname.split("/")
  const ends = segments.map((_, from) => segments.slice(from).join("/"))
  const parts = [...segments, ...ends, ...searchParams.values(), search].filter((part) => part.length >= leastPart)
  return [secret, ...parts, ...(password === "" ? [] : [password, decoded(password)])]
}

export const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
