/** The commands on hooks. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Options from "./Options.ts"

const load = () => import("../commands/hooks.ts")

const name = Argument.String("name").pipe(Argument.withDescription("The name of the hook, as `sluice hooks` shows it"))

export const hooks = Command.make(
  "hooks",
  { json: Options.json },
  (input) => Options.lazily(load, (m) => m.hooks(input))
).pipe(
  Command.withDescription("List hooks: what they are told of and how, what waits, what they were told last, and why that failed."),
  Command.withShortDescription("List hooks"),
  Command.withExamples([{ command: "sluice hooks" }])
)

const show = Command.make(
  "show",
  { name, limit: Options.positive("limit", "n", "At most so many messages", 10), json: Options.json },
  (input) => Options.lazily(load, (m) => m.show(input))
).pipe(
  Command.withDescription("Show a hook: its definition, its state, and what became of its last messages: sent, waiting, the same as before, given up and why."),
  Command.withShortDescription("Show a hook and its last messages"),
  Command.withExamples([{ command: "sluice hook show failures" }, { command: "sluice hook show failures --limit 50 --json" }])
)

const test = Command.make(
  "test",
  { name, set: Options.set, json: Options.json },
  (input) => Options.lazily(load, (m) => m.test(input))
).pipe(
  Command.withDescription("Send a test message now, once. Nothing is recorded. Exit code 1 when it could not be delivered, with the reason."),
  Command.withShortDescription("Send a test message"),
  Command.withExamples([{ command: "sluice hook test failures" }])
)

const retry = Command.make("retry", { name, set: Options.set }, (input) => Options.lazily(load, (m) => m.retry(input))).pipe(
  Command.withDescription("Tell what was given up, in one message: after a wrong setting was set right, or a receiver is back for good."),
  Command.withShortDescription("Tell what was given up"),
  Command.withExamples([{ command: "sluice hook retry failures" }])
)

const start = Command.make("start", { name }, (input) => Options.lazily(load, (m) => m.setRunning({ ...input, running: true }))).pipe(
  Command.withDescription("Start a hook that was stopped: it is told of what ends from now on."),
  Command.withShortDescription("Start a stopped hook"),
  Command.withExamples([{ command: "sluice hook start failures" }])
)

const stop = Command.make("stop", { name }, (input) => Options.lazily(load, (m) => m.setRunning({ ...input, running: false }))).pipe(
  Command.withDescription("Stop a hook, as for a maintenance: it is told nothing of what ends until it is started."),
  Command.withShortDescription("Tell it nothing"),
  Command.withExamples([{ command: "sluice hook stop failures" }])
)

export const hook = Command.make("hook").pipe(
  Command.withDescription("Show, test, start or stop one hook, or let it tell what was given up."),
  Command.withShortDescription("Show, test, start, stop a hook"),
  Command.withSubcommands([show, test, retry, start, stop]),
  Command.withExamples([{ command: "sluice hook show failures" }, { command: "sluice hook test failures" }])
)
