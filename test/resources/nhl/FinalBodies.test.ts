/** A loop that wants the games of an evening again and again, against the simulator: how often the league is asked. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { TestClock } from "effect/testing"
import { NhlApi } from "../../../resources/nhl/NhlApi.ts"
import * as facts from "../../../simulators/nhl/facts/index.ts"
import * as Simulator from "../../../simulators/nhl/Simulator.ts"
import { nhl } from "./LocalAnswers.ts"

const friday = facts.games.find((game) => game.date === "2023-05-19")!

/** What the pipeline's schedule wants, so many times, ten seconds apart, from a moment after the game's beginning; gives the requests. */
const loop = (minutes: number, ticks: number) =>
  Effect.gen(function*() {
    yield* TestClock.setTime(Date.parse(friday.startsAt) + minutes * 60_000)
    // In the time of the test.
    const simulator = yield* Simulator.make(facts, { clock: DateTime.now })
    const asked = Effect.map(simulator.requests, ({ boxscore = 0 }) => boxscore)
    return yield* Effect.gen(function*() {
      const api = yield* NhlApi
      for (let tick = 0; tick < ticks; tick++) {
        yield* api.schedule({ key: friday.date })
        yield* api.feed(friday.id)
        yield* TestClock.adjust("10 seconds")
      }
      return yield* asked
    }).pipe(Effect.provide(nhl({ NHL_SOURCE: simulator.url, NHL_SHAPE: "api-web" })))
  })

describe("the games of an evening, every ten seconds", () => {
  it.effect("a live game is asked for each time", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* loop(60, 7), 7)
    }))

  it.effect("a final one every five minutes, and once when it began more than eight hours ago", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* loop(300, 61), 3)
      assert.strictEqual(yield* loop(8 * 60 + 1, 61), 1)
    }))

  it.effect("one of another day as often as somebody wants it", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* loop(25 * 60, 3), 3)
    }))
})
