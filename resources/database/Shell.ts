/** A shell on the project's database: psql where it is installed, else the built-in prompt. */
import { PgClient } from "@effect/sql-pg"
import { Effect, Redacted } from "effect"
import { spawn } from "node:child_process"
import { Database, type Shape } from "./Database.ts"
import type { DatabaseError } from "./DatabaseError.ts"
import * as DatabaseUrl from "./DatabaseUrl.ts"
import * as SqlPrompt from "./SqlPrompt.ts"

export interface Options {
  /** The psql to use. Default: the one on the PATH; `false` goes straight to the built-in prompt. */
  readonly psql?: string | false | undefined
  /** More arguments for psql, for example `["-c", "select 1"]`. */
  readonly args?: ReadonlyArray<string> | undefined
  /** What the built-in prompt reads and writes. Default: this process' standard input and output. */
  readonly terminal?: SqlPrompt.Terminal | undefined
}

/**
 * The environment in which psql finds the server. The password goes here and not on the command line, which every
 * user of the machine can read.
 */
export const environment = Effect.fnUntraced(function*(server: Shape) {
  const parts = yield* DatabaseUrl.parse(server.url, "The database URL")
  // A service file and PGHOSTADDR would win over the rest.
  const { PGHOSTADDR: _, PGSERVICE: __, ...inherited } = process.env
  const own: NodeJS.ProcessEnv = {
    ...inherited,
    PGHOST: parts.host,
    PGPORT: String(parts.port),
    PGDATABASE: parts.database,
    PGUSER: parts.username,
    PGAPPNAME: "sluice shell"
  }
  if (parts.password !== undefined) own.PGPASSWORD = Redacted.value(parts.password)
  if (parts.sslMode !== undefined) own.PGSSLMODE = parts.sslMode
  return own
})

/** Runs psql on this terminal to its end. Undefined: it is not installed. */
const psql = (command: string, args: ReadonlyArray<string>, env: NodeJS.ProcessEnv) =>
  Effect.callback<number | undefined>((resume) => {
    // Ctrl-C belongs to psql, which cancels its query; this process gets it too and must not end before psql does.
    const ignore = () => {}
    process.on("SIGINT", ignore)
    const settle = (code: number | undefined) => {
      process.off("SIGINT", ignore)
      resume(Effect.succeed(code))
    }
    const child = spawn(command, args, { env, stdio: "inherit" })
    child.on("error", () => settle(undefined))
    child.on("close", (code) => settle(code ?? 1))
  }).pipe(Effect.uninterruptible)

const ofProcess = (): SqlPrompt.Terminal => ({
  input: process.stdin,
  write: (text) => process.stdout.write(text),
  interactive: process.stdin.isTTY === true
})

/** Opens the shell and answers its exit code; piped statements end with the first that fails. One connection, so that `begin` and `set` reach the next statement. */
export const run = Effect.fn("Shell.run")(
  function*(options: Options = {}): Effect.fn.Return<number, DatabaseError, Database> {
    const server = yield* Database
    if (options.psql !== false) {
      // A script that fails must not look as if it had worked; a person at a prompt sees the error and goes on.
      const strict = process.stdin.isTTY === true ? [] : ["-v", "ON_ERROR_STOP=1"]
      const args = [...strict, ...options.args ?? []]
      const code = yield* psql(options.psql ?? "psql", args, yield* environment(server))
      if (code !== undefined) return code
    }
    return yield* Effect.flatMap(PgClient.PgClient, (sql) => SqlPrompt.run(sql, options.terminal ?? ofProcess())).pipe(
      Effect.provide(Database.layerClient({ connections: 1, applicationName: "sluice shell" }))
    )
  }
)
