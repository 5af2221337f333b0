/** `metrics.json`: the figures of a run for other programs, always whole. */
import * as fs from "node:fs"
import * as path from "node:path"
import type { Logs } from "./Logs.ts"

/** Replaces what was written before. A disk that is full does not end the run. */
export const write = (folder: string, metrics: unknown, logs: Logs): void => {
  const file = path.join(folder, "metrics.json")
  try {
    fs.writeFileSync(`${file}.new`, `${JSON.stringify(metrics, null, 2)}\n`)
    fs.renameSync(`${file}.new`, file)
  } catch (error) {
    logs.warn(`${file} cannot be written: ${String(error)}`)
  }
}
