/** The monitor's loop in this process: its ingests are real commands, and its database is a trap that nothing may spring. */
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Console, DateTime, Effect, Fiber, Layer } from "effect"
import { Cli } from "../../../index.ts"
import { monitor } from "../../../pipelines/nhl/Monitor.ts"
import { leagueDay } from "../../../pipelines/nhl/Season.ts"
import { NhlApi } from "../../../resources/nhl/NhlApi.ts"
import * as facts from "../../../simulators/nhl/facts/index.ts"
import * as Simulator from "../../../simulators/nhl/Simulator.ts"
import * as NhlSimulators from "../../../simulators/nhl/Source.ts"
import { MemoryLimitStore } from "sluice/testing"
import * as fixture from "../../cli/fixture.ts"
import { figures, main, nowhere } from "./project.ts"

/** A game that began an hour ago, and the league that has it on. */
const league = Effect.gen(function*() {
  const began = Date.now() - 3_600_000
  const game = { ...facts.games[0]!, date: leagueDay(DateTime.makeUnsafe(began)), startsAt: new Date(began).toISOString() }
  const simulator = yield* Simulator.make({ ...facts, games: [game] }, { postponed: false })
  return { game, simulator, settings: { NHL_SOURCE: simulator.url, NHL_SHAPE: "api-web" } }
})

const options = {
  once: false, list: false, json: false, types: ["regular", "playoff"], lastLookHours: 8, concurrency: 4, at: undefined,
  everySeconds: 1, finalEverySeconds: 300, months: { from: 1, to: 12 }, hours: { from: "00:00", to: "24:00" }
} as const

/** The loop with what it says; `sprung`: parts of the deployment that it has opened beside the resources. */
const looping = Effect.fnUntraced(function*(settings: Record<string, string>, sluice: Cli.Deployed["Service"]["sluice"]) {
  const said: Array<string> = []
  const sprung: Array<string> = []
  const trap = (part: string): Layer.Layer<never> => Layer.effectDiscard(Effect.sync(() => void sprung.push(part)))
  const resources = NhlApi.layer.pipe(
    Layer.provide(Layer.merge(NhlSimulators.layer, MemoryLimitStore.layer)),
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(settings))),
    Layer.orDie
  )
  const deployed = Cli.Deployed.of({
    // What it gives is forgotten here as it is on the command line.
    resources: resources as Layer.Layer<unknown> as Layer.Layer<never>,
    database: trap("database"),
    stored: trap("stored"),
    everything: trap("everything"),
    sluice,
    startFolder: ".",
    whereDatabase: Effect.sync(() => {
      sprung.push("whereDatabase")
      return "absent"
    }),
    plan: () => Effect.die("no plan is wanted")
  })
  const note = (...words: ReadonlyArray<unknown>) => void said.push(words.join(" "))
  const loop = monitor(options) as Effect.Effect<void, Cli.Refusal | Cli.Unfinished | { readonly message: string }, Cli.Deployed>
  const fiber = yield* Effect.forkChild(loop.pipe(
    Effect.provideService(Cli.Deployed, deployed),
    Effect.provideService(Console.Console, { ...globalThis.console, log: note, error: note })
  ))
  return { fiber, said, sprung }
})

const until = <A, E, R>(effect: Effect.Effect<A, E, R>, holds: (found: A) => boolean) =>
  Effect.repeat(Effect.delay(effect, "50 millis"), { until: holds })

describe("the loop of the monitor", () => {
  it.live("goes on while the database is away, tells of each ingest that ends for it, and has the game stored when it is back", () =>
    Effect.gen(function*() {
      const { game, settings, simulator } = yield* league
      const project = yield* fixture.project(main)
      let isAway = true
      const codes: Array<number> = []
      const { fiber, said, sprung } = yield* looping(settings, (args) =>
        project.run(args, { env: { ...settings, ...(isAway ? { DATABASE_URL: nowhere } : {}) } }).pipe(
          Effect.map(({ code, stderr, stdout }) => ({ exitCode: code ?? 137, stderr, stdout })),
          Effect.tap(({ exitCode }) => Effect.sync(() => codes.push(exitCode)))
        ))
      yield* until(Effect.sync(() => codes.length), (ended) => ended >= 2)
      assert.deepStrictEqual([...new Set(codes)], [2])
      assert.lengthOf(said.filter((line) => new RegExp(`^The ingest of ${game.id} ended with 2: .*No Postgres server answers`).test(line)), codes.length)
      isAway = false
      yield* until(Effect.sync(() => codes.at(-1)), (code) => code === 0)
      assert.isAbove((yield* figures(project, game.id)).players, 30)
      yield* Fiber.interrupt(fiber)
      const { boxscore = 0, week = 0 } = yield* simulator.requests
      assert.isAtLeast(week, 3)
      assert.strictEqual(boxscore, codes.filter((code) => code === 0).length, "without a database the league is not asked")
      assert.deepStrictEqual(sprung, [])
    }))

  it.live("reads and writes no database, however many polls, and whatever ingests do", () =>
    Effect.gen(function*() {
      const { game, settings, simulator } = yield* league
      const asked: Array<string> = []
      const { fiber, said, sprung } = yield* looping(settings, (args) =>
        Effect.sync(() => {
          asked.push(args.join(" "))
          return { exitCode: asked.length % 2, stdout: "", stderr: "" }
        }))
      yield* until(Effect.map(simulator.requests, ({ week = 0 }) => week), (polls) => polls >= 4)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual([...new Set(asked)], [`nhl ingest ${game.id}`])
      assert.isAtLeast(asked.length, 3)
      assert.isAtLeast(said.filter((line) => line.includes("ended with 1")).length, 1)
      assert.deepStrictEqual(sprung, [])
    }))
})
