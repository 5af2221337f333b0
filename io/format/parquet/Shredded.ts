/** Variants that are stored in columns of their own types as far as their values have these, and in bytes as far as not. */
import type { SchemaTree } from "hyparquet/src/types.js"
import { refuse } from "../FormatError.ts"
import { isObject } from "../json/Value.ts"
import { type Leaf, leafOf, natural } from "./Leaf.ts"
import { listOf } from "./Nested.ts"
import * as Variant from "./Variant.ts"

export const isVariant = (tree: SchemaTree): boolean => tree.element.logical_type?.type === "VARIANT"

/** A value that an object does not have. */
const missing = Symbol("missing")

type Read = (stored: unknown, names: ReadonlyArray<string>) => unknown

/** An object of fields, and none of bytes or digits. */
const isFields = (value: unknown): value is object => isObject(value) && Object.getPrototypeOf(value) === Object.prototype

const conflict = (): never => refuse("the variant has two values, one in bytes and one in columns")

/** What variants have no type for. */
const isForeign = (leaf: Leaf): boolean => {
  switch (leaf.tag) {
    case "integer": return !leaf.signed
    case "moment": return leaf.unit === "MILLIS"
    case "time": return leaf.unit !== "MICROS"
    case "int96":
    case "opaque":
    case "json": return true
    default: return false
  }
}

/** Of the type that a column has. */
const typedOf = (tree: SchemaTree): Read => {
  const list = listOf(tree)
  if (list !== undefined) {
    const read = shredded(list.element)
    return (stored, names) => {
      const found: ReadonlyArray<unknown> = Array.isArray(stored) ? stored : refuse("the variant is damaged")
      return found.map((one) => {
        const value = read(one, names)
        return value === missing ? null : value
      })
    }
  }
  if (tree.children.length === 0) {
    const leaf = leafOf(tree.element)
    if (isForeign(leaf) || (leaf.tag === "bytes" && tree.element.type !== "BYTE_ARRAY")) {
      return () => refuse("the variant is stored as a type that variants do not have")
    }
    const read = natural(leaf)
    return (stored) => read(stored)
  }
  const members = tree.children.map((child) => [child.element.name, shredded(child)] as const)
  return (stored, names) => {
    if (!isObject(stored)) return refuse("the variant is damaged")
    const found = members.map(([name, read]) => [name, read(stored[name], names)] as const)
    return Object.fromEntries(found.filter(([, value]) => value !== missing))
  }
}

/** A group of `value` and `typed_value`, of which there may be one, and of objects both: the fields that have no column. */
const shredded = (tree: SchemaTree): Read => {
  const column = tree.children.find(({ element }) => element.name === "typed_value")
  const typed = column && typedOf(column)
  const isRecord = column !== undefined && column.children.length > 0 && listOf(column) === undefined
  const columns = new Set(column?.children.map(({ element }) => element.name))
  return (stored, names) => {
    if (!isObject(stored)) return missing
    const { typed_value: inColumns, value: inBytes } = stored
    const isTyped = typed !== undefined && inColumns !== null && inColumns !== undefined
    const rest = inBytes instanceof Uint8Array ? Variant.valueOf(inBytes, names) : missing
    if (!isTyped) return rest
    const value = typed(inColumns, names)
    if (rest === missing) return value
    if (!isRecord || !isFields(rest) || !isFields(value)) return conflict()
    return Object.keys(rest).some((name) => columns.has(name)) ? conflict() : Object.fromEntries([...Object.entries(rest), ...Object.entries(value)])
  }
}

/** A column of variants → values as they are. */
export const reader = (tree: SchemaTree): ((stored: unknown) => unknown) => {
  const read = shredded(tree)
  // Rows of one file mostly have the same names.
  let names: ReadonlyArray<string> = []
  let known: Uint8Array | undefined
  return (stored) => {
    if (!isObject(stored)) return null
    const { metadata } = stored
    if (!(metadata instanceof Uint8Array)) return refuse("the variant has no metadata")
    if (known === undefined || Buffer.compare(known, metadata) !== 0) {
      names = Variant.namesOf(metadata)
      known = metadata
    }
    const value = read(stored, names)
    return value === missing ? null : value
  }
}
