/** The commands on schedules, and the daemon that starts their runs. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Options from "./Options.ts"

const load = () => import("../commands/schedules.ts")

const name = Argument.String("name").pipe(Argument.withDescription("The name of the schedule, as `sluice schedules` shows it"))

export const schedules = Command.make(
  "schedules",
  { json: Options.json },
  (input) => Options.lazily(load, (m) => m.schedules(input))
).pipe(
  Command.withDescription("List schedules: when they are due, whether they are running, their next tick and their last one."),
  Command.withShortDescription("List schedules"),
  Command.withExamples([{ command: "sluice schedules" }])
)

const show = Command.make(
  "show",
  { name, json: Options.json },
  (input) => Options.lazily(load, (m) => m.show(input))
).pipe(
  Command.withDescription("Show a schedule: when it is due and what it asks for, its state, its next ticks and its last ones."),
  Command.withShortDescription("Show a schedule"),
  Command.withExamples([{ command: "sluice schedule show nhl" }])
)

const start = Command.make("start", { name }, (input) => Options.lazily(load, (m) => m.setRunning({ ...input, running: true }))).pipe(
  Command.withDescription(
    "Start a schedule that was stopped: its ticks from now on start runs. Needs a daemon, which may be up already."
  ),
  Command.withShortDescription("Start a stopped schedule"),
  Command.withExamples([{ command: "sluice schedule start nhl" }])
)

const stop = Command.make("stop", { name }, (input) => Options.lazily(load, (m) => m.setRunning({ ...input, running: false }))).pipe(
  Command.withDescription(
    "Stop a schedule: no tick of it starts a run any more, on no daemon, until it is started. A run that is under way goes on."
  ),
  Command.withShortDescription("Let no tick start a run"),
  Command.withExamples([{ command: "sluice schedule stop nhl" }])
)

const preview = Command.make(
  "preview",
  {
    name,
    from: Options.optionalText("from", "time", "From this local time on: 2026-03-29, 2026-03-29T01:30 (default: now)"),
    to: Options.optionalText("to", "time", "Up to this local time; a day, as a whole"),
    limit: Options.positive("limit", "n", "At most so many ticks", 20),
    json: Options.json
  },
  (input) => Options.lazily(load, (m) => m.preview(input))
).pipe(
  Command.withDescription(
    "Print the ticks of any span, with their local times and what clocks that change do to them. Starts nothing."
  ),
  Command.withShortDescription("Print the ticks of a span"),
  Command.withExamples([
    { command: "sluice schedule preview nhl", description: "The next ones" },
    { command: "sluice schedule preview nhl --from 2026-03-28 --to 2026-03-30", description: "Those around a change of clocks" }
  ])
)

export const schedule = Command.make("schedule").pipe(
  Command.withDescription("Show, start, stop or preview one schedule."),
  Command.withShortDescription("Show, start, stop, preview a schedule"),
  Command.withSubcommands([show, start, stop, preview]),
  Command.withExamples([{ command: "sluice schedule show nhl" }, { command: "sluice schedule stop nhl" }])
)

export const ticks = Command.make(
  "ticks",
  { name, limit: Options.positive("limit", "n", "At most so many ticks", 20), json: Options.json },
  (input) => Options.lazily(load, (m) => m.ticks(input))
).pipe(
  Command.withDescription("List what became of the ticks of a schedule, the latest first: the run, or why there is none."),
  Command.withShortDescription("List what became of ticks"),
  Command.withExamples([{ command: "sluice ticks nhl --limit 5", description: "The last five" }])
)

export const daemon = Command.make(
  "daemon",
  {
    grace: Flag.Finite("grace").pipe(
      Flag.withMetavar("<seconds>"),
      Flag.withDescription("Running steps may take so long to end when the daemon is stopped (default 30)"),
      Flag.withDefault(30),
      Flag.filter((n) => n >= 0 && n <= 86_400, () => "seconds, from 0 to 86400")
    ),
    runs: Options.positive("runs", "n", "Runs that this daemon executes at once; others wait", 4),
    only: Options.texts("only", "what", "Only schedules, sensors, automation or hooks, or those of a name; may be repeated"),
    ...Options.limits,
    nodeId: Options.nodeId,
    set: Options.set,
    healthPort: Options.wholeNumber("health-port", "n", "Answer GET /health on this port of 127.0.0.1", 1).pipe(
      Flag.filter((n) => n === undefined || n <= 65_535, () => "a port, from 1 to 65535")
    ),
    pidFile: Options.optionalText("pid-file", "file", "Write the number of this process there, as long as it runs"),
    logFile: Options.optionalText("log-file", "file", "Write its log there, and not on standard output"),
    logSize: Options.positive("log-size", "MB", "The file becomes FILE.1 before it is larger", 10),
    logKept: Options.positive("log-kept", "n", "So many such files are kept", 5),
    json: Options.json
  },
  (input) => Options.lazily(() => import("../commands/daemon.ts"), (m) => m.daemon(input))
).pipe(
  Command.withDescription(
    "Start the runs that schedules and sensors ask for and execute them, until Ctrl-C or SIGTERM: then running steps are finished, " +
      "and what is left goes on with the next daemon. Several daemons on one database start one run a tick and a key, and each goes " +
      "on with the runs of one that was killed. Exit code 130 when a run was left."
  ),
  Command.withShortDescription("Start runs by schedules and sensors"),
  Command.withExamples([
    { command: "sluice daemon" },
    { command: "sluice daemon --only sensors --only nhl", description: "All sensors, and the schedule nhl; other daemons do the rest" },
    { command: "sluice daemon --grace 120 --json", description: "Long steps; what it does as JSON lines" }
  ])
)
