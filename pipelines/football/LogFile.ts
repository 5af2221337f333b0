/** `step1.log`: a line for everything that is logged in a cycle; one file a day of New York, the last seven kept. */
import { Cause, Effect, Logger } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { Cli } from "sluice"
import * as NewYork from "./NewYork.ts"

export const fileName = "step1.log"

/** Files of days that are over. */
const kept = 7

const levels: Readonly<Record<string, string>> = { Warn: "WARNING", Fatal: "CRITICAL", Trace: "DEBUG" }

/** Texts that may be in the environment only. */
const hidden = (text: string, env: NodeJS.ProcessEnv): string =>
  [env["THESPORTS_SECRET"], env["THESPORTS_USER"]].reduce<string>(
    (clean, secret) => secret !== undefined && secret.length >= 4 ? clean.replaceAll(secret, "***") : clean,
    text
  )

/** `2025-06-07 21:39:04,120 - WARNING - text`, always one line. */
export const format = ({ cause, date, logLevel, message }: Logger.Options<unknown>, env: NodeJS.ProcessEnv = process.env): string => {
  const said: ReadonlyArray<unknown> = Array.isArray(message) ? message : [message]
  const why = cause.reasons.length === 0 ? [] : [Cause.pretty(cause)]
  const text = [...said, ...why].map((part) => typeof part === "string" ? part : JSON.stringify(part) ?? String(part)).join(" ")
  const line = text.replace(/\s*\n\s*/g, " | ")
  return `${NewYork.stamp(date)} - ${levels[logLevel] ?? logLevel.toUpperCase()} - ${hidden(line, env)}`
}

/** Moves a file of an earlier day aside, as `step1.log.2025-06-07`, and removes those beyond the last seven. */
export const rotate = (folder: string, now: Date): void => {
  const file = path.join(folder, fileName)
  const stat = fs.statSync(file, { throwIfNoEntry: false })
  if (stat === undefined) return
  const day = NewYork.day(stat.mtime)
  if (day >= NewYork.day(now)) return
  const archive = `${file}.${day}`
  // Another process may have moved a part of that day already.
  if (fs.existsSync(archive)) {
    fs.appendFileSync(archive, fs.readFileSync(file))
    fs.rmSync(file)
  } else fs.renameSync(file, archive)
  const archives = fs.readdirSync(folder).filter((name) => /^step1\.log\.\d{4}-\d\d-\d\d$/.test(name)).toSorted()
  for (const name of archives.slice(0, -kept)) fs.rmSync(path.join(folder, name))
}

/** Makes the folder; one sentence where it cannot be written. */
export const logger = (folder: string): Effect.Effect<Logger.Logger<unknown, void>, Cli.Refusal> =>
  Effect.try({
    try: () => {
      fs.mkdirSync(folder, { recursive: true })
      fs.accessSync(folder, fs.constants.W_OK)
      rotate(folder, new Date())
      let day = NewYork.day(new Date())
      return Logger.make((options) => {
        const today = NewYork.day(options.date)
        try {
          if (today !== day) rotate(folder, options.date)
          day = today
          fs.appendFileSync(path.join(folder, fileName), `${format(options)}\n`)
        } catch (error) {
          // A full disk must not end the cycle that is logged.
          process.stderr.write(`${format(options)}\nThe log cannot be written in ${folder}: ${String(error)}.\n`)
        }
      })
    },
    catch: (cause) =>
      new Cli.Refusal({ message: `The log cannot be written in ${folder}: ${cause instanceof Error ? cause.message : String(cause)}.`, cause })
  })
