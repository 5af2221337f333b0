/** Polls in the time of the test: their rhythm, their season, and that slow ingests do not pile up. */
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Cli, Schedule } from "../../../index.ts"
import { looksAtFinal } from "../../../pipelines/nhl/Monitor.ts"
import * as Polling from "../../../pipelines/nhl/Polling.ts"
import type { ScheduledGame } from "../../../resources/nhl/ScheduledGame.ts"

const games = [1, 2, 3].map((game_id): ScheduledGame => ({
  game_id, season: "20222023", game_type: "regular", game_date: "2023-05-19", starts_at: null, state: "live",
  away_team_id: 1, away_team_name: "A", home_team_id: 2, home_team_name: "B", away_score: null, home_score: null, venue: null
}))

const always: Schedule.ByLoop = { every: "10 seconds" }

/** Polls from a moment on; `looks` and `ingests` are the seconds after it at which they began. */
const scene = Effect.fnUntraced(function*(options: {
  readonly from?: string
  readonly schedule?: Schedule.ByLoop
  readonly look?: (nth: number) => Effect.Effect<ReadonlyArray<ScheduledGame>, Error>
  readonly ingest?: (game: ScheduledGame) => Effect.Effect<unknown>
  readonly concurrency?: number
}) {
  const start = Date.parse(options.from ?? "2026-11-28T20:00:00Z")
  yield* TestClock.setTime(start)
  const looks: Array<number> = []
  const ingests: Array<readonly [second: number, game: number]> = []
  const now = Effect.map(Clock.currentTimeMillis, (millis) => (millis - start) / 1000)
  const fiber = yield* Effect.forkChild(Polling.poll({
    schedule: Schedule.make("s", options.schedule ?? always),
    everyMillis: 10_000,
    concurrency: options.concurrency ?? 4,
    look: () =>
      Effect.flatMap(now, (second) => {
        looks.push(second)
        return options.look?.(looks.length - 1) ?? Effect.succeed(games)
      }),
    ingest: (game) =>
      Effect.flatMap(now, (second) => {
        ingests.push([second, game.game_id])
        return options.ingest?.(game) ?? Effect.void
      })
  }))
  return { fiber, looks, ingests, after: (seconds: number) => TestClock.adjust(seconds * 1000) }
})

const of = (ingests: ReadonlyArray<readonly [number, number]>, game: number) => ingests.filter(([, id]) => id === game).map(([second]) => second)

describe("polls", () => {
  it.effect("come every ten seconds, and each game that is on is ingested at each of them", () =>
    Effect.gen(function*() {
      const { after, ingests, looks } = yield* scene({})
      yield* after(35)
      assert.deepStrictEqual(looks, [0, 10, 20, 30])
      for (const game of [1, 2, 3]) assert.deepStrictEqual(of(ingests, game), [0, 10, 20, 30])
    }))

  it.effect("leave a game alone whose ingest is slow, and go on with the others", () =>
    Effect.gen(function*() {
      let open = 0
      let most = 0
      const slow = Effect.acquireUseRelease(
        Effect.sync(() => most = Math.max(most, ++open)),
        () => Effect.sleep("25 seconds"),
        () => Effect.sync(() => open--)
      )
      const { after, ingests } = yield* scene({ ingest: ({ game_id }) => game_id === 1 ? slow : Effect.void })
      yield* after(95)
      assert.deepStrictEqual([of(ingests, 1), most], [[0, 30, 60, 90], 1])
      assert.lengthOf(of(ingests, 2), 10)
    }))

  it.effect("do not pile up where all ingests are slow: at most one a game, so many at a time", () =>
    Effect.gen(function*() {
      const { after, ingests, looks } = yield* scene({ concurrency: 2, ingest: () => Effect.sleep("60 seconds") })
      yield* after(119)
      assert.lengthOf(looks, 12)
      assert.deepStrictEqual(ingests, [[0, 1], [0, 2], [60, 3], [60, 1]])
    }))

  it.effect("that are late are followed at once, and one that fails by the next in its time", () =>
    Effect.gen(function*() {
      const { after, fiber, ingests, looks } = yield* scene({
        look: (nth) =>
          nth === 1
            ? Effect.delay(Effect.succeed(games), "15 seconds")
            : nth === 3
            ? Effect.fail(new Error("no answer"))
            : nth === 5
            ? Effect.fail(new Cli.Refusal({ message: "NHL_SOURCE is wrong." }))
            : Effect.succeed(games)
      })
      yield* after(90)
      assert.deepStrictEqual(looks, [0, 10, 25, 35, 45, 55])
      assert.deepStrictEqual(of(ingests, 1), [0, 25, 25, 45])
      assert.match(String(yield* Effect.flip(Fiber.join(fiber))), /NHL_SOURCE is wrong/)
    }))

  it.effect("wait for the season and its hours", () =>
    Effect.gen(function*() {
      const during = { months: { from: 9, to: 5 }, hours: { from: "10:00", to: "04:00" } }
      const { after, looks } = yield* scene({
        // Ten seconds before the last night of May ends in New York.
        from: "2026-06-01T07:59:50Z",
        schedule: { every: "10 seconds", timezone: "America/New_York", during },
        look: () => Effect.succeed([])
      })
      yield* after(3600)
      assert.deepStrictEqual(looks, [0])
      const september = (Date.parse("2026-09-01T14:00:00Z") - Date.parse("2026-06-01T07:59:50Z")) / 1000
      yield* after(september - 3600 + 5)
      assert.deepStrictEqual(looks, [0, september])
    }))

  it("look at final games at the first poll of each five minutes, without remembering any", () => {
    const seconds = Array.from({ length: 121 }, (_, i) => i * 10 + 3)
    const looking = seconds.filter((second) => looksAtFinal(second * 1000, 10_000, 300_000))
    assert.deepStrictEqual(looking, [3, 303, 603, 903, 1203])
  })
})
