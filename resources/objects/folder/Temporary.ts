/**
 * Names of files that are not whole yet. They say who writes them, so that those of a process that died can be told from
 * those of one that is slow.
 */
import { createHash, randomBytes } from "node:crypto"
import { readlinkSync } from "node:fs"
import * as fs from "node:fs/promises"
import { hostname } from "node:os"
import * as path from "node:path"
import { codeOf } from "./Failure.ts"

const pattern = /^\.sluice-([0-9a-f]{12})-(\d+)-[0-9a-f]{16}\.part$/

/** Nobody writes for so long without a change of the file: those of other machines, whose processes cannot be seen. */
const abandonedMillis = 24 * 3600_000

const namespaceOfProcesses = (): string => {
  try {
    return readlinkSync("/proc/self/ns/pid")
  } catch {
    return ""
  }
}

/** In which machine or container the number of a process means something. */
const machine = createHash("sha256").update(`${hostname()}\0${namespaceOfProcesses()}`).digest("hex").slice(0, 12)

export const make = (): string => `.sluice-${machine}-${process.pid}-${randomBytes(8).toString("hex")}.part`

export const is = (name: string): boolean => pattern.test(name)

const lives = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) !== "ESRCH"
  }
}

const isAbandoned = async (file: string): Promise<boolean> => {
  const [, where, pid] = pattern.exec(path.basename(file)) ?? []
  if (where === machine && !lives(Number(pid))) return true
  return Date.now() - (await fs.stat(file)).mtimeMs > abandonedMillis
}

/** Removes what dead writers left in a folder. Others may do so at the same time. */
export const sweep = async (folder: string): Promise<void> => {
  for (const name of (await fs.readdir(folder)).filter(is)) {
    const file = path.join(folder, name)
    try {
      if (await isAbandoned(file)) await fs.rm(file, { force: true })
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error
    }
  }
}
