/** A file that is read by ranges, as Parquet wants it: a local file, an object of a store, bytes in memory. */
import { Effect, Stream } from "effect"
import { FormatError } from "../FormatError.ts"
import { open, stat as statOf } from "node:fs/promises"

export interface Ranged<out E = never, out R = never> {
  /** How errors and places name it. */
  readonly name: string
  /** In bytes. */
  readonly size: number
  /** The bytes from `start` up to `end`, exclusive; fewer only where the file ends. */
  readonly read: (start: number, end: number) => Effect.Effect<Uint8Array, E, R>
  /** Fills `target`, all of which is there, with the bytes from `start` on. Default: what `read` gives is copied. */
  readonly readInto?: (start: number, target: Uint8Array) => Effect.Effect<void, E, R>
}

const shorter = <E, R>({ name, size }: Ranged<E, R>, end: number): FormatError =>
  new FormatError({ file: name, byte: end, reason: `the file ends here, and is said to have ${size} bytes; it became shorter while it was read` })

/** Fills `target` with the bytes from `start` on. */
export const readInto = <E, R>(file: Ranged<E, R>, start: number, target: Uint8Array): Effect.Effect<void, E | FormatError, R> =>
  file.readInto?.(start, target) ?? Effect.flatMap(file.read(start, start + target.length), (bytes) => {
    if (bytes.length < target.length) return Effect.fail(shorter(file, start + bytes.length))
    return Effect.sync(() => target.set(bytes.subarray(0, target.length)))
  })

export const ofBytes = (bytes: Uint8Array, name = "bytes"): Ranged => ({
  name,
  size: bytes.length,
  read: (start, end) => Effect.sync(() => bytes.subarray(start, end))
})

const problem = (path: string, error: unknown): FormatError => {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined
  const reason = code === "ENOENT"
    ? "there is no such file"
    : code === "EACCES"
    ? "the file may not be read by this user"
    : code === "EISDIR"
    ? "this is a folder; expected a file"
    : error instanceof Error ? error.message : String(error)
  return new FormatError({ file: path, reason, cause: error })
}

/** A local file, open until the scope ends; one that is written to meanwhile is an error, and no mixture of before and after. */
export const ofFile = Effect.fn("Ranged.ofFile")(function*(path: string) {
  const attempt = <A>(f: () => Promise<A>) => Effect.tryPromise({ try: f, catch: (error) => problem(path, error) })
  // Before it is opened: to open a pipe waits for who writes to it, and it has no bytes but those that come.
  const kind = yield* attempt(() => statOf(path))
  if (!kind.isFile() && !kind.isDirectory()) {
    return yield* new FormatError({ file: path, reason: "this is a pipe or a device, which has no size; give a format's `read` the stream of its bytes" })
  }
  const handle = yield* Effect.acquireRelease(attempt(() => open(path, "r")), (opened) => Effect.promise(() => opened.close()))
  const stat = yield* attempt(() => handle.stat())
  const unchanged = async () => {
    const { mtimeMs, size } = await handle.stat()
    if (mtimeMs !== stat.mtimeMs || size !== stat.size) throw new Error("the file was changed while it was read; read it again when nobody writes to it")
  }
  if (stat.isDirectory()) return yield* new FormatError({ file: path, reason: "this is a folder; expected a file" })
  const fill = async (start: number, target: Uint8Array) => {
    let filled = 0
    while (filled < target.length) {
      const { bytesRead } = await handle.read(target, filled, target.length - filled, start + filled)
      if (bytesRead === 0) throw new Error("the file became shorter while it was read")
      filled += bytesRead
    }
    await unchanged()
  }
  const ranged: Ranged<FormatError> = {
    name: path,
    size: stat.size,
    read: (start, end) =>
      attempt(async () => {
        const buffer = Buffer.allocUnsafeSlow(Math.max(0, Math.min(end, stat.size) - start))
        await fill(start, buffer)
        return buffer
      }),
    readInto: (start, target) => attempt(() => fill(start, target))
  }
  return ranged
})

const chunk = 512 * 1024

/** Its bytes in order, from an offset on. */
export const bytesOf = <E, R>(file: Ranged<E, R>, from = 0): Stream.Stream<Uint8Array, E | FormatError, R> =>
  Stream.unfold(from, (start) =>
    start >= file.size
      ? Effect.undefined
      : Effect.flatMap(file.read(start, Math.min(start + chunk, file.size)), (bytes) =>
        bytes.length === 0 ? Effect.fail(shorter(file, start)) : Effect.succeed([bytes, start + bytes.length] as const)))
