/** The log of a node: every line with its time, level and node, in a file and on the console. */
import { Effect, Logger } from "effect"
import { closeSync, openSync, writeSync } from "node:fs"
import { Cli } from "sluice"

export type Level = "DEBUG" | "INFO" | "WARNING" | "ERROR"

export interface Log {
  readonly info: (message: string) => void
  readonly warn: (message: string) => void
  readonly error: (message: string) => void
}

const two = (n: number): string => String(n).padStart(2, "0")

/** `2025-08-22 21:39:07,042`, in local time. */
const moment = (at: Date): string =>
  `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ` +
  `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())},${String(at.getMilliseconds()).padStart(3, "0")}`

/** One line, whatever the message holds. */
export const line = (at: Date, level: Level, node: string, message: string): string =>
  `${moment(at)} - ${level} - [${node}] ${message.replace(/\s*[\r\n]+\s*/g, " ").trim()}`

/** A log that writes its lines with `write`. */
export const make = (node: string, write: (line: string) => void): Log => {
  const say = (level: Level) => (message: string) => write(line(new Date(), level, node, message))
  return { info: say("INFO"), warn: say("WARNING"), error: say("ERROR") }
}

/** What is written to standard output as lines. */
export const toConsole = (text: string): void => void process.stdout.write(`${text}\n`)

/**
 * Opens the log file, to which is only ever appended, so that several nodes of a machine may share one and a tool may
 * rotate it by copying and truncating. Gives what writes a line.
 */
export const openFile = (file: string) =>
  Effect.acquireRelease(
    Effect.try({
      try: () => openSync(file, "a"),
      catch: (cause) => new Cli.Refusal({ message: `The log file ${file} cannot be written; name another one with --log-file.`, cause })
    }),
    (descriptor) => Effect.sync(() => closeSync(descriptor))
  ).pipe(Effect.map((descriptor) => (text: string): void => {
    try {
      writeSync(descriptor, `${text}\n`)
    } catch {
      // A full disk must not end the collection: the console and the database still tell how it goes.
    }
  }))

const levels: Readonly<Record<string, Level>> = { Trace: "DEBUG", Debug: "DEBUG", Info: "INFO", Warn: "WARNING", Error: "ERROR", Fatal: "ERROR" }

const text = (message: unknown): string =>
  Array.isArray(message)
    ? message.map(text).join(" ")
    : typeof message === "string"
    ? message
    : message instanceof Error
    ? message.message
    : JSON.stringify(message) ?? String(message)

/** What assets and resources log, as lines of this log. */
export const layer = (node: string, write: (line: string) => void) =>
  Logger.layer([
    Logger.make(({ date, logLevel, message }) => write(line(date, levels[logLevel] ?? "INFO", node, text(message))))
  ])
