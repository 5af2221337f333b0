/** The lock that lets one of many starting processes create and start the server while the others wait. */
import { Effect } from "effect"
import { readFile, rename, rm, stat, writeFile } from "node:fs/promises"
import * as path from "node:path"
import { identityOf, processSpace } from "./ProcessIdentity.ts"
import { attempt, type StateFolderUnusable } from "./StateFolder.ts"

// A holder writes its line right after it created the file; only a process that died between the two leaves it empty.
const emptyForMillis = 2000
// A holder in another container cannot be asked whether it lives; no start takes this long without a crash recovery.
const foreignForMillis = 120_000

const lineOf = async (): Promise<string> =>
  [process.pid, await identityOf(process.pid), await processSpace()].join("\n")

const isStale = async (file: string, content: string): Promise<boolean> => {
  const age = await stat(file).then((found) => Date.now() - found.mtimeMs)
  const [pid = "", identity = "", space = ""] = content.split("\n")
  if (space === "") return age > emptyForMillis
  if (space !== await processSpace()) return age > foreignForMillis
  return await identityOf(Number(pid)) !== identity
}

/**
 * Removes the lock if its holder is dead. The rename picks one of several breakers, and looking again at what was
 * moved catches a fresh lock that came between: it is put back. Should even that fail, two processes start at once,
 * which Postgres' own postmaster.pid and the rename of a finished data folder stand; the lock saves work, not data.
 */
const breakIfStale = async (file: string): Promise<void> => {
  try {
    const seen = await readFile(file, "utf8")
    if (!await isStale(file, seen)) return
    const aside = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`
    await rename(file, aside)
    const moved = await readFile(aside, "utf8")
    if (moved !== seen) await writeFile(file, moved, { flag: "wx" }).catch(() => undefined)
    await rm(aside, { force: true })
  } catch {
    // The holder released it, or another process broke it, between two of these steps: the next try sees which.
  }
}

const acquire = async (file: string): Promise<string | undefined> => {
  const line = await lineOf()
  try {
    await writeFile(file, line, { flag: "wx", mode: 0o600 })
    return line
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && cause.code === "EEXIST")) {
      // A full disk creates the file and then cannot fill it: the fault must not also leave a lock behind.
      if (cause instanceof Error && "code" in cause && cause.code === "ENOSPC") await rm(file, { force: true })
      throw cause
    }
    await breakIfStale(file)
    return undefined
  }
}

const release = async (file: string, line: string): Promise<void> => {
  // Only one's own: a lock that another process holds by now is left alone.
  if (await readFile(file, "utf8").catch(() => "") === line) await rm(file, { force: true })
}

/** Runs `use` as the only process below `folder`, or answers undefined at once when another process holds the lock. */
export const tryWith = <A, E, R>(
  folder: string,
  use: Effect.Effect<A, E, R>
): Effect.Effect<A | undefined, E | StateFolderUnusable, R> => {
  const file = path.join(folder, "start.lock")
  return Effect.acquireUseRelease(
    attempt(folder, () => acquire(file)),
    (line): Effect.Effect<A | undefined, E, R> => line === undefined ? Effect.succeed(undefined) : use,
    (line) => line === undefined ? Effect.void : Effect.ignore(attempt(folder, () => release(file, line)))
  )
}
