/** A cell of many calls, each of which gives a row of one table or of another: for tests that disturb it. */
import { Effect, Schema, Stream } from "effect"
import { Asset, Checkpoint, Partitions, Rows, Warehouse } from "../../../index.ts"
import { graphWith } from "./harness.ts"

const Row = Schema.Struct({ record: Schema.Int })

export interface Shape {
  readonly size: number
  readonly every: number
  readonly concurrency: number
  readonly ahead: number
  readonly call: (record: number) => Effect.Effect<unknown, unknown>
}

export const isGood = (record: number): boolean => record % 7 !== 0

/** Results have no key, so that a row that were written twice would be there twice. */
export const bulkOf = ({ ahead, call, concurrency, every, size }: Shape) => {
  const assets = Asset.makeMany("test/bulk", {
    partitions: Partitions.fixed(["a", "b"]),
    outputs: {
      results: { output: Rows.of(Row, { mode: "append" }), io: Warehouse },
      failed: { output: Rows.of(Row, { key: ["record"] }), io: Warehouse }
    },
    checkpoint: { position: Schema.Struct({ done: Schema.Int }), every, within: "200 millis" },
    run: (_, _key, from) =>
      Effect.succeed(Checkpoint.mapEffect(
        Stream.range((from?.done ?? 0) + 1, size),
        (record) => Effect.as(call(record), isGood(record) ? { results: [{ record }] } : { failed: [{ record }] }),
        { concurrency, ahead, position: (record) => ({ done: record }) }
      ))
  })
  return graphWith<Warehouse>([assets.results, assets.failed])
}
