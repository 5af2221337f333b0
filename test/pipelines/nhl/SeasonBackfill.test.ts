/** Backfills of a season: its days from one recorded schedule, then its games, by day, by game and by what failed. */
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Deferred, Effect, Fiber, Layer, Redacted, Result } from "effect"
import { SqlClient } from "effect/sql"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import * as Backfill from "../../../engine/backfill/Backfill.ts"
import { BackfillOptions, defaultStates, everything, Target } from "../../../engine/record/Backfill.ts"
import { RunRequest } from "../../../engine/record/Run.ts"
import { AssetGraph, Documents, Warehouse } from "../../../index.ts"
import { nhl } from "../../../pipelines/nhl.ts"
import { MemoryLimitStore } from "sluice/testing"
import { ApiError, Unreachable } from "../../../resources/api/ApiError.ts"
import { NhlApi, type NhlError } from "../../../resources/nhl/NhlApi.ts"
import { NhlApiError, Unexpected } from "../../../resources/nhl/NhlApiError.ts"
import { Database } from "../../../resources/database/Database.ts"
import * as NhlSimulators from "../../../simulators/nhl/Source.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import * as fixture from "../../cli/fixture.ts"
import { fixtures, withoutFixtures } from "../../fixtures.ts"
import * as TestDatabase from "../../TestDatabase.ts"
import * as season from "./season.ts"

const graph = Result.getOrThrow(AssetGraph.make([nhl]))

type Where = Pick<typeof Target.Type, "where"> | Pick<typeof Target.Type, "from" | "to">

const request = (selection: string, target: Partial<Where>, only: BackfillOptions["only"] = defaultStates) =>
  new RunRequest({
    selection,
    partitions: null,
    force: only.includes("fresh"),
    concurrency: 8,
    backfill: new BackfillOptions({
      name: null, target: new Target({ ...everything, ...target }), only, order: "oldest", batch: null, maxFailures: null
    })
  })

const { from, to } = season
const wholeSeason = request("nhl", { from, to })

/** Days, three assets by game, three totals. */
const everyCell = season.days.length + 3 * season.games.length + 3

/** What the API was asked for: "2023-01-18" for a day, "2022020001" for a game. */
type Spoil = (asked: string) => Effect.Effect<void, NhlError>

/** The pipeline on a folder of recordings. `asked` gathers every request; `spoil` may hold up or fail one. */
const layerOf = (folder: string, asked: Array<string>, spoil: Spoil = () => Effect.void) => {
  const watched = Effect.map(NhlApi, (api): NhlApi["Service"] => {
    const before = (what: string) =>
      Effect.suspend(() => {
        asked.push(what)
        return spoil(what)
      })
    return {
      schedule: (day) => Effect.andThen(before(day.key), api.schedule(day)),
      feed: (game) => Effect.andThen(before(String(game)), api.feed(game))
    }
  })
  const source = NhlApi.layer.pipe(
    Layer.provide(Layer.merge(NhlSimulators.layer, MemoryLimitStore.layer)),
    Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ NHL_SOURCE: folder })))
  )
  return Layer.mergeAll(Warehouse.layer, Documents.layer, PostgresRunStore.layer, Layer.provide(Layer.effect(NhlApi, watched), source)).pipe(
    Layer.provideMerge(TestDatabase.layerMigrated)
  )
}

/** How many rows each partition of an asset has given, by the ledger. */
const rowsOf = (asset: string) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const rows = yield* sql<{ readonly partition: string; readonly rows: number }>`
      select partition, sum(rows)::int as rows from sluice.ledger
      where asset = ${asset} and state = 'materialized' group by partition order by partition
    `
    return new Map(rows.map((row) => [row.partition, row.rows]))
  })

const single = (asked: ReadonlyArray<string>) => assert.lengthOf(new Set(asked), asked.length, "nothing is asked for twice")

describe("a backfill of a season", () => {
  it.live("does each day, those without games too, and each game, those without a body too", () =>
    Effect.gen(function*() {
      const asked: Array<string> = []
      yield* Effect.gen(function*() {
        const report = yield* Backfill.start(graph, wholeSeason)
        assert.deepStrictEqual([report?.state, report?.failed, report?.skipped], ["succeeded", 0, 0])
        assert.deepStrictEqual([report?.planned, report?.materialized], [everyCell, everyCell])
        assert.deepStrictEqual(yield* rowsOf("nhl/games"), new Map(season.days.map(({ date, games }) => [date, games.length])))
        assert.deepStrictEqual(
          yield* rowsOf("nhl/game_stats"),
          new Map(season.games.map((id) => [String(id), season.recorded.includes(id) ? 2 : 0]))
        )
        assert.deepStrictEqual(
          asked.toSorted(),
          [...season.days.map(({ date }) => date), ...season.games.map(String)].toSorted()
        )
        assert.isUndefined(yield* Backfill.start(graph, wholeSeason), "there is nothing left to do")
      }).pipe(Effect.provide(layerOf(yield* season.folder, asked)))
    }))

  it.live("goes on after an interrupt, and asks for nothing again that is stored", () =>
    Effect.gen(function*() {
      const asked: Array<string> = []
      const halfway = yield* Deferred.make<void>()
      // The rest of the season hangs until the backfill has been interrupted.
      let hangs = true
      const spoil: Spoil = () =>
        asked.length < 40 || !hangs ? Effect.void : Effect.andThen(Deferred.succeed(halfway, undefined), Effect.never)
      yield* Effect.gen(function*() {
        const fiber = yield* Effect.forkChild(Backfill.start(graph, wholeSeason))
        yield* Deferred.await(halfway)
        yield* Fiber.interrupt(fiber)
        const stored = new Set([...(yield* rowsOf("nhl/games")).keys(), ...(yield* rowsOf("nhl/live_feed")).keys()])
        assert.isAbove(stored.size, 20)
        assert.isBelow(stored.size, season.days.length + season.games.length)
        hangs = false
        asked.length = 0
        const report = yield* Backfill.join(graph, 1)
        assert.deepStrictEqual([report.state, report.materialized], ["succeeded", everyCell])
        single(asked)
        assert.deepStrictEqual(asked.filter((what) => stored.has(what)), [])
        assert.strictEqual(asked.length + stored.size, season.days.length + season.games.length)
        assert.deepStrictEqual(yield* rowsOf("nhl/games"), new Map(season.days.map(({ date, games }) => [date, games.length])))
      }).pipe(Effect.provide(layerOf(yield* season.folder, asked, spoil)))
    }))

  it.live("by game does just these games, and refuses one that the schedule does not have", () =>
    Effect.gen(function*() {
      const asked: Array<string> = []
      yield* Effect.gen(function*() {
        yield* Backfill.start(graph, request("nhl/games", { from, to }))
        asked.length = 0
        const [first, second] = season.recorded.map(String)
        const some = request("nhl/live_feed+", { where: { game: [second!, first!] } })
        const report = yield* Backfill.start(graph, some)
        assert.strictEqual(report?.state, "succeeded")
        assert.deepStrictEqual(asked.toSorted(), [first, second])
        assert.deepStrictEqual(yield* rowsOf("nhl/game_stats"), new Map([[first!, 2], [second!, 2]]))
        const refused = yield* Effect.flip(Backfill.start(graph, request("nhl/live_feed", { where: { game: ["2022029999"] } })))
        assert.include(refused.message, "\"2022029999\" is not a key of nhl/game")
        assert.isUndefined(yield* Backfill.start(graph, some))
        yield* Backfill.start(graph, request("nhl/live_feed", { where: { game: [first!] } }, ["missing", "stale", "failed", "fresh"]))
        assert.deepStrictEqual(asked.slice(2), [first], "asked for in every state, it is done again")
      }).pipe(Effect.provide(layerOf(yield* season.folder, asked)))
    }))

  it.live("counts what failed for good, tries again what may pass, and retry-failed touches just those that failed", () =>
    Effect.gen(function*() {
      const asked: Array<string> = []
      const [shaky, ...broken] = season.recorded.slice(3, 6).map(String)
      let spoiled = true
      const spoil: Spoil = (what) => {
        const subject = `game ${what}`
        if (spoiled && broken.includes(what)) {
          const reason = new Unexpected({ shape: "statsapi", path: "liveData.boxscore", problem: "is missing" })
          return Effect.fail(new NhlApiError({ subject, reason }))
        }
        const isFirst = what === shaky && asked.filter((one) => one === what).length === 1
        return isFirst
          ? Effect.fail(new ApiError({ api: "nhl", route: "feed", subject, url: "http://here", tries: 1, reason: new Unreachable({ problem: "it was cut" }) }))
          : Effect.void
      }
      yield* Effect.gen(function*() {
        const failed = yield* Backfill.start(graph, request("nhl/games nhl/live_feed nhl/game_stats", { from, to }))
        assert.deepStrictEqual([failed?.state, failed?.failed, failed?.skipped], ["failed", 2, 2])
        assert.deepStrictEqual(failed?.failures.map((step) => step.partition).toSorted(), broken.toSorted())
        assert.strictEqual(asked.filter((what) => what === shaky).length, 2)
        const sql = yield* SqlClient.SqlClient
        const errors = yield* sql`select error_class, transient, count(*)::int as cells from sluice.ledger where state = 'failed' group by 1, 2`
        assert.deepStrictEqual(errors.map((row) => ({ ...row })), [{ error_class: "NhlApiError", transient: false, cells: 2 }])
        const retries = yield* sql<{ readonly partition: string }>`select partition from sluice.retries`
        assert.deepStrictEqual(retries.map((row) => row.partition), [shaky])

        spoiled = false
        asked.length = 0
        assert.isUndefined(yield* Backfill.start(graph, request("nhl/games nhl/live_feed", { from, to })), "failed cells are left alone")
        assert.deepStrictEqual(yield* Backfill.retryFailed(1), { failed: 2, skipped: 2 })
        const again = yield* Backfill.join(graph, 1)
        assert.deepStrictEqual([again.state, again.failed, again.skipped], ["succeeded", 0, 0])
        assert.deepStrictEqual(asked.toSorted(), broken.toSorted())
        assert.strictEqual((yield* rowsOf("nhl/game_stats")).size, season.games.length)
      }).pipe(Effect.provide(layerOf(yield* season.folder, asked, spoil)))
    }))
})

const main = `
import { Layer } from "effect"
import { Deployment, Documents, Warehouse } from "sluice"
import { nhl } from "${fixture.root}/pipelines/nhl.ts"
import { NhlApi } from "${fixture.root}/resources/nhl/NhlApi.ts"
import * as NhlSimulators from "${fixture.root}/simulators/nhl/Source.ts"

export default Deployment.make({
  pipelines: [nhl],
  io: Layer.mergeAll(Warehouse.layer, Documents.layer),
  resources: NhlApi.layer.pipe(Layer.provide(NhlSimulators.layer))
})
`

const words = (line: string) => line.split(" ")

const query = <A extends object>(project: fixture.Project, statement: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe<A>(statement)).pipe(
    Effect.provide(Layer.provide(Database.layerClient({ connections: 1 }), Database.layerUrl(Redacted.make(project.databaseUrl))))
  )

describe(`the recorded season 2020–21${withoutFixtures}`, () => {
  const recordings = path.join(fixtures ?? "", "nhl", "statsapi")
  const test = fixtures === undefined ? it.live.skip : it.live

  interface Recording {
    readonly dates: ReadonlyArray<{ readonly date: string; readonly games: ReadonlyArray<{ readonly gamePk: number }> }>
  }

  test("killed twice on the way, it has the games of every day, each once", () =>
    Effect.gen(function*() {
      const recording: Recording = JSON.parse(yield* Effect.promise(() => fs.readFile(path.join(recordings, "season20202021.json"), "utf8")))
      const project = yield* fixture.project(main)
      const { run, start } = project
      const env = { NHL_SOURCE: recordings }
      const stored = Effect.map(
        query<{ readonly cells: number }>(project, "select count(*)::int as cells from sluice.ledger where state = 'materialized'"),
        ([row]) => row!.cells
      )
      const killedAfter = (line: string, cells: number) =>
        Effect.gen(function*() {
          const running = start(words(line), { env })
          yield* Effect.promise(() => running.says("backfill 1 "))
          yield* Effect.repeat(Effect.delay(stored, "50 millis"), { until: (n) => n > cells })
          running.process.kill("SIGKILL")
          yield* Effect.promise(() => running.ended)
        })
      yield* killedAfter("backfill nhl --from 2020-10-01 --to 2021-09-30 --name season", 100)
      yield* killedAfter("backfill resume 1", 1000)
      const resumed = yield* run(words("backfill resume 1"), { env })
      assert.strictEqual(resumed.code, 0, resumed.stdout + resumed.stderr)
      assert.include(resumed.stdout, "✓ Backfill 1 succeeded")
      assert.include(resumed.stdout, "3,224 materialized")

      const listed = yield* query<{ readonly day: string; readonly games: number }>(
        project, "select game_date::text as day, count(*)::int as games from nhl.games group by 1 order by 1"
      )
      assert.deepStrictEqual(
        listed.map(({ day, games }) => [day, games]),
        recording.dates.map(({ date, games }) => [date, games.length])
      )
      const days = yield* query<{ readonly days: number; readonly free: number }>(
        project,
        `select count(*)::int as days, count(*) filter (where rows = 0)::int as free
         from sluice.ledger where asset = 'nhl/games' and state = 'materialized'`
      )
      assert.deepStrictEqual({ ...days[0] }, { days: 365, free: 365 - recording.dates.length })
      const feeds = yield* query<{ readonly partition: string }>(
        project, "select partition from sluice.ledger where asset = 'nhl/live_feed' and state = 'materialized' order by 1"
      )
      assert.deepStrictEqual(
        feeds.map(({ partition }) => partition),
        recording.dates.flatMap(({ games }) => games.map(({ gamePk }) => String(gamePk))).toSorted()
      )
      const again = yield* run(words("backfill nhl --from 2020-10-01 --to 2021-09-30"), { env })
      assert.include(again.stdout, "Nothing to do", again.stderr)
    }), 120_000)

  test("--where takes the one game of the next season whose body is recorded", () =>
    Effect.gen(function*() {
      const project = yield* fixture.project(main)
      const env = { NHL_SOURCE: recordings }
      const day = yield* project.run(words("backfill nhl/games --from 2023-03-08 --to 2023-03-09"), { env })
      assert.strictEqual(day.code, 0, day.stderr)
      const one = yield* project.run(words("backfill nhl/live_feed nhl/game_stats --where game=2022021032"), { env })
      assert.strictEqual(one.code, 0, one.stderr)
      assert.include(one.stdout, "2 materialized")
      const rows = yield* query<{ readonly games: number; readonly players: number }>(
        project, "select count(distinct game_id)::int as games, count(*)::int as players from nhl.game_stats"
      )
      assert.deepStrictEqual({ ...rows[0] }, { games: 1, players: 44 })
      const wrong = yield* project.run(words("backfill nhl/live_feed --where game=2022021031"), { env })
      assert.strictEqual(wrong.code, 2)
      assert.include(wrong.stderr, "\"2022021031\" is not a key of nhl/game: did you mean")
    }), 60_000)
})
