/** `sluice nhl`: the pipeline's own commands. Light: what they do is loaded when one is run. */
import { Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { Cli } from "sluice"
import { finalEverySeconds, lastLookHours } from "../../resources/nhl/Due.ts"

const yes = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withoutNegation, Flag.withDefault(false))

const json = yes("json", "Print JSON on standard output and nothing else there")

const figure = (name: string, metavar: string, description: string, fallback: number) =>
  Flag.Finite(name).pipe(
    Flag.withMetavar(`<${metavar}>`),
    Flag.withDescription(`${description} (default ${fallback})`),
    Flag.withDefault(fallback),
    Flag.filter((n) => n >= 0, () => "a number from 0 on")
  )

const count = (name: string, description: string, fallback: number) =>
  Flag.Int(name).pipe(
    Flag.withMetavar("<n>"),
    Flag.withDescription(`${description} (default ${fallback})`),
    Flag.withDefault(fallback),
    Flag.filter((n) => n >= 1, () => "a whole number from 1 on")
  )

/** Two values with a dash between them. */
const span = (name: string, pattern: RegExp, description: string, fallback: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar("<from-to>"),
    Flag.withDescription(`${description} (default ${fallback})`),
    Flag.withDefault(fallback),
    Flag.filter((text) => pattern.test(text), () => `written like ${fallback}`),
    Flag.map((text) => {
      const [, from = "", to = ""] = pattern.exec(text) ?? []
      return { from, to }
    })
  )

const ingest = Command.make(
  "ingest",
  {
    games: Argument.String("game").pipe(
      Argument.withDescription("The ten digits of a game's id"),
      Argument.variadic({ min: 1 })
    ),
    json
  },
  (input) => Cli.lazily(() => import("./Ingest.ts"), (m) => m.ingest(input))
).pipe(
  Command.withDescription(
    "Ask the API once for each game, store its body and its figures, and end. Whatever is stored, asking again does no " +
      "harm; two processes never ask for the same game at once. Exit code 1 when a game could not be ingested."
  ),
  Command.withShortDescription("Store the figures of games as they are now"),
  Command.withExamples([{ command: "sluice nhl ingest 2022030321" }])
)

const ingestSeasons = Command.make(
  "ingest-seasons",
  {
    seasons: Argument.String("season").pipe(
      Argument.withDescription("A season's two years: 20222023"),
      Argument.variadic({ min: 1 })
    ),
    force: yes("force", "Ask again for what is stored already"),
    json
  },
  (input) => Cli.lazily(() => import("./Ingest.ts"), (m) => m.ingestSeasons(input))
).pipe(
  Command.withDescription(
    "Store the schedule of whole seasons and the figures of their games that are final or live. What is stored is not " +
      "asked for again: after an interruption, give the same command again."
  ),
  Command.withShortDescription("Store whole seasons"),
  Command.withExamples([{ command: "sluice nhl ingest-seasons 20212022 20222023", description: "Two seasons" }])
)

const types = ["preseason", "regular", "playoff", "all-star", "other"] as const

const monitor = Command.make(
  "monitor",
  {
    once: yes("once", "Look once, at any time, and end"),
    list: yes("list", "Print the games and ingest none"),
    json: yes("json", "Print the games as JSON"),
    types: Flag.Literals("type", types).pipe(
      Flag.withMetavar("<type>"),
      Flag.withDescription("Games of this type, may be repeated (default all of the league's; \"other\" are the Olympics and such)"),
      Flag.atLeast(0),
      Flag.map((given) => given.length === 0 ? types.filter((type) => type !== "other") : given)
    ),
    everySeconds: figure("every", "seconds", "From a poll to the next", 10).pipe(
      Flag.filter((n) => n >= 0.1, () => "seconds, from 0.1 on")
    ),
    finalEverySeconds: figure("final-every", "seconds", "Games that are final: from a look to the next", finalEverySeconds).pipe(
      Flag.filter((n) => n > 0, () => "seconds, more than 0")
    ),
    months: span("months", /^(\d\d?)-(\d\d?)$/, "Months with games, which may pass the end of the year", "9-5").pipe(
      Flag.map(({ from, to }) => ({ from: Number(from), to: Number(to) }))
    ),
    hours: span("hours", /^(\d\d?:\d\d)-(\d\d?:\d\d)$/, "Hours of New York with games, which may pass midnight", "10:00-04:00"),
    lastLookHours: figure("last-look", "hours", "Final games too, so long from their beginning: late corrections", lastLookHours),
    concurrency: count("concurrency", "Ingests that run at once", 4),
    at: Flag.Date("at").pipe(
      Flag.withMetavar("<time>"),
      Flag.withDescription("The moment to take for now, like 2023-05-20T01:30:00Z"),
      Flag.optional,
      Flag.map(Option.getOrUndefined)
    )
  },
  (input) => Cli.lazily(() => import("./Monitor.ts"), (m) => m.monitor(input))
).pipe(
  Command.withDescription(
    "Look at the schedule of yesterday, today and tomorrow (New York) every 10 seconds while games can be on, and ingest each " +
      "game that is on, in a process of its own, at most one a game. Reads and writes no database and remembers nothing, so " +
      "any number of monitors may run. With --once a timer decides when to look."
  ),
  Command.withShortDescription("Ingest the games that are on"),
  Command.withExamples([
    { command: "sluice nhl monitor", description: "Every 10 seconds, until Ctrl-C" },
    { command: "sluice nhl monitor --once", description: "One poll" },
    { command: "sluice nhl monitor --once --list", description: "What is on" }
  ])
)

const api = Command.make(
  "api",
  {
    host: Flag.String("host").pipe(
      Flag.withMetavar("<address>"),
      Flag.withDescription("The address to listen on (default 127.0.0.1: this machine alone)"),
      Flag.withDefault("127.0.0.1")
    ),
    port: Flag.Int("port").pipe(
      Flag.withMetavar("<n>"),
      Flag.withDescription("The port (default API_PORT, else 8080; 0: any that is free)"),
      Flag.filter((n) => n >= 0 && n <= 65_535, () => "a number from 0 to 65535"),
      Flag.optional,
      Flag.map(Option.getOrUndefined)
    )
  },
  (input) => Cli.lazily(() => import("./Serve.ts"), (m) => m.serve(input))
).pipe(
  Command.withDescription(
    "Serve GET /game-stats (pages by limit and cursor, filters player_id and team_id) and GET /game-stats/<game id> as " +
      "JSON, described at /openapi.json, until Ctrl-C."
  ),
  Command.withShortDescription("Serve the figures over HTTP"),
  Command.withExamples([{ command: "sluice nhl api --port 8090", description: "curl localhost:8090/game-stats?limit=5" }])
)

const costs = Command.make(
  "costs",
  {
    gamesPerMonth: figure("games", "n", "Games of a month", 236),
    gameHours: figure("game-hours", "hours", "How long a game takes", 2.5),
    everySeconds: figure("every", "seconds", "Between two polls", 10).pipe(
      Flag.filter((n) => n > 0, () => "a number greater than 0")
    ),
    daysPerMonth: figure("days", "n", "Days of a month", 31),
    hoursPerDay: figure("hours", "hours", "In which the schedule is polled each day", 18),
    executionSeconds: figure("seconds", "seconds", "How long one execution takes", 3),
    memoryMegabytes: figure("memory", "MB", "Memory of an execution", 256),
    feedKilobytes: figure("feed", "kB", "The largest body of a game", 475),
    scheduleKilobytes: figure("schedule", "kB", "A body of the schedule", 4),
    scheduleRequests: figure("schedule-requests", "n", "Schedule requests of a poll", 1),
    pricePerGigabyteSecond: figure("price-gb-second", "dollars", "Price of a GB-second", 0.0000166667),
    pricePerMillionRequests: figure("price-requests", "dollars", "Price of a million executions", 0.2),
    json
  },
  (input) => Cli.lazily(() => import("./CostsReport.ts"), (m) => m.report(input))
).pipe(
  Command.withDescription(
    "What a month of polling costs on a serverless platform: executions, execution time, dollars and inbound traffic."
  ),
  Command.withShortDescription("What a month of polling costs"),
  Command.withExamples([{ command: "sluice nhl costs --every 60", description: "One poll a minute" }])
)

export const nhlCommand = Command.make("nhl").pipe(
  Command.withDescription("The NHL pipeline's own commands: poll, ingest, serve."),
  Command.withShortDescription("The NHL: monitor, ingest, api"),
  Command.withSubcommands([monitor, ingest, ingestSeasons, api, costs])
)
