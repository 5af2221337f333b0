/** A backfill over long cells: what is retried of it goes on inside them, also where it was forced. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { Asset, Partitions, Rows } from "../../../index.ts"
import { Store } from "../assets.ts"
import * as Backfill from "../../../engine/backfill/Backfill.ts"
import { graphWith } from "../run/harness.ts"
import { services, start } from "./harness.ts"

const Num = Schema.Struct({ id: Schema.Int })
const chunks = ["a", "b", "c"]

describe("Backfills of cells with checkpoints", () => {
  it.live("retry of what failed goes on after the last position, and does nothing else again", () =>
    Effect.gen(function*() {
      const calls: Array<string> = []
      let isDown = true
      const asset = Asset.make("long", {
        partitions: Partitions.fixed(chunks),
        output: Rows.of(Num, { mode: "append" }),
        io: Store,
        checkpoint: { position: Schema.Int, every: 10 },
        run: (_, key, from = 0) =>
          Effect.succeed(Stream.range(from + 1, 50).pipe(
            Stream.mapEffect((id) => {
              calls.push(`${key}${id}`)
              return isDown && key !== "c" && id > 35 ? Effect.fail("down") : Effect.succeed({ rows: [{ id }], position: id })
            })
          ))
      })
      const report = yield* start([asset], { only: ["missing", "stale", "failed", "fresh"] })
      assert.include(report, { state: "failed", materialized: 1, failed: 2 })
      isDown = false
      calls.length = 0
      yield* Backfill.retryFailed(report!.id)
      assert.include(yield* Backfill.join(graphWith<Store>([asset]), report!.id), { state: "succeeded" })
      const rest = Array.from({ length: 15 }, (_, i) => 36 + i)
      assert.deepStrictEqual(calls.toSorted(), ["a", "b"].flatMap((key) => rest.map((id) => `${key}${id}`)).toSorted())
      const io = yield* Store
      const { values } = yield* io.load({ asset: { key: "long", output: asset.output, partitioned: true }, partitions: chunks })
      assert.strictEqual(values.length, 150)
    }).pipe(Effect.provide(services)))
})
