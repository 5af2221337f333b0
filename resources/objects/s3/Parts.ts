/** Bytes, gathered into the parts of an upload. */
import { Effect, Stream } from "effect"

export interface Part {
  /** Counted from 1. */
  readonly number: number
  readonly bytes: Uint8Array
  readonly last: boolean
}

const mebibyte = 1024 * 1024

/** S3 takes no more. */
export const most = 10_000

/** Parts that grow with their number make room for large objects, and stop growing here, so that memory is bounded. */
const longest = 32 * mebibyte

/** They double every 1,000. Of 8 MiB at first, all of them are 273 GiB. */
export const sizeOf = (number: number, first: number): number =>
  Math.max(first, Math.min(longest, first * 2 ** Math.floor((number - 1) / 1000)))

interface Gathered {
  readonly number: number
  readonly size: number
  bytes: Buffer
  length: number
}

/** An object is often smaller than a part, and one that has a second part often fills it. */
const begin = (number: number, first: number): Gathered => {
  const size = sizeOf(number, first)
  return { number, size, bytes: Buffer.allocUnsafe(number === 1 ? 0 : size), length: 0 }
}

const add = (gathered: Gathered, piece: Uint8Array): void => {
  const length = gathered.length + piece.length
  if (length > gathered.bytes.length) {
    const larger = Buffer.allocUnsafe(Math.min(gathered.size, Math.max(length, 2 * gathered.bytes.length)))
    larger.set(gathered.bytes.subarray(0, gathered.length))
    gathered.bytes = larger
  }
  gathered.bytes.set(piece, gathered.length)
  gathered.length = length
}

const part = ({ bytes, length, number }: Gathered, last: boolean): Part => ({ number, bytes: bytes.subarray(0, length), last })

/** At least one part; a full one is given when more comes, for it may be the last. Fails as `tooMany` says where they are not enough. */
export const of = <E, R, E2>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  first: number,
  tooMany: () => E2
): Stream.Stream<Part, E | E2, R> =>
  Stream.mapAccumEffect(
    // Only bytes that have come to their end have a last part: `onHalt` would be asked for one by a failure, too.
    Stream.concat(bytes, Stream.succeed(undefined)),
    () => begin(1, first),
    (state, chunk) =>
      Effect.suspend(() => {
        const full: Array<Part> = []
        let gathered = state
        for (let at = 0; chunk !== undefined && at < chunk.length;) {
          if (gathered.length === gathered.size) {
            if (gathered.number === most) return Effect.fail(tooMany())
            full.push(part(gathered, false))
            gathered = begin(gathered.number + 1, first)
            continue
          }
          const piece = chunk.subarray(at, at + gathered.size - gathered.length)
          add(gathered, piece)
          at += piece.length
        }
        if (chunk === undefined) full.push(part(state, true))
        return Effect.succeed([gathered, full] as const)
      })
  )
