/** What every IO manager that stores documents must do. */
import { assert, describe, layer as withLayer } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import * as Document from "../../engine/definition/Document.ts"
import * as Io from "../../engine/definition/Io.ts"
import { prepared, stored } from "./Prepared.ts"
import { seeded } from "./Random.ts"
import { everything } from "./Values.ts"

const Body = Schema.Struct({ id: Schema.Int, at: Schema.Date, tags: Schema.Array(Schema.String), rest: Schema.Json })
const body = (id: number, rest: Schema.Json = null): typeof Body.Type => ({ id, at: new Date(id), tags: ["a"], rest })

/** For an IO manager that stores documents. */
export const documents = <IO, E>(name: string, tag: Io.Key<IO>, layer: Layer.Layer<IO, E>): void => {
  describe(`${name} stores documents`, () => {
    withLayer(layer)((it) => {
      it.effect("keeps one document a cell; the last one written stays", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, Document.of(Body))
          const other = stored(Document.of(Schema.String), false)
          yield* t.io.prepare(other)
          const [a, , text] = yield* t.io.write([
            t.cell("b", body(1)), t.cell("a", body(2)), { asset: other, partition: "", value: "whole" }
          ])
          assert.strictEqual(a?.rows, 1)
          assert.deepStrictEqual(a?.values, [body(1)])
          assert.deepStrictEqual(text?.values, ["whole"])
          const again = yield* t.write("b", body(1))
          assert.strictEqual(again?.hash, a?.hash)
          const changed = yield* t.write("b", body(3))
          assert.notStrictEqual(changed?.hash, a?.hash)
          assert.deepStrictEqual(yield* t.load("all"), { partitions: ["a", "b"], values: [body(2), body(3)] })
          assert.deepStrictEqual(yield* t.load(["b", "a", "b"]), { partitions: ["b", "a"], values: [body(3), body(2)] })
          assert.deepStrictEqual(yield* t.stream("all"), [{ partition: "a", value: body(2) }, { partition: "b", value: body(3) }])
          assert.deepStrictEqual((yield* t.io.load({ asset: other, partitions: [""] })).values, ["whole"])
        }))

      it.effect("fails for a document that is not there", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, Document.of(Body))
          yield* t.write("a", body(1))
          const error = yield* Effect.flip(t.load(["a", "b"]))
          assert.strictEqual(error.partition, "b")
          assert.include(error.message, `${t.asset.key}, partition b was never materialized`)
          yield* Effect.flip(t.stream(["b"]))
          const whole = stored(Document.of(Body), false)
          yield* t.io.prepare(whole)
          yield* Effect.flip(t.io.load({ asset: whole, partitions: [""] }))
        }))

      it.effect("keeps null, and a document that is null is no missing one", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, Document.of(Schema.NullOr(Schema.String)))
          yield* t.write("a", null)
          assert.deepStrictEqual((yield* t.load(["a"])).values, [null])
        }))

      it.effect("refuses what does not match the schema, and writes nothing", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, Document.of(Body))
          const error = yield* Effect.flip(t.io.write([t.cell("a", body(1)), t.cell("b", { id: "x" })]))
          assert.strictEqual(error.partition, "b")
          assert.include(error.message, `The document of ${t.asset.key}, partition b cannot be stored`)
          assert.deepStrictEqual(yield* t.all, [])
        }))

      it.effect("property: nested JSON survives, NUL characters and the order of keys included", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, Document.of(Schema.Json))
          const random = seeded(7)
          const values = Array.from({ length: 100 }, (_, i): Schema.Json => ({
            z: everything(random, i).json, a: "nul \0 half \ud800", "b'": 1e308, "": [9007199254740992, -1.5]
          }))
          yield* t.io.write(values.map((value, i) => t.cell(String(i).padStart(3, "0"), value)))
          const loaded = yield* t.all
          assert.deepStrictEqual(loaded, values)
          assert.strictEqual(JSON.stringify(loaded), JSON.stringify(values))
        }))

      it.effect("two writers at once on the same cells: no deadlock", () =>
        Effect.gen(function*() {
          const t = yield* prepared(tag, Document.of(Body))
          const cells = Array.from({ length: 20 }, (_, i) => t.cell(`p${i}`, body(i)))
          for (let round = 0; round < 200; round++) {
            yield* Effect.all([t.io.write(cells), t.io.write(cells.toReversed())], { concurrency: 2 })
          }
          assert.strictEqual((yield* t.all).length, 20)
        }), 120_000)
    })
  })
}
