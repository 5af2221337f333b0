/** The commands on sensors. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import * as Options from "./Options.ts"

const load = () => import("../commands/sensors.ts")

const name = Argument.String("name").pipe(Argument.withDescription("The name of the sensor, as `sluice sensors` shows it"))

export const sensors = Command.make(
  "sensors",
  { json: Options.json },
  (input) => Options.lazily(load, (m) => m.sensors(input))
).pipe(
  Command.withDescription("List sensors: whether they are running, who observes them, what they asked for last, and why they fail."),
  Command.withShortDescription("List sensors"),
  Command.withExamples([{ command: "sluice sensors" }])
)

const show = Command.make(
  "show",
  { name, json: Options.json },
  (input) => Options.lazily(load, (m) => m.show(input))
).pipe(
  Command.withDescription("Show a sensor: its state, its cursor, its last requests, and its error where it fails."),
  Command.withShortDescription("Show a sensor"),
  Command.withExamples([{ command: "sluice sensor show shop/arrivals" }])
)

const start = Command.make("start", { name }, (input) => Options.lazily(load, (m) => m.setRunning({ ...input, running: true }))).pipe(
  Command.withDescription("Start a sensor that was stopped: it goes on from its cursor. Needs a daemon, which may be up already."),
  Command.withShortDescription("Start a stopped sensor"),
  Command.withExamples([{ command: "sluice sensor start shop/arrivals" }])
)

const stop = Command.make("stop", { name }, (input) => Options.lazily(load, (m) => m.setRunning({ ...input, running: false }))).pipe(
  Command.withDescription("Stop a sensor: no daemon observes it until it is started. Runs that are under way go on."),
  Command.withShortDescription("Let nobody observe it"),
  Command.withExamples([{ command: "sluice sensor stop shop/arrivals" }])
)

const preview = Command.make(
  "preview",
  {
    name,
    seconds: Flag.Finite("for").pipe(
      Flag.withMetavar("<seconds>"),
      Flag.withDescription("Observe so long (default: one look)"),
      Flag.filter((n) => n > 0 && n <= 3600, () => "seconds, above 0 and up to 3600"),
      Flag.optional,
      Flag.map(Option.getOrUndefined)
    ),
    limit: Options.positive("limit", "n", "At most so many requests", 20),
    json: Options.json
  },
  (input) => Options.lazily(load, (m) => m.preview(input))
).pipe(
  Command.withDescription("Observe from the stored cursor on and print what would be asked for. Records nothing and starts nothing."),
  Command.withShortDescription("Print what would be asked for"),
  Command.withExamples([{ command: "sluice sensor preview shop/arrivals" }])
)

const cursor = Command.make(
  "cursor",
  {
    name,
    set: Options.optionalText("set", "json", "Go on from this cursor"),
    reset: Options.yes("reset", "Begin anew, as if nothing had been seen")
  },
  (input) => Options.lazily(load, (m) => m.cursor(input))
).pipe(
  Command.withDescription("Print the cursor of a sensor as JSON, set it or reset it. What was asked for once is not asked for again."),
  Command.withShortDescription("Print or set its cursor"),
  Command.withExamples([
    { command: "sluice sensor cursor shop/arrivals" },
    { command: "sluice sensor cursor shop/arrivals --reset" }
  ])
)

const requests = Command.make(
  "requests",
  { name, limit: Options.positive("limit", "n", "At most so many requests", 20), json: Options.json },
  (input) => Options.lazily(load, (m) => m.requests(input))
).pipe(
  Command.withDescription("List what a sensor has asked for, the latest first: the key, and its run or why there is none."),
  Command.withShortDescription("List what it asked for"),
  Command.withExamples([{ command: "sluice sensor requests shop/arrivals --limit 5" }])
)

export const sensor = Command.make("sensor").pipe(
  Command.withDescription("Show, start, stop or preview one sensor, its cursor and its requests."),
  Command.withShortDescription("Show, start, stop, preview a sensor"),
  Command.withSubcommands([show, start, stop, preview, cursor, requests]),
  Command.withExamples([{ command: "sluice sensor show shop/arrivals" }, { command: "sluice sensor stop shop/arrivals" }])
)
