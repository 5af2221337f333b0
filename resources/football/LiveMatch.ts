/** A match as `match/detail_live` lists it. */
import { Result, Schema } from "effect"
import type { Unexpected } from "../api/ApiError.ts"
import { decoder } from "../api/Misfit.ts"
import * as Field from "./Field.ts"

export const LiveMatch = Schema.Struct({
  match_id: Schema.String,
  /** See `Status`. */
  status_id: Schema.NullOr(Schema.Int),
  kickoff: Schema.NullOr(Schema.Date),
  /** Score, half-time score, red cards, yellow cards, corners (−1: not counted), overtime, penalties. */
  home_scores: Schema.NullOr(Schema.Array(Schema.Int)),
  away_scores: Schema.NullOr(Schema.Array(Schema.Int)),
  /** As sent: goals, cards, substitutions. */
  incidents: Schema.Array(Schema.Json),
  /** As sent: figures of both sides by the vendor's numbers. */
  stats: Schema.Array(Schema.Json),
  /** Invented, since the API could not be asked and mock data was allowed. */
  _mock: Schema.Boolean
})
export type LiveMatch = typeof LiveMatch.Type

const Sent = Schema.Struct({ id: Field.Id, score: Field.any, stats: Field.any, incidents: Field.any })
const read = decoder(Sent)

/** `[id, status, home figures, away figures, kick-off, ""]` */
export const fromSent = (sent: unknown): Result.Result<LiveMatch, Unexpected> =>
  Result.map(read(sent), ({ id, incidents, score, stats }) => {
    const [, status, home, away, kickoff] = Field.list(score)
    return {
      match_id: id,
      status_id: Field.whole(status),
      kickoff: Field.moment(kickoff),
      home_scores: Field.figures(home),
      away_scores: Field.figures(away),
      incidents: Field.list(incidents),
      stats: Field.list(stats),
      _mock: false
    }
  })
