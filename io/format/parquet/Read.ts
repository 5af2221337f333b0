/** Parquet → records: only the columns of the schema, only the row groups that can match, some hundred rows at a time. */
import { Effect, Stream } from "effect"
import { type BadRecord, FormatError, Refused } from "../FormatError.ts"
import { attempt, collector, type OnBadRecord } from "../Machine.ts"
import * as Maker from "../Maker.ts"
import { type Shape, setAbsent } from "../Shape.ts"
import type { Cursor } from "./Cursor.ts"
import * as Footer from "./Footer.ts"
import * as Group from "./Group.ts"
import { jsonOf, same } from "./Leaf.ts"
import * as Plan from "./Plan.ts"
import type { Ranged } from "./Ranged.ts"
import { matches, skips } from "./Where.ts"

export type { Options } from "./Plan.ts"

const damaged = (file: string, rowGroup: number) => (column: string, error: unknown): FormatError =>
  error instanceof FormatError ? error : new FormatError({
    file, rowGroup, column, reason: `the data cannot be read: ${Footer.problemOf(error)}`, cause: error
  })

/** Records are given so many at a time: what V8's collections of young garbage find alive is copied. */
const batchRows = 512

/** A value that a record cannot have. */
interface Fault {
  readonly column: string
  readonly reason: string
}

/** The values of one column for some rows; what is refused is noted with its row. */
const convert = ({ name, read }: Plan.Column, raw: ArrayLike<unknown>, count: number, faults: Map<number, Fault>): ArrayLike<unknown> => {
  if (read === same) return raw
  const values: Array<unknown> = []
  while (values.length < count) {
    try {
      for (let i = values.length; i < count; i++) values.push(read(raw[i]))
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      if (!faults.has(values.length)) faults.set(values.length, { column: name, reason: error.message })
      values.push(undefined)
    }
  }
  return values
}

/** Puts records together: quickly where every property is there, and one by one where some may be missing. */
const makerOf = ({ columns, missing }: Plan.Plan): Maker.FromColumns => {
  const quick = Maker.fromColumns([...columns, ...missing].map(({ key }) => key))
  if (![...columns.map(({ slot }) => slot), ...missing].some(({ absent }) => absent === "missing")) return quick
  const hasProto = columns.some(({ key }) => key === "__proto__")
  return (values, row) => {
    const record: Record<string, unknown> = hasProto ? Object.create(null) : {}
    columns.forEach(({ key, slot }, c) => {
      const value = values[c]?.[row]
      if (value === undefined) setAbsent(record, slot)
      else record[key] = value
    })
    for (const slot of missing) setAbsent(record, slot)
    return record
  }
}

/** `placed`: each record with its place. */
export const read = <E, R, E2, R2>(
  file: Ranged<E, R>,
  shape: Shape,
  options: Plan.Options,
  policy: OnBadRecord<E2, R2>,
  placed: boolean
): Stream.Stream<unknown, E | E2 | FormatError, R | R2> =>
  Stream.unwrap(Effect.gen(function*() {
    const metadata = yield* Footer.read(file)
    const plan = yield* attempt(file.name, () => Plan.make(file.name, metadata, shape, options))
    const { out, post, take, tell } = collector<unknown, E2, R2>(file.name, policy)
    const { columns, missing } = plan
    const make = makerOf(plan)
    const conditions = Object.entries(options.where ?? {})
    let record = 0

    /** The next rows of a group, of which `first` is the number in the file. */
    const rows = (cursors: ReadonlyArray<Cursor<E, R>>, count: number, rowGroup: number, first: number): void => {
      const faults = new Map<number, Fault>()
      const raws = columns.map(({ name }, c): ArrayLike<unknown> => {
        try {
          return cursors[c]?.take(count) ?? []
        } catch (error) {
          throw damaged(file.name, rowGroup)(name, error)
        }
      })
      const values: Array<ArrayLike<unknown>> = columns.map((column, c) => convert(column, raws[c] ?? [], count, faults))
      for (const { null: isNull } of missing) values.push(isNull ? Array.from({ length: count }, () => null) : [])
      const bad = (i: number, { column, reason }: { readonly column: string | undefined; readonly reason: string }) => {
        const raw = JSON.stringify(jsonOf(Object.fromEntries(columns.map(({ name }, c) => [name, raws[c]?.[i] ?? null]))))
        const letter: BadRecord = { file: file.name, record, line: undefined, byte: undefined, rowGroup, row: first + i, column, reason, raw: raw.slice(0, 65_536) }
        out.bad(letter)
      }
      for (let i = 0; i < count; i++) {
        const fault = faults.get(i)
        if (fault !== undefined) bad(i, fault)
        else {
          try {
            const fields = make(values, i)
            if (!conditions.every(([key, condition]) => condition === undefined || matches(fields[key], condition))) continue
            const value = shape.finish === undefined ? fields : shape.finish(fields)
            out.good(placed ? { value, place: { file: file.name, record, rowGroup, row: first + i } } : value)
          } catch (error) {
            if (!(error instanceof Refused)) throw error
            bad(i, { column: undefined, reason: error.message })
          }
        }
        record++
      }
    }

    let start = 0
    const groups = metadata.row_groups.map((group, index) => {
      const first = start
      start += Number(group.num_rows)
      return { group, index, first, rows: start - first }
    }).filter(({ group, index, rows }) => rows > 0 && (options.rowGroups?.includes(index) ?? true) && !skips(group, plan.pushed))

    const ofGroup = ({ first, group, index, rows: all }: typeof groups[number]) =>
      Stream.unwrap(Effect.map(Group.open(file, plan.schema, group, columns, damaged(file.name, index)), (cursors) =>
        Stream.flatten(Stream.unfold(0, (begin) =>
          begin >= all ? Effect.undefined : Effect.gen(function*() {
            const load = (cursor: Cursor<E, R>, c: number) =>
              cursor.available() > 0 ? Effect.void : Effect.flatMap(cursor.load, (more) =>
                more ? Effect.void : Effect.fail(damaged(file.name, index)(columns[c]?.name ?? "", new Error(`it has ${begin} values for ${all} rows`))))
            yield* Effect.forEach(cursors, load, { concurrency: 4, discard: true })
            const count = Math.min(batchRows, all - begin, ...cursors.map((cursor) => cursor.available()))
            const failed = yield* Effect.flip(attempt(file.name, () => rows(cursors, count, index, first + begin))).pipe(Effect.option)
            yield* post
            const good = Stream.fromArray(take())
            return [failed._tag === "Some" ? Stream.concat(good, Stream.fail(failed.value)) : good, begin + count] as const
          })))))
    return Stream.concat(Stream.flatMap(Stream.fromIterable(groups), ofGroup), Stream.unwrap(Effect.as(tell, Stream.empty)))
  }))
