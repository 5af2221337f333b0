/** Two runs that want the same cells: the second one takes over what the first one has made since it was planned. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { Asset, Executor, Partitions, Rows, RunStore, Warehouse } from "../../../index.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import * as TestDatabase from "../../TestDatabase.ts"
import { type Asked, graphWith, memory, requestOf, start, story, texts } from "./harness.ts"

const letters = Partitions.fixed(["x", "y", "z"])

/** Two assets, one of which reads the other, in versions of their code and with contents of their own. */
const scene = () => {
  const computed: Array<string> = []
  const made = (name: string, content: string) => (_: unknown, key: unknown) =>
    Effect.sync(() => {
      computed.push(`${name}@${String(key)}`)
      return [content]
    })
  const up = (content: string, codeVersion = "1") => texts("up", made("up", content), { partitions: letters, codeVersion })
  const down = (upstream: Asset.Any, content: string, codeVersion = "1") =>
    texts("down", made("down", content), { partitions: letters, inputs: { upstream }, codeVersion })
  return { computed, down, up }
}

/** The run, with `other` done between its plan and the first answer of this method of the store. */
const overtaken = <A, E, R, E2, R2>(
  run: Effect.Effect<A, E, R | RunStore.RunStore>,
  other: Effect.Effect<unknown, E2, R2>,
  method: "claim" | "cells" = "claim"
) =>
  Effect.gen(function*() {
    const store = yield* RunStore.RunStore
    const context = yield* Effect.context<R2>()
    let isFirst = true
    const first = Effect.suspend(() => {
      if (!isFirst) return Effect.void
      isFirst = false
      return Effect.orDie(Effect.provideContext(other, context))
    })
    const before = (name: typeof method) => name === method ? first : Effect.void
    return yield* Effect.provideService(run, RunStore.RunStore, {
      ...store,
      claim: (...asked) => Effect.andThen(before("claim"), store.claim(...asked)),
      cells: (wanted) => Effect.andThen(before("cells"), store.cells(wanted))
    })
  })

/** The cells of a run that was overtaken: what both runs computed, and what became of them in the second. */
const twice = (assets: ReadonlyArray<Asset.Any>, asked: Asked = {}, others = assets, method?: "claim" | "cells") =>
  Effect.map(overtaken(start(assets, asked), start(others, asked), method), ({ materialized, state, unchanged }) => ({ materialized, state, unchanged }))

const tookOver = (unchanged: number) => ({ materialized: 0, state: "succeeded", unchanged }) as const
const madeItsOwn = (materialized: number) => ({ materialized, state: "succeeded", unchanged: 0 }) as const

describe("What another run has made since the plan", () => {
  it.effect("is taken over: missing before", () =>
    Effect.gen(function*() {
      const { computed, up } = scene()
      assert.deepStrictEqual(yield* twice([up("a")]), tookOver(3))
      assert.strictEqual(computed.length, 3)
    }).pipe(Effect.provide(memory)))

  for (const content of ["a", "b"]) {
    it.effect(`is taken over: other code, ${content === "a" ? "the same" : "other"} content`, () =>
      Effect.gen(function*() {
        const { computed, up } = scene()
        yield* start([up("a")])
        computed.length = 0
        assert.deepStrictEqual(yield* twice([up(content, "2")]), tookOver(3))
        assert.strictEqual(computed.length, 3)
      }).pipe(Effect.provide(memory)))

    it.effect(`is taken over: upstream changed before both, ${content === "a" ? "the same" : "other"} content`, () =>
      Effect.gen(function*() {
        const { computed, down, up } = scene()
        yield* start([down(up("a"), "a")])
        yield* start([up("b", "2")])
        computed.length = 0
        assert.deepStrictEqual(yield* twice([down(up("b", "2"), content)], { select: "down" }), tookOver(3))
        assert.strictEqual(computed.length, 3)
      }).pipe(Effect.provide(memory)))

    it.effect(`is taken over: upstream changed by both, ${content === "a" ? "the same" : "other"} content`, () =>
      Effect.gen(function*() {
        const { computed, down, up } = scene()
        yield* start([down(up("a"), "a")])
        computed.length = 0
        assert.deepStrictEqual(yield* twice([down(up("b", "2"), content)]), tookOver(6))
        assert.strictEqual(computed.length, 6)
      }).pipe(Effect.provide(memory)))
  }

  it.effect("is taken over: made while the records of the plan were still to be read", () =>
    Effect.gen(function*() {
      const { computed, up } = scene()
      yield* start([up("a")])
      computed.length = 0
      assert.deepStrictEqual(yield* twice([up("a", "2")], {}, undefined, "cells"), tookOver(3))
      assert.strictEqual(computed.length, 3)
    }).pipe(Effect.provide(memory)))

  it.effect("is taken over: failed before, the same content", () =>
    Effect.gen(function*() {
      const { computed, up } = scene()
      yield* start([up("a")])
      yield* start([texts("up", () => Effect.fail("no"), { partitions: letters, codeVersion: "1" })], { force: true })
      computed.length = 0
      assert.deepStrictEqual(yield* twice([up("a")]), tookOver(3))
      assert.strictEqual(computed.length, 3)
    }).pipe(Effect.provide(memory)))

  it.effect("is not taken over from other code, be the content the same", () =>
    Effect.gen(function*() {
      const { computed, up } = scene()
      yield* start([up("a")])
      computed.length = 0
      assert.deepStrictEqual(yield* twice([up("a", "2")], {}, [up("a", "3")]), madeItsOwn(3))
      assert.strictEqual(computed.length, 6)
    }).pipe(Effect.provide(memory)))

  it.effect("is not taken over where it failed: a cell that has data from before is computed again", () =>
    Effect.gen(function*() {
      const { computed, up } = scene()
      const broken = texts("up", () => Effect.fail("no"), { partitions: letters, codeVersion: "1" })
      yield* start([up("a")])
      yield* start([broken], { force: true })
      computed.length = 0
      assert.deepStrictEqual(yield* twice([up("a")], {}, [broken]), madeItsOwn(3))
      assert.strictEqual(computed.length, 3)
    }).pipe(Effect.provide(memory)))

  it.effect("is not taken over by a forced run, which makes its own", () =>
    Effect.gen(function*() {
      const { computed, up } = scene()
      yield* start([up("a")])
      computed.length = 0
      assert.deepStrictEqual(yield* twice([up("a")], { force: true }), madeItsOwn(3))
      assert.strictEqual(computed.length, 6)
    }).pipe(Effect.provide(memory)))

  it.effect("by another process of the same forced run is done, also with the same content", () =>
    Effect.gen(function*() {
      const { computed, up } = scene()
      yield* start([up("a")])
      computed.length = 0
      const store = yield* RunStore.RunStore
      const { lines, observer } = story()
      const report = yield* Effect.provideService(start([up("a")], { force: true, observer }), RunStore.RunStore, {
        ...store,
        claim: (run, worker, cells) =>
          Effect.map(store.claim(run, worker, cells), (claim) => ({ ...claim, cells: claim.cells.map((cell) => ({ ...cell, done: true })) }))
      })
      assert.include(report, tookOver(3))
      assert.deepStrictEqual([computed, lines], [[], ["unchanged up@x", "unchanged up@y", "unchanged up@z"]])
    }).pipe(Effect.provide(memory)))

  it.live("is taken over on Postgres, whichever of two runs is quicker", () =>
    Effect.gen(function*() {
      const days = Partitions.daily({ start: "2026-01-01", end: "2026-01-13" })
      let computed = 0
      const figures = (codeVersion: string) =>
        Asset.make("test/figures", {
          partitions: days,
          codeVersion,
          output: Rows.of(Schema.Struct({ id: Schema.String }), { key: ["id"] }),
          io: Warehouse,
          run: (_, day) => Effect.delay(Effect.sync(() => {
            computed++
            return [{ id: day.key }]
          }), "20 millis")
        })
      const run = (codeVersion: string) => Executor.start(graphWith<Warehouse>([figures(codeVersion)]), requestOf({ concurrency: 2 }))
      yield* run("1")
      computed = 0
      const [one, two] = yield* Effect.all([run("2"), run("2")], { concurrency: 2 })
      assert.deepStrictEqual([one.state, two.state, one.materialized + two.materialized, computed], ["succeeded", "succeeded", 12, 12])
    }).pipe(Effect.provide(Layer.mergeAll(PostgresRunStore.layer, Warehouse.layer).pipe(Layer.provideMerge(TestDatabase.layerMigrated)))))
})
