/** Serves GameStatsApi from the table `nhl.game_stats`. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Effect, Layer, SchemaIssue } from "effect"
import { HttpRouter, HttpServerRequest, HttpServerResponse } from "effect/http"
import { HttpApiBuilder, HttpApiMiddleware, HttpApiSchema, HttpApiSwagger } from "effect/http-api"
import { SqlClient, type SqlError } from "effect/sql"
import { createServer } from "node:http"
import type { GameStat } from "../../resources/nhl/GameStat.ts"
import {
  defaultLimit,
  GameNotFound,
  GameStatsApi,
  InvalidGameId,
  InvalidQuery,
  maxLimit,
  NothingMaterialized,
  NotRetrieved,
  parameters,
  SaysWhatIsWrong
} from "./GameStatsApi.ts"

export interface Address {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
}

type Query = { readonly [Name in keyof typeof parameters]?: string }

const columns = `game_id, player_id, player_name, team_id, team_name, player_age, player_number, player_position,
  assists, goals, hits, points, penalty_minutes, opponent_team_id, opponent_team_name`

const wholeNumber = /^\d{1,15}$/

const invalid = (name: keyof Query, value: string, wanted: string) =>
  new InvalidQuery({ message: `${name} is ${JSON.stringify(value.slice(0, 40))}; write ${wanted}.` })

const unknownParameter = (name: string, known: string) =>
  new InvalidQuery({ message: `There is no parameter ${JSON.stringify(name.slice(0, 40))}; ${known}.` })

const limitOf = (text = String(defaultLimit)) =>
  wholeNumber.test(text) && Number(text) >= 1 && Number(text) <= maxLimit
    ? Effect.succeed(Number(text))
    : Effect.fail(invalid("limit", text, `a whole number from 1 to ${maxLimit}`))

const idOf = (name: "player_id" | "team_id", text: string | undefined) =>
  text === undefined || wholeNumber.test(text)
    ? Effect.succeed(text)
    : Effect.fail(invalid(name, text, "a whole number"))

/** A cursor is the key of the last row that was sent: game and player. */
const keyOf = (cursor: string | undefined) => {
  const [, game, player] = /^(\d{1,15})-(\d{1,15})$/.exec(cursor ?? "") ?? []
  return cursor === undefined
    ? Effect.succeed(undefined)
    : game === undefined || player === undefined
    ? Effect.fail(invalid("cursor", cursor, "the one of the link header, like 2022021032-8471214"))
    : Effect.succeed({ game, player })
}

const nextOf = (query: Query, limit: number, last: GameStat): string => {
  const parameters = new URLSearchParams({ limit: String(limit), cursor: `${last.game_id}-${last.player_id}` })
  for (const name of ["player_id", "team_id"] as const) {
    if (query[name] !== undefined) parameters.set(name, query[name])
  }
  return `</game-stats?${parameters}>; rel="next"`
}

/** Codes of a table, and of a schema, that does not exist. */
const absent = new Set(["42P01", "3F000"])

/** What the server said, or what became of the connection to it. */
const answerOf = ({ reason: { cause, message } }: SqlError.SqlError) => ({
  code: typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : "",
  text: cause instanceof Error && cause.message !== "" ? cause.message : message ?? "no reason given"
})

const refused = (error: SqlError.SqlError): Effect.Effect<never, NothingMaterialized | NotRetrieved> =>
  absent.has(answerOf(error).code)
    ? Effect.fail(
      new NothingMaterialized({ message: "No game stats are stored yet: materialize nhl/game_stats, then ask again." })
    )
    : Effect.andThen(
      Effect.logError(`The game stats cannot be read: ${answerOf(error).text}.`),
      Effect.fail(new NotRetrieved({ message: "Error retrieving game stats" }))
    )

const handlers = HttpApiBuilder.group(
  GameStatsApi,
  "gameStats",
  Effect.fnUntraced(function*(handlers) {
    const sql = yield* SqlClient.SqlClient
    // Numbers are sent as text and cast: what is beyond an integer column is then a number that no row has.
    const list = Effect.fn("nhl.api.list")(function*({ query }: { readonly query: Query }) {
      const limit = yield* limitOf(query.limit)
      const key = yield* keyOf(query.cursor)
      const player = yield* idOf("player_id", query.player_id)
      const team = yield* idOf("team_id", query.team_id)
      const filters = [
        sql`true`,
        ...(player === undefined ? [] : [sql`player_id = ${player}::text::bigint`]),
        ...(team === undefined ? [] : [sql`team_id = ${team}::text::bigint`])
      ]
      const after = key === undefined
        ? []
        : [sql`(game_id, player_id) > (${key.game}::text::bigint, ${key.player}::text::bigint)`]
      // One row more than the page tells whether there is a next one.
      const [[count], found] = yield* Effect.all([
        sql<{ readonly total: number }>`select count(*)::int as total from nhl.game_stats where ${sql.and(filters)}`,
        sql<GameStat>`select ${sql.literal(columns)} from nhl.game_stats
          where ${sql.and([...filters, ...after])} order by game_id, player_id limit ${sql.literal(String(limit + 1))}`
      ], { concurrency: 2 }).pipe(Effect.catchTag("SqlError", refused))
      const body = found.slice(0, limit)
      const last = found.length > limit ? body[body.length - 1] : undefined
      return HttpApiSchema.withHeaders({
        body,
        headers: {
          "x-total-count": count?.total ?? 0,
          ...(last === undefined ? {} : { link: nextOf(query, limit, last) })
        }
      })
    })
    const game = Effect.fn("nhl.api.game")(function*({ params: { id } }: { readonly params: { readonly id: string } }) {
      // A query of no fields takes any, so the definition cannot refuse them.
      const [given] = Object.keys(yield* HttpServerRequest.ParsedSearchParams)
      if (given !== undefined) return yield* unknownParameter(given, "one game has none")
      if (!/^\d{10}$/.test(id)) return yield* new InvalidGameId({ message: "Invalid game ID" })
      const rows = yield* sql<GameStat>`select ${sql.literal(columns)} from nhl.game_stats
        where game_id = ${id}::text::bigint order by player_id`.pipe(Effect.catchTag("SqlError", refused))
      if (rows.length > 0) return rows
      return yield* new GameNotFound({
        message: `No stats of game ${id} are stored: it has not begun, it does not exist, or it was not ingested yet.`
      })
    })
    return handlers.handleAll({ list, game })
  })
)

const issuesOf = SchemaIssue.makeFormatterStandardSchemaV1()

const names = Object.keys(parameters)

const says = HttpApiMiddleware.layerSchemaErrorTransform(SaysWhatIsWrong, (error) => {
  if (error.kind !== "Query") return Effect.fail(error)
  const name = String(issuesOf(error.cause.issue).issues[0]?.path?.[0] ?? "")
  return Effect.fail(
    names.includes(name)
      ? new InvalidQuery({ message: `${name} is there more than once; write it once.` })
      : unknownParameter(name, `there are ${names.join(", ")}`)
  )
})

/** Whatever else is asked for. Not for HEAD, whose answers are those of GET. */
const nothing = HttpRouter.addAll((["GET", "POST", "PUT", "PATCH", "DELETE"] as const).map((method) =>
  HttpRouter.route(method, "/*", HttpServerResponse.jsonUnsafe(
    { message: `There is no ${method} of this path; GET /docs says what there is.` },
    { status: 404 }
  ))))

/** The routes, with their description at /openapi.json and as a page at /docs, on whatever server is provided. */
export const routes = HttpRouter.serve(
  Layer.mergeAll(
    HttpApiBuilder.layer(GameStatsApi, { openapiPath: "/openapi.json" }).pipe(Layer.provide(handlers), Layer.provide(says)),
    HttpApiSwagger.layer(GameStatsApi),
    nothing
  ),
  { disableListenLog: true, disableLogger: true }
)

/** The routes on a server of their own. It stops with the layer; requests under way have a second to finish. */
export const layer = (address: Address) =>
  Layer.provideMerge(routes, NodeHttpServer.layer(createServer, { ...address, gracefulShutdownTimeout: "1 second" }))
