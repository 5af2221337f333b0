/** The files below a folder in the order of their keys, which is that of S3: by the bytes of UTF-8. */
import type { Dirent } from "node:fs"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import type { Pattern } from "../Glob.ts"
import * as Etag from "./Etag.ts"
import { failure } from "../ObjectStoreError.ts"
import { codeOf } from "./Failure.ts"
import { isWithin } from "./Paths.ts"
import * as Temporary from "./Temporary.ts"

export interface Found {
  readonly key: string
  readonly size: number
  readonly modifiedAt: Date
  readonly etag: string
}

interface Entry {
  /** Of a folder with "/" at the end: that is how it stands in keys, and so what it is sorted by. */
  readonly name: string
  readonly bytes: Buffer
}

const unlessGone = async <A>(act: Promise<A>): Promise<A | undefined> => {
  try {
    return await act
  } catch (error) {
    const code = codeOf(error)
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP") return undefined
    throw error
  }
}

/** What is not there, as it was listed, was removed since, or has a name that cannot be asked for: a part must not pass for the whole. */
const gone = (folder: string, name: string): void => {
  if (!name.includes("\ufffd")) return
  throw failure("invalid", folder, `${path.join(folder, ".")} holds "${name}", whose name is no UTF-8, so that it cannot be read: rename it, or list what does not hold it.`)
}

/** Links that lead out of the root are not there, nor is one to a folder that it stands in: a listing has an end. */
const linkEntry = async (folder: string, name: string, chain: ReadonlyArray<string>): Promise<string | undefined> => {
  const target = await unlessGone(fs.realpath(path.join(folder, name)))
  if (target === undefined || !isWithin(chain[0]!, target)) return undefined
  const stats = await unlessGone(fs.stat(target))
  if (stats?.isDirectory() !== true) return stats?.isFile() === true ? name : undefined
  return chain.includes(target) ? undefined : `${name}/`
}

const entriesOf = async (folder: string, chain: ReadonlyArray<string>): Promise<ReadonlyArray<Entry>> => {
  const found: Array<Entry> = []
  const named = async (entry: Dirent) =>
    entry.isDirectory()
      ? `${entry.name}/`
      : entry.isSymbolicLink()
      ? await linkEntry(folder, entry.name, chain)
      : entry.isFile() && !Temporary.is(entry.name) ? entry.name : undefined
  for (const entry of await unlessGone(fs.readdir(folder, { withFileTypes: true })) ?? []) {
    const name = await named(entry)
    if (name !== undefined) found.push({ name, bytes: Buffer.from(name) })
  }
  return found.sort((a, b) => Buffer.compare(a.bytes, b.bytes))
}

const mayHold = (pattern: Pattern, folder: string): boolean =>
  pattern.prefix.startsWith(folder) ||
  (folder.startsWith(pattern.prefix) && !(pattern.flat && folder.slice(pattern.prefix.length).includes("/")))

const filesBelow = async function*(root: string, key: string, pattern: Pattern, chain: ReadonlyArray<string>): AsyncGenerator<Found> {
  const folder = path.join(root, key)
  const real = await unlessGone(fs.realpath(folder))
  if (real === undefined) return gone(path.dirname(folder), path.basename(folder))
  const within = chain.at(-1) === real ? chain : [...chain, real]
  for (const { name } of await entriesOf(folder, within)) {
    const inner = key + name
    if (name.endsWith("/")) {
      if (mayHold(pattern, inner)) yield* filesBelow(root, inner, pattern, within)
    } else if (pattern.matches(inner)) {
      const stats = await unlessGone(fs.stat(path.join(root, inner), { bigint: true }))
      if (stats === undefined) {
        gone(folder, name)
        continue
      }
      yield { key: inner, size: Number(stats.size), modifiedAt: new Date(Number(stats.mtimeMs)), etag: Etag.of(stats) }
    }
  }
}

/** `root` is a real path. */
export const walk = (root: string, pattern: Pattern): AsyncGenerator<Found> =>
  filesBelow(root, pattern.prefix.slice(0, pattern.prefix.lastIndexOf("/") + 1), pattern, [root])
