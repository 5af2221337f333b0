/** A season of weather that never was, in about 20,000 cells: what the processes of the tests fill together. */
import { Data, Effect, Result, Schema } from "effect"
// Not the public entry, which loads a third more: processes are started, and killed, by the dozen.
import { Asset, AssetGraph, Input, Mapping, Partitions, Pipeline, Retry, Rows } from "../../../engine/index.ts"
import { BackfillOptions, everything } from "../../../engine/record/Backfill.ts"
import { RunRequest } from "../../../engine/record/Run.ts"
import { Warehouse } from "../../../io/warehouse/Warehouse.ts"

export interface Weather {
  readonly days: number
  readonly stations: number
  /** Notes the beginning and the end of the computation of cells, and lasts as long as it pleases. */
  readonly work: (asset: string, keys: ReadonlyArray<string>) => Effect.Effect<void>
  /** Out of ten cells of the source, so many fail for good and so many in passing. Default 0. */
  readonly failing?: number
  readonly flaky?: number
}

export class Broken extends Data.TaggedError("Broken")<{ readonly message: string }> {}
export class Blip extends Data.TaggedError("Blip")<{ readonly message: string }> {
  readonly transient = true
}

/** A number for a text, the same in every process. */
export const hash = (text: string): number => {
  let state = 0x811c9dc5
  for (let i = 0; i < text.length; i++) state = Math.imul(state ^ text.charCodeAt(i), 0x01000193)
  return (state ^ (state >>> 15)) >>> 0
}

/** A row carries the process that wrote it. */
const Row = Schema.Struct({ id: Schema.String, value: Schema.Int, pid: Schema.Int })
type Row = typeof Row.Type

const rows = Rows.of(Row, { key: ["id"] })
/** A row that were written twice would be there twice. */
const log = Rows.of(Row, { mode: "append" })

const sum = (rows: ReadonlyArray<Row>) => rows.reduce((total, { value }) => total + value, 0)
const row = (id: string, value: number): ReadonlyArray<Row> => [{ id, value, pid: process.pid }]

const start = "2023-01-01"
const endOf = (days: number) => new Date(Date.parse(start) + days * 86_400_000).toISOString().slice(0, 10)

export const cellsOf = ({ days, stations }: Pick<Weather, "days" | "stations">) =>
  days * stations * 5 + Math.floor(days / 7) * stations

/**
 * A source, a reader cell by cell, one of three days, one with a dimension more that is cut by it, a batch and a week.
 */
export const make = ({ days, failing = 0, flaky = 0, stations, work }: Weather): AssetGraph.AssetGraph<Warehouse> => {
  const day = Partitions.daily({ start, end: endOf(days) })
  const station = Partitions.fixed(Array.from({ length: stations }, (_, i) => `s${String(i).padStart(2, "0")}`))
  const cells = Partitions.product({ day, station })
  const keyOf = (p: { readonly day: { readonly key: string }; readonly station: string }) => `${p.day.key}|${p.station}`
  let blips = new Set<string>()

  const reading = Asset.make("test/reading", {
    partitions: cells,
    output: rows,
    io: Warehouse,
    retry: Retry.transient({ times: 3, base: "20 millis" }),
    run: (_, p) =>
      Effect.gen(function*() {
        const key = keyOf(p)
        yield* work("test/reading", [key])
        const lot = hash(key) % 10
        if (lot < failing) return yield* new Broken({ message: `The station of ${key} is broken.` })
        if (lot < failing + flaky && !blips.has(key)) {
          blips.add(key)
          return yield* new Blip({ message: `The line to ${key} is busy.` })
        }
        return row(key, hash(key) % 1000)
      })
  })
  const cleaned = Asset.make("test/cleaned", {
    partitions: cells,
    inputs: { reading },
    output: log,
    io: Warehouse,
    run: ({ reading }, p) => Effect.as(work("test/cleaned", [keyOf(p)]), row(keyOf(p), sum(reading) + 1))
  })
  const trend = Asset.make("test/trend", {
    partitions: cells,
    inputs: { reading: Input.rows(reading, { mapping: Mapping.offset(-2, 0) }) },
    output: rows,
    io: Warehouse,
    run: ({ reading }, p) => Effect.as(work("test/trend", [keyOf(p)]), row(keyOf(p), sum(reading)))
  })
  const kinds = Partitions.product({ day, station, kind: Partitions.fixed(["high"]) })
  const extreme = Asset.make("test/extreme", {
    partitions: kinds,
    inputs: { cleaned },
    output: rows,
    io: Warehouse,
    run: ({ cleaned }, p) => Effect.as(work("test/extreme", [`${keyOf(p)}|${p.kind}`]), row(`${keyOf(p)}|${p.kind}`, sum(cleaned) * 2))
  })
  const score = Asset.make("test/score", {
    partitions: cells,
    inputs: { trend },
    output: rows,
    io: Warehouse,
    batch: 40,
    run: (inputs, partitions) =>
      Effect.as(
        work("test/score", partitions.map(keyOf)),
        inputs.map(({ trend }, i) => row(keyOf(partitions[i]!), sum(trend) * 3))
      )
  })
  const week = Asset.make("test/week", {
    partitions: Partitions.product({ week: Partitions.weekly({ start, end: endOf(days) }), station }),
    inputs: { cleaned: Input.rows(cleaned, { mapping: Mapping.project() }) },
    output: rows,
    io: Warehouse,
    run: ({ cleaned }, p) => {
      const key = `${p.week.key}|${p.station}`
      return Effect.as(work("test/week", [key]), row(key, sum(cleaned)))
    }
  })
  return Result.getOrThrow(AssetGraph.make([Pipeline.make("weather", { assets: [reading, cleaned, trend, extreme, score, week] })]))
}

export const request = (options: Partial<BackfillOptions> & { readonly selection?: string; readonly concurrency?: number } = {}) =>
  new RunRequest({
    selection: options.selection ?? "*",
    partitions: null,
    force: false,
    concurrency: options.concurrency ?? 8,
    backfill: new BackfillOptions({
      name: options.name ?? "test",
      target: options.target ?? everything,
      only: options.only ?? ["missing", "stale"],
      order: options.order ?? "oldest",
      batch: options.batch ?? null,
      maxFailures: options.maxFailures ?? null
    })
  })
