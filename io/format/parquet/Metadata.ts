/** The metadata of a file, from the bytes of its footer. */
import { type FileMetaData, parquetMetadata, parquetSchema } from "hyparquet"
import { deserializeTCompactProtocol } from "hyparquet/src/thrift.js"
import type { SchemaTree } from "hyparquet/src/types.js"
import { ByteWriter } from "hyparquet-writer"
import { serializeTCompactProtocol } from "hyparquet-writer/src/thrift.js"

const raw = (bytes: Uint8Array): Uint8Array => bytes

/** Statistics stay as they are stored, so that bounds which were cut within a character do no harm. */
const parsers = {
  stringFromBytes: raw,
  jsonFromBytes: raw,
  timestampFromMilliseconds: (value: bigint) => value,
  timestampFromMicroseconds: (value: bigint) => value,
  timestampFromNanoseconds: (value: bigint) => value,
  dateFromDays: (value: number) => value,
  uuidFromBytes: raw,
  geometryFromBytes: raw,
  geographyFromBytes: raw
}

export const leavesOf = (tree: SchemaTree): ReadonlyArray<SchemaTree> =>
  tree.element.type === undefined && tree.element.num_children !== undefined ? tree.children.flatMap(leavesOf) : [tree]

/** Structs of Thrift, as yet without names. */
type Fields = { readonly [field: `field_${number}`]: unknown }

const structs = (list: unknown): ReadonlyArray<Fields> => Array.isArray(list) ? list : []

const ofFields = (fields: Fields): FileMetaData => {
  const writer = new ByteWriter()
  serializeTCompactProtocol(writer, fields)
  writer.appendUint32(writer.index)
  writer.appendBytes(new TextEncoder().encode("PAR1"))
  return parquetMetadata(writer.getBytes().slice().buffer, { parsers, geoparquet: false })
}

/** Without statistics, and columns by the place that they have in the schema. */
const bare = (footer: Uint8Array): FileMetaData => {
  const fields: Fields = deserializeTCompactProtocol({ view: new DataView(footer.buffer, footer.byteOffset, footer.byteLength), offset: 0 })
  const paths = leavesOf(parquetSchema(ofFields({ ...fields, field_4: [] }))).map(({ path }) => path)
  const column = (chunk: Fields, c: number): Fields => {
    const [meta] = structs([chunk.field_3])
    if (meta === undefined) return chunk
    const { field_1, field_2, field_3 = paths[c] ?? [], field_12: _, ...others } = meta
    return { ...chunk, field_3: { field_1, field_2, field_3, ...others } }
  }
  const groups = structs(fields.field_4).map((group) => ({ ...group, field_1: structs(group.field_1).map(column) }))
  return ofFields({ ...fields, field_4: groups })
}

/**
 * Of a footer whose structs are sound. hyparquet takes bounds for as long as their type is, and a file that has others, or
 * none, for damaged; and so one that leaves out the paths of columns, which the schema tells.
 */
export const parse = (footer: Uint8Array): FileMetaData => {
  try {
    return parquetMetadata(new Uint8Array(footer).buffer, { parsers, geoparquet: false })
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) return bare(footer)
    throw error
  }
}
