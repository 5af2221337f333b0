/** What a daemon tells, as lines: on standard output or in a file, for people or as JSON. */
import { Effect, Layer, Logger } from "effect"
import type { By, Observation, Watcher } from "../../engine/daemon/Observation.ts"
import * as LogFile from "../LogFile.ts"
import { withoutSecrets } from "../Refusal.ts"
import * as Screen from "../terminal/Screen.ts"
import * as Text from "../terminal/Text.ts"

export interface Options {
  readonly json: boolean
  /** In place of standard output. */
  readonly logFile: string | undefined
  readonly logSize: number
  readonly logKept: number
}

export interface Log {
  readonly watcher: Watcher
  /** What assets and resources log goes into the file too. */
  readonly layer: Layer.Layer<never>
  /** And so do errors that nobody waits for; without a file they are on standard error alone. */
  readonly stray: (sentence: string) => void
}

const megabyte = 1_000_000

/** Each line has its time. */
const plain = (text: string): string => `${Text.moment(new Date())}  ${withoutSecrets(Text.printable(Text.oneLine(text)))}`

const json = (value: unknown): string => withoutSecrets(JSON.stringify(value))

/** Opened for the scope. */
export const open = Effect.fnUntraced(function*(options: Options) {
  if (options.logFile !== undefined) {
    const write = yield* LogFile.open(options.logFile, { maxBytes: options.logSize * megabyte, kept: options.logKept })
    const logged = (level: string, message: string) =>
      write(options.json ? json({ event: "Logged", at: new Date(), level, message }) : plain(`${level.toLowerCase()}: ${message}`))
    const logger = Logger.make<unknown, void>(({ logLevel, message }) =>
      logged(logLevel, [message].flat().map((part) => typeof part === "string" ? part : JSON.stringify(part) ?? String(part)).join(" ")))
    const log: Log = {
      watcher: (observation) => write(options.json ? json(eventOf(observation)) : plain(sentence(observation))),
      layer: Logger.layer([logger], { mergeWithExisting: true }),
      stray: (sentence) => logged("Error", sentence)
    }
    return log
  }
  if (!options.json) {
    const log: Log = { watcher: (observation) => Screen.line(plain(sentence(observation))), layer: Layer.empty, stray: () => undefined }
    return log
  }
  const reserved = yield* Effect.acquireRelease(Effect.sync(Screen.reserve), ({ release }) => Effect.sync(release))
  const log: Log = { watcher: (observation) => reserved.json(eventOf(observation)), layer: Layer.empty, stray: () => undefined }
  return log
})

const eventOf = ({ _tag: event, ...observation }: Observation) => ({
  event,
  at: new Date(),
  ...observation,
  ..."due" in observation ? { due: new Date(observation.due) } : {}
})

const dueText = (due: number): string => Text.moment(new Date(due))

const nameOf = (by: By): string => "schedule" in by ? by.schedule : by.sensor

const sentence = (observation: Observation): string => {
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
      return `${observation.hook}: told "${observation.title}"`
    case "NotTold":
      return `${observation.hook}: could not tell "${observation.title}", and tries again in ${Text.duration(observation.againMillis)}: ${observation.reason}`
    case "GaveUp":
      return `${observation.hook}: has given up telling "${observation.title}": ${observation.reason}`
    case "Trouble":
      return `the database cannot be asked, and is tried again: ${observation.message}`
    case "Unevaluated":
      return `${observation.asset}: its automation cannot be evaluated, and is tried again: ${observation.message}`
    case "Forgot":
      return observation.rows === 0
        ? "no old records were to be forgotten"
        : `old records forgotten: ${Text.plural(observation.rows, "row")} of ${Text.size(observation.bytes)}`
    case "NotForgotten":
      return `old records could not be forgotten, which is tried again in a day: ${observation.message}`
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
