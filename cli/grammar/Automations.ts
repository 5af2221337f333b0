/** The commands on automation. */
import * as Command from "effect/cli/Command"
import * as Options from "./Options.ts"

const load = () => import("../commands/automation.ts")

const list = Command.make("list", { json: Options.json }, (input) => Options.lazily(load, (m) => m.list(input))).pipe(
  Command.withDescription("List the assets with automation: their condition, and what was last asked for."),
  Command.withShortDescription("List assets with automation"),
  Command.withExamples([{ command: "sluice automation list" }])
)

const explain = Command.make(
  "explain",
  { asset: Options.asset, json: Options.json },
  (input) => Options.lazily(load, (m) => m.explain(input))
).pipe(
  Command.withDescription(
    "Print the condition of an asset as a tree with what is true now, and whether a cell would be asked for. " +
      "ASSET@PARTITION is one cell; an asset alone counts its cells. Says which daemons are up. Asks for nothing."
  ),
  Command.withShortDescription("Say why a cell is asked for, or not"),
  Command.withExamples([
    { command: "sluice automation explain nhl/game_stats", description: "Counts of cells" },
    { command: "sluice automation explain nhl/games@2023-03-08", description: "One cell" }
  ])
)

const simulate = Command.make(
  "simulate",
  {
    from: Options.optionalText("from", "time", "From this time on, in UTC: 2026-03-29, 2026-03-29T01:30 (default: now)"),
    to: Options.optionalText("to", "time", "Up to this time (default: a week later)"),
    limit: Options.positive("limit", "n", "At most so many lines", 50),
    json: Options.json
  },
  (input) => Options.lazily(load, (m) => m.simulate(input))
).pipe(
  Command.withDescription(
    "Print what automation would ask for over a span, from what is stored now. Starts nothing: every run is taken to " +
      "succeed at once, and assets without automation stay as they are."
  ),
  Command.withShortDescription("Print what would run over a span"),
  Command.withExamples([
    { command: "sluice automation simulate", description: "The next week" },
    { command: "sluice automation simulate --to 2026-04-30 --json" }
  ])
)

const start = Command.make("start", { asset: Options.asset }, (input) => Options.lazily(load, (m) => m.setRunning({ ...input, running: true }))).pipe(
  Command.withDescription("Start an automation that was stopped: what its condition says by now is asked for. Needs a daemon, which may be up already."),
  Command.withShortDescription("Start a stopped automation"),
  Command.withExamples([{ command: "sluice automation start nhl/game_stats" }])
)

const stop = Command.make("stop", { asset: Options.asset }, (input) => Options.lazily(load, (m) => m.setRunning({ ...input, running: false }))).pipe(
  Command.withDescription("Stop the automation of an asset: no daemon asks for it until it is started. A run that is under way goes on."),
  Command.withShortDescription("Let nobody ask for an asset"),
  Command.withExamples([{ command: "sluice automation stop nhl/game_stats" }])
)

export const automation = Command.make("automation").pipe(
  Command.withDescription("What assets ask for by themselves: list, explain, simulate, start, stop."),
  Command.withShortDescription("List, explain, simulate, stop automation"),
  Command.withSubcommands([list, explain, simulate, start, stop]),
  Command.withExamples([{ command: "sluice automation list" }, { command: "sluice automation explain nhl/game_stats" }])
)
