import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { Asset, Document, Input, Mapping, Partitions, Rows } from "../../../index.ts"
import { Store } from "../assets.ts"
import { memory, start, stored, texts } from "./harness.ts"

const Figure = Schema.Struct({ n: Schema.Number })
const Body = Schema.Struct({ id: Schema.String })
const letters = Partitions.fixed(["x", "y", "z"])
const days = Partitions.daily({ start: "2024-01-01" })

const figures = Asset.make("figures", {
  partitions: letters,
  output: Rows.of(Figure),
  io: Store,
  run: (_, key) => Effect.succeed(["x", "y", "z"].slice(0, ["x", "y", "z"].indexOf(key) + 1).map((_, n) => ({ n })))
})

const bodies = Asset.make("bodies", {
  partitions: letters,
  output: Document.of(Body),
  io: Store,
  run: (_, key) => Effect.succeed({ id: key })
})

const single = Asset.make("single", { output: Document.of(Body), io: Store, run: () => Effect.succeed({ id: "one" }) })

const daily = Asset.make("daily", {
  partitions: days,
  output: Rows.of(Figure),
  io: Store,
  run: (_, day) => Effect.succeed([{ n: Number(day.key.slice(-2)) }])
})

const show = (value: unknown) => Effect.succeed([JSON.stringify(value)])

/** What an asset with these inputs sees. */
const seen = (inputs: Asset.Any["computation"]["inputs"], partitions?: Partitions.Partitions<unknown, unknown>, key = "") =>
  Effect.gen(function*() {
    yield* TestClock.setTime(Date.parse("2024-01-05T12:00:00Z"))
    const reader = texts("reader", show, { inputs, ...(partitions === undefined ? {} : { partitions }) })
    const report = yield* start([reader])
    assert.deepStrictEqual(report.failed, [])
    assert.strictEqual(report.state, "succeeded")
    return JSON.parse((yield* stored(reader, key))[0]!)
  }).pipe(Effect.provide(memory))

const n = (...values: ReadonlyArray<number>) => values.map((value) => ({ n: value }))

describe("Inputs", () => {
  it.effect("rows of the same partition, of all, of the last", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* seen({ rows: figures }, letters, "y"), { rows: n(0, 1) })
      assert.deepStrictEqual(yield* seen({ rows: figures }), { rows: n(0, 0, 1, 0, 1, 2) })
      assert.deepStrictEqual(yield* seen({ rows: Input.rows(figures, { mapping: Mapping.all }) }, letters, "x"), {
        rows: n(0, 0, 1, 0, 1, 2)
      })
      assert.deepStrictEqual(yield* seen({ rows: Input.rows(figures, { mapping: Mapping.last(1) }) }), { rows: n(0, 1, 2) })
    }))

  it.effect("rows of the window before, and none for the first", () =>
    Effect.gen(function*() {
      const inputs = { rows: Input.rows(daily, { mapping: Mapping.offset(-1) }) }
      assert.deepStrictEqual(yield* seen(inputs, days, "2024-01-03"), { rows: n(2) })
      assert.deepStrictEqual(yield* seen(inputs, days, "2024-01-01"), { rows: [] })
      const lastThree = { rows: Input.rows(daily, { mapping: Mapping.offset(-2, 0) }) }
      assert.deepStrictEqual(yield* seen(lastThree, days, "2024-01-04"), { rows: n(2, 3, 4) })
      assert.deepStrictEqual(yield* seen(lastThree, days, "2024-01-02"), { rows: n(1, 2) })
    }))

  it.effect("a document, the documents by partition, a document to all partitions", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* seen({ body: bodies }, letters, "y"), { body: { id: "y" } })
      assert.deepStrictEqual(yield* seen({ body: Input.document(bodies) }, letters, "y"), { body: { id: "y" } })
      assert.deepStrictEqual(yield* seen({ body: single }, letters, "y"), { body: { id: "one" } })
    }))

  it.effect("streams, tables and maps of documents arrive as such", () =>
    Effect.gen(function*() {
      const reader = Asset.make("reader", {
        inputs: {
          stream: Input.stream(figures),
          table: Input.table(figures),
          documents: bodies,
          byName: Input.documents(bodies)
        },
        output: Rows.of(Schema.Struct({ value: Schema.String })),
        io: Store,
        run: ({ byName, documents, stream, table }) =>
          Effect.map(Stream.runFold(stream, () => 0, (sum, row) => sum + row.n), (sum) => [
            { value: `stream ${sum}` },
            { value: `table ${table.objects().length}` },
            { value: `documents ${[...documents.keys()].join()} ${byName.get("z")?.id}` }
          ])
      })
      const report = yield* start([reader])
      assert.deepStrictEqual(report.failed, [])
      assert.deepStrictEqual(yield* stored(reader), ["stream 4", "table 6", "documents x,y,z z"])
    }).pipe(Effect.provide(memory)))

  it.effect("documents of which some failed are left out of a partial input", () =>
    Effect.gen(function*() {
      const some = Asset.make("some", {
        partitions: letters,
        output: Document.of(Body),
        io: Store,
        run: (_, key) => key === "y" ? Effect.fail("no") : Effect.succeed({ id: key })
      })
      const reader = texts("reader", ({ docs }) => show([...(docs as ReadonlyMap<string, unknown>).keys()]), {
        inputs: { docs: Input.documents(some, { partial: true }) }
      })
      const windows = texts("windows", ({ docs }) => show([...(docs as ReadonlyMap<string, unknown>).keys()]), {
        inputs: { docs: Input.documents(some, { partial: true, mapping: Mapping.last(2) }) }
      })
      yield* start([reader, windows])
      assert.deepStrictEqual(yield* stored(reader), ['["x","z"]'])
      assert.deepStrictEqual(yield* stored(windows), ['["z"]'])
    }).pipe(Effect.provide(memory)))
})
