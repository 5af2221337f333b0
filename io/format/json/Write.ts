/** Records → NDJSON, or a JSON array of them. */
import { Stream } from "effect"
import { FormatError, Refused } from "../FormatError.ts"
import { attempt } from "../Machine.ts"
import type { Shape } from "../Shape.ts"
import * as Exact from "./Exact.ts"
import { isLoose, slotToJson, toJson } from "./Value.ts"

/** A record as JSON text. */
const printer = (shape: Shape, file: string): (value: unknown) => string => {
  const columns = shape.columns.map((column) => ({ ...column, write: slotToJson(column) }))
  const rest = shape.rest && toJson(shape.rest.kind)
  const names = new Set(shape.columns.map(({ key }) => key))
  const stringify = [...shape.columns, ...rest === undefined ? [] : [shape.rest]].some((slot) => slot !== undefined && isLoose(slot.kind))
    ? Exact.stringify
    : JSON.stringify
  let row = 0
  return (value) => {
    const fields: object = Object(shape.start === undefined ? value : shape.start(value))
    const json: Record<string, unknown> = {}
    for (const { column, key, write } of columns) {
      try {
        const inner = write(Reflect.get(fields, key))
        if (inner !== undefined) json[column] = inner
      } catch (error) {
        throw error instanceof Refused ? new FormatError({ file, row, column, reason: error.message }) : error
      }
    }
    if (rest !== undefined) {
      for (const [name, inner] of Object.entries(fields)) if (!names.has(name)) json[name] = inner === null ? null : rest(inner)
    }
    row++
    const text = stringify(json)
    if (text.includes("\\ud") && /(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(text)) {
      throw new FormatError({ file, row: row - 1, reason: "a text has half of a surrogate pair" })
    }
    return text
  }
}

export const writeLines = <E, R>(rows: Stream.Stream<unknown, E, R>, shape: Shape, file: string): Stream.Stream<Uint8Array, E | FormatError, R> =>
  Stream.suspend(() => {
    const print = printer(shape, file)
    return Stream.mapArrayEffect(rows, (batch) =>
      attempt(file, () => [Buffer.from(batch.map((row) => `${print(row)}\n`).join(""))] as const))
  })

export const writeArray = <E, R>(rows: Stream.Stream<unknown, E, R>, shape: Shape, file: string): Stream.Stream<Uint8Array, E | FormatError, R> =>
  Stream.suspend(() => {
    const print = printer(shape, file)
    let before = "[\n"
    const body = Stream.mapArrayEffect(rows, (batch) =>
      attempt(file, () => {
        const text = before + batch.map((row) => print(row)).join(",\n")
        before = ",\n"
        return [Buffer.from(text)] as const
      }))
    return Stream.concat(body, Stream.sync(() => Buffer.from(before === "[\n" ? "[]\n" : "\n]\n")))
  })
