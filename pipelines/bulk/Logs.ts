/** The logs of a run: `processor.log` has all that happens to records, `api_client.log` how the API is called. */
import { Cause, Effect, Layer, Logger, References } from "effect"
import * as path from "node:path"
import { Cli } from "sluice"
import { logAnnotation } from "../../resources/bulk/RecordApi.ts"
import type { Level } from "./Options.ts"

export interface Logs {
  readonly debug: (text: string) => void
  readonly info: (text: string) => void
  readonly warn: (text: string) => void
  readonly error: (text: string) => void
  /** A line of `api_client.log`. */
  readonly client: (level: Level, text: string) => void
  /** What the pipeline logs by Effect, in the file that it belongs to; warnings and errors on standard error too. */
  readonly layer: Layer.Layer<never>
}

const order: ReadonlyArray<Level> = ["DEBUG", "INFO", "WARNING", "ERROR"]

const words: Readonly<Record<string, Level>> = { Trace: "DEBUG", Debug: "DEBUG", Info: "INFO", Warn: "WARNING", Error: "ERROR", Fatal: "ERROR" }

const two = (n: number): string => String(n).padStart(2, "0")

/** `2025-08-22 21:39:07,042`, in local time. */
const moment = (at: Date): string =>
  `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ` +
  `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())},${String(at.getMilliseconds()).padStart(3, "0")}`

/** `2025-08-22 21:39:07,042 - WARNING - text`; a stack trace keeps its lines. */
export const line = (at: Date, level: Level, text: string): string => `${moment(at)} - ${level} - ${text.trim()}`

const textOf = ({ cause, message }: Logger.Options<unknown>): string => {
  const said: ReadonlyArray<unknown> = Array.isArray(message) ? message : [message]
  const why = cause.reasons.length === 0 ? [] : [Cause.pretty(cause)]
  return [...said, ...why].map((part) => typeof part === "string" ? part : JSON.stringify(part) ?? String(part)).join(" ")
}

/** Opens both files in the folder until the scope ends. `suffix` names those of a further process. */
export const open = Effect.fnUntraced(function*(folder: string, least: Level, suffix = "") {
  const processor = yield* Cli.logFile(path.join(folder, `processor${suffix}.log`))
  const apiClient = yield* Cli.logFile(path.join(folder, `api_client${suffix}.log`))
  const writes = (write: (line: string) => void) => (level: Level, text: string, at = new Date()) => {
    if (order.indexOf(level) >= order.indexOf(least)) write(line(at, level, text))
  }
  const [toProcessor, client] = [writes(processor), writes(apiClient)]
  const logger = Logger.make<unknown, void>((options) => {
    const level = words[options.logLevel] ?? "INFO"
    const isClient = logAnnotation in options.fiber.getRef(References.CurrentLogAnnotations)
    ;(isClient ? client : toProcessor)(level, textOf(options), options.date)
  })
  return {
    debug: (text) => toProcessor("DEBUG", text),
    info: (text) => toProcessor("INFO", text),
    warn: (text) => toProcessor("WARNING", text),
    error: (text) => toProcessor("ERROR", text),
    client,
    layer: Layer.merge(
      Logger.layer([logger]),
      Layer.succeed(References.MinimumLogLevel, least === "DEBUG" ? "Debug" : least === "INFO" ? "Info" : least === "WARNING" ? "Warn" : "Error")
    )
  } satisfies Logs
})
