/** `sluice db`: the project's database server. */
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import * as path from "node:path"
import { Database } from "../../resources/database/Database.ts"
import * as DatabaseUrl from "../../resources/database/DatabaseUrl.ts"
import * as EmbeddedPostgres from "../../resources/database/EmbeddedPostgres.ts"
import * as Shell from "../../resources/database/Shell.ts"
import type { WhereDatabase } from "../Cli.ts"
import * as Interruption from "../Interruption.ts"
import * as Live from "../Live.ts"
import * as Project from "../Project.ts"
import { exitCodes, Refusal, Unfinished } from "../Refusal.ts"
import { StartFolder } from "../StartFolder.ts"
import * as Screen from "../terminal/Screen.ts"
import { err, out } from "../terminal/Style.ts"

/** Needs no main.ts that loads: a project whose code is broken can still reach its data. */
const stateFolder = Effect.map(Project.find, (folder) => path.join(folder, ".sluice"))

const isGiven = (name: string): boolean => (process.env[name] ?? "") !== ""

/** The variable that names a server, in which case the project has none of its own. */
const namedBy = (): string | undefined => ["DATABASE_URL", "PGHOST", "PGDATABASE"].find(isGiven)

/** Where the database of a project with this state folder is, for its own commands. */
export const whereDatabase = (folder: string): Effect.Effect<WhereDatabase, Refusal> =>
  Effect.suspend((): Effect.Effect<WhereDatabase, Refusal> => {
    if (namedBy() !== undefined) return Effect.succeed("named")
    return EmbeddedPostgres.status({ folder }).pipe(
      Effect.mapError((cause) => new Refusal({ message: cause.message, cause })),
      // One that begins or ends, or is another container's, is one that there is.
      Effect.map(({ state }) => state === "stopped" || state === "absent" ? state : "running")
    )
  })

const server = Effect.gen(function*() {
  const folder = yield* stateFolder
  return yield* Effect.provide(Database, Live.server(folder))
})

const reached = Effect.gen(function*() {
  const folder = yield* stateFolder
  return yield* Effect.flatMap(Database, (chosen) =>
    Effect.as(Effect.provide(Effect.void, Database.layerClient({ connections: 1 })), chosen)).pipe(
      Effect.provide(Live.server(folder)),
      Effect.mapError((error) => new Refusal({ message: error.message, cause: error }))
    )
})

export const start = Effect.gen(function*() {
  const variable = namedBy()
  const { database, host, port } = yield* reached
  Screen.line(
    variable === undefined
      ? `Postgres runs at ${host} port ${port}, database ${database}.`
      : `${variable} names the server at ${host} port ${port}: it answers, and there is nothing to start.`
  )
})

/** The runs that live on the project's own server; none where that cannot be told quickly. */
const liveRuns = Effect.fnUntraced(function*(folder: string) {
  const found = yield* EmbeddedPostgres.status({ folder })
  if (found.state !== "running") return []
  const { url } = yield* EmbeddedPostgres.ensure({ folder })
  return yield* Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{ readonly run: number }>`
      select run::int as run from sluice.run_states where state in ('running', 'paused') order by run`
    return rows.map(({ run }) => run)
  }).pipe(Effect.provide(Layer.provide(Database.layerClient({ connections: 1 }), Database.layerUrl(url))))
}, Effect.timeoutOrElse({ duration: "2 seconds", orElse: () => Effect.succeed([]) }), Effect.orElseSucceed((): Array<number> => []))

export const stop = Effect.gen(function*() {
  const folder = yield* stateFolder
  for (const run of yield* liveRuns(folder)) {
    Screen.note(
      `${err.yellow("warning")}: Run ${run} is still alive and has no database now: ` +
        `it goes on if the server is soon started again, else with \`npx sluice run resume ${run}\`.`
    )
  }
  const stopped = yield* EmbeddedPostgres.stop({ folder })
  Screen.line(stopped ? "Postgres is stopped; the data stays in .sluice." : "The project's own Postgres does not run.")
})

export const status = Effect.fn("cli.db.status")(function*(input: { readonly json: boolean }) {
  const variable = namedBy()
  if (variable !== undefined) {
    const { database, host, port } = yield* reached
    if (input.json) return Screen.prettyJson({ source: variable, state: "running", host, port, database })
    return Screen.line(`${out.green("running")}  ${host} port ${port}, database ${database} (named by ${variable})`)
  }
  const found = yield* EmbeddedPostgres.status({ folder: yield* stateFolder })
  if (input.json) return Screen.prettyJson({ source: "embedded", ...found })
  const place = path.relative(yield* StartFolder, found.folder) || found.folder
  switch (found.state) {
    case "running":
      return Screen.line(`${out.green("running")}  127.0.0.1 port ${found.port}, pid ${found.pid}, in ${place}`)
    case "busy":
      return Screen.line(`${out.yellow("starting or stopping")}  pid ${found.pid}, in ${place}`)
    case "elsewhere":
      return Screen.line(`${out.yellow("elsewhere")}  started in ${found.space}, in ${place}`)
    case "stopped":
      return Screen.line(`${out.dim("stopped")}  data in ${place}; the next command starts it`)
    case "absent":
      return Screen.line(`${out.dim("none yet")}  the first command that needs it creates it in ${place}`)
  }
})

export const url = Effect.fn("cli.db.url")(function*(input: { readonly showPassword: boolean }) {
  const chosen = yield* server
  if (input.showPassword) return Screen.line(Redacted.value(chosen.url))
  const parts = yield* DatabaseUrl.parse(chosen.url, "The database URL")
  Screen.line(Redacted.value(DatabaseUrl.format({ ...parts, password: undefined })))
})

export const shell = Effect.gen(function*() {
  const folder = yield* stateFolder
  const code = yield* Interruption.leftToChild(Shell.run()).pipe(Effect.provide(Live.server(folder)))
  // psql's own code for a statement that failed.
  if (code !== 0) return yield* new Unfinished({ exitCode: code === 3 ? exitCodes.failed : code })
})
