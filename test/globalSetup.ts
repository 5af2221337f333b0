/** Starts one Postgres server for the whole test run, in a temporary folder, and removes it at the end. */
import { Effect, Redacted } from "effect"
import { mkdtemp, readdir, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import * as path from "node:path"
import type { TestProject } from "vitest/node"
import * as EmbeddedPostgres from "../resources/database/EmbeddedPostgres.ts"
import { identityOf } from "../resources/database/ProcessIdentity.ts"

declare module "vitest" {
  interface ProvidedContext {
    /** The URL of the test run's server, as its superuser. */
    readonly databaseUrl: string
  }
}

const remove = async (folder: string): Promise<void> => {
  await Effect.runPromise(EmbeddedPostgres.stop({ folder }))
  await rm(folder, { recursive: true, force: true })
}

// A run that was killed could not remove its server; the next one does, knowing by the pid in the name that it ended.
const sweep = async (): Promise<void> => {
  for (const name of await readdir(tmpdir())) {
    const pid = /^sluice-test-run-(\d+)-/.exec(name)?.[1]
    if (pid !== undefined && await identityOf(Number(pid)) === undefined) {
      await remove(path.join(tmpdir(), name)).catch(() => undefined)
    }
  }
}

export default async (project: TestProject): Promise<() => Promise<void>> => {
  await sweep()
  const folder = await mkdtemp(path.join(tmpdir(), `sluice-test-run-${process.pid}-`))
  // Many files at once have a pool each; and no test's data has to outlive a power cut.
  const settings = { max_connections: "500", fsync: "off", synchronous_commit: "off", full_page_writes: "off" }
  const server = await Effect.runPromise(EmbeddedPostgres.ensure({ folder, settings })).catch(async (cause) => {
    await rm(folder, { recursive: true, force: true })
    throw cause
  })
  project.provide("databaseUrl", Redacted.value(server.url))
  return () => remove(folder)
}
