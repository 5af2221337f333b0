/** What an evaluation of an automation leaves for the next one. */
import { Result, Schema } from "effect"
import * as PartitionSet from "../partition/PartitionSet.ts"

/** Cells that were asked for and are not fresh since: they are asked for again only by something else than then. */
export interface Asked {
  readonly cells: PartitionSet.PartitionSet
  /** What each of them was to read, a number a cell, in the order of their positions. */
  readonly reads: ReadonlyArray<number>
  /** What all of them were asked for by: code versions, inputs, tick. */
  readonly by: string
  /** While this is the same, what they read is it too; null: it is not known. */
  readonly upstream: string | null
}

export interface State {
  /** When it was evaluated, in milliseconds since 1970. */
  readonly at: number
  /** The evaluation that saw the last tick of a cron expression. */
  readonly tick: number | null
  /** The cron expressions that count from `at` on: one that is new counts from the next evaluation on. */
  readonly crons: ReadonlyArray<string>
  /** How the positions of `asked` are counted. */
  readonly numbering: string
  readonly asked: Asked
  /** The cells of which a part of the condition was true (`newly`) or is so until it is reset (`since`). */
  readonly remembered: ReadonlyMap<string, PartitionSet.PartitionSet>
}

/** As it is stored. */
export const Stored = Schema.Struct({
  at: Schema.Number,
  tick: Schema.NullOr(Schema.Number),
  crons: Schema.Array(Schema.String),
  numbering: Schema.String,
  asked: Schema.Struct({
    cells: PartitionSet.Json,
    reads: Schema.Array(Schema.Number),
    by: Schema.String,
    upstream: Schema.NullOr(Schema.String)
  }),
  remembered: Schema.Record(Schema.String, PartitionSet.Json)
})

export const toStored = ({ asked, remembered, ...rest }: State): typeof Stored.Type => ({
  ...rest,
  asked: { ...asked, cells: PartitionSet.toJson(asked.cells) },
  remembered: Object.fromEntries(Array.from(remembered, ([place, cells]) => [place, PartitionSet.toJson(cells)]))
})

/** The failure is a sentence. */
export const fromStored = (stored: typeof Stored.Type): Result.Result<State, string> =>
  Result.gen(function*() {
    const cells = yield* PartitionSet.fromJson(stored.asked.cells)
    const remembered = new Map<string, PartitionSet.PartitionSet>()
    for (const [place, cells] of Object.entries(stored.remembered)) remembered.set(place, yield* PartitionSet.fromJson(cells))
    return { ...stored, asked: { ...stored.asked, cells }, remembered }
  })
