/** JSON as it stands in files and comes back exactly: in columns of JSON text, and where a schema knows no type. */
import { Schema } from "effect"
import { Refused } from "../format/FormatError.ts"
import { negativeZero } from "../format/json/Exact.ts"
import type { Kind } from "../format/Kind.ts"
import { shown } from "../warehouse/Refusal.ts"

const hasNegativeZero = (json: unknown): boolean =>
  typeof json === "object" && json !== null ? Object.values(json).some(hasNegativeZero) : Object.is(json, -0)

const mapped = (json: unknown, leaf: (value: unknown) => unknown): unknown =>
  Array.isArray(json)
    ? json.map((inner) => mapped(inner, leaf))
    : typeof json === "object" && json !== null
    ? Object.fromEntries(Object.entries(json).map(([key, inner]) => [key, mapped(inner, leaf)]))
    : leaf(json)

/** JSON.stringify writes 0 for -0. */
const signed = (json: unknown): unknown =>
  hasNegativeZero(json) ? mapped(json, (value) => Object.is(value, -0) ? negativeZero : value) : json

export const textOf = (json: unknown): string | undefined => JSON.stringify(signed(json))

const encode = Schema.encodeUnknownResult(Schema.toCodecJson(Schema.Unknown))

/** A value of no known type, as it is. Throws `Refused` for what is no JSON, and would come back as something else. */
export const checked = (value: unknown): unknown => {
  if (encode(value)._tag === "Failure") throw new Refused(`expected JSON value, found ${shown(value)}`)
  return value
}

/** A number of many digits is read as a bigint where no type is known; what was written was a number. */
export const numbers = (json: unknown): unknown => mapped(json, (value) => typeof value === "bigint" ? Number(value) : value)

/** Applies a function wherever a kind knows no type; undefined where it knows all of them. */
const untyped = (kind: Kind, f: (value: unknown) => unknown): ((value: unknown) => unknown) | undefined => {
  switch (kind.tag) {
    case "any":
      return f
    case "list": {
      const item = untyped(kind.item.kind, f)
      return item && ((value) => Array.isArray(value) ? value.map((inner: unknown) => item(inner)) : value)
    }
    case "struct": {
      const fields = kind.fields.map(({ key, kind }) => ({ key, isAny: kind.tag === "any", within: untyped(kind, f) }))
      if (fields.every(({ within }) => within === undefined)) return undefined
      return (value) => {
        if (typeof value !== "object" || value === null) return value
        // One that is not there is a fault, unlike a member that may be missing.
        const there = fields.filter(({ isAny, key }) => isAny || key in value)
        return Object.fromEntries(there.map(({ key, within }) => {
          const inner: unknown = Reflect.get(value, key)
          return [key, within === undefined ? inner : within(inner)]
        }))
      }
    }
    default:
      return undefined
  }
}

/** Checks the parts of no known type. Throws `Refused`. */
export const checker = (kind: Kind) => untyped(kind, checked)

/** What is written of a value with parts of no known type. Throws `Refused`. */
export const writer = (kind: Kind) => untyped(kind, (value) => signed(checked(value)))

/** And back. */
export const reader = (kind: Kind) => untyped(kind, numbers)
