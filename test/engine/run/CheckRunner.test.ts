import { assert, describe, it } from "@effect/vitest"
import { Data, Effect } from "effect"
import { Check, Partitions, RunStore } from "../../../index.ts"
import { memory, resume, start, texts } from "./harness.ts"

class Broken extends Data.TaggedError("Broken")<{ readonly message: string }> {}

const letters = Partitions.fixed(["x", "y"])
const cells = (key = "a", runs?: Array<string>) =>
  texts(key, (_, letter) => Effect.sync(() => {
    runs?.push(String(letter))
    return [`${letter}1`, `${letter}2`]
  }), { partitions: letters })

describe("Checks in a run", () => {
  it.effect("of each cell, with examples, recorded; an error fails the run", () =>
    Effect.gen(function*() {
      const a = cells()
      const checks = [
        Check.make("no y1", { asset: a, run: (rows) => Effect.succeed(Check.none(rows, (row) => row.value === "y1")) }),
        Check.make("two rows", { asset: a, run: (rows) => Effect.succeed(Check.every(rows, () => rows.length === 2)) })
      ]
      const report = yield* start([a], { checks })
      assert.include(report, { state: "failed", materialized: 2 })
      assert.deepStrictEqual(
        report.checks.map(({ check, examples, message, partition, passed }) => [check, partition, passed, message, examples]),
        [
          ["no y1", "x", true, "none of 2 rows", []],
          ["no y1", "y", false, "1 of 2 rows", [{ value: "y1" }]],
          ["two rows", "x", true, "none of 2 rows", []],
          ["two rows", "y", true, "none of 2 rows", []]
        ]
      )
      const store = yield* RunStore.RunStore
      assert.deepStrictEqual(yield* store.checks(report.run), report.checks)
      const events = (yield* store.events(report.run)).filter((event) => event.type === "check_failed")
      assert.deepStrictEqual(events.map(({ message, partition }) => [partition, message]), [["y", "no y1: 1 of 2 rows"]])
    }).pipe(Effect.provide(memory)))

  it.effect("a warning does not fail the run; over the asset all rows come at once", () =>
    Effect.gen(function*() {
      const a = cells()
      const checks = [
        Check.make("few", {
          asset: a,
          severity: "warn",
          over: "asset",
          run: (rows) => Effect.succeed(Check.every(rows, () => rows.length < 4))
        })
      ]
      const report = yield* start([a], { checks })
      assert.strictEqual(report.state, "succeeded")
      assert.deepStrictEqual(report.checks.map(({ message, partition, severity }) => [partition, severity, message]), [
        ["", "warn", "4 of 4 rows"]
      ])
    }).pipe(Effect.provide(memory)))

  it.effect("a check that fails or throws has failed, and says why", () =>
    Effect.gen(function*() {
      const a = cells()
      const checks = [
        Check.make("fails", { asset: a, run: () => Effect.fail(new Broken({ message: "no list of teams" })) }),
        Check.make("throws", {
          asset: a,
          run: () => {
            throw new TypeError("rows is not a list")
          }
        })
      ]
      const report = yield* start([a], { checks, partitions: "x" })
      assert.strictEqual(report.state, "failed")
      assert.deepStrictEqual(report.checks.map(({ message, passed }) => [passed, message.replace(/:\d+:\d+\)$/, ")")]), [
        [false, "the check itself failed: no list of teams"],
        [false, "the check itself failed: rows is not a list (test/engine/run/CheckRunner.test.ts)"]
      ])
    }).pipe(Effect.provide(memory)))

  it.effect("only of what the run materialized: no check of assets that it did not touch", () =>
    Effect.gen(function*() {
      const a = cells("a")
      const other = cells("other")
      const fails = () => Effect.succeed({ passed: false, message: "never asked", examples: [] })
      const checks = [
        Check.make("other", { asset: other, run: fails }),
        Check.make("other whole", { asset: other, over: "asset", run: fails })
      ]
      assert.include(yield* start([a, other], { select: "a", checks }), { state: "succeeded", materialized: 2 })
    }).pipe(Effect.provide(memory)))

  it.effect("a resumed run checks what it had materialized before it was lost", () =>
    Effect.gen(function*() {
      let fails = true
      const a = cells()
      const b = texts("b", () => fails ? Effect.fail(new Broken({ message: "no" })) : Effect.succeed(["b"]), { inputs: { a } })
      const asked: Array<number> = []
      const checks = [Check.make("a", { asset: a, run: (rows) => Effect.sync(() => {
        asked.push(rows.length)
        return Check.none(rows, () => false)
      }) })]
      const first = yield* start([b], { checks })
      assert.deepStrictEqual(asked, [2, 2])
      fails = false
      const second = yield* resume([b], first.run, { checks })
      assert.include(second, { state: "succeeded", materialized: 1 })
      assert.deepStrictEqual(second.checks.map(({ partition }) => partition).toSorted(), ["x", "y"])
    }).pipe(Effect.provide(memory)))
})
