/** Which groups of a schema are lists and maps, by the format's rules and those that it has for files of old writers. */
import type { SchemaTree } from "hyparquet/src/types.js"

export interface List {
  readonly element: SchemaTree
  /** The repeated field that the elements are left in when a row is put together; undefined where they are taken out of it. */
  readonly within: string | undefined
}

export interface Map {
  readonly entries: SchemaTree
  readonly key: SchemaTree
  readonly value: SchemaTree
}

const isRepeated = ({ element }: SchemaTree): boolean => element.repetition_type === "REPEATED"

const isAnnotated = ({ element: { converted_type: old, logical_type: logical } }: SchemaTree, as: "LIST" | "MAP"): boolean =>
  old === as || logical?.type === as

/** The field that a list or a map repeats. */
const repeatedOf = ({ children }: SchemaTree): SchemaTree | undefined => {
  const [only, ...others] = children
  return only !== undefined && others.length === 0 && isRepeated(only) ? only : undefined
}

/** A map; old writers say so in another word. */
export const mapOf = (tree: SchemaTree): Map | undefined => {
  const entries = isAnnotated(tree, "MAP") || tree.element.converted_type === "MAP_KEY_VALUE" ? repeatedOf(tree) : undefined
  const [key, value, ...others] = entries?.children ?? []
  return entries === undefined || key === undefined || value === undefined || others.length > 0 ? undefined : { entries, key, value }
}

export const listOf = (tree: SchemaTree): List | undefined => {
  // A map without values is the list of its keys.
  const repeated = isAnnotated(tree, "LIST") || (isAnnotated(tree, "MAP") && mapOf(tree) === undefined) ? repeatedOf(tree) : undefined
  if (repeated === undefined) return undefined
  const [only, ...others] = repeated.children
  if (only === undefined) return { element: repeated, within: undefined }
  const { name } = repeated.element
  const isElement = others.length > 0 || isRepeated(only) || name === "array" || name === `${tree.element.name}_tuple`
  return isElement ? { element: repeated, within: name } : { element: only, within: undefined }
}

/**
 * The tree by which hyparquet puts rows together. It takes the elements out of lists of which it knows; of maps it would make
 * text of every key, and lose some, so that these stay the lists of entries that they are stored as; and variants stay groups.
 */
export const plainTree = (tree: SchemaTree): SchemaTree => {
  const { converted_type: _, logical_type: __, ...element } = tree.element
  const list = listOf(tree)
  const isTaken = list !== undefined && list.within === undefined
  return { ...tree, element: isTaken ? { ...element, converted_type: "LIST" } : element, children: tree.children.map(plainTree) }
}

/** Two fields below a column that would be taken for each other, or that an object cannot have; undefined where all can be told apart. */
export const confusion = (column: SchemaTree): string | undefined => {
  const seen = new Set<string>()
  const walk = (tree: SchemaTree): string | undefined => {
    const path = tree.path.join(".")
    if (seen.has(path)) return `it has two fields ${JSON.stringify(path)}; expected names that differ`
    seen.add(path)
    if (tree !== column && tree.element.name === "__proto__") return "it has a field of the name \"__proto__\", which cannot be kept"
    for (const child of tree.children) {
      const found = walk(child)
      if (found !== undefined) return found
    }
    return undefined
  }
  return walk(column)
}
