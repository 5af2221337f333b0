/** The API over a real server and real Postgres. */
import { assert, describe, it } from "@effect/vitest"
import { Array as Arr, Effect, Layer, Redacted } from "effect"
import { HttpServer } from "effect/http"
import { SqlClient } from "effect/sql"
import * as GameStatsServer from "../../../pipelines/nhl/GameStatsServer.ts"
import { Database } from "../../../resources/database/Database.ts"
import { seeded } from "../../conformance/Random.ts"
import * as TestDatabase from "../../TestDatabase.ts"

const layer = Layer.provideMerge(GameStatsServer.layer({ host: "127.0.0.1", port: 0 }), TestDatabase.layer)

interface Answer {
  readonly status: number
  readonly body: unknown
  readonly total: string | null
  readonly next: string | undefined
}

const get = Effect.fnUntraced(function*(path: string) {
  const server = yield* HttpServer.HttpServer
  return yield* Effect.promise(async (): Promise<Answer> => {
    const response = await fetch(`${HttpServer.formatAddress(server.address)}${path}`)
    const text = await response.text()
    return {
      status: response.status,
      body: text === "" ? undefined : JSON.parse(text),
      total: response.headers.get("x-total-count"),
      next: /^<(.*)>; rel="next"$/.exec(response.headers.get("link") ?? "")?.[1]
    }
  })
})

const createTable = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  sql`create schema nhl`.pipe(Effect.andThen(sql`create table nhl.game_stats (
    game_id integer, player_id integer, player_name text, team_id integer, team_name text, player_age integer,
    player_number integer, player_position text, assists integer, goals integer, hits integer, points integer,
    penalty_minutes integer, opponent_team_id integer, opponent_team_name text, primary key (game_id, player_id))`)))

const insert = Effect.fnUntraced(function*(rows: ReadonlyArray<readonly [game: number, player: number, team: number]>) {
  const sql = yield* SqlClient.SqlClient
  const records = rows.map(([game_id, player_id, team_id]): Record<string, unknown> =>
    ({ game_id, player_id, team_id, goals: player_id % 3, assists: 1, points: 1 + player_id % 3 }))
  if (!Arr.isReadonlyArrayNonEmpty(records)) return
  yield* sql`insert into nhl.game_stats ${sql.insert(records)} on conflict do nothing`
})

const keys = (body: unknown) =>
  (body as ReadonlyArray<{ readonly game_id: number; readonly player_id: number }>).map((row) => `${row.game_id}-${row.player_id}`)

describe("GameStatsServer", () => {
  it.live("rows have the table's columns, in order of game and player", () =>
    Effect.gen(function*() {
      yield* createTable
      yield* insert([[2022021032, 9, 20], [2022021032, 8, 21], [2022021023, 9, 20]])
      const { body, next, status, total } = yield* get("/game-stats")
      assert.deepStrictEqual([status, total, next], [200, "3", undefined])
      assert.deepStrictEqual(keys(body), ["2022021023-9", "2022021032-8", "2022021032-9"])
      assert.deepStrictEqual((body as ReadonlyArray<unknown>)[1], {
        game_id: 2022021032, player_id: 8, player_name: null, team_id: 21, team_name: null, player_age: null,
        player_number: null, player_position: null, assists: 1, goals: 2, hits: null, points: 3, penalty_minutes: null,
        opponent_team_id: null, opponent_team_name: null
      })
      assert.deepStrictEqual(keys((yield* get("/game-stats?player_id=9&team_id=20")).body), ["2022021023-9", "2022021032-9"])
      assert.deepStrictEqual(keys((yield* get("/game-stats?team_id=21")).body), ["2022021032-8"])
      assert.deepStrictEqual(keys((yield* get("/game-stats/2022021032")).body), ["2022021032-8", "2022021032-9"])
    }).pipe(Effect.provide(layer)))

  it.live("a bad id is 400, an unknown game 404 with a sentence, a bad parameter 400 with a sentence", () =>
    Effect.gen(function*() {
      yield* createTable
      yield* insert([[2022021032, 9, 20]])
      for (const id of ["1", "abc", "20220210321", "202202103a", "2022021032%20", "-202202103"]) {
        const { body, status } = yield* get(`/game-stats/${id}`)
        assert.deepStrictEqual([status, body], [400, { _tag: "InvalidGameId", message: "Invalid game ID" }])
      }
      // The second is no integer of Postgres.
      for (const id of ["2022021033", "9999999999"]) {
        const { body, status } = yield* get(`/game-stats/${id}`)
        assert.strictEqual(status, 404)
        assert.include(JSON.stringify(body), `No stats of game ${id} are stored`)
      }
      for (const query of ["limit=0", "limit=1001", "limit=x", "limit=-1", "limit=1.5", "cursor=3", "cursor=1-2-3", "player_id=x", "team_id="]) {
        const { body, status } = yield* get(`/game-stats?${query}`)
        assert.strictEqual(status, 400, query)
        assert.include(JSON.stringify(body), `${query.split("=")[0]} is `)
      }
      assert.deepStrictEqual((yield* get("/game-stats?player_id=999999999999")).body, [])
      assert.strictEqual((yield* get("/game-stats?limit=1000")).status, 200)
      for (const [query, sentence] of [
        ["?playerid=9", "There is no parameter \"playerid\"; there are limit, cursor, player_id, team_id."],
        ["?limit=1&limit=2", "limit is there more than once; write it once."],
        ["/2022021032?team_id=20", "There is no parameter \"team_id\"; one game has none."]
      ] as const) {
        assert.deepInclude(yield* get(`/game-stats${query}`), { status: 400, body: { _tag: "InvalidQuery", message: sentence } })
      }
      assert.deepInclude(yield* get("/nothing"), { status: 404, body: { message: "There is no GET of this path; GET /docs says what there is." } })
    }).pipe(Effect.provide(layer)))

  it.live("before anything is materialized: 503 that says what to do", () =>
    Effect.gen(function*() {
      for (const path of ["/game-stats", "/game-stats/2022021032"]) {
        const { body, status } = yield* get(path)
        assert.strictEqual(status, 503)
        assert.include(JSON.stringify(body), "materialize nhl/game_stats")
      }
      yield* createTable
      assert.strictEqual((yield* get("/game-stats")).status, 200)
    }).pipe(Effect.provide(layer)))

  it.live("an error of the database is 500 without details", () =>
    Effect.gen(function*() {
      yield* createTable
      const sql = yield* SqlClient.SqlClient
      yield* sql`alter table nhl.game_stats rename column goals to secret_goals`
      for (const path of ["/game-stats", "/game-stats/2022021032"]) {
        assert.deepInclude(yield* get(path), { status: 500, body: { _tag: "NotRetrieved", message: "Error retrieving game stats" } })
      }
    }).pipe(Effect.provide(layer)))

  it.live("a database that went away is 500 without details", () =>
    Effect.gen(function*() {
      yield* createTable
      assert.strictEqual((yield* get("/game-stats")).status, 200)
      const { database } = yield* Database
      const other = new URL(TestDatabase.serverUrl())
      other.pathname = "/postgres"
      const admin = Database.layerClient({ connections: 1 }).pipe(Layer.provide(Database.layerUrl(Redacted.make(other.href))))
      yield* Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(`drop database ${database} with (force)`)).pipe(
        Effect.provide(admin)
      )
      for (const path of ["/game-stats", "/game-stats/2022021032"]) {
        assert.deepInclude(yield* get(path), { status: 500, body: { _tag: "NotRetrieved", message: "Error retrieving game stats" } })
      }
    }).pipe(Effect.provide(layer)))

  it.live("pages put together are the whole, whatever is inserted meanwhile", () =>
    Effect.gen(function*() {
      yield* createTable
      const random = seeded(7)
      const below = (n: number) => random.int(0, n - 1)
      const draw = (n: number) =>
        Array.from({ length: n }, () => [2022020001 + below(40), 8470000 + below(60), 1 + below(32)] as const)
      for (let round = 0; round < 6; round++) {
        const sql = yield* SqlClient.SqlClient
        yield* sql`truncate nhl.game_stats`
        yield* insert(draw(below(400)))
        const whole = keys((yield* get("/game-stats?limit=1000")).body)
        const seen: Array<string> = []
        let path: string | undefined = `/game-stats?limit=${1 + below(50)}`
        for (let page = 0; path !== undefined; page++) {
          const answer: Answer = yield* get(path)
          if (page === 0) assert.strictEqual(answer.total, String(whole.length))
          seen.push(...keys(answer.body))
          path = answer.next
          // New rows before and behind the cursor, more than a page of them.
          if (page < 5) yield* insert(draw(80))
        }
        assert.strictEqual(new Set(seen).size, seen.length)
        assert.deepStrictEqual(seen, seen.toSorted((a, b) => a < b ? -1 : 1))
        assert.deepStrictEqual(whole.filter((key) => !seen.includes(key)), [])
      }
    }).pipe(Effect.provide(layer)))

  it.live("filters go along from page to page", () =>
    Effect.gen(function*() {
      yield* createTable
      yield* insert(Array.from({ length: 30 }, (_, i) => [2022020001 + i, 8470000, i % 2] as const))
      const seen: Array<string> = []
      let path: string | undefined = "/game-stats?limit=4&team_id=1&player_id=8470000"
      while (path !== undefined) {
        const answer: Answer = yield* get(path)
        assert.strictEqual(answer.total, "15")
        seen.push(...keys(answer.body))
        path = answer.next
      }
      assert.strictEqual(seen.length, 15)
    }).pipe(Effect.provide(layer)))

  it.live("describes itself", () =>
    Effect.gen(function*() {
      const { body, status } = yield* get("/openapi.json")
      assert.strictEqual(status, 200)
      assert.sameMembers(Object.keys((body as { readonly paths: object }).paths), ["/game-stats", "/game-stats/{id}"])
      const { address } = yield* HttpServer.HttpServer
      const page = yield* Effect.promise(() => fetch(`${HttpServer.formatAddress(address)}/docs`).then((response) => response.text()))
      assert.include(page, "<title>NHL game stats")
      assert.include(page, "/game-stats/{id}")
    }).pipe(Effect.provide(layer)))
})
