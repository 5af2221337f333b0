/** Parquet → records: only the columns of the schema, only the row groups that can match, a slice of rows at a time. */
import { Effect, Stream } from "effect"
import { type FileMetaData, parquetRead, parquetSchema, type RowGroup } from "hyparquet"
import { getMaxDefinitionLevel, getMaxRepetitionLevel, getSchemaPath } from "hyparquet/src/schema.js"
import type { SchemaTree } from "hyparquet/src/types.js"
import { type BadRecord, Blame, FormatError, type Placed, Refused } from "../FormatError.ts"
import { attempt, collector, type OnBadRecord } from "../Machine.ts"
import { type Shape, setAbsent } from "../Shape.ts"
import { checkedBy } from "./Codecs.ts"
import { Mismatch, type Read, slotReader } from "./Column.ts"
import * as Footer from "./Footer.ts"
import { jsonOf, leafOf, stored } from "./Leaf.ts"
import * as Pages from "./Pages.ts"
import type { Ranged } from "./Ranged.ts"
import { type Condition, matches, type Pushed, skips } from "./Where.ts"

export interface Options {
  readonly columns?: Readonly<Record<string, string | undefined>>
  readonly where?: Readonly<Record<string, Condition<unknown> | undefined>>
  /** Rows that are values at a time. Default 16,384. */
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

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const stringFromBytes = (bytes: Uint8Array | undefined): string | undefined => {
  if (bytes === undefined) return undefined
  try {
    return decoder.decode(bytes)
  } catch {
    throw new Error("a text is no UTF-8")
  }
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

/** The pages of a row group's columns. */
interface Fetched {
  readonly slice: (start: number, end: number) => Uint8Array
  /** Throws where a page, unpacked from this offset of the file, is damaged. */
  readonly check: (offset: number, page: Uint8Array) => void
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
        for (const [offset, check] of pages) checks.set(range.start + offset, check)
      } catch (error) {
        throw damaged(file.name, index, name, error)
      }
    }
  })
  const fetched: Fetched = { slice, check: (offset, page) => checks.get(offset)?.(page) }
  return fetched
})

const damaged = (file: string, rowGroup: number, column: string | undefined, error: unknown): FormatError =>
  error instanceof FormatError ? error : new FormatError({
    file, rowGroup, ...(column === undefined ? {} : { column }),
    reason: `the data cannot be read: ${Footer.problemOf(error)}`, cause: error
  })

const empty = (): { readonly values: Array<unknown>; count: number } => ({ values: [], count: 0 })

/** The raw values of a slice of rows, by column. */
const decode = async (
  plan: Plan,
  { check, slice }: Fetched,
  size: number,
  names: ReadonlyArray<string>,
  from: number,
  to: number
): Promise<ReadonlyArray<ReadonlyArray<unknown>>> => {
  const found = new Map(names.map((name) => [name, empty()]))
  /** Where in the file each copy begins. */
  const copies = new Map<ArrayBufferLike, number>()
  await parquetRead({
    file: {
      byteLength: size,
      slice: (start, end = size) => {
        const bytes = slice(start, end)
        const copy = new ArrayBuffer(bytes.length)
        new Uint8Array(copy).set(bytes)
        copies.set(copy, start)
        return copy
      }
    },
    metadata: plan.metadata,
    columns: [...names],
    rowStart: from,
    rowEnd: to,
    compressors: checkedBy((packed, page) => check((copies.get(packed.buffer) ?? 0) + packed.byteOffset, page)),
    utf8: false,
    geoparquet: false,
    parsers: { stringFromBytes },
    onChunk: ({ columnData, columnName, rowStart }) => {
      const column = found.get(columnName)
      if (column === undefined) return
      const first = Math.max(from, rowStart)
      const last = Math.min(to, rowStart + columnData.length)
      for (let row = first; row < last; row++) column.values[row - from] = columnData[row - rowStart]
      column.count += Math.max(0, last - first)
    }
  })
  return names.map((name) => {
    const column = found.get(name)
    if (column === undefined || column.count !== to - from) throw new Error(`column ${name} has ${column?.count ?? 0} values for ${to - from} rows`)
    return column.values
  })
}

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
    const sliceRows = options.sliceRows ?? 16_384
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

    const row = (values: ReadonlyArray<ReadonlyArray<unknown>>, i: number, rowGroup: number, number: number): void => {
      const bad = (reason: string, column: string | undefined) => {
        const raw = JSON.stringify(jsonOf(Object.fromEntries(plan.columns.map(({ name }, c) => [name, values[c]?.[i] ?? null]))))
        const letter: BadRecord = { file: file.name, record, line: undefined, byte: undefined, rowGroup, row: number, column, reason, raw: raw.slice(0, 65_536) }
        out.bad(letter)
      }
      const fields: Record<string, unknown> = hasProto ? Object.create(null) : {}
      let at = ""
      try {
        let c = 0
        for (const { key, name, read } of plan.columns) {
          at = name
          const value = read(values[c++]?.[i])
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
        // Nested columns are decoded whole each time, so they are not cut.
        const step = plan.columns.every(({ flat }) => flat) ? Math.max(sliceRows, Math.ceil((last - first) / 64)) : last - first
        const slices = Array.from({ length: Math.ceil((last - first) / step) }, (_, i) => first + i * step)
        return Stream.flatMap(Stream.fromIterable(slices), (from) => {
          const to = Math.min(from + step, last)
          return Stream.unwrap(Effect.gen(function*() {
            const values = yield* Effect.tryPromise({
              try: () => decode(plan, fetched, file.size, names, from, to),
              catch: (error) => damaged(file.name, index, undefined, error)
            })
            const parts = Array.from({ length: Math.ceil((to - from) / 2048) }, (_, i) => from + i * 2048)
            return Stream.flatMap(Stream.fromIterable(parts), (begin) =>
              Stream.unwrap(Effect.gen(function*() {
                const failed = yield* Effect.flip(attempt(file.name, () => {
                  for (let i = begin; i < Math.min(begin + 2048, to); i++) row(values, i - from, index, i)
                })).pipe(Effect.option)
                yield* post
                const good = Stream.fromArray(take())
                return failed._tag === "Some" ? Stream.concat(good, Stream.fail(failed.value)) : good
              })))
          }))
        })
      }))
    return Stream.concat(Stream.flatMap(Stream.fromIterable(groups), ofGroup), Stream.unwrap(Effect.as(tell, Stream.empty)))
  }))
