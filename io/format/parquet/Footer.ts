/** The footer of a Parquet file: what is in it and where, checked before anything else is read. */
import { Effect } from "effect"
import { type FileMetaData, parquetSchema, type RowGroup } from "hyparquet"
import * as Compression from "../Compression.ts"
import { FormatError } from "../FormatError.ts"
import { attempt } from "../Machine.ts"
import * as Annotation from "./Annotation.ts"
import * as Metadata from "./Metadata.ts"
import type { Ranged } from "./Ranged.ts"
import * as Structs from "./Structs.ts"
import { endOfStruct } from "./Thrift.ts"

/** What hyparquet says; where it stumbled over what it did not expect, that the data is damaged. */
export const problemOf = (error: unknown): string =>
  error instanceof Error && !(error instanceof TypeError) && !(error instanceof RangeError)
    ? error.message
    : "it is not as it says it is; the file is damaged"

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1")

/** Most footers are smaller; larger ones take a second read. */
const firstRead = 64 * 1024

/** Where a column's pages are. */
export const rangeOf = (chunk: RowGroup["columns"][number]): { readonly start: number; readonly end: number } | undefined => {
  const meta = chunk.meta_data
  if (meta === undefined) return undefined
  const [dictionary, data] = [Number(meta.dictionary_page_offset ?? 0), Number(meta.data_page_offset)]
  // Some writers leave a dictionary's place at 0, or name one where there is none.
  const start = dictionary > 0 && dictionary < data ? dictionary : data
  return { start, end: start + Number(meta.total_compressed_size) }
}

/** Up to 1.2.8, parquet-mr left the header of a dictionary out of the sizes that it tells; no header of one is larger. */
const leftOut = 100
const leavesOut = (writer: string | undefined): boolean => /^parquet-mr(?:$| version (?:0\.|1\.[01]\.|1\.2\.[0-8]\b))/.test(writer ?? "")

/** The columns of such files go on as far as what follows them, so that their last page is found. */
const lengthened = (metadata: FileMetaData, end: number): FileMetaData =>
  !leavesOut(metadata.created_by) ? metadata : {
    ...metadata,
    row_groups: metadata.row_groups.map((group) => ({
      ...group,
      columns: group.columns.map((chunk) => {
        const range = rangeOf(chunk)
        if (chunk.meta_data === undefined || range === undefined) return chunk
        const more = Math.max(0, Math.min(leftOut, end - range.end))
        return { ...chunk, meta_data: { ...chunk.meta_data, total_compressed_size: chunk.meta_data.total_compressed_size + BigInt(more) } }
      })
    }))
  }

const isSame = (a: ReadonlyArray<string>, b: ReadonlyArray<string>): boolean => a.length === b.length && a.every((name, i) => name === b[i])

const fault = (metadata: FileMetaData, size: number): string | undefined => {
  if (metadata.schema.length === 0) return "its schema is empty"
  // Throws where the schema is no tree.
  const leaves = Metadata.leavesOf(parquetSchema(metadata))
  for (const { element, path } of leaves) {
    const wrong = Annotation.fault(element)
    if (wrong !== undefined) return `column ${path.join(".")} ${wrong}`
  }
  // Lists of a damaged repetition would be read as values.
  const lost = metadata.schema.slice(1).find(({ repetition_type }) => repetition_type === undefined)
  if (lost !== undefined) return `field ${lost.name} is neither required, optional nor repeated`
  let rows = 0n
  for (const [index, group] of metadata.row_groups.entries()) {
    if (group.num_rows < 0n) return `row group ${index} has a negative number of rows`
    rows += group.num_rows
    if (leaves.length === 0 && rows > 0n) return `it says ${rows} rows, and has no columns`
    if (group.columns.length !== leaves.length) return `row group ${index} has ${group.columns.length} columns, and the schema ${leaves.length}`
    for (const [c, chunk] of group.columns.entries()) {
      if (chunk.file_path !== undefined) return `row group ${index} is in another file, ${chunk.file_path}; expected all data in one file`
      if (chunk.meta_data === undefined) return `a column of row group ${index} is encrypted; expected a file without encryption`
      if (!isSame(chunk.meta_data.path_in_schema, leaves[c]?.path ?? [])) {
        return `column ${c} of row group ${index} is ${chunk.meta_data.path_in_schema.join(".")}, and ${leaves[c]?.path.join(".")} in the schema`
      }
      const range = rangeOf(chunk)
      if (range === undefined || !(range.start >= 0 && range.end >= range.start && range.end <= size)) {
        return `column ${chunk.meta_data.path_in_schema.join(".")} of row group ${index} is said to lie outside the file`
      }
    }
  }
  // Some writers leave it at 0; the row groups are what there is.
  return rows === metadata.num_rows || metadata.num_rows === 0n ? undefined : `it says ${metadata.num_rows} rows, and its row groups have ${rows}`
}

export const read = Effect.fnUntraced(function*<E, R>(file: Ranged<E, R>) {
  const wrong = (reason: string, cause?: unknown) =>
    new FormatError({ file: file.name, reason, ...(cause === undefined ? {} : { cause }) })
  if (file.size < 12) {
    return yield* wrong(file.size === 0 ? "the file is empty; expected Parquet" : "the file is too short for Parquet")
  }
  const tail = yield* file.read(Math.max(0, file.size - firstRead), file.size)
  const magic = text(tail.subarray(-4))
  if (magic === "PARE") return yield* wrong("the file is encrypted; expected Parquet without encryption")
  if (magic !== "PAR1") {
    const head = yield* file.read(0, 4)
    const packing = Compression.detect(head)
    if (packing !== "none") return yield* wrong(`the file is packed with ${packing} as a whole; unpack it first: Parquet is read by ranges, and packs its own pages`)
    return yield* wrong(text(head) === "PAR1"
      ? "the file begins as Parquet and does not end as such: it was cut off, or is still being written"
      : "this is no Parquet file: it does not end with PAR1")
  }
  const length = new DataView(tail.buffer, tail.byteOffset, tail.byteLength).getUint32(tail.byteLength - 8, true)
  if (length > file.size - 12) return yield* wrong(`its footer is said to be ${length} bytes long, and the file has ${file.size}; it is damaged`)
  const footer = length + 8 <= tail.length
    ? tail.subarray(tail.length - length - 8)
    : Buffer.concat([yield* file.read(file.size - length - 8, file.size - tail.length), tail])
  return yield* attempt(file.name, () => {
    try {
      endOfStruct(footer.subarray(0, length), 0, Structs.fileMetaData)
      const metadata = Metadata.parse(footer)
      const reason = fault(metadata, file.size)
      if (reason === undefined) return lengthened(metadata, file.size - length - 8)
      throw wrong(`its footer makes no sense: ${reason}`)
    } catch (error) {
      throw error instanceof FormatError ? error : wrong(`its footer cannot be read: ${problemOf(error)}`, error)
    }
  })
})
