/** `sluice football`: one cycle, and how the cycles go. Light: what they do is loaded when one is run. */
import { Option } from "effect"
import { Command, Flag } from "effect/cli"
import { Cli } from "sluice"

const yes = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withoutNegation, Flag.withDefault(false))

const json = yes("json", "Print JSON on standard output and nothing else there")

const seconds = (name: string, description: string, none: boolean) =>
  Flag.Finite(name).pipe(
    Flag.withMetavar("<seconds>"),
    Flag.withDescription(description),
    Flag.filter((n) => (none ? n >= 0 : n > 0) && n <= 600, () => none ? "seconds, from 0 to 600" : "seconds, more than 0 and up to 600"),
    Flag.optional,
    Flag.map(Option.getOrUndefined)
  )

const count = (name: string, description: string, fallback: number) =>
  Flag.Int(name).pipe(
    Flag.withMetavar("<n>"),
    Flag.withDescription(`${description} (default ${fallback})`),
    Flag.withDefault(fallback),
    Flag.filter((n) => n >= 1 && n <= 100_000, () => "a whole number from 1 on")
  )

const status = Command.make(
  "status",
  { last: count("last", "So many cycles are looked at", 20), json },
  (input) => Cli.lazily(() => import("./Status.ts"), (m) => m.status(input))
).pipe(
  Command.withDescription(
    "How the last cycles went: cycle time, enrichment and error rate with their levels (normal, warning, critical), and " +
      "the matches of the day in New York. Exit code 1 when the last cycle failed or an indicator is critical."
  ),
  Command.withShortDescription("How the last cycles went"),
  Command.withExamples([{ command: "sluice football status", description: "Of the last twenty cycles" }])
)

const logDir = Flag.String("log-dir").pipe(
  Flag.withMetavar("<folder>"),
  Flag.withDescription("Where step1.log, its archives and step1.pid are (default the project's folder)"),
  Flag.withDefault(".")
)

const health = Command.make(
  "health",
  {
    logDir,
    maxAge: Flag.Finite("max-age").pipe(
      Flag.withMetavar("<seconds>"),
      Flag.withDescription("The last cycle that succeeded may be so old (default 300)"),
      Flag.withDefault(300),
      Flag.filter((n) => n > 0, () => "seconds, more than 0")
    )
  },
  (input) => Cli.lazily(() => import("./Health.ts"), (m) => m.health(input))
).pipe(
  Command.withDescription(
    "Tell whether a process makes cycles in this folder, by step1.pid; no database is asked. Exit code 1 when there is none, " +
      "or when its last cycle that succeeded is older than --max-age."
  ),
  Command.withShortDescription("Whether cycles are made"),
  Command.withExamples([{ command: "sluice football health --max-age 120" }])
)

export const footballCommand = Command.make(
  "football",
  {
    demo: yes("demo", "Ask the project's own simulator with invented matches, and all of it again as the original does"),
    mode: Flag.Literals("mode", ["vendor", "seed"]).pipe(
      Flag.withMetavar("<mode>"),
      Flag.withDescription("vendor: keep teams, competitions and countries between cycles; seed: ask for all in each (default FOOTBALL_MODE, else vendor)"),
      Flag.optional,
      Flag.map(Option.getOrUndefined)
    ),
    connections: Flag.Int("connections").pipe(
      Flag.withMetavar("<n>"),
      Flag.withDescription("At most so many connections at once (default FOOTBALL_CONNECTIONS, else 30)"),
      Flag.filter((n) => n >= 1 && n <= 1000, () => "a whole number from 1 to 1000"),
      Flag.optional,
      Flag.map(Option.getOrUndefined)
    ),
    preset: Flag.Literals("preset", ["conservative", "balanced", "aggressive"]).pipe(
      Flag.withMetavar("<preset>"),
      Flag.withDescription("Connections by a word: conservative 15, balanced 30, aggressive 50"),
      Flag.optional,
      Flag.map(Option.getOrUndefined)
    ),
    timeout: seconds("timeout", "Of one try of a request (default FOOTBALL_TIMEOUT, else 30)", false),
    phaseDelay: seconds("phase-delay", "Wait between the phases (default FOOTBALL_PHASE_DELAY, else 0)", true),
    sequential: yes("sequential", "One request after the other, to compare"),
    mockFallback: yes("mock-fallback", "Go on with mock matches, marked _mock, when the live matches cannot be had"),
    logDir,
    files: Flag.String("files").pipe(
      Flag.withMetavar("<folder>"),
      Flag.withDescription("Write step1.json, step2.json and step7_matches.log there"),
      Flag.optional,
      Flag.map(Option.getOrUndefined)
    ),
    keep: count("keep", "Cycles in step2.json", 100),
    quiet: yes("quiet", "Print the timing without the board"),
    continuous: yes("continuous", "Make one cycle after the other, until Ctrl-C"),
    period: Flag.Finite("period").pipe(
      Flag.withMetavar("<seconds>"),
      Flag.withDescription("With --continuous: from the start of a cycle to the start of the next (default 60)"),
      Flag.withDefault(60),
      Flag.filter((n) => n > 0 && n <= 86_400, () => "seconds, more than 0 and up to 86400")
    ),
    json
  },
  (input) => Cli.lazily(() => import("./Cycle.ts"), (m) => m.cycle(input))
).pipe(
  Command.withDescription(
    "Make one cycle and end, or with --continuous one a minute: the live matches, details and odds of all of them at once, their teams, competitions and " +
      "countries, then the matches and the live board. Prints the board and how long each part took. A request that fails " +
      "is listed and stops nothing. Exit code 1 when the cycle failed."
  ),
  Command.withShortDescription("Football: cycles, status, health"),
  Command.withExamples([
    { command: "sluice football --demo", description: "With invented matches" },
    { command: "sluice football --continuous --quiet", description: "Every minute, from start to start" },
    { command: "sluice football --preset conservative --timeout 45", description: "Gently" }
  ]),
  Command.withSubcommands([status, health])
)
