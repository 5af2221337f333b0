import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { Asset, Document, Input, Partitions, Rows, RunStore } from "../../../index.ts"
import { Store } from "../assets.ts"
import { memory } from "./harness.ts"

const Figure = Schema.Struct({ n: Schema.Number })
const letters = Partitions.fixed(["x", "y"])

const figures = Asset.make("figures", {
  partitions: letters,
  output: Rows.of(Figure, { key: ["n"] }),
  io: Store,
  run: (_, key) => Effect.succeed(Stream.make({ n: key === "x" ? 1 : 2 }))
})
const sum = Asset.make("sum", {
  inputs: { figures },
  output: Rows.of(Figure),
  io: Store,
  run: ({ figures }) => Effect.succeed([{ n: figures.reduce((total, row) => total + row.n, 0) }])
})
const body = Asset.make("body", {
  inputs: { sum },
  output: Document.of(Figure),
  io: Store,
  run: ({ sum }) => Effect.succeed({ n: sum[0]?.n ?? 0 })
})

describe("One asset by hand", () => {
  it.effect("computes from given inputs, with no storage at all", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* Asset.compute(sum, { figures: [{ n: 3 }, { n: 4 }] }), [{ n: 7 }])
      assert.deepStrictEqual(yield* Asset.compute(figures, {}, "y"), [{ n: 2 }])
      assert.deepStrictEqual(yield* Asset.compute(body, { sum: [{ n: 9 }] }), { n: 9 })
    }))

  it.effect("materializes a cell and gives what is stored; load and loadAll give it again", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* Asset.materialize(figures, "x"), [{ n: 1 }])
      assert.deepStrictEqual(yield* Asset.materialize(figures, "y"), [{ n: 2 }])
      assert.deepStrictEqual(yield* Asset.materialize(sum), [{ n: 3 }])
      assert.deepStrictEqual(yield* Asset.materialize(body), { n: 3 })
      assert.deepStrictEqual(yield* Asset.load(figures, "y"), [{ n: 2 }])
      assert.deepStrictEqual(yield* Asset.load(body), { n: 3 })
      assert.deepStrictEqual(yield* Asset.loadAll(Input.rows(figures)), [{ n: 1 }, { n: 2 }])
      assert.strictEqual((yield* Asset.loadAll(Input.table(figures))).objects().length, 2)
      const store = yield* RunStore.RunStore
      assert.strictEqual((yield* store.runs({ limit: 10 })).length, 4)
      yield* Asset.materialize(sum)
      assert.strictEqual((yield* store.materializations({ asset: "sum", partition: "" }, { limit: 10 })).length, 2)
    }).pipe(Effect.provide(memory)))

  it.effect("says why not: an input that is not there, a computation that fails, a key that does not exist", () =>
    Effect.gen(function*() {
      const missing = yield* Effect.flip(Asset.materialize(sum))
      assert.strictEqual(missing.message, "figures has no data for it and is not selected")
      const fails = Asset.make("fails", { output: Rows.of(Figure), io: Store, run: () => Effect.fail(new Error("no luck")) })
      const failed = yield* Effect.flip(Asset.materialize(fails))
      assert.strictEqual(failed._tag, "MaterializeFailed")
      assert.strictEqual(failed.message, "no luck")
      // @ts-expect-error not one of the keys
      const wrong = yield* Effect.flip(Asset.materialize(figures, "q"))
      assert.strictEqual(wrong._tag, "PartitionKeyError")
    }).pipe(Effect.provide(memory)))
})
