/** Reads one version of a file: whole, in part, or here and there. */
import { Effect, Stream } from "effect"
import * as fs from "node:fs/promises"
import type { ReadOptions } from "../Objects.ts"
import { failure, type ObjectStoreError } from "../ObjectStoreError.ts"
import * as Etag from "./Etag.ts"
import { attempt } from "./Failure.ts"

const chunkBytes = 256 * 1024

export const changed = (uri: string): ObjectStoreError =>
  failure("changed", uri, `${uri} is not the version any more that was asked for: it was changed or replaced meanwhile; read it again from its beginning.`)

/** A file that is open, and what it was when it was opened. */
interface Open {
  readonly handle: fs.FileHandle
  readonly size: number
  readonly etag: string
}

const open = async (uri: string, file: string, ifMatch: string | undefined): Promise<Open> => {
  const handle = await fs.open(file, "r")
  try {
    const stats = await Etag.statsOf(handle)
    if (stats.isDirectory()) throw Object.assign(new Error(), { code: "EISDIR" })
    const etag = Etag.of(stats)
    if (ifMatch !== undefined && ifMatch !== etag) throw changed(uri)
    return { handle, size: Number(stats.size), etag }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** The bytes of the version that was opened; the check comes after the read, so that no byte of another one is given. */
const readExactly = async (uri: string, { etag, handle }: Open, start: number, end: number): Promise<Uint8Array> => {
  const buffer = Buffer.allocUnsafeSlow(end - start)
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, start + filled)
    if (bytesRead === 0) throw changed(uri)
    filled += bytesRead
  }
  if (Etag.of(await Etag.statsOf(handle)) !== etag) throw changed(uri)
  return buffer
}

const opened = (uri: string, file: string, ifMatch: string | undefined) =>
  Effect.acquireRelease(attempt(uri, "read", () => open(uri, file, ifMatch)), ({ handle }) => Effect.promise(() => handle.close()))

export const read = (uri: string, file: string, options: ReadOptions): Stream.Stream<Uint8Array, ObjectStoreError> =>
  Stream.unwrap(Effect.map(opened(uri, file, options.ifMatch), (source) => {
    const stop = Math.min(options.end ?? source.size, source.size)
    return Stream.unfold(options.start ?? 0, (start) => {
      const end = Math.min(start + chunkBytes, stop)
      return start >= stop
        ? Effect.undefined
        : Effect.map(attempt(uri, "read", () => readExactly(uri, source, start, end)), (bytes) => [bytes, end] as const)
    })
  }))

/** One range. The file is opened for it alone: whoever reads here and there holds no file open in between. */
export const range = (uri: string, file: string, etag: string, start: number, end: number): Effect.Effect<Uint8Array, ObjectStoreError> =>
  Effect.scoped(Effect.flatMap(opened(uri, file, etag), (source) => {
    const [from, to] = [Math.min(start, source.size), Math.min(end, source.size)]
    return attempt(uri, "read", () => readExactly(uri, source, from, Math.max(from, to)))
  }))
