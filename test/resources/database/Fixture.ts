/** Folders, servers and child processes for the tests of the database; each is gone when the test's scope closes. */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Redacted } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { Database } from "../../../resources/database/Database.ts"
import * as EmbeddedPostgres from "../../../resources/database/EmbeddedPostgres.ts"

/** An empty temporary folder; whatever server was started in it is stopped before it is removed. */
export const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(path.join(tmpdir(), "sluice-test-'$x ü-"))),
  (made) =>
    Effect.ignore(EmbeddedPostgres.stop({ folder: made })).pipe(
      Effect.andThen(Effect.promise(() => rm(made, { recursive: true, force: true })))
    )
)

/** Runs one statement on the server of a URL, over a connection of its own. */
export const query = (url: Redacted.Redacted<string>, statement: string) =>
  Effect.flatMap(PgClient.PgClient, (sql) => sql.unsafe<Record<string, unknown>>(statement)).pipe(
    Effect.provide(Layer.provide(Database.layerClient({ connections: 1 }), Database.layerUrl(url)))
  )

export interface Child {
  readonly process: ChildProcess
  /** All that it has written to its standard output so far. */
  readonly output: () => string
  /** Ends with its exit code, or null if a signal ended it. */
  readonly exit: Effect.Effect<number | null>
}

/** Starts one of the programs of this folder as a process; killed with the scope if it still runs. */
export const start = (program: string, args: ReadonlyArray<string>, env: NodeJS.ProcessEnv = {}) =>
  Effect.acquireRelease(
    Effect.sync((): Child => {
      const child = spawn(process.execPath, [path.join(import.meta.dirname, program), ...args], {
        env: { ...process.env, ...env },
        stdio: ["pipe", "pipe", "pipe"]
      })
      let output = ""
      child.stdout.on("data", (chunk) => output += String(chunk))
      child.stderr.on("data", (chunk) => output += String(chunk))
      const exited = new Promise<number | null>((resolve) => child.on("close", resolve))
      return { process: child, output: () => output, exit: Effect.promise(() => exited) }
    }),
    (child) => Effect.sync(() => child.process.kill("SIGKILL"))
  )
