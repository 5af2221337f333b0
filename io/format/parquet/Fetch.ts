/**
 * The bytes of a row group's columns, as they are wanted: small columns as a whole, several in one read, large ones a window
 * at a time. So memory does not grow with the row groups, which other writers make as large as they like.
 */
import { Effect } from "effect"
import type { Ranged } from "./Ranged.ts"

export interface Column<E, R> {
  /** Where it lies in the file. */
  readonly start: number
  readonly end: number
  /** Bytes from an offset on: at least so many, which are there; offsets only grow. */
  readonly at: (offset: number, length: number) => Effect.Effect<Uint8Array, E, R>
}

interface Range {
  readonly start: number
  readonly end: number
}

/** Of all columns of a row group together, as far as windows do not become too small for that. */
const budget = 16 * 2 ** 20
const empty = new Uint8Array(0)
const smallest = 256 * 1024
const largest = 4 * 2 ** 20

/** Ranges that are nearly next to each other are read as one. */
const gap = 64 * 1024

const joined = (pieces: ReadonlyArray<Range>): ReadonlyArray<Range> => {
  const result: Array<Range> = []
  for (const piece of pieces.toSorted((a, b) => a.start - b.start)) {
    const last = result.at(-1)
    if (last !== undefined && piece.start <= last.end + gap && Math.max(piece.end, last.end) - last.start <= budget) {
      result[result.length - 1] = { start: last.start, end: Math.max(last.end, piece.end) }
    } else result.push(piece)
  }
  return result
}

/** Reads the small columns and the first windows of the others, a few at a time. */
export const make = <E, R>(file: Ranged<E, R>, ranges: ReadonlyArray<Range>): Effect.Effect<ReadonlyArray<Column<E, R>>, E, R> => {
  const window = Math.max(smallest, Math.min(largest, Math.floor(budget / Math.max(1, ranges.length))))
  const isSmall = ({ end, start }: Range) => end - start <= window
  const read = ({ end, start }: Range) =>
    Effect.map(file.read(start, end), (bytes) => {
      if (bytes.length < end - start) throw new Error(`bytes ${start} to ${end} could not be read`)
      return { start, bytes }
    })
  const firsts = joined([...ranges.filter(isSmall), ...ranges.filter((range) => !isSmall(range)).map(({ start }) => ({ start, end: start + window }))])
  return Effect.map(Effect.forEach(firsts, read, { concurrency: 4 }), (parts) =>
    ranges.map((range): Column<E, R> => {
      let held = parts.find(({ bytes, start }) => start <= range.start && Math.min(range.end, range.start + window) <= start + bytes.length)
      return {
        ...range,
        at: (offset, length) =>
          Effect.suspend(() => {
            const rest = held?.bytes.subarray(Math.max(0, offset - held.start)) ?? empty
            if (rest.length >= length) return Effect.succeed(rest.subarray(0, range.end - offset))
            const start = offset + rest.length
            return Effect.map(read({ start, end: Math.min(range.end, Math.max(offset + length, start + window)) }), (part) => {
              const bytes = rest.length === 0 ? part.bytes : Buffer.concat([rest, part.bytes])
              held = { start: offset, bytes }
              return bytes
            })
          })
      }
    }))
}
