/** `metrics.json`: the figures of a run for other programs, always whole. */
import { Effect } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import type { Logs } from "./Logs.ts"

/**
 * Replaces what was written before; a disk that is full does not end the run. Not in this thread: a file that replaces
 * another one is written to the disk first, which took 30 ms on a busy one, in which no call was made.
 */
export const write = (folder: string, metrics: unknown, logs: Logs): Effect.Effect<void> => {
  const file = path.join(folder, "metrics.json")
  return Effect.tryPromise(async () => {
    await fs.writeFile(`${file}.new`, `${JSON.stringify(metrics, null, 2)}\n`)
    await fs.rename(`${file}.new`, file)
  }).pipe(Effect.catch(({ cause }) => Effect.sync(() => logs.warn(`${file} cannot be written: ${String(cause)}`))))
}
