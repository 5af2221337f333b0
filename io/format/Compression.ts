/** gzip and zstd, known by their first bytes when files are read, and asked for when they are written. */
import * as NodeStream from "@effect/platform-node/NodeStream"
import { type Array as Arr, Effect, Pull, Scope, Stream } from "effect"
import * as zlib from "node:zlib"
import { FormatError } from "./FormatError.ts"
import * as ZstdFrames from "./ZstdFrames.ts"

export type Compression = "none" | "gzip" | "zstd"

export const detect = (head: Uint8Array): Compression => {
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip"
  return ZstdFrames.kindOf(head) === undefined ? "none" : "zstd"
}

const chunkSize = 256 * 1024

const problemOf = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error)
  return /unexpected end|truncated|Src size|buf error/i.test(text) ? "it was cut off" : text
}

const broken = (compression: Compression, file: string) => (cause: unknown) =>
  new FormatError({ file, reason: `the ${compression} data cannot be unpacked: ${problemOf(cause)}`, cause })

/** Content that is followed by something else than more of it is not read as if that were not there. */
const appended = (compression: Compression, file: string, byte: number, more: string) =>
  new FormatError({
    file, byte, reason: `${more} the end of the ${compression} data; the file is damaged, or something was appended to it`
  })

const gunzip = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>, file: string): Stream.Stream<Uint8Array, E | FormatError, R> =>
  Stream.suspend(() => {
    let given = 0
    const transform = zlib.createGunzip({ chunkSize })
    const content = NodeStream.pipeThroughDuplex(
      Stream.map(bytes, (chunk) => {
        given += chunk.length
        return chunk
      }),
      { evaluate: () => transform, onError: broken("gzip", file) }
    )
    const rest = Stream.suspend(() =>
      transform.bytesWritten < given
        ? Stream.fail(appended("gzip", file, transform.bytesWritten, `${given - transform.bytesWritten} bytes follow`))
        : Stream.empty
    )
    return Stream.concat(content, rest)
  })

/** Each frame by a decompressor of its own. */
const unzstd = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>, file: string): Stream.Stream<Uint8Array, E | FormatError, R> =>
  Stream.unwrap(Effect.gen(function*() {
    const pull = yield* Stream.toPull(bytes)
    let waiting: ReadonlyArray<Uint8Array> = []
    let offset = 0
    const next = Effect.suspend(() => {
      const [first, ...rest] = waiting
      waiting = rest
      return first === undefined ? Pull.catchDone(Effect.map(pull, ([one, ...more]) => {
        waiting = more
        return one
      }), () => Effect.undefined) : Effect.succeed(first)
    })
    /** The bytes that a frame begins with, four where there are so many; nothing is taken away. */
    const head = Effect.gen(function*() {
      let found = yield* next
      while (found !== undefined && found.length < 4) {
        const more: Uint8Array | undefined = yield* next
        if (more === undefined) break
        found = Buffer.concat([found, more])
      }
      // Chunks of no bytes are no frame.
      if (found === undefined || found.length === 0) return undefined
      waiting = [found, ...waiting]
      return found
    })
    const frame = (walk: ZstdFrames.FrameWalk) =>
      Stream.unfold(undefined, () =>
        walk.done ? Effect.undefined : Effect.flatMap(next, (chunk) => {
          if (chunk === undefined) return Effect.fail(broken("zstd", file)(new Error("truncated")))
          const length = walk.push(chunk)
          offset += length
          if (length < chunk.length) waiting = [chunk.subarray(length), ...waiting]
          return Effect.succeed([chunk.subarray(0, length), undefined] as const)
        }))
    const contentOf = (start: Uint8Array) => {
      switch (ZstdFrames.kindOf(start)) {
        case "content":
          return NodeStream.pipeThroughDuplex(frame(new ZstdFrames.FrameWalk()), {
            evaluate: () => zlib.createZstdDecompress({ chunkSize }), onError: broken("zstd", file)
          })
        case "skippable": return Stream.drain(frame(new ZstdFrames.FrameWalk()))
        default: return Stream.fail(appended("zstd", file, offset, "bytes follow"))
      }
    }
    return Stream.flatten(Stream.unfold(undefined, () =>
      Effect.map(head, (start) => start && ([contentOf(start), undefined] as const))))
  }))

/** The content of what may be compressed. */
export const decompress = <E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  file: string
): Stream.Stream<Uint8Array, E | FormatError, R> =>
  Stream.transformPull(bytes, (pull, scope) =>
    Effect.gen(function*(): Effect.fn.Return<Pull.Pull<Arr.NonEmptyReadonlyArray<Uint8Array>, E | FormatError>, E> {
      let head: ReadonlyArray<Uint8Array> = []
      let ended = false
      const size = () => head.reduce((sum, chunk) => sum + chunk.length, 0)
      // What fails before four bytes have come fails again when the content is pulled.
      while (!ended && size() < 4) {
        const more = yield* Pull.matchEffect(pull, {
          onSuccess: (chunks) => Effect.succeed<ReadonlyArray<Uint8Array>>(chunks),
          onDone: () => Effect.succeed<ReadonlyArray<Uint8Array>>([]),
          onFailure: Effect.failCause
        })
        if (more.length === 0) ended = true
        head = [...head, ...more]
      }
      const compression = detect(Buffer.concat(head.map((c) => c.subarray(0, 4))))
      let first: Arr.NonEmptyReadonlyArray<Uint8Array> | undefined
      const [one, ...others] = head
      if (one !== undefined) first = [one, ...others]
      const again: Pull.Pull<Arr.NonEmptyReadonlyArray<Uint8Array>, E, void> = Effect.suspend(() => {
        const chunks = first
        first = undefined
        return chunks === undefined ? pull : Effect.succeed(chunks)
      })
      if (compression === "none") return again
      const packed = Stream.fromPull(Effect.succeed(again))
      const unpacked = compression === "gzip" ? gunzip(packed, file) : unzstd(packed, file)
      return yield* Effect.provideService(Stream.toPull(unpacked), Scope.Scope, scope)
    }))

/** The same content, packed. */
export const compress = <E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  compression: Compression,
  file: string
): Stream.Stream<Uint8Array, E | FormatError, R> =>
  compression === "none"
    ? bytes
    : Stream.suspend(() => {
      const transform = compression === "gzip" ? zlib.createGzip({ chunkSize }) : zlib.createZstdCompress({ chunkSize })
      // Ended while a chunk waits, Node's zstd puts an empty frame behind the content, which its own reader stumbles over.
      const drained = Effect.callback<void>((resume) => void transform.write(Buffer.alloc(0), () => resume(Effect.void)))
      return NodeStream.pipeThroughDuplex(Stream.concat(bytes, Stream.fromEffectDrain(drained)), {
        evaluate: () => transform,
        onError: (cause) => new FormatError({ file, reason: `the content cannot be packed: ${problemOf(cause)}`, cause })
      })
    })
