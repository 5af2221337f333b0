/** What the API answers to a record: any JSON that can be kept, which is decided before the record counts as processed. */
import { Schema } from "effect"

/** Schemas go through values by calling themselves: one of 5,000 levels is beyond the stack. */
const mostDepth = 500

const wrongText = (text: string): string | undefined =>
  text.includes("\0") ? "a NUL character, which Postgres cannot store" : text.isWellFormed() ? undefined : "half of a surrogate pair"

/** Why an answer cannot be kept; undefined: it can. */
const flaw = (value: unknown, depth = 0): string | undefined => {
  if (typeof value === "string") return wrongText(value)
  if (typeof value === "number") return Number.isFinite(value) ? undefined : "a number beyond the range of numbers"
  if (typeof value !== "object" || value === null) return undefined
  if (depth === mostDepth) return `more than ${mostDepth} levels of brackets`
  for (const [name, inner] of Object.entries(value)) {
    const found = wrongText(name) ?? flaw(inner, depth + 1)
    if (found !== undefined) return found
  }
  return undefined
}

const parsed = Schema.declare((value: unknown): value is Schema.Json => value !== undefined)

export const StorableJson = parsed.check(Schema.makeFilter<Schema.Json>((value) => {
  const found = flaw(value)
  return found === undefined ? undefined : `an answer that can be stored: it has ${found}`
}))
