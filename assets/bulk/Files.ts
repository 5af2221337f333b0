/** The files that hold the records, each in the version that it had when it was listed. */
import { Data, Effect, type Scope } from "effect"
import { createHash } from "node:crypto"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { Format, type FormatError } from "sluice"

/** The files cannot be had; one sentence. */
export class InputError extends Data.TaggedError("InputError")<{ readonly message: string }> {
  readonly transient = false
}

/** A file as it was at some time. */
export interface Version {
  readonly uri: string
  readonly etag: string
}

export interface File extends Version {
  readonly bytes: number
}

const reasonOf = (error: unknown): string => {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined
  return code === "ENOENT" ? "there is no such file or folder" : error instanceof Error ? error.message : String(error)
}

const attempt = <A>(uri: string, f: () => Promise<A>): Effect.Effect<A, InputError> =>
  Effect.tryPromise({
    try: f,
    catch: (error) => new InputError({ message: `${uri} cannot be read: ${reasonOf(error)}; BULK_INPUT names it.` })
  })

const look = async (uri: string): Promise<File> => {
  const { mtimeMs, size } = await fs.stat(uri)
  return { uri, bytes: size, etag: createHash("sha256").update(`${size} ${mtimeMs}`).digest("hex").slice(0, 16) }
}

/** A file, or all files of a folder in the order of their names; hidden ones are left out. */
export const list = Effect.fnUntraced(function*(uri: string) {
  const stat = yield* attempt(uri, () => fs.stat(uri))
  if (!stat.isDirectory()) return [yield* attempt(uri, () => look(uri))]
  const names = yield* attempt(uri, () => fs.readdir(uri, { withFileTypes: true }))
  const files = names.filter((one) => one.isFile() && !one.name.startsWith(".")).map(({ name }) => path.join(uri, name)).toSorted()
  if (files.length === 0) return yield* new InputError({ message: `${uri} has no files: there is nothing to process.` })
  return yield* Effect.forEach(files, (file) => attempt(file, () => look(file)))
})

/** Opens the file until the scope ends; one that has changed since it was listed is refused. */
export const open = (file: Version): Effect.Effect<Format.Ranged<FormatError>, InputError | FormatError, Scope.Scope> =>
  Effect.gen(function*() {
    const now = yield* attempt(file.uri, () => look(file.uri))
    if (now.etag === file.etag) return yield* Format.ofFile(file.uri)
    return yield* new InputError({ message: `${file.uri} has changed since it was listed: give the command again.` })
  })
