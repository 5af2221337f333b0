/** Parquet files put together by hand, as other writers make them or as none should: metadata in Thrift's field numbers, pages in bytes. */
import { ByteWriter } from "hyparquet-writer"
import { serializeTCompactProtocol } from "hyparquet-writer/src/thrift.js"

/** Fields of a struct of Thrift, by number. */
export type Fields = { readonly [field: `field_${number}`]: unknown }

/** Numbers of the format's enums. */
export const type = { boolean: 0, int32: 1, int64: 2, int96: 3, float: 4, double: 5, bytes: 6, fixed: 7 } as const
export const [required, optional, repeated] = [0, 1, 2] as const
export const converted = { utf8: 0, map: 1, mapKeyValue: 2, list: 3, decimal: 5, date: 6, json: 19 } as const
export const encoding = { plain: 0, plainDictionary: 2, rle: 3, bitPacked: 4, delta: 5, deltaLength: 6, deltaBytes: 7, dictionary: 8, split: 9 } as const

const thrift = (fields: Fields): Buffer => {
  const writer = new ByteWriter()
  serializeTCompactProtocol(writer, fields)
  return Buffer.from(writer.getBytes())
}

/** An element of the schema: a leaf where it has a type, else a group of so many children. */
export const element = (name: string, repetition: number | undefined, of: { readonly type?: number; readonly length?: number; readonly children?: number; readonly converted?: number; readonly logical?: Fields }): Fields => ({
  field_1: of.type, field_2: of.length, field_3: repetition, field_4: name, field_5: of.children, field_6: of.converted, field_10: of.logical
})

/** Runs of one level each. */
export const levels = (values: ReadonlyArray<number>): Buffer => Buffer.from(values.flatMap((value) => [2, value]))

export const int32s = (...values: ReadonlyArray<number>): Buffer => Buffer.concat(values.map((value) => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(value)
  return bytes
}))

export const texts = (...values: ReadonlyArray<string>): Buffer =>
  Buffer.concat(values.flatMap((value) => [int32s(Buffer.byteLength(value)), Buffer.from(value)]))

export interface Page {
  /** Values, nulls among them. */
  readonly count: number
  readonly repetition?: ReadonlyArray<number>
  readonly definition?: ReadonlyArray<number>
  readonly encoding?: number
  readonly values: Uint8Array
}

/** A page of the first form, not packed. `header` is laid over its own. */
export const page = ({ count, definition, encoding: of = encoding.plain, repetition, values }: Page, header: Fields = {}): Buffer => {
  const block = (found: ReadonlyArray<number> | undefined) => found === undefined ? [] : [int32s(levels(found).length), levels(found)]
  const body = Buffer.concat([...block(repetition), ...block(definition), values])
  return Buffer.concat([
    thrift({ field_1: 0, field_2: body.length, field_3: body.length, field_5: { field_1: count, field_2: of, field_3: 3, field_4: 3 }, ...header }),
    body
  ])
}

export const dictionary = (count: number, values: Uint8Array): Buffer =>
  Buffer.concat([thrift({ field_1: 2, field_2: values.length, field_3: values.length, field_7: { field_1: count, field_2: 0 } }), values])

export interface Chunk {
  readonly path: ReadonlyArray<string>
  readonly type: number
  /** Values of all pages. */
  readonly count: number
  readonly pages: ReadonlyArray<Uint8Array>
  /** Laid over the fields of its metadata. */
  readonly meta?: Fields
}

/** A file of one row group. `schema` is what is below the root; `over` is laid over the fields of the file's metadata. */
export const file = (schema: ReadonlyArray<Fields>, children: number, rows: number, chunks: ReadonlyArray<Chunk>, over: Fields = {}): Buffer => {
  const body: Array<Uint8Array> = [Buffer.from("PAR1")]
  let at = 4
  const columns = chunks.map(({ count, meta, pages, path, type }) => {
    const start = at
    const size = pages.reduce((sum, { length }) => sum + length, 0)
    body.push(...pages)
    at += size
    return {
      field_2: BigInt(start),
      field_3: {
        field_1: type, field_2: [0], field_3: [...path], field_4: 0, field_5: BigInt(count), field_6: BigInt(size), field_7: BigInt(size),
        field_9: BigInt(start), ...meta
      }
    }
  })
  const footer = thrift({
    field_1: 1, field_2: [element("root", undefined, { children }), ...schema], field_3: BigInt(rows),
    field_4: [{ field_1: columns, field_2: 0n, field_3: BigInt(rows) }], ...over
  })
  return Buffer.concat([...body, footer, int32s(footer.length), Buffer.from("PAR1")])
}
