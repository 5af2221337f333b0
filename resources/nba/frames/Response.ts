/**
 * A body of the NBA's statistics as frames: the data sets under the names that the body gives them, in whichever of
 * the API's shapes it came.
 */
import { Result } from "effect"
import type { FrameSet } from "../../../engine/definition/Frames.ts"
import { type Fields, frame, isFields, isList, type Json, type Misfit, misfit, objectsIn, picked, rowOf } from "./Body.ts"
import * as BoxScore from "./BoxScore.ts"
import * as Games from "./Games.ts"
import * as Nested from "./Nested.ts"
import * as ResultSets from "./ResultSets.ts"
import * as Seasons from "./Seasons.ts"

/** What a body says in the place of data, `{"Message":"An error has occurred."}`; undefined: nothing of that kind. */
export const refusal = (body: Json): string | undefined => {
  if (typeof body === "string") return body
  if (!isFields(body) || ResultSets.isResultSets(body) || "meta" in body) return undefined
  const said = ["Message", "message", "error", "Error", "errorMessage"].map((name) => body[name])
    .find((text) => typeof text === "string" && text !== "")
  return typeof said === "string" && Object.values(body).every((value) => typeof value !== "object" || value === null)
    ? said
    : undefined
}

/** Names of lists that clients of the API know by another name. */
const known: Readonly<Record<string, string>> = { dunks: "DunkScoreLeaders" }

/** Columns of `dunks` and of the `leaders` by gravity, in the order that clients of the API have them; others come after. */
const dunk = [
  "gameId", "gameDate", "matchup", "period", "gameClockTime", "eventNum", "playerId", "playerName", "firstName",
  "lastName", "teamId", "teamName", "teamCity", "teamAbbreviation", "dunkScore", "jumpSubscore", "powerSubscore",
  "styleSubscore", "defensiveContestSubscore", "maxBallHeight", "ballSpeedThroughRim", "playerVertical", "hangTime",
  "takeoffDistance", "reverseDunk", "dunk360", "throughTheLegs", "alleyOop", "tipIn", "selfOop", "playerRotation",
  "playerLateralSpeed", "ballDistanceTraveled", "ballReachBack", "totalBallAcceleration", "dunkingHand", "jumpingFoot",
  "passLength", "catchingHand", "catchDistance", "lateralCatchDistance", "passerId", "passerName", "passerFirstName",
  "passerLastName", "passReleasePoint", "shooterId", "shooterName", "shooterFirstName", "shooterLastName",
  "shotReleasePoint", "shotLength", "defensiveContestLevel", "possibleAttemptedCharge", "videoAvailable"
]

const gravity = [
  "PLAYERID", "FIRSTNAME", "LASTNAME", "TEAMID", "TEAMABBREVIATION", "TEAMNAME", "TEAMCITY", "FRAMES", "GRAVITYSCORE",
  "AVGGRAVITYSCORE", "ONBALLPERIMETERFRAMES", "ONBALLPERIMETERGRAVITYSCORE", "AVGONBALLPERIMETERGRAVITYSCORE",
  "OFFBALLPERIMETERFRAMES", "OFFBALLPERIMETERGRAVITYSCORE", "AVGOFFBALLPERIMETERGRAVITYSCORE", "ONBALLINTERIORFRAMES",
  "ONBALLINTERIORGRAVITYSCORE", "AVGONBALLINTERIORGRAVITYSCORE", "OFFBALLINTERIORFRAMES", "OFFBALLINTERIORGRAVITYSCORE",
  "AVGOFFBALLINTERIORGRAVITYSCORE", "GAMESPLAYED", "MINUTES", "PTS", "REB", "AST"
]

const firstColumns = (name: string, rows: ReadonlyArray<Fields>): ReadonlyArray<string> =>
  name === "dunks" && rows.length > 0
    ? dunk
    : name === "leaders" && rows.some((row) => "GRAVITYSCORE" in row) ? gravity : []

const part = (name: string, value: Json): FrameSet => {
  if (value === null) return []
  if (isFields(value)) {
    if (name === "boxScoreSummary" || "postgameCharts" in value || "lastFiveMeetings" in value) return Games.gameSummary(value)
    if (BoxScore.isBoxScore(value)) return BoxScore.framesOf(name, value)
    if ("actions" in value) return Games.playByPlay(value)
    if (name === "scoreboard") return Games.scoreboard(value)
    if ("gameDates" in value) return Seasons.schedule(value)
    // A game that has nothing but its id, or two teams that are null: asked, and nothing was recorded.
    if (name.startsWith("boxScore")) return []
  }
  if (isList(value) && value.every(isFields)) {
    const rows = objectsIn(value)
    const first = firstColumns(name, rows)
    const nested = rows.some((row) => Object.values(row).some((inner) => typeof inner === "object" && inner !== null))
    if (!nested) return [frame(known[name] ?? name, rows.map((row) => [...picked(row, first), ...rowOf(row, ...first)]))]
  }
  return Nested.framesOf(known[name] ?? name, value)
}

const root = "(root)"

/** At least one frame: else the body holds something, and nothing that is known. */
const some = (frames: FrameSet): Result.Result<FrameSet, Misfit> =>
  frames.length > 0 ? Result.succeed(frames) : Result.fail(misfit(root, "holds no data sets"))

const nested = (body: Fields): Result.Result<FrameSet, Misfit> => {
  const { meta, ...rest } = body
  if (isList(rest["teams"]) && "seasonYear" in rest) return Result.succeed(Seasons.standings(rest))
  // Fields beside the data, such as the parameters of the request, are no data.
  const data = Object.entries(rest).filter(([name, value]) => typeof value === "object" && name !== "parameters" && name !== "params")
  if (data.length > 0) return Result.succeed(data.flatMap(([name, value]) => part(name, value)))
  // Of what is not there, some answers tell when it was asked for, and nothing else.
  return meta !== undefined && Object.keys(rest).length === 0 ? Result.succeed([]) : some([])
}

/**
 * The frames of a body; fails where it is an error, or nothing that holds data. No data of what was asked is an empty
 * set.
 */
export const framesOf = (body: Json): Result.Result<FrameSet, Misfit> => {
  const said = refusal(body)
  if (said !== undefined) return Result.fail(misfit(root, `says "${said}"`))
  if (isFields(body)) return ResultSets.isResultSets(body) ? ResultSets.framesOf(body) : nested(body)
  return body === null ? Result.succeed([]) : some(isList(body) ? Nested.framesOf("response", body) : [])
}
