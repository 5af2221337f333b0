/**
 * A log file that is turned over at its size: it becomes `name.1`, the one before that `name.2`, and so on. Several
 * processes may write to one: lines stay whole, and none is lost but those of the files beyond the last.
 */
import { Effect, type Scope } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { messageOf, Refusal } from "./Refusal.ts"

export interface Options {
  /** The most that a file holds. Default 10 MiB. */
  readonly maxBytes?: number | undefined
  /** So many are kept beside the one that is written to. Default 5. */
  readonly kept?: number | undefined
  /** Takes the sentence of a file that cannot be written any more. Default: standard error. */
  readonly tell?: ((sentence: string) => void) | undefined
}

/** The lock of a process that was killed while it turned files over, which takes no millisecond. */
const abandonedMillis = 10_000

const isSame = (file: string, descriptor: number): boolean => {
  const [there, open] = [fs.statSync(file, { throwIfNoEntry: false }), fs.fstatSync(descriptor)]
  return there?.ino === open.ino && there.dev === open.dev
}

const shift = (file: string, kept: number): void => {
  const names = Array.from({ length: kept + 1 }, (_, i) => i === 0 ? file : `${file}.${i}`)
  fs.rmSync(names[kept]!, { force: true })
  for (let i = kept - 1; i >= 0; i--) if (fs.existsSync(names[i]!)) fs.renameSync(names[i]!, names[i + 1]!)
}

/** One process at a time; where another is at it, the file grows by a few lines more. */
const turnOver = (file: string, descriptor: number, kept: number): void => {
  const lock = `${file}.lock`
  try {
    fs.closeSync(fs.openSync(lock, "wx"))
  } catch (error) {
    const held = fs.statSync(lock, { throwIfNoEntry: false })
    if (held === undefined && !fs.existsSync(path.dirname(lock))) throw error
    if (held !== undefined && Date.now() - held.mtimeMs > abandonedMillis) fs.rmSync(lock, { force: true })
    return
  }
  try {
    if (isSame(file, descriptor)) shift(file, kept)
  } finally {
    fs.rmSync(lock, { force: true })
  }
}

const onStandardError = (sentence: string): void => void process.stderr.write(`${sentence}\n`)

/**
 * Gives what writes a line, until the scope ends. A disk that is full does not end the work that is logged: it is told once,
 * and the file says how many lines are missing when it can be written again.
 */
export const open = (file: string, options: Options = {}): Effect.Effect<(line: string) => void, Refusal, Scope.Scope> => {
  const { kept = 5, maxBytes = 10 * 1024 * 1024, tell = onStandardError } = options
  return Effect.acquireRelease(
    Effect.try({
      try: () => {
        // The working folder may be another one later.
        const absolute = path.resolve(file)
        fs.mkdirSync(path.dirname(absolute), { recursive: true })
        let descriptor = fs.openSync(absolute, "a")
        const reopen = () => {
          const before = descriptor
          descriptor = fs.openSync(absolute, "a")
          fs.closeSync(before)
        }
        let lost = 0
        const write = (line: string) => {
          // What was written last may be a part of a line.
          const gap = lost === 0 ? "" : `\n${lost} ${lost === 1 ? "line is" : "lines are"} missing here: the file could not be written.\n`
          const bytes = Buffer.from(`${gap}${line}\n`)
          try {
            // Others turn it over too: another process, or logrotate.
            if (!isSame(absolute, descriptor)) reopen()
            const { size } = fs.fstatSync(descriptor)
            if (size > 0 && size + bytes.length > maxBytes) {
              turnOver(absolute, descriptor, kept)
              if (!isSame(absolute, descriptor)) reopen()
            }
            for (let at = 0; at < bytes.length;) at += fs.writeSync(descriptor, bytes, at)
            lost = 0
          } catch (error) {
            if (lost++ === 0) tell(`${file} cannot be written, and what it would say is lost until it can be: ${messageOf(error)}.`)
          }
        }
        return { write, close: () => fs.closeSync(descriptor) }
      },
      catch: (cause) => new Refusal({ message: `The log ${file} cannot be written: ${messageOf(cause)}.`, cause })
    }),
    ({ close }) => Effect.sync(close)
  ).pipe(Effect.map(({ write }) => write))
}
