/** The NHL pipeline from end to end: the real resource, a local server of the API's shapes, real Postgres. */
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, DateTime, Effect, Layer, Result, type Schema, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Asset, AssetGraph, Documents, Executor, RunStore, Warehouse } from "../../index.ts"
import { RunRequest } from "../../engine/record/Run.ts"
import { gameStats } from "../../assets/nhl/gameStats.ts"
import { playerTotals, teamTotals, topScorers } from "../../assets/nhl/totals.ts"
import { liveGames, nhl } from "../../pipelines/nhl.ts"
import { MemoryLimitStore } from "sluice/testing"
import { NhlApi } from "../../resources/nhl/NhlApi.ts"
import * as NhlSimulators from "../../simulators/nhl/Source.ts"
import * as facts from "../../simulators/nhl/facts/index.ts"
import * as Simulator from "../../simulators/nhl/Simulator.ts"
import * as PostgresRunStore from "../../storage/PostgresRunStore.ts"
import { fixtures, withoutFixtures } from "../fixtures.ts"
import * as TestDatabase from "../TestDatabase.ts"

const graph = Result.getOrThrow(AssetGraph.make([nhl]))

const request = (partitions: string | null, options: { readonly selection?: string; readonly force?: boolean } = {}) =>
  new RunRequest({ selection: options.selection ?? "nhl", partitions, force: options.force ?? false, concurrency: 8 })

const layer = (settings: Record<string, string>) =>
  Layer.mergeAll(
    Warehouse.layer,
    Documents.layer,
    PostgresRunStore.layer,
    NhlApi.layer.pipe(
      Layer.provide(Layer.merge(NhlSimulators.layer, MemoryLimitStore.layer)),
      Layer.provide(ConfigProvider.layer(ConfigProvider.fromUnknown(settings)))
    )
  ).pipe(Layer.provideMerge(TestDatabase.layerMigrated))

const week = facts.games.filter((game) => game.date.startsWith("2023-05"))

describe("the NHL pipeline on the simulator", () => {
  it.live("makes the totals of the week, which are those of the facts", () =>
    Effect.gen(function*() {
      const report = yield* Executor.start(graph, request("2023-05-18..2023-05-24"))
      assert.deepStrictEqual([report.state, report.failed, report.skipped], ["succeeded", [], []])
      assert.isTrue(report.checks.every((check) => check.passed))

      const lines = week.flatMap((game) => [game.away, game.home]).flatMap((side) => [...side.skaters, ...side.goalies])
      const points = new Map<number, number>()
      for (const line of lines) {
        points.set(line.player, (points.get(line.player) ?? 0) + (line.goals ?? 0) + (line.assists ?? 0))
      }
      const players = yield* Asset.load(playerTotals)
      assert.deepStrictEqual(
        new Map(players.map((player) => [player.player_id, player.points])),
        points
      )
      const teams = yield* Asset.load(teamTotals)
      for (const team of teams) {
        const sides = week.flatMap((game) => [game.away, game.home]).filter((side) => side.team === team.team_id)
        assert.strictEqual(team.games, sides.length)
        assert.strictEqual(team.goals, sides.reduce((sum, side) => sum + side.score, 0))
      }
      const best = yield* Asset.load(topScorers)
      assert.deepStrictEqual(best.map((player) => player.rank), best.map((_, i) => i + 1))
      assert.strictEqual(best[0]!.points, Math.max(...points.values()))

      const sql = yield* SqlClient.SqlClient
      const [row] = yield* sql<{ readonly count: number }>`select count(*)::int as count from nhl.game_stats`
      assert.strictEqual(row!.count, (yield* Effect.forEach(week, ({ id }) => Asset.load(gameStats, String(id)))).flat().length)
    }).pipe(Effect.provide(layer({ NHL_SOURCE: "simulator" }))))

  it.live("does nothing the second time", () =>
    Effect.gen(function*() {
      yield* Executor.start(graph, request("2023-05-18..2023-05-24"))
      const again = yield* Executor.start(graph, request("2023-05-18..2023-05-24"))
      assert.deepStrictEqual([again.state, again.materialized, again.unchanged], ["succeeded", 0, 0])
    }).pipe(Effect.provide(layer({}))))

  it.live("asks for a live game at each look, for a final one once in five minutes, and computes nothing else of it", () =>
    Effect.gen(function*() {
      const now = DateTime.nowUnsafe()
      const ask = nhl.schedule?.request
      if (typeof ask !== "function") return assert.fail("its schedule has no function")
      const wanted = ask({ due: now, local: "", note: undefined })
      if ("_tag" in wanted || typeof wanted.partitions !== "string") return assert.fail("its schedule wants no day")
      const day = wanted.partitions
      const begun = (game: typeof week[number], hours: number) =>
        ({ ...game, date: day, startsAt: DateTime.formatIso(DateTime.subtract(now, { hours })) })
      const [final, live] = [begun(week[0]!, 5), begun(week[1]!, 1)]
      const simulator = yield* Simulator.make({ ...facts, games: [final, live] }, { postponed: false })
      const look = Effect.fnUntraced(function*(cursor: Schema.Json) {
        yield* Executor.start(graph, request(day, { selection: "nhl/games", force: true }))
        const [seen] = yield* Stream.runCollect(liveGames.observe(cursor))
        const asked = seen!.asked.flatMap(({ ask }) => "partitions" in ask && typeof ask.partitions !== "string" ? ask.partitions ?? [] : [])
        if (asked.length > 0) yield* Executor.start(graph, request(asked.join(","), { selection: "nhl/live_feed+", force: true }))
        return { asked, cursor: seen!.cursor }
      })
      yield* Effect.gen(function*() {
        assert.deepStrictEqual((yield* Stream.runCollect(liveGames.observe(null)))[0]?.asked, [], "nothing is stored yet")
        const first = yield* look(null)
        assert.sameMembers([...first.asked], [final, live].map(({ id }) => String(id)))
        const second = yield* look(first.cursor)
        const third = yield* look(second.cursor)
        for (const { asked, cursor } of [second, third]) assert.deepStrictEqual([asked, cursor], [[String(live.id)], first.cursor])
        assert.include((yield* look(Number(third.cursor) - 300_000)).asked, String(final.id))
        const sql = yield* SqlClient.SqlClient
        const computed = yield* sql<{ readonly partition: string; readonly count: number }>`
          select partition, count(*)::int as count from sluice.steps where asset = 'nhl/game_stats' group by partition order by partition`
        assert.deepStrictEqual(new Map(computed.map(({ count, partition }) => [partition, count])), new Map([[String(final.id), 2], [String(live.id), 4]]))
      }).pipe(Effect.provide(layer({ NHL_SOURCE: simulator.url, NHL_SHAPE: "api-web" })))
      assert.deepInclude(yield* simulator.requests, { week: 4, boxscore: 6 })
    }))

  it.live("a postponed game is listed and has no partition", () =>
    Effect.gen(function*() {
      yield* Executor.start(graph, request("2023-05-18..2023-05-24"))
      const sql = yield* SqlClient.SqlClient
      const postponed = yield* sql<{ readonly game_id: number }>`select game_id from nhl.games where state = 'postponed'`
      assert.strictEqual(postponed.length, 1)
      const store = yield* RunStore.RunStore
      const keys = (yield* store.dynamicKeys(["nhl/game"])).get("nhl/game")?.map((entry) => entry.key)
      assert.deepStrictEqual(keys?.toSorted(), week.map((game) => String(game.id)).toSorted())
    }).pipe(Effect.provide(layer({}))))

  it.live("reads the old shape as well, with the scratched players, whose figures are unknown", () =>
    Effect.gen(function*() {
      const report = yield* Executor.start(graph, request("2023-03-09"))
      assert.strictEqual(report.state, "succeeded")
      const rows = yield* Asset.load(gameStats, "2022021032")
      const scratched = facts.games.find((game) => game.id === 2022021032)!
      const ids = new Set([...scratched.away.scratches, ...scratched.home.scratches].map(([id]) => id))
      assert.deepStrictEqual(new Set(rows.filter((row) => row.goals === null).map((row) => row.player_id)), ids)
      assert.isTrue(rows.every((row) => row.player_age !== null || !ids.has(row.player_id)))
      assert.isTrue(rows.every((row) => row.hits === null || row.player_position !== "G"))
    }).pipe(Effect.provide(layer({ NHL_SHAPE: "statsapi" }))))
})

describe(`the NHL pipeline on recordings${withoutFixtures}`, () => {
  const recordings = join(fixtures ?? "", "nhl")

  it.live.skipIf(fixtures === undefined)("a folder of recordings of both shapes, games without a recorded schedule too", () =>
    Effect.gen(function*() {
      const report = yield* Executor.start(graph, request("2023-03-08..2023-03-09,2024-12-31"))
      assert.strictEqual((yield* Asset.load(gameStats, "2022021032")).length, 44)
      assert.strictEqual((yield* Asset.load(gameStats, "2022021023")).length, 49)
      assert.strictEqual((yield* Asset.load(gameStats, "2024020600")).length, 40)
      // Two games of 8 March were never recorded after they began: they are scheduled, so they are no partitions.
      assert.deepStrictEqual([report.state, report.failed], ["succeeded", []])
      const flames = (yield* Asset.load(gameStats, "2024020600")).filter((row) => row.team_name === "Calgary Flames")
      assert.strictEqual(flames.reduce((sum, row) => sum + (row.goals ?? 0), 0), 3)
    }).pipe(Effect.provide(layer({ NHL_SOURCE: recordings }))))

  it.live.skipIf(fixtures === undefined)("three moments of one game: later ones update, an emptier one overwrites nothing", () => {
    const folder = mkdtempSync(join(tmpdir(), "sluice-nhl-"))
    // The source looks at its folder when it is built.
    writeFileSync(join(folder, "feed.json"), readFileSync(join(recordings, "statsapi", "live_20230309_013002.json")))
    const moments = ["live_20230309_013002", "live_20230309_022155", "live_20230309_025759"]
    const body = (name: string) => readFileSync(join(recordings, "statsapi", `${name}.json`), "utf8")
    const figures = (rows: ReadonlyArray<typeof gameStats["~A"][number]>) =>
      ["goals", "assists", "hits", "penalty_minutes"].map((figure) =>
        rows.reduce((sum, row) => sum + (row[figure as "goals"] ?? 0), 0))
    return Effect.gen(function*() {
      const seen: Array<ReadonlyArray<number>> = []
      for (const moment of moments) {
        writeFileSync(join(folder, "feed.json"), body(moment))
        const store = yield* RunStore.RunStore
        yield* store.addKeys("nhl/game", ["2022021023"])
        const selection = "nhl/live_feed or nhl/game_stats"
        const report = yield* Executor.start(graph, request("2022021023", { selection, force: true }))
        assert.deepStrictEqual([report.state, report.failed], ["succeeded", []])
        seen.push(figures(yield* Asset.load(gameStats, "2022021023")))
      }
      assert.deepStrictEqual(seen.map(([goals]) => goals), [1, 5, 5])
      for (let i = 1; i < seen.length; i++) {
        assert.isTrue(seen[i]!.every((figure, j) => figure >= seen[i - 1]![j]!))
      }
      // The same game once more, as if the API had forgotten what the players did, and half of the players.
      const feed: { liveData: { boxscore: { teams: Record<string, { players: Record<string, { stats: object }> }> } } } =
        JSON.parse(body(moments[2]!))
      for (const team of Object.values(feed.liveData.boxscore.teams)) {
        Object.entries(team.players).forEach(([key, player], i) => {
          if (i % 2 === 0) delete team.players[key]
          else player.stats = {}
        })
      }
      writeFileSync(join(folder, "feed.json"), JSON.stringify(feed))
      yield* Executor.start(graph, request("2022021023", { selection: "nhl/live_feed or nhl/game_stats", force: true }))
      const rows = yield* Asset.load(gameStats, "2022021023")
      assert.strictEqual(rows.length, 49)
      assert.deepStrictEqual(figures(rows), seen[2])
    }).pipe(
      Effect.provide(layer({ NHL_SOURCE: folder })),
      Effect.ensuring(Effect.sync(() => rmSync(folder, { recursive: true })))
    )
  })
})
