/** `sluice nba`: collects the NBA's statistics as one of several nodes. Light: what it does is loaded when it is run. */
import { Option } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { Cli } from "sluice"

const text = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar(`<${metavar}>`),
    Flag.withDescription(description),
    Flag.optional,
    Flag.map(Option.getOrUndefined)
  )

const texts = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar(`<${metavar}>`), Flag.withDescription(description), Flag.atLeast(0))

const whole = (name: string, description: string, least: 0 | 1) =>
  Flag.Int(name).pipe(
    Flag.withMetavar("<n>"),
    Flag.withDescription(description),
    Flag.filter((n) => n >= least, () => `a whole number from ${least} on`),
    Flag.optional,
    Flag.map(Option.getOrUndefined)
  )

const yes = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withoutNegation, Flag.withDefault(false))

const json = yes("json", "Print JSON on standard output and nothing else there")

const dbConfig = text(
  "db-config",
  "file",
  "The database: a JSON file with host, name, user, password, port, sslmode (else DATABASE_URL, else DB_HOST, DB_NAME, …)"
)

const logFile = Flag.String("log-file").pipe(
  Flag.withMetavar("<file>"),
  Flag.withDescription("The log, which is appended to (default nba_endpoint_processor.log)"),
  Flag.withDefault("nba_endpoint_processor.log")
)

/** The options of one node. */
const node = {
  endpoint: texts("endpoint", "name", "An endpoint, like BoxScoreAdvancedV3; may be repeated"),
  endpoints: texts("endpoints", "name…", "Several endpoints, all words up to the next option, in this order"),
  category: text("category", "name", "All of a category: game_based, player_based, team_based or league_based"),
  priority: text("priority", "name", "All of a priority: high, medium or low; with --category those of both"),
  paramStart: whole("param-start", "From this place in the master table on; the first one is 0", 0),
  paramEnd: whole("param-end", "Up to this place, which is not included", 0),
  paramLimit: whole("param-limit", "At most so many ids of each endpoint; stands above --param-end", 1),
  paramList: texts("param-list", "id…", "Only these ids, all words up to the next option; leading zeros stay"),
  rateLimit: Flag.Finite("rate-limit").pipe(
    Flag.withMetavar("<seconds>"),
    Flag.withDescription("Seconds between two calls of this node, like 0.5 (default 0.6)"),
    Flag.filter((n) => n >= 0.001 && n <= 86_400, () => "a number of seconds from 0.001 on, like 0.5"),
    Flag.optional,
    Flag.map(Option.getOrUndefined)
  ),
  nodeId: text("node-id", "name", "This node's name, in every line of its log and in the records"),
  config: text("config", "file", "The node's configuration: a JSON file with node_id, endpoints, rate_limit, parameter_config").pipe(
    Flag.withAlias("config-file")
  ),
  dbConfig,
  dryRun: yes("dry-run", "Show what would be collected; ask nothing, write nothing"),
  retryFailed: yes("retry-failed", "Try calls that failed before again; without it they are skipped"),
  refresh: yes("refresh", "Ask again for what is stored already"),
  list: yes("list", "List the endpoints"),
  concurrency: whole("concurrency", "Calls that may be under way at once (default 8); the rate limit holds for them all", 1).pipe(
    Flag.map((n) => n ?? 8)
  ),
  logFile,
  json
}

const run = Command.make(
  "run",
  {
    configs: Argument.String("config").pipe(
      Argument.withDescription("A node's configuration file"),
      Argument.variadic({ min: 1 })
    ),
    dbConfig,
    dryRun: yes("dry-run", "Show what each node would collect"),
    retryFailed: yes("retry-failed", "As in `sluice nba`"),
    logFile
  },
  (input) => Cli.lazily(() => import("./Launch.ts"), (m) => m.launch(input))
).pipe(
  Command.withDescription(
    "Run several nodes on this machine, each as a process of its own, all at once. They share the machine's address: " +
      "give them rates that it bears together. Exit code 1 when one of them failed."
  ),
  Command.withShortDescription("Several nodes at once on this machine"),
  Command.withExamples([
    { command: "sluice nba run config/node1.json config/node2.json --db-config config/database.json" },
    { command: "sluice nba run config/node*.json --dry-run" }
  ])
)

const report = Command.make(
  "report",
  { dbConfig, json },
  (input) => Cli.lazily(() => import("./Report.ts"), (m) => m.report(input))
).pipe(
  Command.withDescription(
    "Rows of each table; calls processed, failed and missing of each endpoint; what each node did and when; the last failed calls."
  ),
  Command.withShortDescription("What is stored, missing and failed, by table, endpoint and node"),
  Command.withExamples([{ command: "sluice nba report" }])
)

export const nbaCommand = Command.make("nba", node, (input) => Cli.lazily(() => import("./Collect.ts"), (m) => m.collect(input))).pipe(
  Command.withDescription(
    "Collect the NBA's statistics: one call for each endpoint and id, one endpoint after the other, at the rate of this " +
      "node. What is stored is not asked for again: after an interruption, give the same command again. Without a " +
      "selection the endpoints are listed. Exit code 1 when calls failed."
  ),
  Command.withShortDescription("The NBA: collect endpoints as a node; run, report"),
  Command.withSubcommands([run, report]),
  Command.withExamples([
    { command: "sluice nba --endpoint BoxScoreAdvancedV3 --node-id node1" },
    { command: "sluice nba --category player_based --priority high --param-limit 100 --rate-limit 0.5" },
    { command: "sluice nba --endpoint BoxScoreAdvancedV3 --param-list 0022100001 0022100002" },
    { command: "sluice nba --config config/node1.json --db-config config/database.json --dry-run" }
  ]),
  Cli.severalWords("endpoints", "param-list")
)
