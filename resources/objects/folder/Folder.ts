/** Objects that are files below a folder, the root. */
import { Effect, Stream } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import * as Glob from "../Glob.ts"
import type { ObjectInfo, Objects } from "../Objects.ts"
import { failure, type ObjectStoreError } from "../ObjectStoreError.ts"
import * as Etag from "./Etag.ts"
import { attempt, codeOf, of, type Verb } from "./Failure.ts"
import * as Paths from "./Paths.ts"
import * as Read from "./Read.ts"
import * as Temporary from "./Temporary.ts"
import { walk } from "./Walk.ts"
import * as Watch from "./Watch.ts"
import * as Write from "./Write.ts"

const listing = async (root: string, uri: string) => {
  const { key, uriOf } = Paths.patternBelow(root, uri)
  const pattern = Glob.of(uri, key)
  try {
    const real = await fs.realpath(root)
    // A part of the path that is a link may lead outside.
    await Paths.confined(root, uri, pattern.prefix.slice(0, pattern.prefix.lastIndexOf("/") + 1))
    return { files: walk(real, pattern), uriOf }
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw error
    throw failure("missing", uri, `There is no folder ${root}, the root of this object store; create it, or give the store another root.`)
  }
}

/** The folder that holds all that a prefix or glob may name. */
const watched = async (root: string, uri: string) => {
  const { key } = Paths.patternBelow(root, uri)
  const { flat, prefix } = Glob.of(uri, key)
  return { folder: await Paths.confined(root, uri, prefix.slice(0, prefix.lastIndexOf("/") + 1)), recursive: !flat }
}

export const make = (folder: string): Objects => {
  const root = path.resolve(folder)
  const swept = new Set<string>()

  const find = (uri: string, verb: Verb): Effect.Effect<string, ObjectStoreError> =>
    attempt(uri, verb, async () => {
      const { key } = Paths.below(root, uri)
      return Paths.confined(root, uri, key)
    })

  const statOf = (uri: string, file: string): Effect.Effect<ObjectInfo, ObjectStoreError> =>
    attempt(uri, "read", async () => {
      const stats = await fs.stat(file, { bigint: true })
      if (stats.isDirectory()) throw Object.assign(new Error(), { code: "EISDIR" })
      if (!stats.isFile()) throw failure("invalid", uri, `${uri} is a pipe or a device, which has no size, and no file; name a file.`)
      return { uri, size: Number(stats.size), modifiedAt: new Date(Number(stats.mtimeMs)), etag: Etag.of(stats) }
    })

  /** What dead writers left is removed by the first write of a process into a folder: looking costs as much as it has files. */
  const sweep = (within: string) =>
    Effect.suspend(() => {
      if (swept.has(within)) return Effect.void
      swept.add(within)
      return Effect.promise(() => Temporary.sweep(within).catch(() => {}))
    })

  return {
    list: (uri) =>
      Stream.unwrap(Effect.map(attempt(uri, "listed", () => listing(root, uri)), ({ files, uriOf }) =>
        Stream.map(
          Stream.fromAsyncIterable(files, (error) => of(uri, "listed", error)),
          ({ etag, key, modifiedAt, size }): ObjectInfo => ({ uri: uriOf(key), size, modifiedAt, etag })
        ))),
    changes: (uri) =>
      Stream.unwrap(Effect.map(attempt(uri, "listed", () => watched(root, uri)), ({ folder, recursive }) =>
        Watch.changes(uri, folder, { recursive }))),
    stat: (uri) => Effect.flatMap(find(uri, "read"), (file) => statOf(uri, file)),
    read: (uri, options = {}) =>
      Stream.unwrap(Effect.gen(function*() {
        const file = yield* find(uri, "read")
        // To open a pipe would wait for who writes to it.
        yield* statOf(uri, file)
        return Read.read(uri, file, options)
      })),
    ranged: Effect.fnUntraced(function*(uri, options = {}) {
      const file = yield* find(uri, "read")
      const { etag, size } = yield* statOf(uri, file)
      if (options.ifMatch !== undefined && options.ifMatch !== etag) return yield* Read.changed(uri)
      return { name: uri, size, read: (start, end) => Read.range(uri, file, etag, start, end) }
    }),
    write: (uri, bytes) =>
      Effect.flatMap(find(uri, "written"), (file) => Effect.tap(Write.write(uri, file, bytes), () => sweep(path.dirname(file)))),
    delete: (uri) =>
      attempt(uri, "deleted", async () => {
        const { key } = Paths.below(root, uri)
        await Paths.confined(root, uri, key)
        // A link is removed itself, and not what it leads to.
        const file = path.join(await Paths.confined(root, uri, path.dirname(key)), path.basename(key))
        try {
          await fs.unlink(file)
        } catch (error) {
          // Folders are no objects. What the system says of one differs: EISDIR on Linux, EPERM elsewhere.
          if (!["ENOENT", "ENOTDIR", "EISDIR"].includes(codeOf(error) ?? "") && !(await isFolder(file))) throw error
        }
      }),
    // What a writer that died has left is swept by the next one.
    endWrites: () => Effect.void
  }
}

const isFolder = (file: string): Promise<boolean> => fs.stat(file).then((stats) => stats.isDirectory(), () => false)
