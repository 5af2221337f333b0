/** What an evaluation of an automation leaves for the next one. */
import { Result, Schema } from "effect"
import * as PartitionSet from "../partition/PartitionSet.ts"

/** Cells that were asked for and are not fresh since, by what they were asked for. */
export interface Asked {
  readonly cells: PartitionSet.PartitionSet
  /** Code versions, upstream versions and tick: while they are the same, the cells are not asked for again. */
  readonly seen: string
}

export interface State {
  /** When it was evaluated, in milliseconds since 1970. */
  readonly at: number
  /** The evaluation that saw the last tick of a cron expression. */
  readonly tick: number | null
  /** How the positions of `asked` are counted. */
  readonly numbering: string
  readonly asked: ReadonlyArray<Asked>
  /** The cells of which a part of the condition was true (`newly`) or is so until it is reset (`since`). */
  readonly remembered: ReadonlyMap<string, PartitionSet.PartitionSet>
}

/** As it is stored. */
export const Stored = Schema.Struct({
  at: Schema.Number,
  tick: Schema.NullOr(Schema.Number),
  numbering: Schema.String,
  asked: Schema.Array(Schema.Struct({ cells: PartitionSet.Json, seen: Schema.String })),
  remembered: Schema.Record(Schema.String, PartitionSet.Json)
})

export const toStored = ({ asked, at, numbering, remembered, tick }: State): typeof Stored.Type => ({
  at,
  tick,
  numbering,
  asked: asked.map(({ cells, seen }) => ({ cells: PartitionSet.toJson(cells), seen })),
  remembered: Object.fromEntries(Array.from(remembered, ([place, cells]) => [place, PartitionSet.toJson(cells)]))
})

/** The failure is a sentence. */
export const fromStored = (stored: typeof Stored.Type): Result.Result<State, string> =>
  Result.gen(function*() {
    const { at, numbering, tick } = stored
    const asked: Array<Asked> = []
    for (const { cells, seen } of stored.asked) asked.push({ cells: yield* PartitionSet.fromJson(cells), seen })
    const remembered = new Map<string, PartitionSet.PartitionSet>()
    for (const [place, cells] of Object.entries(stored.remembered)) remembered.set(place, yield* PartitionSet.fromJson(cells))
    return { at, tick, numbering, asked, remembered }
  })
