/** The stored state of cells, read through a cursor: a million of them never stand in memory as rows. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema, Stream } from "effect"
import type { RunStore, StoredCell } from "../../engine/run/RunStore.ts"
import type { InputVersion } from "../../engine/run/Step.ts"
import { keys } from "./Columns.ts"
import { Inputs } from "./Documents.ts"
import { attempt } from "./Failure.ts"

// Read as text: the same text (often: none) is decoded once.
const Row = Schema.Struct({
  asset: Schema.String,
  partition: Schema.String,
  version: Schema.NullOr(Schema.Number),
  code: Schema.NullOr(Schema.String),
  inputs: Schema.NullOr(Schema.String),
  at: Schema.NullOr(Schema.Date),
  run: Schema.NullOr(Schema.Number),
  failed: Schema.Boolean,
  error: Schema.NullOr(Schema.String)
})

const isRow = Schema.is(Row)
const decodeRow = Schema.decodeUnknownEffect(Row)
const decodeInputs = Schema.decodeUnknownEffect(Schema.fromJsonString(Inputs))

const nothing: Readonly<Record<string, InputVersion>> = {}

export const make = (sql: PgClient.PgClient) => {
  const cells: RunStore["Service"]["cells"] = Effect.fn("RunStore.cells")(function*(assets) {
    const found = new Map(assets.map((asset) => [asset, new Map<string, StoredCell>()]))
    const codes = new Map<string, string>()
    let lastText: string | null = null
    let lastInputs = nothing

    const rows = sql`
      select
        asset, partition, data_version::float8 as version, code_version as code, inputs::text as inputs,
        materialized_at as at, materialized_by as run, failed, error
      from sluice.cells
      where asset = any(${keys(assets)}::text[]) and (data_version is not null or failed)
    `.stream

    yield* rows.pipe(
      Stream.runForEachArray(Effect.fnUntraced(function*(chunk) {
        for (const unknown of chunk) {
          const row = isRow(unknown) ? unknown : yield* decodeRow(unknown)
          if (row.inputs !== null && row.inputs !== lastText) {
            lastInputs = yield* decodeInputs(row.inputs)
            lastText = row.inputs
          }
          // Each row comes with its own copy of the version of the code; a million copies are 50 MB.
          const code = codes.get(row.code ?? "") ?? row.code ?? ""
          if (!codes.has(code)) codes.set(code, code)
          found.get(row.asset)?.set(row.partition, {
            dataVersion: row.version ?? undefined,
            codeVersion: code,
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

  return { cells }
}
