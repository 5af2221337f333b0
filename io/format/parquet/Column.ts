/** One top-level column of a Parquet file → values of a kind: leaves, lists, structs and maps. */
import type { SchemaTree } from "hyparquet/src/types.js"
import { Refused, refuse, shown } from "../FormatError.ts"
import { fromJson, isObject } from "../json/Value.ts"
import { type Kind, named, type Slot } from "../Kind.ts"
import { setAbsent } from "../Shape.ts"
import { describe, jsonOf, leafOf, natural, same, strictJson, throughJson, typed } from "./Leaf.ts"
import * as Nested from "./Nested.ts"
import * as Shredded from "./Shredded.ts"

export type Read = (raw: unknown) => unknown

/** The schema wants what the column never is: told before anything is read. */
export class Mismatch extends Error {}

/** Lists may be nested deeper in the file than its annotations say: whatever is a list is one. */
const deep = (read: Read): Read => {
  const each: Read = (value) => (Array.isArray(value) ? value.map(each) : value === null || value === undefined ? null : read(value))
  return each
}

/** Values as they are. */
const plain = (tree: SchemaTree): Read => {
  if (Shredded.isVariant(tree)) return deep(Shredded.reader(tree))
  if (tree.children.length === 0) return deep(natural(leafOf(tree.element)))
  const list = Nested.listOf(tree)
  if (list !== undefined) {
    const read = plain(list.element)
    const { within } = list
    return within === undefined ? read : deep((value) => isObject(value) ? read(value[within]) : value)
  }
  const map = Nested.mapOf(tree)
  if (map !== undefined) return deep(objectOf(map))
  const members = tree.children.map((child) => [child.element.name, plain(child)] as const)
  return deep((value) => isObject(value) ? Object.fromEntries(members.map(([name, read]) => [name, read(value[name])])) : value)
}

/** Entries → an object by the text of their keys; of two with one key the last counts, as the format says. */
const objectOf = ({ entries, key, value }: Nested.Map): Read => {
  const [readKey, readValue] = [plain(key), plain(value)]
  return (map) => {
    const list = isObject(map) ? map[entries.element.name] : undefined
    if (!Array.isArray(list)) return {}
    const pairs: ReadonlyArray<unknown> = list
    return Object.fromEntries(pairs.map((pair) => {
      if (!isObject(pair)) return refuse("an entry of the map is damaged")
      const name = jsonOf(readKey(pair[key.element.name]))
      if (typeof name === "object") return refuse(`the map has the key ${shown(name)}; expected text, numbers or moments`)
      return [String(name), readValue(pair[value.element.name])]
    }))
  }
}

const kindName = (tree: SchemaTree): string =>
  tree.children.length === 0
    ? describe(leafOf(tree.element))
    : Shredded.isVariant(tree)
    ? "variants"
    : Nested.listOf(tree) !== undefined ? "lists" : Nested.mapOf(tree) !== undefined ? "maps" : "structs"

const mismatch = (tree: SchemaTree, kind: Kind): never => {
  const leaf = tree.children.length === 0 ? leafOf(tree.element) : undefined
  const advice = leaf?.tag === "moment" && !leaf.utc && (kind.tag === "instant" || kind.tag === "utc") ? "; read them as Schema.String" : ""
  throw new Mismatch(`the file has ${kindName(tree)} here, and the schema wants ${named(kind)}${advice}`)
}

const byKind = (tree: SchemaTree, kind: Kind, listed: boolean): Read => {
  if (kind.tag === "any") return plain(tree)
  if (kind.tag === "other") {
    const isJson = tree.children.length === 0 && tree.element.repetition_type !== "REPEATED" && leafOf(tree.element).tag === "json"
    if (isJson) return (value) => kind.decode(strictJson(value))
    return throughJson(plain(tree), kind.decode)
  }
  const repeated = tree.element.repetition_type === "REPEATED" && !listed
  if (kind.tag === "list") {
    const found: Nested.List | undefined = repeated ? { element: tree, within: undefined } : Nested.listOf(tree)
    if (found === undefined) return json(tree, kind)
    const { element, within } = found
    const item = slotReader(element, kind.item, element.element.repetition_type === "REPEATED")
    return (value) => {
      const inner = within !== undefined && isObject(value) ? value[within] : value
      const list: ReadonlyArray<unknown> = Array.isArray(inner) ? inner : refuse(`expected a list, found ${shown(inner)}`)
      return list.map((inner, i) => at(`[${i}]`, () => item(inner)))
    }
  }
  if (repeated) return mismatch(tree, kind)
  if (kind.tag === "struct") {
    if (tree.children.length === 0 || Nested.listOf(tree) !== undefined || Nested.mapOf(tree) !== undefined || Shredded.isVariant(tree)) return json(tree, kind)
    const members = kind.fields.map((field) => {
      const child = tree.children.find(({ element }) => element.name === field.key)
      if (child === undefined && field.absent === "required") throw new Mismatch(`the struct has no member "${field.key}"; it has ${tree.children.map((c) => c.element.name).join(", ")}`)
      return { field, read: child && slotReader(child, field, false) }
    })
    return (value) => {
      if (!isObject(value)) return refuse(`expected an object, found ${shown(value)}`)
      const record: Record<string, unknown> = {}
      for (const { field, read } of members) {
        const inner = value[field.key]
        at(JSON.stringify(field.key), () => {
          if (read === undefined || ((inner === null || inner === undefined) && field.nullable)) setAbsent(record, field)
          else record[field.key] = read(inner)
        })
      }
      return record
    }
  }
  if (tree.children.length > 0) return mismatch(tree, kind)
  return typed(leafOf(tree.element), kind) ?? mismatch(tree, kind)
}

/** Lists and structs may also stand in a column of JSON. */
const json = (tree: SchemaTree, kind: Kind): Read => {
  if (tree.children.length > 0 || leafOf(tree.element).tag !== "json") return mismatch(tree, kind)
  const [parse, read] = [natural({ tag: "json" }), fromJson(kind)]
  return (value) => read(parse(value), String(value))
}

const at = (path: string, f: () => unknown): unknown => {
  try {
    return f()
  } catch (error) {
    throw error instanceof Refused ? new Refused(`at ${path}: ${error.message}`) : error
  }
}

/** Throws `Mismatch` for a column that can never be what the schema wants; what it gives throws `Refused`. */
export const slotReader = (tree: SchemaTree, slot: Slot, listed: boolean): Read => {
  const read = byKind(tree, slot.kind, listed)
  const { absent, check, kind, nullable } = slot
  const isComplete = absent === "null" || tree.element.repetition_type === "REQUIRED"
  if (read === same && check === undefined && isComplete && tree.path.length === 1) return same
  return (raw) => {
    if (raw === null || raw === undefined) {
      if (nullable) return absent === "null" ? null : undefined
      return refuse(`expected ${named(kind)}, found null`)
    }
    const value = read(raw)
    check?.(value)
    return value
  }
}
