import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { Document } from "../../../index.ts"
import type { Stored } from "../../../engine/definition/Io.ts"
import { Documents } from "../../../io/documents/Documents.ts"
import * as TestDatabase from "../../TestDatabase.ts"

const report = (schema: Schema.Codec<unknown, unknown>): Stored => ({ key: "shop/report", output: Document.of(schema), partitioned: true })

describe("Documents", () => {
  it.effect("that do not fit a changed schema say how they are made anew, although they are fresh", () =>
    Effect.gen(function*() {
      const documents = yield* Documents
      const before = report(Schema.String)
      yield* documents.prepare(before)
      yield* documents.write([{ asset: before, partition: "2024-03-01", value: "3 orders" }])
      const error = yield* Effect.flip(documents.load({ asset: report(Schema.Int), partitions: ["2024-03-01"] }))
      assert.strictEqual(
        error.message,
        "The document of shop/report, partition 2024-03-01 does not fit its schema: Expected number; change the schema back, " +
          "or materialize it again: `sluice materialize shop/report --force --partitions '2024-03-01'`."
      )
    }).pipe(Effect.provide(Layer.provide(Documents.layer, TestDatabase.layer))))
})
