/** A JSON value ↔ a value of the schema, by its kind. */
import { BigDecimal, DateTime } from "effect"
import { isPlainDate, numericPattern } from "../../warehouse/Scalar.ts"
import * as Digits from "../Digits.ts"
import { Refused, refuse, shown } from "../FormatError.ts"
import { type Field, type Kind, named, type Slot } from "../Kind.ts"
import * as Moment from "../Moment.ts"
import { setAbsent } from "../Shape.ts"
import * as Exact from "./Exact.ts"
import { elementsOf, sourceOf } from "./Source.ts"

/** `source` is the text of the value, for numbers that a JavaScript number cannot hold. */
export type FromJson = (value: unknown, source?: string) => unknown

const notFinite: ReadonlyMap<unknown, number> = new Map([["NaN", Number.NaN], ["Infinity", Infinity], ["-Infinity", -Infinity]])

/** `source`: of a number, whose digits may be more than the value tells. */
const wrong = (kind: Kind, value: unknown, source?: string): never =>
  refuse(`expected ${named(kind)}, found ${typeof value === "number" && source !== undefined ? source.trim().slice(0, 80) : shown(value)}`)

/** The digits of a number as they stand in the file: a value of 12.50 or 2^60 is more than JSON.parse tells. -0 is 0. */
const digits = (value: unknown, source: string | undefined): string | undefined =>
  typeof value === "string" ? value : typeof value === "number" ? (source?.trim() ?? String(value)).replace(/^-(?=0(\.0*)?$)/, "") : undefined

/** Whether a number that was read as a whole one is written as one: 0.99999999999999999999 is not 1. */
const isWhole = (source: string | undefined): boolean => {
  if (source === undefined || /^\s*-?\d+(?:\.0+)?\s*$/.test(source)) return true
  const exact = Digits.parse(source.trim())
  return exact !== undefined && BigDecimal.normalize(exact).scale <= 0
}

/** JSON → value. Throws `Refused`. */
export const fromJson = (kind: Kind): FromJson => {
  switch (kind.tag) {
    case "any":
      return (value, source) => source !== undefined && Exact.mayBeLong(source) ? Exact.parse(source) : value
    case "text":
      return (value) => (typeof value === "string" ? value : wrong(kind, value))
    case "integer":
      return (value, source) => (Number.isSafeInteger(value) && isWhole(source) ? value : wrong(kind, value, source))
    case "finite":
      return (value) => (typeof value === "number" && Number.isFinite(value) ? value : wrong(kind, value))
    case "number":
      return (value) => (typeof value === "number" && Number.isFinite(value) ? value : notFinite.get(value) ?? wrong(kind, value))
    case "boolean":
      return (value) => (typeof value === "boolean" ? value : wrong(kind, value))
    case "bigint":
      return (value, source) => {
        const whole = /^(-?\d+)(?:\.0+)?$/.exec(digits(value, source) ?? "")?.[1]
        return whole === undefined ? wrong(kind, value, source) : BigInt(whole)
      }
    case "decimal":
      return (value, source) => {
        const text = digits(value, source)
        return (text === undefined ? undefined : Digits.parse(text)) ?? wrong(kind, value)
      }
    case "numeric":
      return (value, source) => {
        const text = digits(value, source)
        return text !== undefined && numericPattern.test(text) ? text : wrong(kind, value)
      }
    case "day":
      return (value) => (typeof value === "string" && isPlainDate(value) ? value : wrong(kind, value))
    case "instant":
      return (value) => (typeof value === "string" ? new Date(Moment.parse(value, undefined)) : wrong(kind, value))
    case "utc":
      return (value) => (typeof value === "string" ? DateTime.makeUnsafe(Moment.parse(value, undefined)) : wrong(kind, value))
    case "bytes":
      return (value) => {
        const bytes = Buffer.from(typeof value === "string" ? value : wrong(kind, value), "base64")
        // Node passes over what is none of it.
        return bytes.toString("base64") === value ? new Uint8Array(bytes) : wrong(kind, value)
      }
    case "list": {
      const item = slotFromJson(kind.item)
      const wants = wanted(kind)
      return (value, source) => {
        if (!Array.isArray(value)) return wrong(kind, value)
        const list: ReadonlyArray<unknown> = value
        const sources = source !== undefined && wants(value, source) ? elementsOf(source) : []
        return list.map((inner, i) => at(`[${i}]`, () => item(inner, sources[i])))
      }
    }
    case "struct": {
      const read = structFromJson(kind.fields)
      return (value, source) => {
        return isObject(value) ? read(value, source) : wrong(kind, value)
      }
    }
    case "other":
      return (value, source) => kind.decode(source !== undefined && Exact.mayBeLong(source) ? Exact.parseStrictly(source) : value)
  }
}

const at = (path: string, f: () => unknown): unknown => {
  try {
    return f()
  } catch (error) {
    throw error instanceof Refused ? new Refused(`at ${path}: ${error.message}`) : error
  }
}

/** Whether a number of it can be more than JSON.parse tells. */
export const needsSource = (kind: Kind): boolean => {
  switch (kind.tag) {
    case "integer":
    case "bigint":
    case "decimal":
    case "numeric":
      return true
    default:
      return below(kind).some(needsSource)
  }
}

const below = (kind: Kind): ReadonlyArray<Kind> =>
  kind.tag === "list" ? [kind.item.kind] : kind.tag === "struct" ? kind.fields.map((field) => field.kind) : []

/** Whether a part of it has no known type, so that what JSON.parse makes of a long number is not noticed. */
export const isLoose = (kind: Kind): boolean => kind.tag === "any" || kind.tag === "other" || below(kind).some(isLoose)

export const slotFromJson = (slot: Slot): FromJson => {
  const read = fromJson(slot.kind)
  return (value, source) => {
    if (value === null && slot.nullable) return slot.null ? null : undefined
    const result = read(value, source)
    slot.check?.(result)
    return result
  }
}

/** Where no type is known: it may be a number that JSON.parse has rounded, or hold one. */
const inexact = (value: unknown): boolean =>
  typeof value === "number" ? !Number.isSafeInteger(value) : typeof value === "object" && value !== null

/** In it is a number with a point, an exponent or many digits, of which JSON.parse may have made another one. */
const mayRound = (source: string): boolean => /\d[.eE]|\d{16}/.test(source)

/** Whether to look for the value's own text in that of all. */
export const wanted = (kind: Kind): ((value: unknown, source: string | undefined) => boolean) => {
  const isNumeric = (value: unknown) => typeof value === "number" || (typeof value === "object" && value !== null)
  if (needsSource(kind)) return (value, source) => isNumeric(value) && source !== undefined && mayRound(source)
  return isLoose(kind) ? (value, source) => inexact(value) && source !== undefined && Exact.mayBeLong(source) : () => false
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A member of an object, undefined where there is none: not what objects inherit. */
export const member = (key: string): (object: Readonly<Record<string, unknown>>) => unknown =>
  key in Object.prototype
    ? (object) => (Object.hasOwn(object, key) ? object[key] : undefined)
    : (object) => object[key]

/** Sets one property of a record from a member of a JSON object of that or another name. */
export const setter = (field: Field, name: string) => {
  const read = slotFromJson(field)
  const get = member(name)
  const wants = wanted(field.kind)
  const { key, optional } = field
  // A key that may be missing may be null in the file.
  const nulls = optional && !field.null
  return (record: Record<string, unknown>, object: Readonly<Record<string, unknown>>, source: string | undefined): void => {
    const value = get(object)
    if (value === undefined) {
      if (!optional) setAbsent(record, field)
      return
    }
    if (nulls && value === null) return
    record[key] = wants(value, source) ? read(value, sourceOf(source, name)) : read(value)
  }
}

/** A member of a JSON object → the property of a record that has to be there; undefined stands for no member. */
export const memberReader = (field: Field, name: string): (value: unknown, source: string) => unknown => {
  const read = slotFromJson(field)
  const wants = wanted(field.kind)
  const none = field.absent === "null" ? null : undefined
  return (value, source) => {
    if (value === undefined) return field.absent === "required" ? refuse(`expected ${named(field.kind)}, found nothing`) : none
    return wants(value, source) ? read(value, sourceOf(source, name)) : read(value)
  }
}

const structFromJson = (fields: ReadonlyArray<Field>): ((object: Readonly<Record<string, unknown>>, source?: string) => unknown) => {
  const setters = fields.map((field) => setter(field, field.key))
  return (object, source) => {
    const record: Record<string, unknown> = {}
    let i = 0
    try {
      for (const set of setters) {
        set(record, object, source)
        i++
      }
    } catch (error) {
      throw error instanceof Refused ? new Refused(`at ${JSON.stringify(fields[i]?.key)}: ${error.message}`) : error
    }
    return record
  }
}

/** Value → JSON. Throws `Refused`. */
export const toJson = (kind: Kind): (value: unknown) => unknown => {
  switch (kind.tag) {
    case "bigint":
      return (value) => (typeof value === "bigint" ? String(value) : wrong(kind, value))
    case "decimal":
      return (value) => (BigDecimal.isBigDecimal(value) ? BigDecimal.format(value) : wrong(kind, value))
    case "instant":
      return (value) => (value instanceof Date && !Number.isNaN(value.getTime()) ? Moment.print(value.getTime()) : wrong(kind, value))
    case "utc":
      return (value) => (DateTime.isDateTime(value) ? Moment.print(DateTime.toEpochMillis(value)) : wrong(kind, value))
    case "bytes":
      return (value) => (value instanceof Uint8Array ? Buffer.from(value).toString("base64") : wrong(kind, value))
    case "number":
      return (value) => (typeof value !== "number" ? wrong(kind, value) : Number.isFinite(value) ? value : String(value))
    case "text":
      return (value) => (typeof value === "string" ? value : wrong(kind, value))
    case "numeric":
      return (value) => (typeof value === "string" && numericPattern.test(value) ? value : wrong(kind, value))
    case "day":
      return (value) => (typeof value === "string" && isPlainDate(value) ? value : wrong(kind, value))
    case "integer":
      return (value) => (Number.isSafeInteger(value) ? value : wrong(kind, value))
    case "finite":
      return (value) => (Number.isFinite(value) ? value : wrong(kind, value))
    case "boolean":
      return (value) => (typeof value === "boolean" ? value : wrong(kind, value))
    case "any":
      return Exact.writable
    case "list": {
      const item = slotToJson(kind.item)
      return (value) => {
        const list: ReadonlyArray<unknown> = Array.isArray(value) ? value : wrong(kind, value)
        return list.map(item)
      }
    }
    case "struct": {
      const writers = kind.fields.map((field) => ({ key: field.key, write: slotToJson(field) }))
      return (value) => {
        const object: object = typeof value === "object" && value !== null ? value : wrong(kind, value)
        const result: Record<string, unknown> = {}
        for (const { key, write } of writers) {
          const json = at(JSON.stringify(key), () => write(Reflect.get(object, key)))
          if (json !== undefined) result[key] = json
        }
        return result
      }
    }
    case "other":
      return kind.encode
  }
}

/** Null for null, undefined for what is absent. */
export const slotToJson = (slot: Slot): (value: unknown) => unknown => {
  const write = toJson(slot.kind)
  return (value) => {
    if (value === null || value === undefined) {
      if (!slot.nullable) refuse(`expected ${named(slot.kind)}, found nothing`)
      return slot.absent === "null" ? null : undefined
    }
    slot.check?.(value)
    const json = write(value)
    return Object.is(json, -0) ? Exact.negativeZero : json
  }
}
