/** Parquet → records: only the columns of the schema, only the row groups that can match, some hundred rows at a time. */
import { Array as Arr, Cause, Effect, Pull, Stream } from "effect"
import { type BadRecord, FormatError, type Place, Refused } from "../FormatError.ts"
import { attempt, caught, collector, type Gives, type OnBadRecord } from "../Machine.ts"
import * as Maker from "../Maker.ts"
import { type Shape, setAbsent } from "../Shape.ts"
import type { Cursor } from "./Cursor.ts"
import * as Fetch from "./Fetch.ts"
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
const convert = ({ name, read }: Plan.Column, raw: ReadonlyArray<unknown>, count: number, into: Array<unknown>, faults: Map<number, Fault>): void => {
  for (let i = 0; i < count; i++) {
    try {
      for (; i < count; i++) into[i] = read(raw[i])
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      if (!faults.has(i)) faults.set(i, { column: name, reason: error.message })
      into[i] = undefined
    }
  }
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

export const read = <E, R, E2, R2>(
  file: Ranged<E, R>,
  shape: Shape,
  options: Plan.Options,
  policy: OnBadRecord<E2, R2>,
  gives: Gives
): Stream.Stream<unknown, E | E2 | FormatError, R | R2> =>
  Stream.unwrap(Effect.gen(function*() {
    const metadata = yield* Footer.read(file)
    const plan = yield* attempt(file.name, () => Plan.make(file.name, metadata, shape, options))
    const { out, post, take, tell } = collector<E2, R2>(file.name, policy, gives)
    const { columns, conditions, missing } = plan
    const make = makerOf(plan)
    const buffers = Fetch.buffers()
    let record = 0
    // The same arrays for all batches: what is as large, and lives as long, as a batch would wait for a full collection.
    const raws = columns.map((): Array<unknown> => [])
    const values: ReadonlyArray<Array<unknown>> = [
      ...columns.map(({ read }, c) => read === same ? raws[c] ?? [] : []),
      ...missing.map(({ null: isNull }): Array<unknown> => isNull ? Array.from({ length: batchRows }, () => null) : [])
    ]

    /** The next rows of a group, of which `first` is the number in the file. */
    const rows = (cursors: ReadonlyArray<Cursor<E, R>>, count: number, rowGroup: number, first: number): void => {
      const faults = new Map<number, Fault>()
      for (const [c, column] of columns.entries()) {
        const [raw, into] = [raws[c] ?? [], values[c] ?? []]
        try {
          cursors[c]?.take(count, raw)
        } catch (error) {
          throw damaged(file.name, rowGroup)(column.name, error)
        }
        if (raw !== into) convert(column, raw, count, into, faults)
      }
      const placeOf = (i: number): Place => ({ file: file.name, record, rowGroup, row: first + i })
      const bad = (i: number, { column, reason }: { readonly column: string | undefined; readonly reason: string }) => {
        const raw = JSON.stringify(jsonOf(Object.fromEntries(columns.map(({ name }, c) => [name, raws[c]?.[i] ?? null]))))
        const letter: BadRecord = { file: file.name, record, line: undefined, byte: undefined, rowGroup, row: first + i, column, reason, raw: raw.slice(0, 65_536) }
        out.bad(letter, () => placeOf(i))
      }
      for (let i = 0; i < count; i++) {
        const fault = faults.get(i)
        if (fault !== undefined) bad(i, fault)
        else {
          try {
            const fields = make(values, i)
            if (!conditions.every(([key, condition]) => matches(fields[key], condition))) continue
            const value = shape.finish === undefined ? fields : shape.finish(fields)
            out.good(gives === "values" ? value : { value, place: placeOf(i) })
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

    /** One stream a group and not one a batch: that of all batches would be held until the group ends. */
    const ofGroup = ({ first, group, index, rows: all }: typeof groups[number]) =>
      Stream.unwrap(Effect.map(Group.open(file, plan.schema, group, columns, buffers, damaged(file.name, index)), (cursors) => {
        let begin = 0
        let failure: FormatError | undefined
        const load = (cursor: Cursor<E, R>, c: number) =>
          cursor.available() > 0 ? Effect.void : Effect.flatMap(cursor.load, (more) =>
            more ? Effect.void : Effect.fail(damaged(file.name, index)(columns[c]?.name ?? "", new Error(`it has ${begin} values for ${all} rows`))))
        const batch = Effect.gen(function*() {
          yield* Effect.forEach(cursors, load, { concurrency: 4, discard: true })
          const count = Math.min(batchRows, all - begin, ...cursors.map((cursor) => cursor.available()))
          failure = caught(() => rows(cursors, count, index, first + begin))
          begin += count
          const longer = begin < all ? -1 : cursors.findIndex((cursor) => !cursor.isEmpty())
          if (longer >= 0) failure ??= damaged(file.name, index)(columns[longer]?.name ?? "", new Error(`it has more than the ${all} rows of the row group`))
          yield* post
          return take()
        })
        const next: Pull.Pull<Arr.NonEmptyReadonlyArray<unknown>, E | E2 | FormatError, void, R | R2> = Effect.suspend(() => {
          if (failure !== undefined) return Effect.fail(failure)
          if (begin >= all) return Cause.done()
          return Effect.flatMap(batch, (taken) => Arr.isReadonlyArrayNonEmpty(taken) ? Effect.succeed(taken) : next)
        })
        return Stream.fromPull(Effect.succeed(next))
      }))
    return Stream.concat(Stream.flatMap(Stream.fromIterable(groups), ofGroup), Stream.unwrap(Effect.as(tell, Stream.empty)))
  }))
