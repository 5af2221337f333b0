/**
 * `step1.pid` beside the log: one cycle at a time in a folder, and its process for whoever watches over it. The file is
 * as old as the last cycle that succeeded.
 */
import { Effect, type Scope } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { Cli } from "sluice"

const fileName = "step1.pid"

export const fileIn = (folder: string): string => path.join(folder, fileName)

export interface Running {
  readonly pid: number
  /** Since the last cycle that succeeded, or since the process began to make cycles. */
  readonly quietMillis: number
}

/** The process that makes cycles in a folder; undefined: none does. */
export const running = (folder: string, now: number): Running | undefined => {
  const file = fileIn(folder)
  const pid = read(file)
  const began = fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs
  return pid === undefined || began === undefined || !isAlive(pid) ? undefined : { pid, quietMillis: Math.max(0, now - began) }
}

/** A cycle has succeeded. */
export const renew = (folder: string): Effect.Effect<void> =>
  Effect.ignore(Effect.try(() => fs.utimesSync(fileIn(folder), new Date(), new Date())))

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Of another user.
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}

/** The process of a file; undefined: there is none, or nothing that is a number. */
const read = (file: string): number | undefined => {
  try {
    const pid = Number(fs.readFileSync(file, "utf8").trim())
    return Number.isInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

/** False: the file is there already. */
const create = (file: string): boolean => {
  try {
    fs.writeFileSync(file, `${process.pid}\n`, { flag: "wx" })
    return true
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false
    throw error
  }
}

/**
 * Holds the file of a folder for as long as the scope is open. Refused where a process that lives holds it; what a
 * killed one has left behind is replaced. A container's processes have the same numbers each time it starts.
 */
export const hold = (folder: string): Effect.Effect<void, Cli.Refusal, Scope.Scope> => {
  const file = fileIn(folder)
  const acquire = Effect.try({
    try: () => {
      if (create(file)) return
      const pid = read(file)
      if (pid !== undefined && pid !== process.pid && isAlive(pid)) {
        throw new Cli.Refusal({
          message: `Another instance is already running (PID: ${pid}): wait for its end, or give another folder with --log-dir. ` +
            `If that process is something else, remove ${file}.`
        })
      }
      fs.rmSync(file, { force: true })
      create(file)
    },
    catch: (cause) =>
      cause instanceof Cli.Refusal
        ? cause
        : new Cli.Refusal({ message: `${file} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}.`, cause })
  })
  const release = Effect.sync(() => {
    if (read(file) === process.pid) fs.rmSync(file, { force: true })
  })
  return Effect.asVoid(Effect.acquireRelease(acquire, () => release))
}
