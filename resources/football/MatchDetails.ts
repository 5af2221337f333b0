/** A match as `match/recent/list?uuid=` tells it. */
import { Result, Schema } from "effect"
import type { Unexpected } from "../api/ApiError.ts"
import { decoder } from "../api/Misfit.ts"
import * as Field from "./Field.ts"

const text = Schema.NullOr(Schema.String)
const json = Schema.NullOr(Schema.Record(Schema.String, Schema.Json))

export const MatchDetails = Schema.Struct({
  match_id: Schema.String,
  season_id: text,
  competition_id: text,
  home_team_id: text,
  away_team_id: text,
  status_id: Schema.NullOr(Schema.Int),
  kickoff: Schema.NullOr(Schema.Date),
  venue_id: text,
  referee_id: text,
  neutral: Schema.Boolean,
  note: text,
  home_scores: Schema.NullOr(Schema.Array(Schema.Int)),
  away_scores: Schema.NullOr(Schema.Array(Schema.Int)),
  /** Places in the table. */
  home_position: text,
  away_position: text,
  coverage: json,
  round: json,
  /** Weather, pressure, temperature, wind and humidity, as text. */
  environment: json,
  updated_at: Schema.NullOr(Schema.Date),
  _mock: Schema.Boolean
})
export type MatchDetails = typeof MatchDetails.Type

const Sent = Schema.Struct({
  id: Field.Id,
  season_id: Field.any,
  competition_id: Field.any,
  home_team_id: Field.any,
  away_team_id: Field.any,
  status_id: Field.any,
  match_time: Field.any,
  venue_id: Field.any,
  referee_id: Field.any,
  neutral: Field.any,
  note: Field.any,
  home_scores: Field.any,
  away_scores: Field.any,
  home_position: Field.any,
  away_position: Field.any,
  coverage: Field.any,
  round: Field.any,
  environment: Field.any,
  updated_at: Field.any
})
const read = decoder(Sent)

export const fromSent = (sent: unknown): Result.Result<MatchDetails, Unexpected> =>
  Result.map(read(sent), (match) => ({
    match_id: match.id,
    season_id: Field.text(match.season_id),
    competition_id: Field.text(match.competition_id),
    home_team_id: Field.text(match.home_team_id),
    away_team_id: Field.text(match.away_team_id),
    status_id: Field.whole(match.status_id),
    kickoff: Field.moment(match.match_time),
    venue_id: Field.text(match.venue_id),
    referee_id: Field.text(match.referee_id),
    neutral: Field.flag(match.neutral),
    note: Field.text(match.note),
    home_scores: Field.figures(match.home_scores),
    away_scores: Field.figures(match.away_scores),
    home_position: Field.text(match.home_position),
    away_position: Field.text(match.away_position),
    coverage: Field.record(match.coverage),
    round: Field.record(match.round),
    environment: Field.record(match.environment),
    updated_at: Field.moment(match.updated_at),
    _mock: false
  }))
