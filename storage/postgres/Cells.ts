/** The stored state of cells, read through a cursor: a million of them never stand in memory as rows. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema, Stream } from "effect"
import type { RunStore, SameKey, StoredCell } from "../../engine/record/RunStore.ts"
import type { Cell, InputVersion } from "../../engine/record/Step.ts"
import { cellColumns } from "./Claims.ts"
import { keys } from "./Columns.ts"
import { decodeInputs } from "./Documents.ts"
import { attempt } from "./Failure.ts"

const Row = Schema.Struct({
  asset: Schema.String,
  partition: Schema.String,
  version: Schema.NullOr(Schema.Number),
  code: Schema.NullOr(Schema.String),
  windows: Schema.NullOr(Schema.String),
  inputs: Schema.NullOr(Schema.String),
  at: Schema.NullOr(Schema.Date),
  run: Schema.NullOr(Schema.Number),
  failed: Schema.Boolean,
  error: Schema.NullOr(Schema.String)
})

type Row = typeof Row.Type

const isTextOrNull = (value: unknown): value is string | null => value === null || typeof value === "string"
const isNumberOrNull = (value: unknown): value is number | null => value === null || typeof value === "number"

// By hand: `Schema.is` took a quarter of the 3 s of a million rows. It explains the rows that this refuses.
const isRow = (row: { readonly [K in keyof Row]: unknown }): row is Row =>
  typeof row.asset === "string" && typeof row.partition === "string" && typeof row.failed === "boolean" &&
  isNumberOrNull(row.version) && isNumberOrNull(row.run) && (row.at === null || row.at instanceof Date) &&
  isTextOrNull(row.code) && isTextOrNull(row.windows) && isTextOrNull(row.inputs) && isTextOrNull(row.error)

const decodeRow = Schema.decodeUnknownEffect(Row)

const nothing: Readonly<Record<string, InputVersion>> = {}

export const make = (sql: PgClient.PgClient) => {
  const columns = sql.literal(`
    asset, partition, data_version::float8 as version, code_version as code, windows, inputs::text as inputs,
    materialized_at as at, materialized_by as run, failed, error
  `)

  // Inputs come as text, so that a text equal to the last one (often: none) is decoded once.
  const whole = (assets: ReadonlyArray<string>) =>
    sql`
      select ${columns} from sluice.cells
      where asset = any(${keys(assets)}::text[]) and (data_version is not null or failed)
    `

  // `limit 1` keeps the look-up by key, however large the table was when the statement was planned.
  const some = (cells: ReadonlyArray<Cell>) => {
    const { assets, partitions } = cellColumns(cells)
    return sql`
      select cell.*
      from unnest(${assets}::text[], ${partitions}::text[]) as asked (asset, partition)
      cross join lateral (
        select ${columns} from sluice.cells as cell
        where cell.asset = asked.asset and cell.partition = asked.partition and (data_version is not null or failed)
        limit 1
      ) as cell
    `
  }

  const cells: RunStore["Service"]["cells"] = Effect.fn("RunStore.cells")(function*(wanted) {
    const found = new Map(Array.from(wanted.keys(), (asset) => [asset, new Map<string, StoredCell>()]))
    const all: Array<string> = []
    const single: Array<Cell> = []
    for (const [asset, partitions] of wanted) {
      if (partitions === "all") all.push(asset)
      else for (const partition of partitions) single.push({ asset, partition })
    }
    const texts = new Map<string, string>()
    // Each row comes with its own copy of them; one copy is enough for a million cells.
    const once = (text: string): string => {
      const known = texts.get(text)
      if (known === undefined) texts.set(text, text)
      return known ?? text
    }
    let lastAsset: string | undefined
    let lastCode = ""
    let lastWindows = ""
    let partitions = new Map<string, StoredCell>()
    let lastText: string | null = null
    let lastInputs = nothing

    // One statement, so that the cells of different assets are seen as they are at one moment.
    const parts = [...all.length === 0 ? [] : [whole(all)], ...single.length === 0 ? [] : [some(single)]]
    if (parts.length === 0) return found
    const rows = sql<{ readonly [K in keyof Row]: unknown }>`${sql.join(" union all ", false)(parts)}`.stream

    yield* rows.pipe(
      Stream.runForEachArray(Effect.fnUntraced(function*(chunk) {
        for (const given of chunk) {
          const row = isRow(given) ? given : yield* decodeRow(given)
          if (row.inputs !== null && row.inputs !== lastText) {
            lastInputs = yield* decodeInputs(row.inputs)
            lastText = row.inputs
          }
          if (row.asset !== lastAsset) {
            lastAsset = row.asset
            partitions = found.get(row.asset) ?? new Map()
          }
          if (row.code !== lastCode) lastCode = once(row.code ?? "")
          if (row.windows !== lastWindows) lastWindows = once(row.windows ?? "")
          partitions.set(row.partition, {
            dataVersion: row.version ?? undefined,
            codeVersion: lastCode,
            windows: lastWindows,
            inputs: row.inputs === null ? nothing : lastInputs,
            materializedAt: row.at ?? undefined,
            materializedBy: row.run ?? undefined,
            failed: row.failed,
            error: row.error
          })
        }
      })),
      attempt("read the state of cells")
    )
    return found
  })

  // The version of one cell is the `max` of what was read of it.
  const changedIn = ({ asset, input, partition, upstream }: SameKey, place: number) =>
    sql`
      select ${place}::integer as place, cell.partition
      from sluice.cells as cell
      left join sluice.cells as upstream
        on upstream.asset = ${upstream} and upstream.data_version is not null
        and upstream.partition = ${partition === "" ? sql`''` : sql`cell.partition`}
      where cell.asset = ${asset} and cell.data_version is not null
        and (
          (cell.inputs -> ${input}::text -> 'count')::bigint is distinct from (upstream.data_version is not null)::integer
          or upstream.data_version is not null
            and (cell.inputs -> ${input}::text -> 'max')::bigint is distinct from upstream.data_version
        )
    `

  const changedInputs: RunStore["Service"]["changedInputs"] = Effect.fn("RunStore.changedInputs")(function*(inputs) {
    const found = inputs.map((): Array<string> => [])
    if (inputs.length === 0) return found
    // One statement, so that all is of one moment.
    yield* sql<{ readonly place: number; readonly partition: string }>`
      ${sql.join(" union all ", false)(inputs.map(changedIn))}
    `.stream.pipe(
      Stream.runForEachArray((chunk) => Effect.sync(() => {
        for (const { partition, place } of chunk) found[place]?.push(partition)
      })),
      attempt("compare what cells have read with what is there now")
    )
    return found
  })

  return { cells, changedInputs }
}
