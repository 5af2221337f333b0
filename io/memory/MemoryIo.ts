/** An IO manager that keeps values in the process, for tests and notebooks: any tag, both kinds of output. */
import { createHash } from "node:crypto"
import { Effect, Layer, Result, Schema, Stream } from "effect"
import * as Io from "../../engine/definition/Io.ts"
import type { Output } from "../../engine/definition/Output.ts"
import type { Rows } from "../../engine/definition/Rows.ts"
import * as Produced from "../warehouse/Produced.ts"
import { place, refuse, shown } from "../warehouse/Refusal.ts"
import * as RowShape from "../warehouse/RowShape.ts"
import { Elements } from "./Elements.ts"

const property = (row: unknown, name: string): unknown =>
  typeof row === "object" && row !== null ? Reflect.get(row, name) : undefined

const ordered = (a: unknown, b: unknown): number => {
  if (typeof a === "number" && typeof b === "number") return a - b
  if (typeof a === "bigint" && typeof b === "bigint") return a < b ? -1 : a > b ? 1 : 0
  if (a instanceof Date && b instanceof Date) return a.getTime() - b.getTime()
  if (typeof a === "string" && typeof b === "string") return a < b ? -1 : a > b ? 1 : 0
  return 0
}

const byKey = (output: Output) => (a: Io.Element, b: Io.Element): number => {
  if (output._tag === "Document") return 0
  for (const name of output.key) {
    const order = ordered(property(a.value, name), property(b.value, name))
    if (order !== 0) return order
  }
  return 0
}

const keyOf = (rows: Rows<unknown>, row: unknown): string =>
  rows.key.map((name) => {
    const value = property(row, name)
    return `${typeof value} ${value instanceof Date ? value.toISOString() : String(value)}`
  }).join("\0")

/** With `keepKnown`, the figures of the stored row that the new one leaves null. */
const joined = (rows: Rows<unknown>, stored: unknown, given: unknown): unknown => {
  if (!rows.keepKnown || typeof stored !== "object" || stored === null || typeof given !== "object" || given === null) {
    return given
  }
  const known = Object.entries(stored).filter(([name]) => (property(given, name) ?? null) === null)
  return Object.assign(Object.create(Object.getPrototypeOf(given)), given, Object.fromEntries(known))
}

const contentHash = (schema: Schema.Codec<unknown, unknown>, values: ReadonlyArray<unknown>): string | undefined => {
  const encoded = Schema.encodeUnknownResult(Schema.toCodecJson(Schema.Array(schema)))(values)
  return Result.isSuccess(encoded)
    ? createHash("sha1").update(JSON.stringify(encoded.success)).digest("hex")
    : undefined
}

const faultOf = (rows: Rows<unknown>, where: string, values: ReadonlyArray<unknown>, before: number): string | undefined => {
  const struct = RowShape.struct(rows.schema)
  if (struct === undefined) return `${where} has a schema without fixed columns; rows need a Schema.Struct or Schema.Class.`
  const parse = Schema.decodeUnknownResult(struct)
  const is = Schema.is(struct)
  const at = values.findIndex((value) => !is(value))
  if (at === -1) return undefined
  const parsed = parse(values[at])
  const reason = Result.isFailure(parsed) ? parsed.failure.message.replace(/\s*\n\s*/g, " ") : shown(values[at])
  return `Row ${before + at + 1} of ${where} does not match the schema: ${reason}.`
}

/** A cell whose value is read and valid. */
interface Ready {
  readonly cell: Io.CellWrite
  readonly values: ReadonlyArray<unknown>
  readonly written: Io.CellWritten
}

/** Reads the value of a cell; where `aside` is given, what was put aside for it may be the value. */
const ready = Effect.fnUntraced(function*(cell: Io.CellWrite, aside?: ReadonlyArray<unknown>) {
  const { asset: { key, output }, partition, value } = cell
  const where = place(key, partition)
  if (output._tag === "Document") {
    if (!Schema.is(output.schema)(value)) {
      const message = `The document of ${where} cannot be stored: ${shown(value)} does not match the schema.`
      return yield* refuse(key, partition, message)
    }
    const written = { rows: 1, hash: contentHash(output.schema, [value]), values: [value], displaced: [] }
    return { cell, values: [value], written } satisfies Ready
  }
  const produced = yield* Effect.fromResult(Produced.of(cell))
  const given = produced._tag === "InMemory" ? produced.rows : yield* Stream.runCollect(produced.rows)
  const values = cell.partial === undefined || aside === undefined ? given : aside
  if (cell.partial !== undefined && aside !== undefined && cell.partial !== aside.length) {
    const message = `${where} had ${cell.partial} rows put aside and now has ${aside.length}: materialize it again, it starts anew.`
    return yield* refuse(key, partition, message)
  }
  const fault = faultOf(output, where, values, aside === undefined ? cell.partial ?? 0 : 0)
  if (fault !== undefined) return yield* refuse(key, partition, fault)
  // What is given says what is stored only where it replaces what was there.
  const hash = output.mode === "replace" ? contentHash(output.schema, values) : undefined
  const written = { rows: values.length, hash, values, displaced: [] }
  return { cell, values, written } satisfies Ready
})

/** Applies one cell; gives the sentence that refuses it. `undo` collects what takes it back, `losers` who loses rows. */
const apply = (
  elements: Elements,
  { cell, values }: Ready,
  undo: Array<() => void>,
  losers: Set<string>
): string | undefined => {
  const { asset: { key, output }, partition } = cell
  if (output._tag === "Document") {
    undo.push(elements.set(partition, { partition, value: values[0] }))
    return undefined
  }
  if (output.mode === "replace") undo.push(elements.clear(partition))
  for (const value of values) {
    const name = output.key.length === 0 ? elements.unnamed() : keyOf(output, value)
    const stored = elements.get(name)
    if (stored !== undefined && output.mode !== "upsert") {
      const named = output.key.map((k) => shown(property(value, k))).join(", ")
      return `${place(key, partition)} has two rows with the key (${output.key.join(", ")}) = (${named}); a key is ` +
        "unique over the whole asset, so drop one or declare the output with mode \"upsert\"."
    }
    if (stored !== undefined && stored.partition !== partition) losers.add(stored.partition)
    undo.push(elements.set(name, { partition, value: joined(output, stored?.value, value) }))
  }
  return undefined
}

const never = (asset: string, partition: string | undefined) => {
  const message = `${place(asset, partition)} was never materialized: run \`sluice materialize ${asset}\`.`
  return Result.fail(refuse(asset, partition, message))
}

const read = (
  stored: Elements | undefined,
  { asset: { key, output }, partitions }: Io.Source
): Result.Result<ReadonlyArray<Io.Element>, Io.IoError> => {
  if (stored === undefined) return never(key, undefined)
  const asked = partitions === "all" ? stored.partitions() : [...new Set(partitions)]
  const found = asked.map((partition) => stored.partition(partition))
  const missing = asked[found.findIndex((elements) => elements.length === 0)]
  return output._tag === "Document" && missing !== undefined ? never(key, missing) : Result.succeed(found.flat())
}

const make = Effect.sync((): Io.IoManager => {
  const assets = new Map<string, Elements>()
  const elementsOf = ({ key, output }: Io.Stored): Elements => {
    const found = assets.get(key) ?? new Elements(byKey(output))
    assets.set(key, found)
    return found
  }
  const aside = new Map<string, ReadonlyArray<unknown>>()
  const placeOf = ({ asset, partition }: Io.CellName) => `${asset.key}\0${partition}`
  const asideOf = (cell: Io.CellName) => aside.get(placeOf(cell)) ?? []
  return {
    accepts: ["Rows", "Document"],
    partial: {
      prepare: () => Effect.void,
      add: Effect.fnUntraced(function*(cells) {
        const all = yield* Effect.forEach(cells, (cell) => ready(cell))
        for (const { cell, values } of all) aside.set(placeOf(cell), [...asideOf(cell), ...values])
      }),
      count: (cell) => Effect.sync(() => asideOf(cell).length),
      discard: (cell) => Effect.sync(() => void aside.delete(placeOf(cell)))
    },
    prepare: (asset) => Effect.sync(() => void elementsOf(asset)),
    write: Effect.fnUntraced(function*(cells) {
      const all = yield* Effect.forEach(cells, (cell) => ready(cell, asideOf(cell)))
      // From here on nothing is awaited, so that no other write comes between.
      const undo: Array<() => void> = []
      const results: Array<Io.CellWritten> = []
      for (const each of all) {
        const { asset, partition } = each.cell
        const losers = new Set<string>()
        const fault = apply(elementsOf(asset), each, undo, losers)
        results.push({ ...each.written, displaced: [...losers].sort() })
        if (fault === undefined) continue
        for (const step of undo.reverse()) step()
        return yield* refuse(asset.key, partition, fault)
      }
      for (const cell of cells) if (cell.partial !== undefined) aside.delete(placeOf(cell))
      return results
    }),
    load: Effect.fnUntraced(function*(source) {
      const elements = yield* Effect.fromResult(read(assets.get(source.asset.key), source))
      return { partitions: elements.map((e) => e.partition), values: elements.map((e) => e.value) }
    }),
    stream: (source) =>
      Stream.unwrap(
        Effect.suspend(() => Effect.map(Effect.fromResult(read(assets.get(source.asset.key), source)), Stream.fromIterable))
      )
  }
})

/** The IO manager of `tag`, kept in the memory of this process; each build of the layer starts empty. */
export const layer = <Self>(tag: Io.Key<Self>): Layer.Layer<Self> => Layer.fresh(Layer.effect(tag, make))
