/** The folder in which a project keeps its own database, and the sentence for when it cannot be used. */
import { Effect, Schema } from "effect"
import { mkdir, stat } from "node:fs/promises"
import * as path from "node:path"

const reasons: Readonly<Record<string, readonly [why: string, remedy: string]>> = {
  ENOSPC: ["the disk is full", "free some space"],
  EDQUOT: ["the disk quota is used up", "free some space"],
  EROFS: ["the file system is read-only", "run in a folder that can be written"],
  EACCES: ["permission is denied", "give this user write access to it"],
  EPERM: ["permission is denied", "give this user write access to it"],
  ENOTDIR: ["a file stands where a folder is needed", "move that file away"],
  EEXIST: ["a file stands where a folder is needed", "move that file away"],
  ENOENT: ["nothing can be created at that place", "run in a folder that can be written"]
}

/** The state folder cannot be read or written: full, read-only, forbidden, or not a folder at all. */
export class StateFolderUnusable extends Schema.TaggedError<StateFolderUnusable>()("StateFolderUnusable", {
  folder: Schema.String,
  /** The operating system's name of the fault, for example `ENOSPC`. */
  code: Schema.String
}) {
  override get message(): string {
    const [why, remedy] = reasons[this.code] ?? ["the file system refuses", "check that folder"]
    return `Sluice cannot keep its database in ${this.folder}: ${why} (${this.code}); ` +
      `${remedy}, or set DATABASE_URL to use a Postgres server of your own.`
  }
}

const codeOf = (cause: unknown): string =>
  cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "UNKNOWN"

/** Runs file system work below `folder`; a fault becomes the sentence that names `folder`. */
export const attempt = <A>(folder: string, work: () => Promise<A>): Effect.Effect<A, StateFolderUnusable> =>
  Effect.tryPromise({ try: work, catch: (cause) => new StateFolderUnusable({ folder, code: codeOf(cause) }) })

const mkdirOnce = (folder: string): Promise<void> =>
  mkdir(folder).catch(async (cause: unknown) => {
    if (codeOf(cause) !== "EEXIST" || !(await stat(folder)).isDirectory()) throw cause
  })

/**
 * Makes a folder and those above it. Node's `recursive` does not end where the system says ENOENT below a folder that
 * exists, as in /proc: it made 100 seconds of system calls until it was killed.
 */
export const makeFolder = (folder: string): Promise<void> =>
  mkdirOnce(folder).catch(async (cause: unknown) => {
    const above = path.dirname(folder)
    if (codeOf(cause) !== "ENOENT" || above === folder) throw cause
    await makeFolder(above)
    await mkdirOnce(folder)
  })

const phrases: ReadonlyArray<readonly [phrase: string, code: string]> = [
  ["No space left on device", "ENOSPC"],
  ["Disk quota exceeded", "EDQUOT"],
  ["Read-only file system", "EROFS"],
  ["Permission denied", "EACCES"]
]

/** The file system's fault that a Postgres program reports in its output, if that is why it failed. */
export const faultIn = (output: string): string | undefined =>
  phrases.find(([phrase]) => output.includes(phrase))?.[1]
