/** Facts attached to a materialization: numbers, text, links and small tables, shown by `run show` and kept with it. */
import { Context, Effect } from "effect"

export type Table = ReadonlyArray<Readonly<Record<string, string | number | boolean | null>>>

export type Entry =
  | { readonly type: "number"; readonly value: number }
  | { readonly type: "text"; readonly value: string }
  | { readonly type: "link"; readonly value: string }
  | { readonly type: "table"; readonly value: Table }

export type Metadata = Readonly<Record<string, Entry>>

export const link = (url: string): Entry => ({ type: "link", value: url })
export const table = (rows: Table): Entry => ({ type: "table", value: rows })

/** Where the running step collects its metadata; outside a step it is thrown away. */
export class Collector extends Context.Reference<(name: string, entry: Entry) => void>("sluice/engine/definition/Metadata/Collector", {
  defaultValue: () => () => {}
}) {}

const toEntry = (value: number | string | Entry): Entry =>
  typeof value === "number"
    ? { type: "number", value }
    : typeof value === "string"
    ? { type: "text", value }
    : value

/** Attaches metadata to the materialization of the running step; a later value of a name replaces the earlier one. */
export const attach = (entries: Readonly<Record<string, number | string | Entry>>): Effect.Effect<void> =>
  Effect.flatMap(Collector, (collect) =>
    Effect.sync(() => {
      for (const [name, value] of Object.entries(entries)) collect(name, toEntry(value))
    }))
