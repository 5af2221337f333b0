/** Starts one Postgres server for the whole test run, in memory or a temporary folder, with a migrated database for copies, and removes it at the end. */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Redacted } from "effect"
import { access, constants, mkdtemp, readdir, rm, statfs } from "node:fs/promises"
import { tmpdir } from "node:os"
import * as path from "node:path"
import type { TestProject } from "vitest/node"
import * as EmbeddedPostgres from "../resources/database/EmbeddedPostgres.ts"
import { identityOf } from "../resources/database/ProcessIdentity.ts"
import * as PostgresRunStore from "../storage/PostgresRunStore.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** The URL of the test run's server, as its superuser. */
    readonly databaseUrl: string
    /** The name of a database there that is migrated: a template for others. */
    readonly migratedDatabase: string
  }
}

const memory = "/dev/shm"
const roomBytes = 4 * 2 ** 30

/**
 * The place of the server's folder: memory, if the machine has one with room, else the temporary folder. A database is
 * 330 files, and where others were just removed ext4 without a journal looks at each of their inodes for one that is free:
 * of 300 ms of processor time for a database, made and dropped, 35 are left in memory.
 */
const place = async (): Promise<string> => {
  const room = await access(memory, constants.W_OK).then(() => statfs(memory)).then(({ bavail, bsize }) => bavail * bsize, () => 0)
  return Math.min(room, process.availableMemory()) >= roomBytes ? memory : tmpdir()
}

const remove = async (folder: string): Promise<void> => {
  await Effect.runPromise(EmbeddedPostgres.stop({ folder }))
  await rm(folder, { recursive: true, force: true })
}

// A run that was killed could not remove its server; the next one does, knowing by the pid in the name that it ended.
const sweep = async (): Promise<void> => {
  for (const parent of [memory, tmpdir()]) {
    for (const name of await readdir(parent).catch(() => [])) {
      const pid = /^sluice-test-run-(\d+)-/.exec(name)?.[1]
      if (pid !== undefined && await identityOf(Number(pid)) === undefined) {
        await remove(path.join(parent, name)).catch(() => undefined)
      }
    }
  }
}

/** Makes a database and migrates it, as the run store does. */
const migrate = (server: EmbeddedPostgres.Server, name: string): Promise<void> => {
  const url = new URL(Redacted.value(server.url))
  const client = (database: string) => {
    url.pathname = database
    return PgClient.layer({ url: Redacted.make(url.href), maxConnections: 1 })
  }
  return Effect.runPromise(
    Effect.flatMap(PgClient.PgClient, (sql) => sql`create database ${sql(name)} template template0`).pipe(
      Effect.provide(client("postgres")),
      Effect.andThen(Effect.scoped(Layer.build(Layer.provide(PostgresRunStore.layer, client(name))))),
      Effect.asVoid
    )
  )
}

export default async (project: TestProject): Promise<() => Promise<void>> => {
  await sweep()
  const folder = await mkdtemp(path.join(await place(), `sluice-test-run-${process.pid}-`))
  // Many files at once have a pool each; and no test's data has to outlive a power cut.
  const settings = { max_connections: "500", fsync: "off", synchronous_commit: "off", full_page_writes: "off" }
  const migratedDatabase = "migrated"
  const server = await Effect.runPromise(EmbeddedPostgres.ensure({ folder, settings })).then(async (server) => {
    await migrate(server, migratedDatabase)
    return server
  }).catch(async (cause) => {
    await remove(folder)
    throw cause
  })
  project.provide("databaseUrl", Redacted.value(server.url))
  project.provide("migratedDatabase", migratedDatabase)
  return () => remove(folder)
}
