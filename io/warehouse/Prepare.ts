/** Creates or evolves the table of an asset; safe when several processes do so at once. */
import { Effect, Option, Result } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import type { IoError } from "../../engine/definition/Io.ts"
import * as Catalog from "./Catalog.ts"
import * as Ddl from "./Ddl.ts"
import { quote } from "./Identifier.ts"
import { fromSql, refuse, serverFields } from "./Refusal.ts"
import type { Table } from "./Table.ts"
import * as Transaction from "./Transaction.ts"

/** Held by whoever creates or alters tables; "create … if not exists" alone fails when two do it at once. */
export const lockDefinitions = (sql: SqlClient.SqlClient): Effect.Effect<unknown, SqlError.SqlError> =>
  sql.unsafe(`select pg_advisory_xact_lock(hashtextextended('sluice definitions', 0))`)

const changesOf = Effect.fnUntraced(function*(sql: SqlClient.SqlClient, table: Table) {
  const stored = yield* Catalog.read(sql, table)
  if (Option.isNone(stored)) return Ddl.create(table)
  const changes = Ddl.evolve(table, stored.value)
  return Result.isSuccess(changes) ? changes.success : yield* refuse(table.asset, undefined, changes.failure)
})

/** Codes of a not-null and of a check violation: the rows that are there forbid the change. */
const forbidden = ["23502", "23514"]

const apply = (
  sql: SqlClient.SqlClient,
  table: Table,
  change: Ddl.Change
): Effect.Effect<unknown, IoError | SqlError.SqlError> =>
  Effect.catchTag(sql.unsafe(change.sql), "SqlError", (error) =>
    Effect.fail(
      change.forbidden !== undefined && forbidden.includes(serverFields(error).code ?? "")
        ? refuse(table.asset, undefined, change.forbidden.refusal, error)
        : error
    ))

/** Refuses what `prepare` would refuse, and changes nothing. */
export const fits = (sql: SqlClient.SqlClient, table: Table): Effect.Effect<void, IoError> =>
  Effect.gen(function*() {
    for (const { forbidden } of yield* changesOf(sql, table)) {
      if (forbidden === undefined) continue
      const found = yield* sql.unsafe(`select from ${table.qualified} where ${forbidden.rows} limit 1`)
      if (found.length > 0) return yield* refuse(table.asset, undefined, forbidden.refusal)
    }
  }).pipe(Effect.catchTag("SqlError", (error) => Effect.fail(fromSql(table.asset, "prepare", error))))

/** Makes the table fit the asset: two short queries when it does already, else one transaction. */
export const prepare = (sql: SqlClient.SqlClient, table: Table): Effect.Effect<void, IoError> =>
  Effect.gen(function*() {
    if ((yield* changesOf(sql, table)).length === 0) return
    yield* Transaction.run(sql, Effect.gen(function*() {
      yield* lockDefinitions(sql)
      if (!(yield* Catalog.hasSchema(sql, table.schema))) yield* sql.unsafe(`create schema ${quote(table.schema)}`)
      // Somebody else may have changed the table before the lock was ours.
      for (const change of yield* changesOf(sql, table)) yield* apply(sql, table, change)
    }))
  }).pipe(Effect.catchTag("SqlError", (error) => Effect.fail(fromSql(table.asset, "prepare", error))))
