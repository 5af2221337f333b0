/** Looking into bodies whose shape is not sure: what is there is taken, what is not there is null. */
import type { Schema } from "effect"
import type { Frame } from "../../../engine/definition/Frames.ts"

export type Json = Schema.Json
export type Fields = { readonly [name: string]: Json }

export const isFields = (value: Json | undefined): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The fields of an object; none where there is no object. */
export const fieldsOf = (value: Json | undefined): Fields => isFields(value) ? value : {}

export const isList = (value: Json | undefined): value is ReadonlyArray<Json> => Array.isArray(value)

/** The objects of a list; none where there is no list. */
export const objectsIn = (value: Json | undefined): ReadonlyArray<Fields> => isList(value) ? value.filter(isFields) : []

/** Why a body gives no frames: what of it, as the beginning of a sentence, and the rest of that. */
export interface Misfit {
  readonly path: string
  readonly problem: string
}

export const misfit = (path: string, problem: string): Misfit => ({ path, problem })

/** A row before its place in the columns is known: names and values, in order. */
export type Row = ReadonlyArray<readonly [name: string, value: Json]>

/** All fields but some, in their order. */
export const rowOf = (fields: Fields, ...without: ReadonlyArray<string>): Row =>
  Object.entries(fields).filter(([name]) => !without.includes(name))

/** The named fields, null where they are absent. */
export const picked = (fields: Fields, names: ReadonlyArray<string>): Row =>
  names.map((name) => [name, fields[name] ?? null] as const)

export const renamed = (row: Row, name: (name: string) => string): Row => row.map(([key, value]) => [name(key), value])

/**
 * A frame of rows that may each have other columns: those in `first`, then the others as they first appear. A value
 * that a row does not have is null.
 */
export const frame = (name: string, rows: ReadonlyArray<Row>, first: ReadonlyArray<string> = []): Frame => {
  const places = new Map(first.map((column, place) => [column, place] as const))
  for (const row of rows) for (const [column] of row) if (!places.has(column)) places.set(column, places.size)
  return {
    name,
    columns: [...places.keys()],
    rows: rows.map((row) => {
      const values = Array.from<Json>({ length: places.size }).fill(null)
      for (const [column, value] of row) values[places.get(column) ?? 0] = value
      return values
    })
  }
}
