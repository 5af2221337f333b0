/** The frames of a cell as columns of tables: checked, named, and each column with the kind of its values. */
import { createHash } from "node:crypto"
import { Result } from "effect"
import { type Frame, type Frames, type FrameSet, isFrames } from "../../engine/definition/Frames.ts"
import type { CellWrite, IoError, Stored } from "../../engine/definition/Io.ts"
import * as Identifier from "../warehouse/Identifier.ts"
import { place, refuse, shown } from "../warehouse/Refusal.ts"
import { isReserved, schemaOf } from "../warehouse/Table.ts"
import * as Kind from "./Kind.ts"
import * as Name from "./Name.ts"

/** Where the tables of an asset are. */
export interface Home {
  readonly asset: string
  readonly schema: string
  readonly prefix: string
  readonly indexes: ReadonlyArray<string>
}

/** The columns of a frame: how they are stored, and how the frame named them. */
export interface ShapedFrame {
  readonly name: string
  /** Undefined where the frame has no columns: there is nothing to store. */
  readonly table: string | undefined
  readonly headers: ReadonlyArray<string>
  readonly columns: ReadonlyArray<string>
}

/** Which frames a cell has, in order; cells of one asset share a few of these. */
export interface Shape {
  readonly asset: string
  readonly schema: string
  readonly frames: ReadonlyArray<ShapedFrame>
  /** Names the shape: equal shapes have equal ones. */
  readonly hash: string
}

/** The values of one frame, column by column, as they are sent. */
export interface Part {
  readonly frame: ShapedFrame
  readonly size: number
  readonly kinds: ReadonlyArray<Kind.Kind>
  readonly values: ReadonlyArray<ReadonlyArray<string | null>>
}

export interface Cell {
  readonly home: Home
  readonly partition: string
  readonly shape: Shape
  readonly parts: ReadonlyArray<Part>
  readonly rows: number
  readonly hash: string
  readonly value: FrameSet
}

/** A table may have so many columns in Postgres, less the two that are kept beside. */
const maxColumns = 1598

const sha1 = (text: string): string => createHash("sha1").update(text).digest("hex")

const options = ({ key, output }: Stored): Result.Result<Frames, string> =>
  isFrames(output) ? Result.succeed(output) : Result.fail(
    `${key} has ${output._tag === "Rows" ? "rows, and Tables stores sets of frames; use Warehouse" : "a document that is no set of frames; use Documents, or Frames.of for its output"}.`
  )

/** Where an asset's tables are, or the sentence that refuses it. */
export const homeOf = (asset: Stored): Result.Result<Home, IoError> => {
  const { key } = asset
  const found = options(asset)
  if (Result.isFailure(found)) return Result.fail(refuse(key, undefined, found.failure))
  const { indexes, prefix, schema = schemaOf(key) } = found.success.frames
  const reason = isReserved(schema) ? "is reserved" : Identifier.fault(schema)
  if (reason !== undefined) {
    const message = `${key} would be stored in the schema "${schema}", which ${reason}; name another \`schema\` in Frames.of.`
    return Result.fail(refuse(key, undefined, message))
  }
  const name = (prefix ?? key.slice(key.lastIndexOf("/") + 1)).toLowerCase().replaceAll(/[^\p{L}\p{N}_]/gu, "")
  return Result.succeed({ asset: key, schema, prefix: name, indexes })
}

const isTexts = (value: unknown): value is ReadonlyArray<string> =>
  Array.isArray(value) && value.every((text) => typeof text === "string")

const faultOf = (frame: unknown): string | undefined => {
  if (typeof frame !== "object" || frame === null) return `is ${shown(frame)}, which is no frame`
  const { columns, name, rows } = frame as Partial<Record<keyof Frame, unknown>>
  if (typeof name !== "string") return `has the name ${shown(name)}, which is no text`
  if (!isTexts(columns)) return `"${name}" has columns that are no list of texts`
  if (columns.length > maxColumns) return `"${name}" has ${columns.length} columns, and a table at most ${maxColumns}`
  if (!Array.isArray(rows)) return `"${name}" has rows that are no list`
  const at = rows.findIndex((row) => !Array.isArray(row) || row.length !== columns.length)
  if (at === -1) return undefined
  const row: unknown = rows[at]
  return `"${name}" has ${columns.length} columns, and its row ${at + 1} ${
    Array.isArray(row) ? `has ${row.length} values` : `is ${shown(row)}`
  }`
}

const isFrameSet = (value: unknown): value is FrameSet =>
  Array.isArray(value) && value.every((frame) => faultOf(frame) === undefined)

const shapeOf = (home: Home, frames: FrameSet): Shape => {
  const tables = Name.tables(home.prefix, frames.map(({ name }) => name))
  const shaped = frames.map(({ columns, name }, i): ShapedFrame => ({
    name,
    table: columns.length === 0 ? undefined : tables[i],
    headers: columns,
    columns: Name.columns(columns)
  }))
  return { asset: home.asset, schema: home.schema, frames: shaped, hash: sha1(JSON.stringify([home.schema, shaped])) }
}

/** What Postgres cannot hold in a text, nor in the text of a JSON value. */
const hasNul = (value: unknown, text: string): boolean =>
  typeof value === "string" ? text.includes("\0") : typeof value === "object" && text.includes("\\u0000")

const partOf = (frame: Frame, shaped: ShapedFrame): Result.Result<Part, string> => {
  const size = frame.rows.length
  const kinds: Array<Kind.Kind> = []
  const values: Array<ReadonlyArray<string | null>> = []
  for (const [at, header] of frame.columns.entries()) {
    let kind: Kind.Kind = "none"
    const column = Array.from<string | null>({ length: size }).fill(null)
    for (let row = 0; row < size; row++) {
      const value = frame.rows[row]?.[at]
      const text = Kind.wire(value)
      if (text === null) continue
      if (hasNul(value, text)) return Result.fail(`row ${row + 1} of "${frame.name}" has a NUL character in "${header}"`)
      kind = Kind.join(kind, Kind.of(value))
      column[row] = text
    }
    kinds.push(kind)
    values.push(column)
  }
  return Result.succeed({ frame: shaped, size, kinds, values })
}

/** Reads what `run` of an asset gave for a cell. */
export const of = (write: CellWrite): Result.Result<Cell, IoError> => {
  const { asset, partition, value } = write
  const refused = (reason: string) =>
    Result.fail(refuse(asset.key, partition, `The frames of ${place(asset.key, partition)} cannot be stored: ${reason}.`))
  const home = homeOf(asset)
  if (Result.isFailure(home)) return Result.fail(home.failure)
  if (!isFrameSet(value)) {
    const at = Array.isArray(value) ? value.findIndex((frame) => faultOf(frame) !== undefined) : -1
    return refused(Array.isArray(value) ? `frame ${at + 1} ${faultOf(value[at])}` : `${shown(value)} is no list of frames`)
  }
  const shape = shapeOf(home.success, value)
  const parts: Array<Part> = []
  for (const [i, frame] of value.entries()) {
    const shaped = shape.frames[i]
    if (shaped?.table === undefined) continue
    const part = partOf(frame, shaped)
    if (Result.isFailure(part)) return refused(part.failure)
    parts.push(part.success)
  }
  return Result.succeed({
    home: home.success,
    partition,
    shape,
    parts,
    rows: value.reduce((sum, { rows }) => sum + rows.length, 0),
    hash: sha1(JSON.stringify(value)),
    value
  })
}
