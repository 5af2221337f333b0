/** gzip and zstd, known by their first bytes when files are read, and asked for when they are written. */
import * as NodeStream from "@effect/platform-node/NodeStream"
import { type Array as Arr, Effect, Pull, Scope, Stream } from "effect"
import type { Transform } from "node:stream"
import * as zlib from "node:zlib"
import { FormatError } from "./FormatError.ts"

export type Compression = "none" | "gzip" | "zstd"

export const detect = (head: Uint8Array): Compression => {
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip"
  return head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd ? "zstd" : "none"
}

const chunkSize = 256 * 1024

const decoder = (compression: "gzip" | "zstd"): Transform & zlib.Zlib =>
  compression === "gzip" ? zlib.createGunzip({ chunkSize }) : zlib.createZstdDecompress({ chunkSize })

const problemOf = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error)
  return /unexpected end|truncated|Src size|buf error/i.test(text) ? "it was cut off" : text
}

/** Content that is followed by something else than another member is not read as if that were not there. */
const unpack = <E, R>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  compression: "gzip" | "zstd",
  file: string
): Stream.Stream<Uint8Array, E | FormatError, R> =>
  Stream.suspend(() => {
    let given = 0
    const transform = decoder(compression)
    const content = NodeStream.pipeThroughDuplex(
      Stream.map(bytes, (chunk) => {
        given += chunk.length
        return chunk
      }),
      {
        evaluate: () => transform,
        onError: (cause) => new FormatError({ file, reason: `the ${compression} data cannot be unpacked: ${problemOf(cause)}`, cause })
      }
    )
    const rest = Stream.suspend(() =>
      transform.bytesWritten < given
        ? Stream.fail(new FormatError({
          file, byte: transform.bytesWritten,
          reason: `${given - transform.bytesWritten} bytes follow the end of the ${compression} data; the file is damaged, or something was appended to it`
        }))
        : Stream.empty
    )
    return Stream.concat(content, rest)
  })

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
      const unpacked = unpack(Stream.fromPull(Effect.succeed(again)), compression, file)
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
