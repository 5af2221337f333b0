/**
 * The bytes of a row group's columns, as they are wanted: small columns as a whole, several in one read, large ones a window
 * at a time. So memory does not grow with the row groups, which other writers make as large as they like.
 */
import { Effect } from "effect"
import type { FormatError } from "../FormatError.ts"
import { type Ranged, readInto } from "./Ranged.ts"

export interface Column<E, R> {
  /** Where it lies in the file. */
  readonly start: number
  readonly end: number
  /** Bytes from an offset on: at least so many, which are there; offsets only grow. They are good until the next call. */
  readonly at: (offset: number, length: number) => Effect.Effect<Uint8Array, E | FormatError, R>
}

interface Range {
  readonly start: number
  readonly end: number
}

/** Of all columns of a row group together, as far as windows do not become too small for that. */
const budget = 8 * 2 ** 20
const smallest = 128 * 1024
const largest = 2 ** 20

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

/** The buffers of one row group, and then of the next one: as garbage they would wait for V8, which knows little of them. */
export interface Buffers {
  /** First windows, of several columns together. */
  readonly first: Array<Buffer>
  /** Of large columns. */
  readonly next: Array<Buffer>
}

export const buffers = (): Buffers => ({ first: [], next: [] })

const room = (among: Array<Buffer>, number: number, size: number): Buffer => {
  const found = among[number]
  if (found !== undefined && found.length >= size) return found
  return among[number] = Buffer.allocUnsafeSlow(Math.ceil(size + size / 4))
}

interface Part extends Range {
  readonly bytes: Uint8Array
}

const within = (part: Part | undefined, start: number, end: number): part is Part =>
  part !== undefined && part.start <= start && end <= part.end

/** The bytes of a large column behind its first ones, in one buffer that is used again and again. */
const windowed = <E, R>(
  file: Ranged<E, R>,
  range: Range,
  window: number,
  first: Part | undefined,
  roomFor: (size: number) => Buffer
): Column<E, R>["at"] => {
  let buffer: Buffer = Buffer.alloc(0)
  let held: Part = first ?? { start: range.start, end: range.start, bytes: buffer }
  return (offset, length) =>
    Effect.suspend(() => {
      const rest = held.bytes.subarray(Math.max(0, offset - held.start), held.end - held.start)
      if (rest.length >= length) return Effect.succeed(rest.subarray(0, range.end - offset))
      if (buffer.length < Math.max(length, window)) buffer = roomFor(Math.max(length, window))
      buffer.set(rest)
      const end = Math.min(range.end, offset + buffer.length)
      const bytes = buffer.subarray(0, end - offset)
      held = { start: offset, end, bytes }
      return Effect.as(readInto(file, offset + rest.length, bytes.subarray(rest.length)), bytes)
    })
}

/** Reads the small columns and the first windows of the others, a few at a time. */
export const make = <E, R>(
  file: Ranged<E, R>,
  ranges: ReadonlyArray<Range>,
  { first: firsts, next }: Buffers
): Effect.Effect<ReadonlyArray<Column<E, R>>, E | FormatError, R> => {
  const window = Math.max(smallest, Math.min(largest, Math.floor(budget / Math.max(1, ranges.length))))
  const beginning = ({ end, start }: Range): Range => ({ start, end: Math.min(end, start + window) })
  const read = ({ end, start }: Range, number: number): Effect.Effect<Part, E | FormatError, R> =>
    Effect.suspend(() => {
      const bytes = room(firsts, number, end - start).subarray(0, end - start)
      return Effect.as(readInto(file, start, bytes), { start, end, bytes })
    })
  return Effect.map(Effect.forEach(joined(ranges.map(beginning)), read, { concurrency: 4 }), (parts) =>
    ranges.map((range, number): Column<E, R> => {
      const { end, start } = beginning(range)
      const first = parts.find((part) => within(part, start, end))
      const held = first && { start, end, bytes: first.bytes.subarray(start - first.start, end - first.start) }
      return { ...range, at: windowed(file, range, window, held, (size) => room(next, number, size)) }
    }))
}
