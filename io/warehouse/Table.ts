/** Where an asset's rows are stored: the schema, the table and the columns, or a sentence that says why not. */
import { Effect, Result } from "effect"
import type { IoError, Stored } from "../../engine/definition/Io.ts"
import type { Output } from "../../engine/definition/Output.ts"
import type { Rows } from "../../engine/definition/Rows.ts"
import type { Column } from "./Column.ts"
import * as Identifier from "./Identifier.ts"
import { refuse } from "./Refusal.ts"
import * as RowShape from "./RowShape.ts"

export interface Table {
  readonly asset: string
  readonly schema: string
  readonly name: string
  /** Schema and name, quoted. */
  readonly qualified: string
  readonly rows: Rows<unknown>
  readonly shape: RowShape.RowShape
  readonly columns: ReadonlyArray<Column>
  readonly key: ReadonlyArray<Column>
  readonly partitioned: boolean
  /**
   * Rows without a key are numbered as they are written, so that they load in that order. Rows with a key load in
   * the order of the key.
   */
  readonly numbered: boolean
}

/** Name of the column that records the partition, and of the one that numbers keyless rows. */
export const partitionColumn = "_partition"
export const rowColumn = "_row"

/**
 * The Postgres schema of an asset: its group, the part of the key before the last "/", with "_" for "/"; "public"
 * for an asset without a group.
 */
export const schemaOf = (key: string): string =>
  key.includes("/") ? key.slice(0, key.lastIndexOf("/")).replaceAll("/", "_") : "public"

export const isReserved = (schema: string): boolean =>
  schema === "sluice" || schema.startsWith("sluice_") || schema.startsWith("pg_") || schema === "information_schema"

const build = (asset: Stored, rows: Rows<unknown>): Result.Result<Table, string> => {
  const schema = rows.inSchema ?? schemaOf(asset.key)
  if (isReserved(schema)) {
    return Result.fail(`would be stored in the schema "${schema}", which is reserved; rename the asset's group`)
  }
  const schemaFault = Identifier.fault(schema)
  if (schemaFault !== undefined) {
    return Result.fail(`would be stored in the schema "${schema}", whose name ${schemaFault}; shorten the asset's group`)
  }
  const name = rows.table ?? asset.key.slice(asset.key.lastIndexOf("/") + 1)
  const nameFault = Identifier.fault(name)
  if (nameFault !== undefined) {
    return Result.fail(`would be stored in the table "${name}", whose name ${nameFault}; set \`table\` in Rows.of`)
  }
  const shape = RowShape.make(rows.schema)
  if (Result.isFailure(shape)) return Result.fail(shape.failure)
  const { columns } = shape.success
  for (const [what, names] of [["key", rows.key], ...rows.indexes.map((i) => ["index", i] as const)] as const) {
    const unknown = names.find((n) => !columns.some((c) => c.name === n))
    if (unknown !== undefined) return Result.fail(`has "${unknown}" in its ${what}, which is no column of its schema`)
  }
  const key = columns.filter((c) => rows.key.includes(c.name))
  const nullable = key.find((c) => c.nullable)
  if (nullable !== undefined) {
    return Result.fail(`has the nullable column "${nullable.name}" in its key; a key is never null`)
  }
  return Result.succeed({
    asset: asset.key,
    schema,
    name,
    qualified: `${Identifier.quote(schema)}.${Identifier.quote(name)}`,
    rows,
    shape: shape.success,
    columns,
    key: rows.key.flatMap((n) => key.filter((c) => c.name === n)),
    partitioned: asset.partitioned,
    numbered: rows.key.length === 0
  })
}

/** By output and asset, since assets may share an output. */
const known = new WeakMap<Output, Map<string, Table>>()

/** The table of an asset; a pure function of its definition. */
export const of = (asset: Stored): Effect.Effect<Table, IoError> => {
  const tables = known.get(asset.output) ?? new Map<string, Table>()
  const found = tables.get(asset.key)
  if (found !== undefined && found.partitioned === asset.partitioned) return Effect.succeed(found)
  if (asset.output._tag !== "Rows") {
    const message = `${asset.key} is a document, and the warehouse stores rows; use Documents.`
    return Effect.fail(refuse(asset.key, undefined, message))
  }
  const built = build(asset, asset.output)
  if (Result.isFailure(built)) return Effect.fail(refuse(asset.key, undefined, `${asset.key} ${built.failure}.`))
  known.set(asset.output, tables.set(asset.key, built.success))
  return Effect.succeed(built.success)
}
