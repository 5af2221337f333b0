/** The rows that `program.ts` writes. */
import { Schema } from "effect"

export const Row = Schema.Struct({ id: Schema.String, value: Schema.Int })

export const days = { key: "test/days", partitions: Array.from({ length: 12 }, (_, i) => `d${String(i).padStart(2, "0")}`) }

export const rowsOf = (day: string): ReadonlyArray<typeof Row.Type> =>
  Array.from({ length: 200 }, (_, i) => ({ id: `${day}.${String(i).padStart(3, "0")}`, value: i }))
