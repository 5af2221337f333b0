/** Base rows of the log: the sets that the cells of an asset come to, read from the table of cells where need be. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Stream } from "effect"
import * as PartitionSet from "../../engine/partition/PartitionSet.ts"
import { basisOf, type CellSets, changesOf, type Numbering } from "../../engine/record/CellSets.ts"
import { gathering } from "../Changes.ts"
import { instants, keys, texts } from "./Columns.ts"
import { decodeInputs } from "./Documents.ts"
import { attempt } from "./Failure.ts"
import { setText } from "./SetColumns.ts"

interface Row {
  readonly asset: string
  readonly partition: string
  readonly isMaterialized: boolean
  readonly code: string | null
  readonly windows: string | null
  readonly inputs: string | null
  readonly at: Date | null
  readonly failed: boolean
}

/** The sets of assets as their cells stand now. */
export const fromCells = Effect.fnUntraced(function*(
  sql: PgClient.PgClient,
  numberings: ReadonlyMap<string, Numbering>
) {
  const found = new Map(Array.from(numberings, ([asset, numbering]) => [asset, gathering(numbering)]))
  // The last texts and the basis that follows from them: neighbours are often alike.
  let code = ""
  let windows = ""
  let inputs = ""
  let basis = ""
  yield* sql<Row>`
    select
      asset, partition, data_version is not null as "isMaterialized", code_version as code, windows, inputs::text as inputs,
      materialized_at as at, failed
    from sluice.cells
    where asset = any(${keys(Array.from(numberings.keys()))}::text[]) and (data_version is not null or failed)
  `.stream.pipe(
    Stream.runForEachArray(Effect.fnUntraced(function*(rows) {
      for (const row of rows) {
        if (row.isMaterialized && (basis === "" || code !== (row.code ?? "") || windows !== (row.windows ?? "") || inputs !== (row.inputs ?? "{}"))) {
          code = row.code ?? ""
          windows = row.windows ?? ""
          inputs = row.inputs ?? "{}"
          basis = basisOf(code, yield* decodeInputs(inputs), windows)
        }
        found.get(row.asset)?.add({
          partition: row.partition,
          basis: row.isMaterialized ? basis : undefined,
          failed: row.failed,
          materializedAt: row.at ?? undefined
        })
      }
    })),
    attempt("read the states of cells")
  )
  return new Map(Array.from(found, ([asset, cells]): [string, CellSets] => [asset, cells.sets()]))
})

/** Segments in a row: a message of the database's protocol is at most 16 MiB long, and such a row at most about one. */
const mostSegments = 50_000

const pieces = (set: PartitionSet.PartitionSet): ReadonlyArray<PartitionSet.PartitionSet> => {
  if (set.segments.length <= mostSegments) return [set]
  const half = Math.ceil(set.segments.length / 2)
  return [set.segments.slice(0, half), set.segments.slice(half)].flatMap((segments) => pieces({ ...set, segments }))
}

/** Writes sets as base rows, in place of what was there, and marks their assets with the numberings. */
export const insert = Effect.fnUntraced(function*(
  sql: PgClient.PgClient,
  numberings: ReadonlyMap<string, Numbering>,
  sets: ReadonlyMap<string, CellSets>
) {
  const writing = attempt("keep the states of cells")
  const assets = Array.from(sets.keys())
  const marks = assets.map((asset) => numberings.get(asset)?.id ?? "")
  yield* sql`
    update sluice.numberings as known
    set numbering = batch.numbering
    from unnest(${keys(assets)}::text[], ${keys(marks)}::text[]) as batch (asset, numbering)
    where known.asset = batch.asset and known.numbering <> batch.numbering
  `.pipe(writing)
  const rows = Array.from(sets).flatMap(([asset, found]) =>
    changesOf(found).flatMap((change) =>
      (change.kind === "stray" ? [PartitionSet.empty(0)] : pieces(change.cells)).map((cells) => ({
        asset,
        numbering: numberings.get(asset)?.id ?? "",
        kind: change.kind,
        basis: change.kind === "materialized" ? change.basis : null,
        at: change.kind === "materialized" ? change.at : new Date(),
        partitions: setText(cells)
      }))
    )
  )
  if (rows.length === 0) return
  yield* sql`
    insert into sluice.cell_sets (is_base, asset, numbering, kind, basis, partitions, at)
    select true, asset, numbering, kind, basis, partitions, at
    from unnest(
      ${keys(rows.map((row) => row.asset))}::text[],
      ${keys(rows.map((row) => row.numbering))}::text[],
      ${keys(rows.map((row) => row.kind))}::text[],
      ${texts(rows.map((row) => row.basis))}::text[],
      ${keys(rows.map((row) => row.partitions))}::text[],
      ${instants(rows.map((row) => row.at))}::timestamptz[]
    ) with ordinality as batch (asset, numbering, kind, basis, partitions, at, place)
    order by place
  `.pipe(writing)
})
