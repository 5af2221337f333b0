/** Brings the schema `sluice` of a database to the version of this code. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import { readdir, readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import type { RunStoreError } from "../engine/record/RunStore.ts"
import { attempt, transact } from "./postgres/Failure.ts"

/** The database was migrated by a newer Sluice, whose tables this code does not know. */
export class SchemaTooNew extends Schema.TaggedError<SchemaTooNew>()("SchemaTooNew", {
  database: Schema.Int,
  code: Schema.Int
}) {
  override get message(): string {
    return `The schema sluice of the database is at version ${this.database}, but this Sluice only knows version ` +
      `${this.code}; update Sluice, or use another database.`
  }
}

/** A numbered file with any number of statements. */
export interface Migration {
  readonly number: number
  readonly name: string
  readonly statements: string
}

/** The files of a folder named like `0001_name.sql`, by number. */
export const load = (folder: string): Effect.Effect<ReadonlyArray<Migration>> =>
  Effect.promise(async () => {
    const files = (await readdir(folder)).filter((file) => /^\d{4}_\w+\.sql$/.test(file)).sort()
    return Promise.all(files.map(async (file) => ({
      number: Number(file.slice(0, 4)),
      name: file.slice(5, -4),
      statements: await readFile(`${folder}/${file}`, "utf8")
    })))
  })

/** The migrations of this version of Sluice. */
export const current: Effect.Effect<ReadonlyArray<Migration>> = load(
  fileURLToPath(new URL("migrations", import.meta.url))
)

const Applied = Schema.Array(Schema.Struct({ number: Schema.Int }))

// "Sluice" in ASCII: any fixed number that nobody else uses.
const lockKey = 0x53_6c_75_69_63_65

/**
 * Applies what is missing, all or nothing, and records it in sluice.migrations. Several processes may start at once:
 * one migrates, the others wait for it. A database that is up to date needs no right to create anything.
 */
export const run = Effect.fn("Migrations.run")(function*(
  sql: PgClient.PgClient,
  migrations: ReadonlyArray<Migration>
): Effect.fn.Return<void, RunStoreError | SchemaTooNew> {
  const migrating = attempt("migrate the schema sluice of the database")
  const newest = migrations.at(-1)?.number ?? 0

  const applied = Effect.gen(function*() {
    // Not to_regclass: it may still remember from before the wait for the lock that there is no such table.
    const found = yield* sql`
      select from pg_class where relname = 'migrations' and relnamespace in (
        select oid from pg_namespace where nspname = 'sluice'
      )
    `
    if (found.length === 0) return new Set<number>()
    const rows = yield* sql`select number from sluice.migrations`.pipe(
      Effect.flatMap(Schema.decodeUnknownEffect(Applied))
    )
    return new Set(rows.map((row) => row.number))
  }).pipe(
    migrating,
    Effect.flatMap((numbers) => {
      const database = Math.max(0, ...numbers)
      return database > newest ? Effect.fail(new SchemaTooNew({ database, code: newest })) : Effect.succeed(numbers)
    })
  )

  const missing = Effect.map(applied, (done) => migrations.filter(({ number }) => !done.has(number)))
  if ((yield* missing).length === 0) return

  const migrate = Effect.gen(function*() {
    yield* sql`select pg_advisory_xact_lock(${lockKey}::bigint)`.pipe(migrating)
    const left = yield* missing
    if (left.length === 0) return
    yield* sql`create schema if not exists sluice`.pipe(migrating)
    yield* sql`
      create table if not exists sluice.migrations (
        number integer primary key,
        name text not null,
        applied_at timestamptz not null default now()
      )
    `.pipe(migrating)
    yield* sql`
      comment on table sluice.migrations is 'The versions of the tables of this schema, and when each was reached.'
    `.pipe(migrating)
    for (const { name, number, statements } of left) {
      // The protocol takes one statement at a time; a block holds any number of them.
      yield* sql.unsafe(`do $migration$ begin\n${statements}\nend $migration$`).unprepared.pipe(
        attempt(`apply the migration ${name}`)
      )
      yield* sql`insert into sluice.migrations (number, name) values (${number}, ${name})`.pipe(migrating)
    }
  })
  yield* transact(sql, "migrate the schema sluice of the database", migrate)
})
