/**
 * The table where rows of cells wait until these are whole: that of the asset, with the partition in front of its key, so
 * that a key which comes twice is refused, or replaced, at once.
 *
 * It is logged: an unlogged one would be empty after a crash of the server, and with it calls of outside APIs lost.
 */
import { createHash } from "node:crypto"
import { Schema } from "effect"
import * as Column from "./Column.ts"
import * as Identifier from "./Identifier.ts"
import * as Table from "./Table.ts"

/** The schema of Postgres for rows of cells that are not whole; no asset can have it. */
export const schema = "sluice_partial"

const partition = Column.make(Table.partitionColumn, Schema.String.ast)

/** `nhl.games`; a name that is too long for Postgres is cut, and told apart by a hash. */
const nameOf = (table: Table.Table): string => {
  const name = `${table.schema}.${table.name}`
  if (Identifier.fault(name) === undefined) return name
  const hash = createHash("sha1").update(name).digest("hex").slice(0, 12)
  return `${table.name.slice(0, 16)}.${hash}`
}

const known = new WeakMap<Table.Table, Table.Table>()

export const of = (table: Table.Table): Table.Table => {
  const found = known.get(table)
  if (found !== undefined) return found
  const name = nameOf(table)
  const partial: Table.Table = {
    ...table,
    schema,
    name,
    qualified: `${Identifier.quote(schema)}.${Identifier.quote(name)}`,
    rows: { ...table.rows, indexes: table.numbered ? [[Table.partitionColumn, Table.rowColumn]] : [] },
    columns: [partition, ...table.columns],
    key: table.numbered ? [] : [partition, ...table.key],
    // The partition is a column as others are: there is always one, if only "".
    partitioned: false
  }
  known.set(table, partial)
  return partial
}
