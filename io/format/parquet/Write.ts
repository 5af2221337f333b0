/**
 * Records → Parquet bytes. A value becomes its bytes in the page of its column at once, a full page is packed at once, and
 * packed pages wait for the end of their row group: so memory holds a row group as it stands in the file, and no values.
 */
import { Array as Arr, Cause, Effect, Pull, Stream } from "effect"
import type { RowGroup } from "hyparquet"
import { ByteWriter } from "hyparquet-writer"
import { writeMetadata } from "hyparquet-writer/src/metadata.js"
import { Blame, FormatError, Refused } from "../FormatError.ts"
import { attempt } from "../Machine.ts"
import type { Shape } from "../Shape.ts"
import type { Codec } from "./Codecs.ts"
import { Leaf, type Place } from "./write/Leaf.ts"
import type { Decimals } from "./write/Scalar.ts"
import * as Stored from "./write/Stored.ts"

export interface Options {
  /** How pages are compressed. Default "zstd". */
  readonly compression?: Codec
  /** Rows of a row group, or fewer where their packed pages have 32 MiB before. Default 50,000. */
  readonly rowGroupRows?: number
  /** How columns of decimals are stored: digits in all, and after the point. Default 38 and 9. */
  readonly decimals?: Readonly<Record<string, Decimals | undefined>>
}

const groupBytes = 32 * 2 ** 20

/** Two pages of a row group of the usual size. */
const pageValues = 25_000

/** Of all pages that are open, as far as they do not become too small for that. */
const openBytes = 16 * 2 ** 20
const smallestPage = 16 * 1024
const largestPage = 256 * 1024

const magic = new TextEncoder().encode("PAR1")

/** 0 rows, and a list of no row groups, before the name of the writer. */
const noGroups = Buffer.from([0x16, 0, 0x19, 0, 0x28])
const listOfStructs = 12

/** hyparquet-writer cannot tell what an empty list is of, and leaves it open: arrow-rs refuses a file without rows for it. */
const withType = (footer: Uint8Array): Uint8Array => {
  const at = Buffer.from(footer.buffer, footer.byteOffset, footer.length).lastIndexOf(noGroups)
  if (at >= 0) footer[at + 3] = listOfStructs
  return footer
}

type Bytes = Arr.NonEmptyReadonlyArray<Uint8Array>

/** The file as it is written: takes records, and gives row groups when they are full, and at the end the footer. */
const open = (shape: Shape, options: Options) => {
  const codec = options.compression ?? "zstd"
  const count = shape.columns.reduce((sum, column) => sum + Stored.leavesOf(column), 0)
  const limits = { values: pageValues, bytes: Math.max(smallestPage, Math.min(largestPage, Math.floor(openBytes / count))) }
  const leaves: Array<Leaf> = []
  let packed = 0
  const leaf = (place: Place): Leaf => {
    const made = new Leaf(place, codec, limits, (size) => void (packed += size))
    leaves.push(made)
    return made
  }
  const columns = shape.columns.map((column) => ({
    ...column,
    stored: Stored.make(column.column, column, { path: [], repetition: 0, definition: 0 }, {
      decimals: options.decimals?.[column.key] ?? { precision: 38, scale: 9 },
      leaf
    })
  }))
  const groups: Array<RowGroup> = []
  const groupRows = options.rowGroupRows ?? 50_000
  let offset = magic.length
  let rows = 0
  let total = 0
  return {
    add: (fields: object): void => {
      for (const { column, key, stored } of columns) {
        try {
          stored.put(Reflect.get(fields, key), 0, 0)
        } catch (error) {
          throw error instanceof Refused ? new Blame(column, error.message) : error
        }
      }
      rows++
    },
    isFull: () => rows >= groupRows || packed >= groupBytes,
    /** The pages of the row group. */
    group: (): ReadonlyArray<Uint8Array> => {
      if (rows === 0) return []
      const start = offset
      const taken = leaves.map((one) => {
        const part = one.take(offset)
        offset += Number(part.chunk.meta_data?.total_compressed_size)
        return part
      })
      const columns = taken.map(({ chunk }) => chunk)
      const total_byte_size = columns.reduce((sum, { meta_data }) => sum + (meta_data?.total_uncompressed_size ?? 0n), 0n)
      groups.push({ columns, total_byte_size, num_rows: BigInt(rows), total_compressed_size: BigInt(offset - start) })
      total += rows
      rows = packed = 0
      return taken.flatMap(({ bytes }) => bytes)
    },
    footer: (): Uint8Array => {
      const writer = new ByteWriter()
      const schema = [{ name: "root", num_children: columns.length }, ...columns.flatMap(({ stored }) => stored.elements)]
      writeMetadata(writer, { version: 2, created_by: "sluice", schema, num_rows: BigInt(total), row_groups: groups, metadata_length: 0 })
      writer.appendBytes(magic)
      return groups.length === 0 ? withType(writer.getBytes()) : writer.getBytes()
    }
  }
}

export const write = <E, R>(
  rows: Stream.Stream<unknown, E, R>,
  shape: Shape,
  options: Options,
  file: string
): Stream.Stream<Uint8Array, E | FormatError, R> => {
  if (shape.rest !== undefined) throw new Error("Format.parquet: writing needs a schema with fixed columns, not a Schema.Record.")
  return Stream.transformPull(rows, (pull) =>
    Effect.sync(() => {
      const parquet = open(shape, options)
      let row = 0
      let ended = false
      /** Bytes that nobody has taken yet. */
      let ready: Array<Uint8Array> = [magic]
      const add = (value: unknown): void => {
        const fields: object = Object(shape.start === undefined ? value : shape.start(value))
        try {
          parquet.add(fields)
        } catch (error) {
          throw error instanceof Blame ? new FormatError({ file, row, column: error.column, reason: error.message }) : error
        }
        row++
        if (parquet.isFull()) ready.push(...parquet.group())
      }
      const next: Pull.Pull<Bytes, E | FormatError, void, R> = Effect.suspend(() => {
        const taken = ready
        if (Arr.isReadonlyArrayNonEmpty(taken)) {
          ready = []
          return Effect.succeed(taken)
        }
        if (ended) return Cause.done()
        return Pull.matchEffect(pull, {
          onSuccess: (batch) => Effect.flatMap(attempt(file, () => batch.forEach(add)), () => next),
          onDone: () => {
            ended = true
            return Effect.flatMap(attempt(file, () => void ready.push(...parquet.group(), parquet.footer())), () => next)
          },
          onFailure: Effect.failCause
        })
      })
      return next
    }))
}
