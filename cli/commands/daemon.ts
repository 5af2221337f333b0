/** `sluice daemon`: starts the runs of schedules and sensors and executes them, until a signal. */
import { Effect, Layer } from "effect"
import * as Evaluation from "../../engine/automation/Evaluation.ts"
import * as Ask from "../../engine/daemon/Ask.ts"
import * as Daemon from "../../engine/daemon/Daemon.ts"
import type { By } from "../../engine/daemon/Observation.ts"
import * as Hooks from "../Hooks.ts"
import * as PidFile from "../daemon/PidFile.ts"
import * as Interruption from "../Interruption.ts"
import * as Live from "../Live.ts"
import * as Project from "../Project.ts"
import { exitCodes, Refusal, Unfinished, withoutSecrets } from "../Refusal.ts"
import * as Schedules from "../Schedules.ts"
import * as Sensors from "../Sensors.ts"
import * as Settings from "../Settings.ts"
import * as Screen from "../terminal/Screen.ts"
import * as Text from "../terminal/Text.ts"

export const daemon = Effect.fn("cli.daemon")(function*(input: Settings.LimitOptions & {
  readonly grace: number
  readonly runs: number
  readonly nodeId: string | undefined
  readonly set: ReadonlyArray<string>
  readonly healthPort: number | undefined
  readonly pidFile: string | undefined
  readonly json: boolean
}) {
  yield* Settings.apply(input)
  const project = yield* Project.load
  const schedules = yield* Schedules.all(project)
  const sensors = yield* Sensors.all(project)
  const hooks = yield* Hooks.all(project)
  if (schedules.size + sensors.size + hooks.size === 0 && Evaluation.automated(project.graph).length === 0) {
    return yield* new Refusal({ message: "There are no schedules and no sensors: give a pipeline a `schedule`, or the deployment `schedules` or `sensors`." })
  }
  for (const schedule of schedules.values()) {
    const wrong = Ask.wrong(project.graph, schedule)
    if (wrong !== undefined) return yield* new Refusal({ message: `The schedule ${schedule.name} asks for what there is not: ${wrong}` })
  }
  const left = yield* Effect.scoped(Effect.gen(function*() {
    if (input.pidFile !== undefined) yield* PidFile.hold(input.pidFile)
    const log = input.json ? yield* jsonWatcher : lineWatcher
    const watcher = input.healthPort === undefined ? log : both(log, yield* healthAt(input.healthPort))
    return yield* Interruption.heard("Stopping: running steps are finished. Ctrl-C again stops at once.", (stop) =>
      Daemon.run(project.graph, [...schedules.values()], {
        stop, graceMillis: input.grace * 1000, runs: input.runs, watcher, sensors: [...sensors.values()], hooks: [...hooks.values()]
      }))
  })).pipe(
    Effect.provide(Live.everything(project)),
    Effect.provide(Live.store(project, Live.runConnections)),
    Settings.asNode(input.nodeId)
  )
  if (left.length > 0) return yield* new Unfinished({ exitCode: exitCodes.interrupted })
})

/** Serves how the daemon is, as long as the scope is open. Loaded where it is wanted. */
const healthAt = Effect.fnUntraced(function*(port: number) {
  const Health = yield* Effect.promise(() => import("../daemon/Health.ts"))
  const { now, observe } = Health.watch()
  yield* Layer.build(Health.layer(port, { now, observe }))
  return observe
})

const both = (first: Watcher, second: Watcher): Watcher => (observation) => {
  first(observation)
  second(observation)
}

type Watcher = (observation: Daemon.Observation) => void

/** Each line has its time: it is a log. */
const lineWatcher: Watcher = (observation) =>
  Screen.line(`${Text.moment(new Date())}  ${withoutSecrets(Text.printable(Text.oneLine(sentence(observation))))}`)

const jsonWatcher = Effect.map(
  Effect.acquireRelease(Effect.sync(Screen.reserve), ({ release }) => Effect.sync(release)),
  ({ json }): Watcher => ({ _tag: event, ...observation }) =>
    json({
      event,
      at: new Date(),
      ...observation,
      ..."due" in observation ? { due: new Date(observation.due) } : {}
    })
)

const dueText = (due: number): string => Text.moment(new Date(due))

const nameOf = (by: By): string => "schedule" in by ? by.schedule : by.sensor

const sentence = (observation: Daemon.Observation): string => {
  switch (observation._tag) {
    case "Up":
      return `up with ${Text.listing([
        observation.schedules > 0 ? Text.plural(observation.schedules, "schedule") : "",
        observation.sensors > 0 ? Text.plural(observation.sensors, "sensor") : "",
        observation.automations > 0 ? Text.plural(observation.automations, "automation") : "",
        observation.hooks > 0 ? Text.plural(observation.hooks, "hook") : ""
      ])}`
    case "Started":
      return `${observation.schedule}: run ${observation.run} of the tick ${dueText(observation.due)}, ${Text.duration(observation.lagMillis)} after it was due`
    case "Asked":
      return `${observation.asset}: run ${observation.run} for ${Text.plural(observation.cells, "cell")} that automation asks for`
    case "Waits":
      return `${observation.schedule}: the tick ${dueText(observation.due)} waits for the run of an earlier one`
    case "Skipped":
      return `${observation.schedule}: the tick ${dueText(observation.due)} is skipped: ${observation.reason}`
    case "Failed":
      return `${observation.schedule}: the tick ${dueText(observation.due)} has failed: ${observation.reason}`
    case "Adopted":
      return `${nameOf(observation)}: run ${observation.run} goes on here`
    case "Ended":
      return `${nameOf(observation)}: run ${observation.run} ${observation.state} in ${Text.duration(observation.millis)}` +
        (observation.state === "failed" ? `; \`sluice run show ${observation.run}\` tells why` : "")
    case "Broken":
      return `${nameOf(observation)}: run ${observation.run} cannot be executed: ${observation.message}`
    case "Observes":
      return `${observation.sensor}: observed from here`
    case "Requested":
      return observation.run === undefined
        ? `${observation.sensor}: no run for ${observation.key}: ${observation.reason ?? ""}`
        : `${observation.sensor}: run ${observation.run} for ${observation.key}`
    case "SensorFailed":
      return `${observation.sensor}: cannot observe, and is tried again in ${Text.duration(observation.againMillis)}: ${observation.message}`
    case "Told":
      return `${observation.hook}: told of ${observation.title}`
    case "NotTold":
      return `${observation.hook}: not told of ${observation.title}, and tried again in ${Text.duration(observation.againMillis)}: ${observation.reason}`
    case "GaveUp":
      return `${observation.hook}: given up to tell of ${observation.title}: ${observation.reason}`
    case "Trouble":
      return `the database cannot be asked, and is tried again: ${observation.message}`
    case "Unevaluated":
      return `automation cannot be evaluated, and is tried again: ${observation.message}`
    case "Recovered":
      return "all is well again"
    case "Stopping":
      return `stopping: ${Text.plural(observation.runs, "run")} with ${Text.plural(observation.steps, "running step")}`
    case "Stopped":
      return observation.left.length === 0
        ? "stopped, and nothing is left"
        : `stopped: ${observation.left.length === 1 ? "run" : "runs"} ${observation.left.join(", ")} left to the next daemon, or to \`sluice run resume\``
  }
}
