/**
 * Records of fixed properties, made by code that was made for these: a property that is set by a name out of a variable costs
 * a look-up, 30 ns, and the ten of a row take as long as to read them.
 */

import { Blame, Refused } from "./FormatError.ts"
import type { Field } from "./Kind.ts"

export type FromColumns = (columns: ReadonlyArray<ArrayLike<unknown>>, row: number) => Record<string, unknown>

export interface Assignment {
  readonly key: string
  readonly expression: string
  /** The key is left out where the value is undefined. */
  readonly optional?: boolean
}

/**
 * Code of `Row`, a constructor that sets each property to an expression of `parameters`. Its objects are plain ones: of those
 * of a literal V8 comes to think that they live long, since a batch of them does, and puts them where only a full collection
 * takes them away: a sixth of the time, and 40 MB.
 */
export const constructorOf = (parameters: string, properties: ReadonlyArray<Assignment>): string => {
  // JSON text is code for that same text.
  const sets = properties.map(({ expression, key, optional }) =>
    `${optional === true ? `if (${expression} !== undefined) ` : ""}this[${JSON.stringify(key)}] = ${expression}`)
  return `function Row(${parameters}) { ${sets.join("; ")} }\nRow.prototype = Object.prototype`
}

/** Code of a function that makes a record out of `parameters`; `before` is code that comes first. */
const codeOf = (before: string, parameters: string, properties: ReadonlyArray<Assignment>): string =>
  `${before}\n${constructorOf(parameters, properties)}\nreturn (${parameters}) => new Row(${parameters})`

/** No code is made for it: it would set the prototype. */
const isSpecial = (key: string): boolean => key === "__proto__"

const slowly = (keys: ReadonlyArray<string>): FromColumns => (columns, row) =>
  // `fromEntries` makes also `__proto__` a property of the record's own.
  Object.fromEntries(keys.map((key, i) => [key, columns[i]?.[row]]))

/** Of one column a key, the values at a row. */
export const fromColumns = (keys: ReadonlyArray<string>): FromColumns => {
  if (keys.some(isSpecial)) return slowly(keys)
  try {
    // Seam: what the code gives is known here alone.
    return new Function(codeOf("", "columns, row", keys.map((key, i) => ({ key, expression: `columns[${i}][row]` }))))() as FromColumns
  } catch {
    // Node was told to make no code out of text.
    return slowly(keys)
  }
}

/** Of the values of all keys, in their order. */
export const fromValues = (keys: ReadonlyArray<string>): ((values: ReadonlyArray<unknown>) => Record<string, unknown>) => {
  try {
    // Seam: as above.
    if (!keys.some(isSpecial)) return new Function(codeOf("", "values", keys.map((key, i) => ({ key, expression: `values[${i}]` }))))() as ReturnType<typeof fromValues>
  } catch {
    // As above.
  }
  return (values) => Object.fromEntries(keys.map((key, i) => [key, values[i]]))
}

/** A source → the value of one property; undefined where there is none. May throw `Refused`. */
export type Reader<Source> = (source: Source) => unknown

interface Property<Source> extends Field {
  /** How errors name it. */
  readonly column: string
  readonly read: Reader<Source>
}

/** Of a property that may be missing, the key is left out where there is no value. */
const stepwise = <Source>(properties: ReadonlyArray<Property<Source>>, readers: ReadonlyArray<Reader<Source>>) => {
  const hasProto = properties.some(({ key }) => key === "__proto__")
  return (source: Source): Record<string, unknown> => {
    const record: Record<string, unknown> = hasProto ? Object.create(null) : {}
    properties.forEach(({ absent, key }, i) => {
      const value = readers[i]?.(source)
      if (value !== undefined || absent !== "missing") record[key] = value
    })
    return record
  }
}

/** What a reader refuses is thrown as `Blame`. */
const blaming = <Args extends ReadonlyArray<unknown>>(column: string, read: (...args: Args) => unknown) => (...args: Args): unknown => {
  try {
    return read(...args)
  } catch (error) {
    throw error instanceof Refused ? new Blame(column, error.message) : error
  }
}

/** Code that calls a reader of its own for each key; undefined where Node was told to make no code out of text. */
const calling = (keys: ReadonlyArray<string>, readers: ReadonlyArray<unknown>, parameters: string, argumentsOf: (index: number) => string): unknown => {
  if (keys.some(isSpecial)) return undefined
  try {
    const locals = keys.map((_, i) => `const read${i} = readers[${i}]`).join("\n")
    return new Function("readers", codeOf(locals, parameters, keys.map((key, i) => ({ key, expression: `read${i}(${argumentsOf(i)})` }))))(readers)
  } catch {
    return undefined
  }
}

/** A record of these properties, each read from the source by a reader of its own. */
export const fromReaders = <Source>(properties: ReadonlyArray<Property<Source>>): (source: Source) => Record<string, unknown> => {
  const readers = properties.map(({ column, read }): Reader<Source> => blaming(column, read))
  const code = properties.some(({ absent }) => absent === "missing")
    ? undefined
    : calling(properties.map(({ key }) => key), readers, "source", () => "source")
  // Seam: as above.
  return code === undefined ? stepwise(properties, readers) : code as (source: Source) => Record<string, unknown>
}

/** Of a JSON object, and its text. */
type FromMember = (value: unknown, text: string) => unknown

export interface Member {
  readonly key: string
  /** Its name in the object, and in errors. */
  readonly column: string
  readonly read: FromMember
}

/** A record of members of an object, all of which it has or may lack; undefined for members that objects inherit, and where no code can be made. */
export const fromMembers = (members: ReadonlyArray<Member>): ((object: object, text: string) => Record<string, unknown>) | undefined => {
  if (members.some(({ column }) => column in Object.prototype)) return undefined
  const readers = members.map(({ column, read }): FromMember => blaming(column, read))
  // Seam: as above.
  return calling(members.map(({ key }) => key), readers, "source, text", (i) => `source[${JSON.stringify(members[i]?.column)}], text`) as ReturnType<typeof fromMembers>
}
