/** Records → Parquet bytes: a row group at a time, with statistics, so that memory holds one of them. */
import { BigDecimal, Cause, DateTime, Effect, Pull, type Array as Arr, Stream } from "effect"
import { type ColumnSource, ParquetWriter, ByteWriter } from "hyparquet-writer"
import type { SchemaElement } from "hyparquet"
import { FormatError, Refused, refuse, shown } from "../FormatError.ts"
import { toJson } from "../json/Value.ts"
import { type Kind, named, type Slot } from "../Kind.ts"
import { attempt } from "../Machine.ts"
import type { Shape } from "../Shape.ts"
import { type Codec, codecName, compressors } from "./Codecs.ts"

export interface Options {
  /** How pages are compressed. Default "zstd". */
  readonly compression?: Codec
  /** Rows of a row group; they are in memory until it is written. Default 50,000. */
  readonly rowGroupRows?: number
  /** How columns of decimals are stored: digits in all, and after the point. Default 38 and 9. */
  readonly decimals?: Readonly<Record<string, { readonly precision: number; readonly scale: number } | undefined>>
}

interface Stored {
  readonly elements: ReadonlyArray<SchemaElement>
  /** A value that is there → what is stored. Throws `Refused`. */
  readonly write: (value: unknown) => unknown
}

interface Decimals {
  readonly precision: number
  readonly scale: number
}

const microsPerMilli = 1000n

const wrong = (kind: Kind, value: unknown): never => refuse(`expected ${named(kind)}, found ${shown(value)}`)

const int64 = (value: bigint): bigint =>
  BigInt.asIntN(64, value) === value ? value : refuse(`${value} does not fit 64 bits; write it as Schema.BigDecimal`)

/** The digits without the point. */
const unscaled = (value: BigDecimal.BigDecimal, { precision, scale }: Decimals): bigint => {
  const plain = BigDecimal.normalize(value)
  if (plain.scale > scale) refuse(`${BigDecimal.format(plain)} has ${plain.scale} places and the column ${scale}; give the option decimals another scale`)
  const digits = plain.value * 10n ** BigInt(scale - plain.scale)
  return String(digits < 0n ? -digits : digits).length <= precision
    ? digits
    : refuse(`${BigDecimal.format(plain)} does not fit ${precision} digits with ${scale} places; give the option decimals another precision`)
}

const decimalElement = (name: string, repetition_type: "OPTIONAL" | "REQUIRED", { precision, scale }: Decimals): SchemaElement => ({
  name, repetition_type, precision, scale,
  ...(precision <= 18 ? { type: "INT64" } : { type: "FIXED_LEN_BYTE_ARRAY", type_length: 16 }),
  converted_type: "DECIMAL", logical_type: { type: "DECIMAL", precision, scale }
})

const storedOf = (name: string, slot: Slot, decimals: Decimals): Stored => {
  const { kind } = slot
  const repetition_type = slot.nullable ? "OPTIONAL" : "REQUIRED"
  const leaf = (element: Omit<SchemaElement, "name" | "repetition_type">, write: Stored["write"]): Stored => ({
    elements: [{ name, repetition_type, ...element }],
    write
  })
  const text = (write: Stored["write"]) => leaf({ type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } }, write)
  const json = toJson(kind)
  switch (kind.tag) {
    case "text":
      return text((value) => {
        const plain = json(value)
        return typeof plain === "string" && plain.isWellFormed() ? plain : refuse("the text has half of a surrogate pair")
      })
    case "integer": return leaf({ type: "INT64" }, (value) => (typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : wrong(kind, value)))
    case "number":
    case "finite": return leaf({ type: "DOUBLE" }, (value) => (typeof value === "number" ? value : wrong(kind, value)))
    case "bigint": return leaf({ type: "INT64" }, (value) => (typeof value === "bigint" ? int64(value) : wrong(kind, value)))
    case "boolean": return leaf({ type: "BOOLEAN" }, json)
    case "decimal":
      return { elements: [decimalElement(name, repetition_type, decimals)], write: (value) => (BigDecimal.isBigDecimal(value) ? unscaled(value, decimals) : wrong(kind, value)) }
    case "numeric":
      return {
        elements: [decimalElement(name, repetition_type, decimals)],
        write: (value) => (typeof value === "string" ? unscaled(BigDecimal.fromStringUnsafe(value), decimals) : wrong(kind, value))
      }
    case "instant":
    case "utc":
      return leaf(
        { type: "INT64", converted_type: "TIMESTAMP_MICROS", logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MICROS" } },
        (value) => {
          const millis = value instanceof Date ? value.getTime() : DateTime.isDateTime(value) ? DateTime.toEpochMillis(value) : Number.NaN
          return Number.isNaN(millis) ? wrong(kind, value) : BigInt(millis) * microsPerMilli
        }
      )
    case "day":
      return leaf({ type: "INT32", converted_type: "DATE", logical_type: { type: "DATE" } }, (value) =>
        typeof value === "string" ? Date.parse(`${value}T00:00:00Z`) / 86_400_000 : wrong(kind, value))
    case "bytes": return leaf({ type: "BYTE_ARRAY" }, (value) => (value instanceof Uint8Array ? value : wrong(kind, value)))
    case "list": {
      const item = storedOf("element", kind.item, decimals)
      const write = slotWrite(kind.item, item)
      return {
        elements: [
          { name, repetition_type, num_children: 1, converted_type: "LIST", logical_type: { type: "LIST" } },
          { name: "list", repetition_type: "REPEATED", num_children: 1 },
          ...item.elements
        ],
        write: (value) => {
          const list: ReadonlyArray<unknown> = Array.isArray(value) ? value : wrong(kind, value)
          return list.map(write)
        }
      }
    }
    case "struct": {
      const members = kind.fields.map((field) => {
        const inner = storedOf(field.key, field, decimals)
        return { key: field.key, inner, write: slotWrite(field, inner) }
      })
      return {
        elements: [{ name, repetition_type, num_children: members.length }, ...members.flatMap(({ inner }) => inner.elements)],
        write: (value) => {
          const object: object = typeof value === "object" && value !== null ? value : wrong(kind, value)
          return Object.fromEntries(members.map(({ key, write }) => [key, write(Reflect.get(object, key))]))
        }
      }
    }
    case "any":
    case "other":
      return leaf({ type: "BYTE_ARRAY", logical_type: { type: "JSON" } }, (value) =>
        new TextEncoder().encode(JSON.stringify(json(value))))
  }
}

const slotWrite = (slot: Slot, stored: Stored) => (value: unknown): unknown => {
  if (value === null || value === undefined) return slot.nullable ? null : refuse(`expected ${named(slot.kind)}, found nothing`)
  slot.check?.(value)
  return stored.write(value)
}

/** The writer's dictionaries hold 0 and -0 as one value. */
const hasNegativeZero = (value: unknown): boolean =>
  typeof value === "object" && value !== null ? Object.values(value).some(hasNegativeZero) : Object.is(value, -0)

export const write = <E, R>(
  rows: Stream.Stream<unknown, E, R>,
  shape: Shape,
  options: Options,
  file: string
): Stream.Stream<Uint8Array, E | FormatError, R> => {
  if (shape.rest !== undefined) throw new Error("Format.parquet: writing needs a schema with fixed columns, not a Schema.Record.")
  const columns = shape.columns.map((column) => {
    const stored = storedOf(column.column, column, options.decimals?.[column.key] ?? { precision: 38, scale: 9 })
    return { ...column, elements: stored.elements, write: slotWrite(column, stored) }
  })
  const groupRows = options.rowGroupRows ?? 50_000
  return Stream.transformPull(rows, (pull) =>
    Effect.sync(() => {
      const writer = new ByteWriter()
      const parquet = new ParquetWriter({
        writer,
        schema: [{ name: "root", num_children: columns.length }, ...columns.flatMap(({ elements }) => elements)],
        codec: codecName[options.compression ?? "zstd"],
        compressors,
        createdBy: "sluice"
      })
      let data: ReadonlyArray<Array<unknown>> = columns.map(() => [])
      let waiting = 0
      let row = 0
      let ended = false
      /** What was written since the last look; the writer's buffer is used again. */
      const taken = (): Arr.NonEmptyReadonlyArray<Uint8Array> => {
        const bytes = writer.getBytes().slice()
        writer.index = 0
        return [bytes]
      }
      const add = (value: unknown): void => {
        const fields: object = Object(shape.start === undefined ? value : shape.start(value))
        for (const [i, column] of columns.entries()) {
          try {
            data[i]?.push(column.write(Reflect.get(fields, column.key)))
          } catch (error) {
            throw error instanceof Refused ? new FormatError({ file, row, column: column.column, reason: error.message }) : error
          }
        }
        waiting++
        row++
      }
      const flush = (): void => {
        if (waiting === 0) return
        const columnData = columns.map(({ column, elements }, i): ColumnSource => ({
          name: column,
          data: data[i] ?? [],
          ...(elements.some(({ type }) => type === "DOUBLE") && hasNegativeZero(data[i]) ? { encoding: "PLAIN" as const } : {}),
          // JSON bounds would be those of its text, which nobody asks for.
          statistics: elements.length === 1 && elements[0]?.logical_type?.type !== "JSON"
        }))
        void parquet.write({ columnData, rowGroupSize: waiting })
        data = columns.map(() => [])
        waiting = 0
      }
      const next: Pull.Pull<Arr.NonEmptyReadonlyArray<Uint8Array>, E | FormatError, void> = Effect.suspend(() => {
        if (ended) return Cause.done()
        return Pull.matchEffect(pull, {
          onSuccess: (batch) =>
            Effect.flatMap(
              attempt(file, () => {
                for (const value of batch) {
                  add(value)
                  if (waiting >= groupRows) flush()
                }
              }),
              () => (writer.index > 0 && row > 0 && waiting < row ? Effect.sync(taken) : next)
            ),
          onDone: () => {
            ended = true
            return attempt(file, () => {
              flush()
              void parquet.finish()
              return taken()
            })
          },
          onFailure: Effect.failCause
        })
      })
      return next
    }))
}
