/** The commands on the project's database. */
import * as Command from "effect/cli/Command"
import * as Options from "./Options.ts"

const load = () => import("../commands/database.ts")

const start = Command.make("start", {}, () => Options.lazily(load, (m) => m.start)).pipe(
  Command.withDescription("Start the project's own Postgres server, if it does not run. Commands do it by themselves."),
  Command.withShortDescription("Start the project's server")
)

const stop = Command.make("stop", {}, () => Options.lazily(load, (m) => m.stop)).pipe(
  Command.withDescription("Stop the project's own Postgres server. The data stays."),
  Command.withShortDescription("Stop the project's server, keep its data")
)

const status = Command.make("status", { json: Options.json }, (input) => Options.lazily(load, (m) => m.status(input))).pipe(
  Command.withDescription("Say which server the project uses and whether it runs."),
  Command.withShortDescription("Say which server is used, and whether it runs")
)

const url = Command.make(
  "url",
  { showPassword: Options.yes("show-password", "Print the password too, for programs that need the whole URL") },
  (input) => Options.lazily(load, (m) => m.url(input))
).pipe(
  Command.withDescription("Print the URL of the database, without its password unless it is asked for."),
  Command.withShortDescription("Print the database URL"),
  Command.withExamples([{ command: "pg_dump \"$(sluice db url --show-password)\"", description: "For another program" }])
)

const shell = Command.make("shell", {}, () => Options.lazily(load, (m) => m.shell)).pipe(
  Command.withDescription("Open psql on the database, or a small built-in prompt where psql is not installed."),
  Command.withShortDescription("Open an SQL prompt"),
  Command.withExamples([{ command: "echo 'select * from nhl.games limit 5' | sluice db shell", description: "One statement" }])
)

export const db = Command.make("db").pipe(
  Command.withDescription("The project's database: the server of DATABASE_URL, else an own one in .sluice."),
  Command.withShortDescription("The project's database"),
  Command.withSubcommands([start, stop, status, url, shell]),
  Command.withExamples([
    { command: "sluice db status", description: "Which server it is" },
    { command: "sluice db shell", description: "An SQL prompt" }
  ])
)
