/** Any nested body: a frame for each list of objects, and one for the plain fields around it. */
import type { Frame } from "../../../engine/definition/Frames.ts"
import { type Fields, frame, isFields, isList, type Json, renamed, type Row } from "./Body.ts"

const isTable = (value: Json): value is ReadonlyArray<Fields> => isList(value) && value.length > 0 && value.every(isFields)

/** Ids tell to what a row of an inner list belongs. */
const isId = (name: string): boolean => /(^id|_id|Id|ID)$/.test(name)

/** Fields of objects within it are its own, `team_name`; lists of objects become frames of their own. */
const plain = (fields: Fields): Row =>
  Object.entries(fields).flatMap(([name, value]) =>
    isTable(value) || (isList(value) && value.length === 0)
      ? []
      : isFields(value) ? renamed(plain(value), (inner) => `${name}_${inner}`) : [[name, value]])

const lists = (fields: Fields): ReadonlyArray<readonly [string, ReadonlyArray<Fields>]> =>
  Object.entries(fields).flatMap(([name, value]) =>
    isTable(value)
      ? [[name, value] as const]
      : isFields(value) ? lists(value).map(([inner, list]) => [`${name}_${inner}`, list] as const) : [])

/** Frames are named by their fields; the ids of the surroundings come first in the rows. */
export const framesOf = (name: string, body: Json): ReadonlyArray<Frame> => {
  const found = new Map<string, Array<Row>>()
  const add = (frameName: string, row: Row) => found.set(frameName, [...found.get(frameName) ?? [], row])
  const visit = (frameName: string, fields: Fields, around: Row) => {
    const own = plain(fields)
    const row = [...around.filter(([field]) => !own.some(([other]) => other === field)), ...own]
    if (own.length > 0) add(frameName, row)
    const ids = row.filter(([field]) => isId(field))
    for (const [inner, list] of lists(fields)) for (const item of list) visit(inner, item, ids)
  }
  if (isFields(body)) visit(name, body, [])
  else if (isList(body)) for (const item of body) visit(name, isFields(item) ? item : { [name]: item }, [])
  else if (body !== null) add(name, [[name, body]])
  return [...found].map(([frameName, rows]) => frame(frameName, rows))
}
