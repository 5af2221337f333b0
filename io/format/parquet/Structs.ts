/**
 * The structs of Parquet's metadata: the type of each field by its number, and which fields have to be there. hyparquet takes
 * a field as whatever type its bytes claim, and goes on to count and add with it.
 */

/** A list has its element's type in brackets. */
export type Type = "flag" | "byte" | "i16" | "i32" | "i64" | "double" | "binary" | readonly [Type] | Struct

export interface Struct {
  readonly fields: Readonly<Record<number, Type>>
  readonly required: ReadonlyArray<number>
}

const struct = (fields: Struct["fields"], ...required: ReadonlyArray<number>): Struct => ({ fields, required })

/** Of a union, the member alone says all. */
const empty = struct({})

const statistics = struct({ 1: "binary", 2: "binary", 3: "i64", 4: "i64", 5: "binary", 6: "binary", 7: "flag", 8: "flag" })

export const pageHeader = struct(
  {
    1: "i32", 2: "i32", 3: "i32", 4: "i32",
    5: struct({ 1: "i32", 2: "i32", 3: "i32", 4: "i32", 5: statistics }, 1, 2, 3, 4),
    6: empty,
    7: struct({ 1: "i32", 2: "i32", 3: "flag" }, 1, 2),
    8: struct({ 1: "i32", 2: "i32", 3: "i32", 4: "i32", 5: "i32", 6: "i32", 7: "flag", 8: statistics }, 1, 2, 3, 4, 5, 6)
  },
  1, 2, 3
)

const keyValue = struct({ 1: "binary", 2: "binary" }, 1)

const unit = struct({ 1: empty, 2: empty, 3: empty })
const time = struct({ 1: "flag", 2: unit }, 1, 2)

const logicalType = struct({
  1: empty, 2: empty, 3: empty, 4: empty, 5: struct({ 1: "i32", 2: "i32" }, 1, 2), 6: empty, 7: time, 8: time,
  10: struct({ 1: "byte", 2: "flag" }, 1, 2), 11: empty, 12: empty, 13: empty, 14: empty, 15: empty,
  16: struct({ 1: "byte" }), 17: struct({ 1: "binary" }), 18: struct({ 1: "binary", 2: "i32" })
})

const schemaElement = struct(
  { 1: "i32", 2: "i32", 3: "i32", 4: "binary", 5: "i32", 6: "i32", 7: "i32", 8: "i32", 9: "i32", 10: logicalType },
  4
)

const columnMetaData = struct(
  {
    1: "i32", 2: ["i32"], 3: ["binary"], 4: "i32", 5: "i64", 6: "i64", 7: "i64", 8: [keyValue], 9: "i64", 10: "i64", 11: "i64",
    12: statistics, 13: [struct({ 1: "i32", 2: "i32", 3: "i32" })], 14: "i64", 15: "i32",
    16: struct({ 1: "i64", 2: ["i64"], 3: ["i64"] }),
    17: struct({ 1: struct({ 1: "double", 2: "double", 3: "double", 4: "double", 5: "double", 6: "double", 7: "double", 8: "double" }), 2: ["i32"] })
  },
  // Not the path (3): there are writers who leave it out, since the schema tells it.
  1, 4, 5, 7, 9
)

const columnChunk = struct({ 1: "binary", 2: "i64", 3: columnMetaData, 4: "i64", 5: "i32", 6: "i64", 7: "i32", 8: struct({}), 9: "binary" })

const rowGroup = struct(
  { 1: [columnChunk], 2: "i64", 3: "i64", 4: [struct({ 1: "i32", 2: "flag", 3: "flag" })], 5: "i64", 6: "i64" },
  1, 3
)

export const fileMetaData = struct(
  { 1: "i32", 2: [schemaElement], 3: "i64", 4: [rowGroup], 5: [keyValue], 6: "binary", 8: struct({}), 9: "binary" },
  2, 3, 4
)
