/** Bytes, gathered into the parts of an upload. */
import { Stream } from "effect"

export interface Part {
  /** Counted from 1. */
  readonly number: number
  readonly bytes: Uint8Array
  readonly last: boolean
}

/** S3 takes 10,000 parts: they double every 1,000, so that an object may have the 5 TiB that it may have. */
const sizeOf = (number: number, first: number): number => first * 2 ** Math.floor((number - 1) / 1000)

interface Gathered {
  readonly number: number
  readonly chunks: Array<Uint8Array>
  length: number
}

const begin = (number: number): Gathered => ({ number, chunks: [], length: 0 })

const part = ({ chunks, number }: Gathered, last: boolean): Part => ({ number, bytes: Buffer.concat(chunks), last })

/** At least one part; a full one is given when more comes, for it may be the last. */
export const of = <E, R>(bytes: Stream.Stream<Uint8Array, E, R>, first: number): Stream.Stream<Part, E, R> =>
  Stream.mapAccum(
    bytes,
    () => begin(1),
    (state, chunk) => {
      const full: Array<Part> = []
      let gathered = state
      for (let at = 0; at < chunk.length;) {
        const size = sizeOf(gathered.number, first)
        if (gathered.length === size) {
          full.push(part(gathered, false))
          gathered = begin(gathered.number + 1)
          continue
        }
        const piece = chunk.subarray(at, at + size - gathered.length)
        gathered.chunks.push(piece)
        gathered.length += piece.length
        at += piece.length
      }
      return [gathered, full]
    },
    { onHalt: (state) => [part(state, true)] }
  )
