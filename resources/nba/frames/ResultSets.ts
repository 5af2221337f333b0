/** The older shape: `resultSets` or `resultSet`, a list or a single object, with one or two rows of headers. */
import { Result } from "effect"
import type { Frame } from "../../../engine/definition/Frames.ts"
import { type Fields, fieldsOf, frame, isFields, isList, type Json, type Misfit, misfit, objectsIn, rowOf } from "./Body.ts"

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

/**
 * A set as it was delivered. Where the values of a row are more or fewer than the headers, nobody knows which of them
 * belongs to which: the whole body is refused, since a shifted column is worse than none.
 */
const delivered = (name: string, set: Fields): Result.Result<Frame, Misfit> => {
  const columns = headersOf(set["headers"])
  const sent = set["rowSet"] ?? []
  if (!isList(sent)) return Result.fail(misfit(name, "has rows that are no list"))
  const given = sent.filter((row) => row !== null)
  // A row may be an object, keyed by its columns.
  if (given.length > 0 && given.every(isFields)) return Result.succeed(frame(name, given.map((row) => rowOf(row)), columns))
  const rows = given.map((row) => isList(row) ? row : [row])
  const odd = rows.findIndex((row) => row.length !== columns.length)
  return odd === -1
    ? Result.succeed({ name, columns, rows })
    : Result.fail(misfit(name, `has ${columns.length} columns and in its row ${odd + 1} so many values: ${rows[odd]?.length}`))
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

const asList = (frames: ReadonlyArray<Frame>): Result.Result<ReadonlyArray<Frame>, Misfit> => Result.succeed(frames)

const flat = (results: ReadonlyArray<Result.Result<ReadonlyArray<Frame>, Misfit>>): Result.Result<ReadonlyArray<Frame>, Misfit> =>
  Result.map(Result.all(results), (frames) => frames.flat())

/** The data sets of a body, named and ordered as it names and orders them. A set that is null is no data. */
export const framesOf = (body: Fields): Result.Result<ReadonlyArray<Frame>, Misfit> => {
  const resource = textOf(body["resource"])
  const field = "resultSets" in body ? "resultSets" : "resultSet"
  const sets = body[field] ?? []
  const named = (set: Fields, place: number) =>
    Result.map(
      delivered(textOf(set["name"]) || (place === 0 ? resource : `${resource}_${place + 1}`) || `set_${place + 1}`, set),
      (frame) => [frame]
    )
  if (isList(sets)) {
    return flat(sets.map((set, place) =>
      isFields(set) ? named(set, place) : set === null ? asList([]) : Result.fail(misfit(`${field}[${place}]`, "is no data set"))))
  }
  if (!isFields(sets)) return Result.fail(misfit(field, "is neither a list of data sets nor one"))
  if (isSet(sets)) return named(sets, 0)
  return flat(Object.entries(fieldsOf(sets)).map(([name, value]) =>
    isSet(value) ? Result.map(delivered(name, value), (frame) => [frame]) : asList(entries(name, value))))
}
