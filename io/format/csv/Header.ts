/** Which cell of a record is which column. */
import * as Cell from "../Cell.ts"
import { few, FormatError, refuse, shown } from "../FormatError.ts"
import * as Kind from "../Kind.ts"
import * as Maker from "../Maker.ts"
import type { Shape } from "../Shape.ts"
import type { Cells } from "./Cells.ts"

export interface Layout {
  readonly names: ReadonlyArray<string>
  /** Puts a record together. Throws `Blame`. */
  readonly read: (cells: Cells) => Record<string, unknown>
}

/** Whether an empty text can be a value, so that quotes tell it from null. */
export const emptyIsValue = (kind: Kind.Kind): boolean => ["text", "any", "bytes", "other"].includes(kind.tag)

/** One cell of a record → the property's value, undefined where there is none. Throws `Refused`. */
const reader = (field: Kind.Field, index: number, options: Cell.Options, nulls: ReadonlySet<string>): Maker.Reader<Cells> => {
  const [parse, scan] = [Cell.parser(field.kind, options), Cell.scanner(field.kind, options)]
  const isText = emptyIsValue(field.kind)
  const { absent, check, nullable } = field
  const none = absent === "null" ? null : undefined
  // To look a fresh text up costs its hash.
  const longest = Math.max(-1, ...[...nulls].map((text) => text.length))
  return (cells) => {
    const [start, end] = [cells.starts[index]!, cells.ends[index]!]
    if (end - start <= longest && nulls.has(cells.of(index)) && !(isText && cells.isQuoted(index))) {
      if (nullable) return none
      if (!isText) refuse(`expected ${Kind.named(field.kind)}, found ${cells.of(index) === "" ? "nothing" : shown(cells.of(index))}`)
    }
    const found = cells.isPlain(index) ? scan(cells.text, start, end) : undefined
    const value = found === undefined ? parse(cells.of(index)) : found
    check?.(value)
    return value
  }
}

const absentReader = ({ absent }: Kind.Field): Maker.Reader<Cells> => absent === "null" ? () => null : () => undefined

const list = (names: ReadonlyArray<string>): string => few(names.map((name) => JSON.stringify(name)))

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
  const found = shape.columns.map((column) => {
    const index = names.indexOf(column.column)
    if (index < 0 && column.absent === "required") {
      const near = names.find((name) => name.trim().toLowerCase() === column.column.toLowerCase())
      throw wrong(
        `the file has no such column${near === undefined ? "" : `, but ${JSON.stringify(near)}`}; it has ${list(names)}. ` +
          "Name it in the option columns, or make it optional in the schema",
        column.column
      )
    }
    return { column, read: index < 0 ? absentReader(column) : reader(column, index, options, nulls) }
  })
  const { rest } = shape
  // Each of them may be missing; but a file that has none of them is another one, or is separated by something else.
  if (rest === undefined && shape.columns.length > 0 && !shape.columns.some(({ column }) => names.includes(column))) {
    throw new FormatError({ file, ...place, reason: `the file has none of the columns of the schema; it has ${list(names)}. Is it separated by another delimiter?` })
  }
  // A column that is read by its name alone, and is the property of another one.
  const clash = rest === undefined ? undefined : shape.columns.find(({ column, key }) => column !== key && names.includes(key) && !shape.columns.some((other) => other.column === key))
  if (clash !== undefined) {
    throw wrong(`the file has this column too, and its property is that of ${JSON.stringify(clash.column)}; name one of them otherwise in the option columns`, clash.key)
  }
  const others = rest === undefined ? [] : names.flatMap((name, index) =>
    shape.columns.some(({ column }) => column === name)
      ? []
      : [{ column: { ...rest, key: name, column: name }, read: reader({ ...rest, key: name }, index, options, nulls) }]
  )
  const all = [...found, ...others]
  return { names, read: Maker.fromReaders(all.map(({ column, read }) => ({ ...column, read }))) }
}
