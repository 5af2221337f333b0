/** A value as a file has it → the same value by a schema that has changed since. What the schema does not take is refused. */
import { Refused, refuse, shown } from "../format/FormatError.ts"
import { fromJson, isObject, toJson } from "../format/json/Value.ts"
import { type Kind, named, type Slot } from "../format/Kind.ts"
import { setAbsent } from "../format/Shape.ts"
import type { Fields, Form, Scalar } from "./Form.ts"
import * as Json from "./Json.ts"

type Change = (value: unknown) => unknown

const wrong = (kind: Kind, value: unknown): never => refuse(`expected ${named(kind)}, found ${shown(value)}`)

/** No value: null or undefined, and where the schema does not have the one, the other. Throws `Refused`. */
export const none = (value: null | undefined, slot: Slot, allowsUndefined: boolean): null | undefined => {
  if (!slot.null && !allowsUndefined) return refuse(`expected ${named(slot.kind)}, found nothing`)
  return value === null ? (slot.null ? null : undefined) : allowsUndefined ? undefined : null
}

const numbers = new Set(["integer", "number", "finite", "bigint", "decimal", "numeric"])
const moments = new Set(["instant", "utc"])
const texts = new Set(["text", "day", "numeric"])
/** What text can be, by what is written there. */
const written = new Set([...texts, ...moments, "decimal"])

/** Of a value that is one of the schema's already. */
const member = (kind: Extract<Kind, { tag: "other" }>): Change => (value) => {
  kind.encode(value)
  return value
}

const throughJson = (from: Kind, to: Kind): Change => {
  const [write, read] = [toJson(from), fromJson(to)]
  return (value) => read(typeof value === "bigint" && Number.isSafeInteger(Number(value)) ? Number(value) : write(value))
}

const scalar = (from: Scalar, kind: Kind): Change => {
  if (from === "json") {
    const read = fromJson(kind)
    return (value) => read(Json.numbers(value))
  }
  if (kind.tag === "any") return Json.checked
  if (kind.tag === "other") return member(kind)
  if (from === kind.tag) return (value) => value
  if (numbers.has(from) && numbers.has(kind.tag)) return throughJson({ tag: from }, kind)
  if (moments.has(from) && moments.has(kind.tag)) return throughJson({ tag: from }, kind)
  if (texts.has(from) && (from === "text" ? written : texts).has(kind.tag)) return fromJson(kind)
  return (value) => wrong(kind, value)
}

const struct = (fields: Fields, kind: Extract<Kind, { tag: "struct" }>): Change => {
  const changes = kind.fields.map((field) => {
    const from = fields.find(({ key }) => key === field.key)
    return { field, change: from && of(from.form, field, field.optional) }
  })
  return (value) => {
    if (!isObject(value)) return wrong(kind, value)
    const record: Record<string, unknown> = {}
    for (const { change, field } of changes) {
      const inner = change?.(value[field.key])
      if (inner !== undefined) record[field.key] = inner
      else if (change === undefined) setAbsent(record, field)
      else if (!field.optional) record[field.key] = undefined
    }
    return record
  }
}

/** What is JSON itself may be what a schema reads of JSON: instances of a class, say. */
const isJson = (form: Form): boolean => {
  switch (form.kind) {
    case "list":
      return isJson(form.item)
    case "struct":
      return form.fields.every((field) => isJson(field.form))
    case "json text":
      return false
    default:
      return ["text", "integer", "finite", "boolean", "day", "numeric", "json"].includes(form.kind)
  }
}

const whole = (form: Form, kind: Kind): Change => {
  if (kind.tag === "any") return Json.checked
  if (kind.tag !== "other") return (value) => wrong(kind, value)
  const [is, isReadable] = [member(kind), isJson(form)]
  return (value) => {
    try {
      return is(value)
    } catch (error) {
      if (isReadable && error instanceof Refused) return kind.decode(value)
      throw error
    }
  }
}

const present = (form: Form, kind: Kind): Change => {
  switch (form.kind) {
    case "list": {
      if (kind.tag !== "list") return whole(form, kind)
      const item = of(form.item, kind.item, false)
      return (value) => Array.isArray(value) ? value.map((inner: unknown) => item(inner)) : wrong(kind, value)
    }
    case "struct":
      return kind.tag === "struct" ? struct(form.fields, kind) : whole(form, kind)
    case "json text":
      return present(form.of, kind)
    default:
      return scalar(form.kind, kind)
  }
}

/** Throws `Refused`. */
export const of = (form: Form, slot: Slot, allowsUndefined: boolean): Change => {
  const change = present(form, slot.kind)
  return (value) => {
    if (value === null || value === undefined) {
      const stored = form.absent === "null" ? null : form.absent === "null or missing" ? value : undefined
      return none(stored, slot, allowsUndefined || slot.absent === "undefined")
    }
    const changed = change(value)
    slot.check?.(changed)
    return changed
  }
}
