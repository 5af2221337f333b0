/** The older shape: `resultSets` or `resultSet`, a list or a single object, with one or two rows of headers. */
import type { Frame } from "../../../engine/definition/Frames.ts"
import { type Fields, fieldsOf, frame, isFields, isList, type Json, objectsIn, rowOf } from "./Body.ts"

const textOf = (value: Json | undefined): string =>
  typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value)

/** Two levels: groups that span some columns each, over the names of all columns. */
const twoLevels = (levels: ReadonlyArray<Fields>): ReadonlyArray<string> => {
  const names = (level: Fields | undefined) => isList(level?.["columnNames"]) ? level["columnNames"].map(textOf) : []
  const number = (value: Json | undefined, otherwise: number) => typeof value === "number" ? value : otherwise
  const columns = names(levels.at(-1))
  for (const level of levels.slice(0, -1).reverse()) {
    const skip = number(level["columnsToSkip"], 0)
    const span = Math.max(1, number(level["columnSpan"], 1))
    names(level).forEach((group, i) => {
      for (let at = skip + i * span; at < Math.min(skip + (i + 1) * span, columns.length); at++) {
        columns[at] = `${group} ${columns[at]}`
      }
    })
  }
  return columns
}

const headersOf = (headers: Json | undefined): ReadonlyArray<string> => {
  if (!isList(headers)) return []
  return headers.some(isFields) ? twoLevels(headers.filter(isFields)) : headers.map(textOf)
}

/** A set as it was delivered: a row that is longer than its headers gives them names, a shorter one is filled up. */
const delivered = (name: string, set: Fields): Frame => {
  const headers = headersOf(set["headers"])
  const given = isList(set["rowSet"]) ? set["rowSet"].filter((row) => row !== null) : []
  // A row may be an object, keyed by its columns.
  if (given.some(isFields)) return frame(name, given.filter(isFields).map((row) => rowOf(row)), headers)
  const rows = given.map((row) => isList(row) ? row : [row])
  const width = rows.reduce((most, row) => Math.max(most, row.length), headers.length)
  const columns = Array.from({ length: width }, (_, i) => headers[i] ?? `column ${i + 1}`)
  return { name, columns, rows: rows.map((row) => columns.map((_, i) => row[i] ?? null)) }
}

/** An entry without headers, as videos have: a list of objects, or an object of such lists. */
const entries = (name: string, value: Json): ReadonlyArray<Frame> => {
  if (value === null) return []
  if (isList(value)) return [frame(name, objectsIn(value).map((row) => rowOf(row)))]
  if (!isFields(value)) return [frame(name, [[[name, value]]])]
  const lists = Object.entries(value).filter(([, inner]) => isList(inner))
  const rest = Object.entries(value).filter(([, inner]) => !isList(inner))
  return [
    ...(rest.length === 0 ? [] : [frame(name, [rest])]),
    ...lists.map(([key, list]) =>
      frame(rest.length === 0 && lists.length === 1 ? name : `${name}_${key}`, objectsIn(list).map((row) => rowOf(row))))
  ]
}

const isSet = (value: Json): value is Fields => isFields(value) && ("headers" in value || "rowSet" in value)

export const isResultSets = (body: Fields): boolean => "resultSets" in body || "resultSet" in body

/** The data sets of a body, named and ordered as it names and orders them. A set that is null is no data. */
export const framesOf = (body: Fields): ReadonlyArray<Frame> => {
  const resource = textOf(body["resource"])
  const sets = "resultSets" in body ? body["resultSets"] : body["resultSet"]
  const named = (set: Fields, place: number) =>
    delivered(textOf(set["name"]) || (place === 0 ? resource : `${resource}_${place + 1}`) || `set_${place + 1}`, set)
  if (isList(sets)) return sets.flatMap((set, place) => isFields(set) ? [named(set, place)] : [])
  if (!isFields(sets)) return []
  if (isSet(sets)) return [named(sets, 0)]
  return Object.entries(fieldsOf(sets)).flatMap(([name, value]) =>
    value !== null && isSet(value) ? [delivered(name, value)] : entries(name, value))
}
