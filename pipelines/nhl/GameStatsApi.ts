/** The HTTP API over `nhl/game_stats`, as a definition: paths, parameters, answers. Its handlers are GameStatsServer. */
import { Schema } from "effect"
import { HttpApi, HttpApiEndpoint, HttpApiGroup, HttpApiMiddleware, HttpApiSchema, OpenApi } from "effect/http-api"
import { GameStat } from "../../resources/nhl/GameStat.ts"

/** Rows of a page where `limit` is not given, and the most it can be. */
export const defaultLimit = 100
export const maxLimit = 1000

export class InvalidGameId extends Schema.TaggedError<InvalidGameId>()("InvalidGameId", {
  message: Schema.Literal("Invalid game ID")
}, { httpApiStatus: 400 }) {}

/** A parameter of the query that cannot be read; the message names it and says how it is written. */
export class InvalidQuery extends Schema.TaggedError<InvalidQuery>()("InvalidQuery", {
  message: Schema.String
}, { httpApiStatus: 400 }) {}

export class GameNotFound extends Schema.TaggedError<GameNotFound>()("GameNotFound", {
  message: Schema.String
}, { httpApiStatus: 404 }) {}

/** Without details, which are for the log and not for whoever asks. */
export class NotRetrieved extends Schema.TaggedError<NotRetrieved>()("NotRetrieved", {
  message: Schema.Literal("Error retrieving game stats")
}, { httpApiStatus: 500 }) {}

/** The table does not exist yet. An empty list would say that nobody has played. */
export class NothingMaterialized extends Schema.TaggedError<NothingMaterialized>()("NothingMaterialized", {
  message: Schema.String
}, { httpApiStatus: 503 }) {}

/** Says of a query that does not fit what is wrong with it; else the answer would be 400 and an empty body. */
export class SaysWhatIsWrong extends HttpApiMiddleware.Service<SaysWhatIsWrong>()("nhl/SaysWhatIsWrong", {
  error: InvalidQuery
}) {}

const parameter = (description: string) => Schema.optionalKey(Schema.String.annotate({ description }))

/** Texts: the handler's sentences say more of a wrong one than those of a schema. */
export const parameters = {
  limit: parameter(`Rows of a page: 1 to ${maxLimit}, default ${defaultLimit}`),
  cursor: parameter("Where the page begins, from the link header of the page before"),
  player_id: parameter("Only this player"),
  team_id: parameter("Only players of this team")
}

const list = HttpApiEndpoint.get("list", "/game-stats", {
  query: parameters,
  success: HttpApiSchema.WithHeaders(Schema.Array(GameStat), {
    /** All rows that fit the filters, whatever the page. */
    "x-total-count": Schema.FiniteFromString,
    /** The next page as rel="next"; absent on the last one. */
    link: Schema.optionalKey(Schema.String)
  }),
  error: [InvalidQuery, NotRetrieved, NothingMaterialized]
}).annotateMerge(OpenApi.annotations({
  summary: "Players' figures in order of game and player",
  description: "Pages follow keys and not positions, so rows that are written meanwhile neither repeat nor hide others."
}))

const game = HttpApiEndpoint.get("game", "/game-stats/:id", {
  params: { id: Schema.String.annotate({ description: "The ten digits of a game: 2022021032" }) },
  success: Schema.Array(GameStat),
  error: [InvalidGameId, InvalidQuery, GameNotFound, NotRetrieved, NothingMaterialized]
}).annotateMerge(OpenApi.annotations({ summary: "The players of one game" }))

export const GameStatsApi = HttpApi.make("nhl")
  .add(HttpApiGroup.make("gameStats").add(list, game).middleware(SaysWhatIsWrong))
  // A misspelled filter would give the rows of all.
  .annotate(HttpApi.QueryParseOptions, { onExcessProperty: "error" })
  .annotateMerge(OpenApi.annotations({ title: "NHL game stats" }))
