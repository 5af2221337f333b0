/** The statements that make a table fit its asset: create it, or evolve it where nothing can be lost. */
import { createHash } from "node:crypto"
import { Result } from "effect"
import * as Catalog from "./Catalog.ts"
import type { Column } from "./Column.ts"
import { literal, quote } from "./Identifier.ts"
import { partitionColumn, rowColumn, type Table } from "./Table.ts"

/** What forbids a change: rows already stored for which the condition is true, and the sentence for the user. */
export interface Forbidden {
  readonly rows: string
  readonly refusal: string
}

/** A statement, and what may forbid it. */
export interface Change {
  readonly sql: string
  readonly forbidden: Forbidden | undefined
}

const change = (sql: string, forbidden?: Forbidden): Change => ({ sql, forbidden })

const list = (names: ReadonlyArray<string>): string => names.map(quote).join(", ")

interface OwnColumn {
  readonly name: string
  readonly type: string
  readonly sql: string
}

/** The columns of the table that are not of the schema. */
const ownColumns = (table: Table): ReadonlyArray<OwnColumn> => [
  ...(table.partitioned ? [{ name: partitionColumn, type: "text", sql: "text not null" }] : []),
  ...(table.numbered ? [{ name: rowColumn, type: "bigint", sql: "bigint generated always as identity" }] : [])
]

/** Indexes beside the primary key: the partition's and those that the asset asks for. */
const indexesOf = (table: Table): ReadonlyArray<ReadonlyArray<string>> => {
  const partition = table.numbered ? [partitionColumn, rowColumn] : [partitionColumn]
  return [...(table.partitioned ? [partition] : []), ...table.rows.indexes]
}

/** Named by its content, so that a schema with other literals is seen. */
const checkName = (column: Column, literals: ReadonlyArray<string>): string =>
  `literals_${createHash("sha1").update(JSON.stringify([column.name, literals])).digest("hex").slice(0, 16)}`

const isListed = (column: Column, literals: ReadonlyArray<string>): string =>
  `${quote(column.name)} in (${literals.map(literal).join(", ")})`

const checkOf = (column: Column, literals: ReadonlyArray<string>): string =>
  `constraint ${checkName(column, literals)} check (${isListed(column, literals)})`

/** Everything of a table that is not there yet. */
export const create = (table: Table): ReadonlyArray<Change> => {
  const lines = [
    ...ownColumns(table).map((c) => `${quote(c.name)} ${c.sql}`),
    ...table.columns.map((c) => `${quote(c.name)} ${c.type}${c.nullable ? "" : " not null"}`),
    ...table.columns.flatMap((c) => (c.literals === undefined ? [] : [checkOf(c, c.literals)])),
    ...(table.key.length === 0 ? [] : [`primary key (${list(table.key.map((c) => c.name))})`])
  ]
  return [
    change(`create table ${table.qualified} (\n  ${lines.join(",\n  ")}\n)`),
    change(`comment on table ${table.qualified} is ${literal(Catalog.commentOf(table.asset))}`),
    ...indexesOf(table).map((columns) => change(`create index on ${table.qualified} (${list(columns)})`))
  ]
}

const same = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): boolean =>
  a.length === b.length && a.every((name, i) => name === b[i])

const wayOut = (table: Table): string =>
  `change the schema back, name another \`table\` in Rows.of, or \`drop table ${table.qualified}\` and \`sluice materialize ${table.asset} --force\``

/** Why the table cannot serve the asset, whatever is altered. */
const contradiction = (table: Table, stored: Catalog.StoredTable): string | undefined => {
  const { asset, qualified } = table
  if (!stored.isTable || stored.comment !== Catalog.commentOf(asset)) {
    const owner = stored.comment?.startsWith(Catalog.commentOf(""))
      ? `already stores ${stored.comment.slice(Catalog.commentOf("").length)}`
      : "was not made by Sluice"
    return `${asset} would be stored in ${qualified}, which ${owner}; name another \`table\` in Rows.of.`
  }
  const of = (name: string) => stored.columns.find((c) => c.name === name)
  const isChanged = (c: OwnColumn | Column) => of(c.name) !== undefined && of(c.name)?.type !== c.type
  const changed = [...ownColumns(table), ...table.columns].find(isChanged)
  if (changed !== undefined) {
    return `${asset}: column "${changed.name}" of ${qualified} is ${of(changed.name)?.type}, and ${changed.type} in the ` +
      `schema; ${wayOut(table)}.`
  }
  const missing = ownColumns(table).find((c) => of(c.name) === undefined)
  if (missing !== undefined) {
    const what = missing.name === partitionColumn ? "is partitioned now" : "has lost its key"
    return `${asset} ${what}, but ${qualified} was made otherwise; ${wayOut(table)}.`
  }
  const wanted = new Set([...ownColumns(table), ...table.columns].map((c) => c.name))
  const left = stored.columns.find((c) => !wanted.has(c.name) && c.notNull && !c.filled)
  if (left !== undefined) {
    return left.name === partitionColumn
      ? `${asset} is not partitioned any more, but ${qualified} was made so; ${wayOut(table)}.`
      : `${asset}: column "${left.name}" of ${qualified} is never null, and the schema has it no more; ` +
        `\`alter table ${qualified} drop column ${quote(left.name)}\`, or put it back into the schema.`
  }
  const primary = stored.indexes.find((i) => i.isPrimary)?.columns ?? []
  const key = table.key.map((c) => c.name)
  if (!same(primary, key)) {
    return `${asset}: the key of ${qualified} is (${primary.join(", ")}), and (${key.join(", ")}) in the definition; ` +
      `${wayOut(table)}.`
  }
  return undefined
}

const evolveColumn = (table: Table, stored: Catalog.StoredTable, column: Column): ReadonlyArray<Change> => {
  const found = stored.columns.find((c) => c.name === column.name)
  const name = quote(column.name)
  const alter = `alter table ${table.qualified}`
  const refusal = `${table.asset}: column "${column.name}" is never null in the schema, but ${table.qualified} has rows ` +
    `without it; make it Schema.NullOr in the schema, or ${wayOut(table).replace("change the schema back, ", "")}.`
  if (found === undefined) {
    return column.nullable
      ? [change(`${alter} add column ${name} ${column.type}`)]
      : [change(`${alter} add column ${name} ${column.type} not null`, { rows: "true", refusal })]
  }
  if (found.notNull === !column.nullable) return []
  return column.nullable
    ? [change(`${alter} alter column ${name} drop not null`)]
    : [change(`${alter} alter column ${name} set not null`, { rows: `${name} is null`, refusal })]
}

const evolveCheck = (table: Table, stored: Catalog.StoredTable, column: Column): ReadonlyArray<Change> => {
  const wanted = column.literals === undefined ? undefined : checkName(column, column.literals)
  const ours = stored.checks.filter((c) => c.name.startsWith("literals_") && same(c.columns, [column.name]))
  const alter = `alter table ${table.qualified}`
  return [
    ...ours.filter((c) => c.name !== wanted).map((c) => change(`${alter} drop constraint ${quote(c.name)}`)),
    ...(column.literals === undefined || ours.some((c) => c.name === wanted) ? [] : [change(
      `${alter} add ${checkOf(column, column.literals)}`,
      {
        rows: `not (${isListed(column, column.literals)})`,
        refusal: `${table.asset}: column "${column.name}" of ${table.qualified} holds values that the schema's literals no longer ` +
          `list; list them, or ${wayOut(table).replace("change the schema back, ", "")}.`
      }
    )])
  ]
}

/** What must change in a table that exists; fails with the sentence that refuses it. */
export const evolve = (table: Table, stored: Catalog.StoredTable): Result.Result<ReadonlyArray<Change>, string> => {
  const refusal = contradiction(table, stored)
  if (refusal !== undefined) return Result.fail(refusal)
  return Result.succeed([
    ...table.columns.flatMap((c) => evolveColumn(table, stored, c)),
    ...table.columns.flatMap((c) => evolveCheck(table, stored, c)),
    ...indexesOf(table)
      .filter((columns) => !stored.indexes.some((i) => same(i.columns, columns)))
      .map((columns) => change(`create index on ${table.qualified} (${list(columns)})`))
  ])
}
