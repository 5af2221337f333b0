/** A match as a flat row: what the requests of a cycle tell of it, merged. */
import { Schema } from "effect"

const text = Schema.NullOr(Schema.String)
const int = Schema.NullOr(Schema.Int)
const figure = Schema.NullOr(Schema.Finite)

export const Match = Schema.Struct({
  match_id: Schema.String,
  /** The vendor's number; `status` is its word. */
  status_id: int,
  status: Schema.String,
  start_time: Schema.NullOr(Schema.Date),
  competition_id: text,
  competition: text,
  competition_country: text,
  competition_logo: text,
  home_team_id: text,
  home_team: text,
  home_country: text,
  home_logo: text,
  home_position: text,
  home_score: int,
  home_half_time: int,
  home_red: int,
  home_yellow: int,
  /** Null where they are not counted. */
  home_corners: int,
  away_team_id: text,
  away_team: text,
  away_country: text,
  away_logo: text,
  away_position: text,
  away_score: int,
  away_half_time: int,
  away_red: int,
  away_yellow: int,
  away_corners: int,
  round: int,
  stage_id: text,
  venue_id: text,
  referee_id: text,
  neutral: Schema.Boolean,
  /** Of lineups and of live text. */
  covers_lineup: Schema.Boolean,
  covers_live: Schema.Boolean,
  /** Full-time result, as decimal odds. */
  odds_home: figure,
  odds_draw: figure,
  odds_away: figure,
  /** What is won on a stake of 1, and the line of the home side. */
  spread_home: figure,
  spread_line: figure,
  spread_away: figure,
  total_over: figure,
  total_line: figure,
  total_under: figure,
  corners_over: figure,
  corners_line: figure,
  corners_under: figure,
  weather: text,
  temperature_c: figure,
  wind_mph: figure,
  humidity_percent: figure,
  pressure: text,
  /** Goals, cards and substitutions as the vendor sends them. */
  events: Schema.Array(Schema.Json),
  fetched_at: Schema.Date,
  _mock: Schema.Boolean
})
export type Match = typeof Match.Type

/** A score, of which the vendor writes −1 where it does not count. */
export const counted = (figures: ReadonlyArray<number> | null, place: number): number | null => {
  const figure = figures?.[place]
  return figure === undefined || figure < 0 ? null : figure
}

/** Miles an hour of the vendor's wind, "3.4m/s" or "12km/h"; one decimal. */
export const milesAnHour = (wind: unknown): number | null => {
  const [, value, unit] = /^\s*(\d+(?:\.\d+)?)\s*(m\/s|km\/h|mph)?/i.exec(typeof wind === "string" ? wind : "") ?? []
  if (value === undefined) return null
  const factor = unit?.toLowerCase() === "mph" ? 1 : unit?.toLowerCase() === "km/h" ? 0.621371 : 2.236936
  return Math.round(Number(value) * factor * 10) / 10
}
