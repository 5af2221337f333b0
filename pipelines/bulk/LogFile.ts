/** A log file that is turned over: at 10 MB it becomes `name.1`, the one before that `name.2`, and five are kept. */
import { Effect, type Scope } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { Cli } from "sluice"

export const maxBytes = 10 * 1024 * 1024
const kept = 5

const turnOver = (file: string): void => {
  fs.rmSync(`${file}.${kept}`, { force: true })
  for (let i = kept - 1; i >= 1; i--) if (fs.existsSync(`${file}.${i}`)) fs.renameSync(`${file}.${i}`, `${file}.${i + 1}`)
  fs.renameSync(file, `${file}.1`)
}

/** Writes lines until the scope ends. A disk that is full does not end the work that is logged. */
export const open = (file: string, limit = maxBytes): Effect.Effect<(line: string) => void, Cli.Refusal, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        fs.mkdirSync(path.dirname(file), { recursive: true })
        let descriptor = fs.openSync(file, "a")
        let size = fs.fstatSync(descriptor).size
        const write = (line: string) => {
          const bytes = Buffer.from(`${line}\n`)
          try {
            if (size > 0 && size + bytes.length > limit) {
              fs.closeSync(descriptor)
              turnOver(file)
              descriptor = fs.openSync(file, "a")
              size = 0
            }
            fs.writeSync(descriptor, bytes)
            size += bytes.length
          } catch (error) {
            process.stderr.write(`${line}\n${file} cannot be written: ${String(error)}\n`)
          }
        }
        return { write, close: () => fs.closeSync(descriptor) }
      },
      catch: (cause) =>
        new Cli.Refusal({ message: `The log ${file} cannot be written; name another folder with --log-dir.`, cause })
    }),
    ({ close }) => Effect.sync(close)
  ).pipe(Effect.map(({ write }) => write))
