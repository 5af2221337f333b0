/** The settings of the record API: defaults, overrides, and a sentence for each mistake. */
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Layer } from "effect"
import * as Settings from "../../../resources/bulk/Settings.ts"

const read = (settings: Readonly<Record<string, string>>) =>
  Effect.provide(Settings.read, Layer.effect(ConfigProvider.ConfigProvider, Effect.succeed(ConfigProvider.fromUnknown(settings))))

describe("the settings of the record API", () => {
  it.effect("have defaults that keep 5,000 calls a second at 50 ms", () =>
    Effect.gen(function*() {
      const settings = yield* read({ API_ENDPOINT: "https://api.example.com/process" })
      assert.deepStrictEqual([settings.workers, settings.rate, settings.mode], [20, { calls: 5000, seconds: 1, counts: "calls" }, "async"])
      assert.isAtLeast(Settings.inFlight(settings), 5000 * 0.05)
      assert.strictEqual(Settings.workersFor(settings, 0.05), 16)
      assert.strictEqual(Settings.workersFor({ ...settings, mode: "sync" }, 0.05), 250)
    }))

  it.effect("are read from their variables", () =>
    Effect.gen(function*() {
      const settings = yield* read({
        API_ENDPOINT: " https://api.example.com/process ",
        MAX_WORKERS: "10",
        RATE_LIMIT_CALLS: "100",
        RATE_LIMIT_PERIOD: "60",
        BULK_MODE: "Sync"
      })
      assert.strictEqual(settings.endpoint, "https://api.example.com/process")
      assert.deepStrictEqual([settings.workers, settings.rate, settings.mode], [10, { calls: 100, seconds: 60, counts: "calls" }, "sync"])
      assert.strictEqual(Settings.inFlight(settings), 10)
    }))

  it.effect("let no call be larger than a limit of records", () =>
    Effect.gen(function*() {
      const calls = { API_ENDPOINT: "https://api.example.com", RECORDS_PER_CALL: "100", RATE_LIMIT_CALLS: "50" }
      assert.strictEqual(Settings.recordsInFlight(yield* read(calls)), 32_000)
      const { message } = yield* Effect.flip(read({ ...calls, RATE_LIMIT_COUNTS: "records" }))
      assert.strictEqual(message, "RECORDS_PER_CALL is 100, and RATE_LIMIT_CALLS lets 50 records through at a time; write no more than that.")
    }))

  it.effect("tell every mistake at once", () =>
    Effect.gen(function*() {
      const { message } = yield* Effect.flip(read({ MAX_WORKERS: "many", RATE_LIMIT_CALLS: "0", RATE_LIMIT_PERIOD: "-1", BULK_MODE: "fast" }))
      for (
        const sentence of [
          "API_ENDPOINT is not set: give the http(s) URL that records are sent to in the environment or in .env of the project.",
          "MAX_WORKERS is \"many\"; write a whole number from 1 to 1,000, like 20.",
          "RATE_LIMIT_CALLS is \"0\"; write a whole number from 1 to 1,000,000, like 5000.",
          "RATE_LIMIT_PERIOD is \"-1\"; write seconds from 0.001 to 86,400, like 1.",
          "BULK_MODE is \"fast\"; write async, sync."
        ]
      ) assert.include(message, sentence)
    }))
})
