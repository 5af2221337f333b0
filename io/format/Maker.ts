/**
 * Records of fixed properties, made by code that was made for these: a property that is set by a name out of a variable costs
 * a look-up, 30 ns, and the ten of a row take as long as to read them.
 */

import { Blame, Refused } from "./FormatError.ts"
import type { Field } from "./Kind.ts"

export type FromColumns = (columns: ReadonlyArray<ArrayLike<unknown>>, row: number) => Record<string, unknown>

/**
 * Code of a function that makes a record out of `parameters`, each property by an expression; `before` is code that comes first.
 * It is a constructor whose objects are plain ones: of those of a literal V8 comes to think that they live long, since a
 * batch of them does, and puts them where only a full collection takes them away: a sixth of the time, and 40 MB.
 */
const codeOf = (before: string, parameters: string, properties: ReadonlyArray<readonly [key: string, expression: string]>): string => {
  // JSON text is code for that same text.
  const sets = properties.map(([key, expression]) => `this[${JSON.stringify(key)}] = ${expression}`)
  return `${before}
function Row(${parameters}) { ${sets.join("; ")} }
Row.prototype = Object.prototype
return (${parameters}) => new Row(${parameters})`
}

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
    return new Function(codeOf("", "columns, row", keys.map((key, i) => [key, `columns[${i}][row]`])))() as FromColumns
  } catch {
    // Node was told to make no code out of text.
    return slowly(keys)
  }
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

const oneByOne = <Source>(properties: ReadonlyArray<Property<Source>>, readers: ReadonlyArray<Reader<Source>>): (source: Source) => Record<string, unknown> => {
  if (properties.some(({ absent, key }) => absent === "missing" || isSpecial(key))) return stepwise(properties, readers)
  try {
    const locals = properties.map((_, i) => `const read${i} = readers[${i}]`).join("\n")
    const code = codeOf(locals, "source", properties.map(({ key }, i) => [key, `read${i}(source)`]))
    // Seam: as above.
    return new Function("readers", code)(readers) as (source: Source) => Record<string, unknown>
  } catch {
    return stepwise(properties, readers)
  }
}

/** A record of these properties, each read from the source by a reader of its own. What one of them refuses is thrown as `Blame`. */
export const fromReaders = <Source>(properties: ReadonlyArray<Property<Source>>): (source: Source) => Record<string, unknown> => {
  const blamed = properties.map(({ column, read }): Reader<Source> => (source) => {
    try {
      return read(source)
    } catch (error) {
      throw error instanceof Refused ? new Blame(column, error.message) : error
    }
  })
  return oneByOne(properties, blamed)
}
