/** The NBA's assets on a database of their own, asked of a simulator without waiting. */
import { Effect, Layer, Result } from "effect"
import { SqlClient } from "effect/sql"
import { AssetGraph, RateLimit, Tables, Warehouse } from "../../../index.ts"
import { nba } from "../../../pipelines/nba.ts"
import { RunRequest } from "../../../engine/record/Run.ts"
import * as Api from "../../../resources/api/Api.ts"
import { NbaApi, type Options } from "../../../resources/nba/NbaApi.ts"
import { NbaSource } from "../../../resources/nba/NbaSource.ts"
import * as MemoryLimitStore from "../../../storage/MemoryLimitStore.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import * as TestDatabase from "../../TestDatabase.ts"

export const graph = Result.getOrThrow(AssetGraph.make([nba]))

/** The simulator's only season. */
export const years = [2024]
export const season = "2024-25"

export const request = (selection: string, partitions: string | null = null) =>
  new RunRequest({ selection, partitions, force: false, concurrency: 8 })

/** Another limit than the league's, and no patience with it. */
export const quick: Options = {
  limit: RateLimit.make("nba", { calls: 1000, per: "1 second", burst: true, scope: "process" }),
  retry: { times: 2, base: "5 millis" }
}

/** The API of a source, with limits of this process alone. */
export const api = (source: Api.Source, options: Options = quick) =>
  NbaApi.layerWith(options).pipe(Layer.provide(Layer.succeed(NbaSource, source)), Layer.provide(MemoryLimitStore.layer))

/** Stores on a fresh database each time it is provided. */
export const stores = Layer.fresh(
  Layer.mergeAll(PostgresRunStore.layer, Warehouse.layer, Tables.layer).pipe(Layer.provideMerge(TestDatabase.layerMigrated))
)

export const query = (text: string, parameters: ReadonlyArray<string> = []) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe<Readonly<Record<string, unknown>>>(text, parameters))

/** Every table of the league's, its types and its rows, whoever wrote them. */
export const dump = Effect.gen(function*() {
  const tables = yield* query(`
    select c.relname as name, string_agg(a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attname) as columns
    from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname like 'nba%' group by c.relname order by 1`)
  const rows = yield* Effect.forEach(tables, ({ name }) =>
    query(`select to_jsonb(t)::text as row from public."${String(name)}" as t order by 1`))
  return { tables, rows }
})
