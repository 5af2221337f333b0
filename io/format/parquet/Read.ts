/** Parquet → records: only the columns of the schema, only the row groups that can match, a slice of rows at a time. */
import { Effect, Stream } from "effect"
import { type FileMetaData, parquetSchema, type RowGroup } from "hyparquet"
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getSchemaPath } from "hyparquet/src/schema.js"
import type { SchemaTree } from "hyparquet/src/types.js"
import { type BadRecord, Blame, FormatError, type Placed, Refused } from "../FormatError.ts"
import { attempt, collector, type OnBadRecord } from "../Machine.ts"
import { type Shape, setAbsent } from "../Shape.ts"
import { Mismatch, type Read, slotReader } from "./Column.ts"
import * as Decode from "./Decode.ts"
import * as Footer from "./Footer.ts"
import { jsonOf, leafOf, stored } from "./Leaf.ts"
import * as Pages from "./Pages.ts"
import type { Ranged } from "./Ranged.ts"
import { type Condition, matches, type Pushed, skips } from "./Where.ts"

export interface Options {
  readonly columns?: Readonly<Record<string, string | undefined>>
  readonly where?: Readonly<Record<string, Condition<unknown> | undefined>>
  /** Rows that are decoded at a time, and those of their last page after them. Default 4,096. */
  readonly sliceRows?: number
  /** Only these row groups, counted from 0; default all. For reading a file in parts. */
  readonly rowGroups?: ReadonlyArray<number>
}

interface Column {
  readonly key: string
  readonly name: string
  readonly read: Read
  readonly flat: boolean
}

interface Plan {
  readonly metadata: FileMetaData
  readonly columns: ReadonlyArray<Column>
  readonly missing: ReadonlyArray<Shape["columns"][number]>
  readonly pushed: ReadonlyArray<Pushed>
}

/** Leaves without their annotations, so that hyparquet gives what is stored and nothing is rounded on the way. */
const asStored = (metadata: FileMetaData, bytes: ReadonlySet<string>): FileMetaData => {
  const keep = new Set<string>()
  const walk = (tree: SchemaTree, variant: boolean): void => {
    const inside = variant || tree.element.logical_type?.type === "VARIANT"
    if (inside) keep.add(tree.path.join("\0"))
    for (const child of tree.children) walk(child, inside)
  }
  const root = parquetSchema(metadata)
  walk(root, false)
  const elements: Array<FileMetaData["schema"][number]> = []
  const flatten = (tree: SchemaTree): void => {
    const leaf = tree.children.length === 0 && tree.path.length > 0 && !keep.has(tree.path.join("\0"))
    elements.push(leaf ? stored(tree.element, bytes.has(tree.path[0] ?? "")) : tree.element)
    for (const child of tree.children) flatten(child)
  }
  flatten(root)
  const groups = metadata.row_groups.map((group) => ({
    ...group,
    columns: group.columns.map((chunk) =>
      chunk.meta_data?.type === "INT96" ? { ...chunk, meta_data: { ...chunk.meta_data, type: "FIXED_LEN_BYTE_ARRAY" as const } } : chunk
    )
  }))
  return { ...metadata, row_groups: groups, schema: elements, num_rows: metadata.row_groups.reduce((sum, group) => sum + group.num_rows, 0n) }
}

const planOf = (file: string, metadata: FileMetaData, shape: Shape, options: Options): Plan => {
  const { children } = parquetSchema(metadata)
  const wrong = (column: string, reason: string) => new FormatError({ file, column, reason })
  const names = children.map(({ element }) => element.name)
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw wrong(twice, "the file has this column twice; expected names that differ")
  const reader = (tree: SchemaTree, slot: Shape["columns"][number]) => {
    try {
      return slotReader(tree, slot, false)
    } catch (error) {
      throw error instanceof Mismatch ? wrong(slot.column, error.message) : error
    }
  }
  const columns: Array<Column> = []
  const missing: Array<Shape["columns"][number]> = []
  const pushed: Array<Pushed> = []
  const add = (tree: SchemaTree, slot: Shape["columns"][number]) => {
    const flat = tree.children.length === 0 && tree.element.repetition_type !== "REPEATED"
    const read = reader(tree, slot)
    columns.push({ key: slot.key, name: slot.column, read, flat })
    const condition = options.where?.[slot.key]
    if (condition !== undefined) {
      if (!flat) throw wrong(slot.column, "where compares single values, and this column has none")
      pushed.push({ column: slot.column, leaf: leafOf(tree.element), condition, read })
    }
  }
  for (const slot of shape.columns) {
    const tree = children.find(({ element }) => element.name === slot.column)
    if (tree !== undefined) add(tree, slot)
    else if (slot.absent === "required" || options.where?.[slot.key] !== undefined) {
      throw wrong(slot.column, `the file has no such column; it has ${names.slice(0, 20).join(", ")}${names.length > 20 ? ` and ${names.length - 20} more` : ""}`)
    } else missing.push(slot)
  }
  if (shape.rest !== undefined) {
    for (const tree of children) {
      const name = tree.element.name
      if (!shape.columns.some(({ column }) => column === name)) add(tree, { ...shape.rest, key: name, column: name })
    }
  }
  const bytes = new Set(shape.columns.filter(({ kind }) => kind.tag === "bytes").map(({ column }) => column))
  return { metadata: asStored(metadata, bytes), columns, missing, pushed }
}

/** Ranges that are nearly next to each other are read as one. */
const gap = 64 * 1024
const longest = 32 * 2 ** 20

interface Piece {
  readonly start: number
  readonly end: number
}

const joined = (pieces: ReadonlyArray<Piece>): ReadonlyArray<Piece> => {
  const result: Array<Piece> = []
  for (const piece of pieces.toSorted((a, b) => a.start - b.start)) {
    const last = result.at(-1)
    if (last !== undefined && piece.start <= last.end + gap && Math.max(piece.end, last.end) - last.start <= longest) {
      result[result.length - 1] = { start: last.start, end: Math.max(last.end, piece.end) }
    } else result.push(piece)
  }
  return result
}

/** The pages of the group's columns, in memory, checked as far as they are not compressed. */
const fetch = Effect.fnUntraced(function*<E, R>(file: Ranged<E, R>, group: RowGroup, index: number, plan: Plan) {
  const chunks = group.columns.filter(({ meta_data }) => plan.columns.some(({ name }) => name === meta_data?.path_in_schema[0]))
  const ranges = joined(chunks.flatMap((chunk) => Footer.rangeOf(chunk) ?? []))
  const parts = yield* Effect.forEach(ranges, ({ end, start }) => Effect.map(file.read(start, end), (bytes) => ({ start, end, bytes })), { concurrency: 4 })
  const slice = (start: number, end: number): Uint8Array => {
    const part = parts.find((p) => p.start <= start && end <= p.end)
    if (part === undefined || part.bytes.length < part.end - part.start) throw new Error(`bytes ${start} to ${end} could not be read`)
    return part.bytes.subarray(start - part.start, end - part.start)
  }
  const checks = new Map<number, (page: Uint8Array) => void>()
  const ends = new Map<string, ReadonlyArray<number>>()
  yield* attempt(file.name, () => {
    for (const chunk of chunks) {
      const range = Footer.rangeOf(chunk)
      const meta = chunk.meta_data
      if (range === undefined || meta === undefined) continue
      const name = meta.path_in_schema.join(".")
      const flat = plan.columns.some((column) => column.flat && column.name === meta.path_in_schema[0])
      try {
        const tree = getSchemaPath(plan.metadata.schema, meta.path_in_schema)
        const levels = { definition: getMaxDefinitionLevel(tree), repetition: getMaxRepetitionLevel(tree) }
        const pages = Pages.inspect(slice(range.start, range.end), meta, flat ? Number(group.num_rows) : undefined, levels)
        for (const [offset, check] of pages.checks) checks.set(range.start + offset, check)
        if (flat) ends.set(name, pages.ends)
      } catch (error) {
        throw damaged(file.name, index, name, error)
      }
    }
  })
  const fetched: Decode.Fetched = { slice, check: (offset, page) => checks.get(offset)?.(page), ends }
  return fetched
})

const damaged = (file: string, rowGroup: number, column: string | undefined, error: unknown): FormatError =>
  error instanceof FormatError ? error : new FormatError({
    file, rowGroup, ...(column === undefined ? {} : { column }),
    reason: `the data cannot be read: ${Footer.problemOf(error)}`, cause: error
  })

const rawOf = (values: Decode.Values | undefined, row: number): unknown => values?.data[row - values.start]

/** Records are given so many at a time: what V8's collections of young garbage find alive is copied. */
const batchRows = 512

export const read = <E, R, E2, R2>(
  file: Ranged<E, R>,
  shape: Shape,
  options: Options,
  policy: OnBadRecord<E2, R2>
): Stream.Stream<Placed<unknown>, E | E2 | FormatError, R | R2> =>
  Stream.unwrap(Effect.gen(function*() {
    const metadata = yield* Footer.read(file)
    const plan = yield* attempt(file.name, () => {
      try {
        return planOf(file.name, metadata, shape, options)
      } catch (error) {
        throw error instanceof FormatError ? error : new FormatError({ file: file.name, reason: `its schema cannot be read: ${Footer.problemOf(error)}`, cause: error })
      }
    })
    const { out, post, take, tell } = collector<Placed<unknown>, E2, R2>(file.name, policy)
    const sliceRows = options.sliceRows ?? 4096
    let start = 0
    const groups = metadata.row_groups.map((group, index) => {
      const first = start
      start += Number(group.num_rows)
      return { group, index, first, last: start }
    }).filter(({ first, group, index, last }) =>
      last > first && (options.rowGroups?.includes(index) ?? true) && !skips(group, plan.pushed)
    )
    const hasProto = plan.columns.some(({ key }) => key === "__proto__")
    let record = 0

    const row = (values: ReadonlyArray<Decode.Values>, i: number, rowGroup: number, number: number): void => {
      const bad = (reason: string, column: string | undefined) => {
        const raw = JSON.stringify(jsonOf(Object.fromEntries(plan.columns.map(({ name }, c) => [name, rawOf(values[c], i) ?? null]))))
        const letter: BadRecord = { file: file.name, record, line: undefined, byte: undefined, rowGroup, row: number, column, reason, raw: raw.slice(0, 65_536) }
        out.bad(letter)
      }
      const fields: Record<string, unknown> = hasProto ? Object.create(null) : {}
      let at = ""
      try {
        let c = 0
        for (const { key, name, read } of plan.columns) {
          at = name
          const value = read(rawOf(values[c++], i))
          if (value !== undefined) fields[key] = value
          else {
            const slot = shape.columns.find((column) => column.key === key)
            if (slot !== undefined) setAbsent(fields, slot)
          }
        }
        for (const slot of plan.missing) setAbsent(fields, slot)
        for (const [key, condition] of Object.entries(options.where ?? {})) {
          if (condition !== undefined && !matches(fields[key], condition)) return
        }
        at = ""
        const value = shape.finish === undefined ? fields : shape.finish(fields)
        out.good({ value, place: { file: file.name, record, rowGroup, row: number } })
      } catch (error) {
        if (error instanceof Blame) bad(error.message, error.column)
        else if (error instanceof Refused) bad(error.message, at === "" ? undefined : at)
        else throw damaged(file.name, rowGroup, at, error)
      }
      record++
    }

    const names = plan.columns.map(({ name }) => name)
    const ofGroup = ({ first, group, index, last }: typeof groups[number]) =>
      Stream.unwrap(Effect.map(fetch(file, group, index, plan), (fetched) => {
        const rows = last - first
        const own = { ...plan.metadata, row_groups: plan.metadata.row_groups.slice(index, index + 1), num_rows: BigInt(rows) }
        const valuesAt = Decode.make(own, fetched, names, rows, sliceRows)
        return Stream.flatten(Stream.unfold(0, (begin) =>
          begin >= rows ? Effect.undefined : Effect.gen(function*() {
            const values = yield* Effect.tryPromise({ try: () => valuesAt(begin), catch: (error) => damaged(file.name, index, undefined, error) })
            const end = Math.min(begin + batchRows, ...values.map((column) => column.end))
            const failed = yield* Effect.flip(attempt(file.name, () => {
              for (let i = begin; i < end; i++) row(values, i, index, first + i)
            })).pipe(Effect.option)
            yield* post
            const good = Stream.fromArray(take())
            return [failed._tag === "Some" ? Stream.concat(good, Stream.fail(failed.value)) : good, end] as const
          })))
      }))
    return Stream.concat(Stream.flatMap(Stream.fromIterable(groups), ofGroup), Stream.unwrap(Effect.as(tell, Stream.empty)))
  }))
