/** Which cell of a record is which column. */
import * as Cell from "../Cell.ts"
import { Blame, FormatError, Refused, refuse, shown } from "../FormatError.ts"
import * as Kind from "../Kind.ts"
import type { Shape } from "../Shape.ts"
import { setAbsent } from "../Shape.ts"

export interface Layout {
  readonly names: ReadonlyArray<string>
  /** Puts a record together. Throws `Blame`. */
  readonly read: (cells: ReadonlyArray<string>, quoted: ReadonlyArray<boolean>) => Record<string, unknown>
}

/** Whether an empty text can be a value, so that quotes tell it from null. */
export const emptyIsValue = (kind: Kind.Kind): boolean => ["text", "any", "bytes", "other"].includes(kind.tag)

/** One column's cell → the record's property. */
const setter = (field: Kind.Field, options: Cell.Options, nulls: ReadonlySet<string>) => {
  const parse = Cell.parser(field.kind, options)
  const isText = emptyIsValue(field.kind)
  const { absent, check, key, nullable } = field
  const take = absent === "missing" || absent === "undefined" || absent === "null"
  // To look a fresh text up costs its hash.
  const longest = Math.max(-1, ...[...nulls].map((text) => text.length))
  return (record: Record<string, unknown>, text: string, quoted: boolean): void => {
    if (text.length <= longest && nulls.has(text) && !(quoted && isText)) {
      if (nullable && take) return setAbsent(record, field)
      if (!isText) refuse(`expected ${Kind.named(field.kind)}, found ${text === "" ? "nothing" : shown(text)}`)
    }
    const value = parse(text)
    check?.(value)
    record[key] = value
  }
}

const list = (names: ReadonlyArray<string>): string =>
  names.length <= 20 ? names.map((n) => JSON.stringify(n)).join(", ") : `${names.slice(0, 20).map((n) => JSON.stringify(n)).join(", ")} and ${names.length - 20} more`

/** Of a header's names; refuses those that are there twice, and those that are missing. */
export const layout = (
  file: string,
  names: ReadonlyArray<string>,
  shape: Shape,
  options: Cell.Options,
  nulls: ReadonlySet<string>,
  place: { readonly line: number; readonly byte: number }
): Layout => {
  const wrong = (reason: string, column: string) => new FormatError({ file, ...place, column, reason })
  const seen = new Set<string>()
  for (const name of names) {
    if (seen.has(name)) throw wrong("the header names this column twice; give the header option a list of names that differ", name)
    seen.add(name)
  }
  const setters = shape.columns.map((column) => {
    const index = names.indexOf(column.column)
    if (index < 0 && column.absent === "required") {
      const near = names.find((name) => name.trim().toLowerCase() === column.column.toLowerCase())
      throw wrong(
        `the file has no such column${near === undefined ? "" : `, but ${JSON.stringify(near)}`}; it has ${list(names)}. ` +
          "Name it in the option columns, or make it optional in the schema",
        column.column
      )
    }
    return { column, index, set: setter(column, options, nulls) }
  })
  const { rest } = shape
  const others = rest === undefined ? [] : names.flatMap((name, index) =>
    shape.columns.some(({ column }) => column === name)
      ? []
      : [{ column: { ...rest, key: name, column: name }, index, set: setter({ ...rest, key: name }, options, nulls) }]
  )
  const all = [...setters, ...others]
  const hasProto = all.some(({ column }) => column.key === "__proto__")
  return {
    names,
    read: (cells, quoted) => {
      const record: Record<string, unknown> = hasProto ? Object.create(null) : {}
      let i = 0
      try {
        for (const { column, index, set } of all) {
          if (index < 0) setAbsent(record, column)
          else set(record, cells[index] ?? "", quoted[index] ?? false)
          i++
        }
      } catch (error) {
        throw error instanceof Refused ? new Blame(all[i]?.column.column ?? "", error.message) : error
      }
      return record
    }
  }
}
