/** Teams, competitions and countries, which matches name by id. */
import { Result, Schema } from "effect"
import type { Unexpected } from "../api/ApiError.ts"
import { decoder } from "../api/Misfit.ts"
import * as Field from "./Field.ts"

const text = Schema.NullOr(Schema.String)

const asked = {
  updated_at: Schema.NullOr(Schema.Date),
  /** When the API was asked for it. */
  fetched_at: Schema.Date,
  _mock: Schema.Boolean
}

export const Team = Schema.Struct({
  team_id: Schema.String,
  name: text,
  short_name: text,
  country_id: text,
  competition_id: text,
  logo: text,
  national: Schema.Boolean,
  ...asked
})
export type Team = typeof Team.Type

export const Competition = Schema.Struct({
  competition_id: Schema.String,
  name: text,
  short_name: text,
  country_id: text,
  category_id: text,
  logo: text,
  /** 0 not known, 1 league, 2 cup, 3 friendly. */
  type: Schema.NullOr(Schema.Int),
  season_id: text,
  ...asked
})
export type Competition = typeof Competition.Type

export const Country = Schema.Struct({
  country_id: Schema.String,
  name: text,
  category_id: text,
  logo: text,
  ...asked
})
export type Country = typeof Country.Type

const read = decoder(Schema.Struct({
  id: Field.Id,
  name: Field.any,
  short_name: Field.any,
  country_id: Field.any,
  category_id: Field.any,
  competition_id: Field.any,
  cur_season_id: Field.any,
  type: Field.any,
  logo: Field.any,
  national: Field.any,
  updated_at: Field.any
}))

export const team = (sent: unknown, at: Date): Result.Result<Team, Unexpected> =>
  Result.map(read(sent), (team) => ({
    team_id: team.id,
    name: Field.text(team.name),
    short_name: Field.text(team.short_name),
    country_id: Field.text(team.country_id),
    competition_id: Field.text(team.competition_id),
    logo: Field.text(team.logo),
    national: Field.flag(team.national),
    updated_at: Field.moment(team.updated_at),
    fetched_at: at,
    _mock: false
  }))

export const competition = (sent: unknown, at: Date): Result.Result<Competition, Unexpected> =>
  Result.map(read(sent), (competition) => ({
    competition_id: competition.id,
    name: Field.text(competition.name),
    short_name: Field.text(competition.short_name),
    country_id: Field.text(competition.country_id),
    category_id: Field.text(competition.category_id),
    logo: Field.text(competition.logo),
    type: Field.whole(competition.type),
    season_id: Field.text(competition.cur_season_id),
    updated_at: Field.moment(competition.updated_at),
    fetched_at: at,
    _mock: false
  }))

export const country = (sent: unknown, at: Date): Result.Result<Country, Unexpected> =>
  Result.map(read(sent), (country) => ({
    country_id: country.id,
    name: Field.text(country.name),
    category_id: Field.text(country.category_id),
    logo: Field.text(country.logo),
    updated_at: Field.moment(country.updated_at),
    fetched_at: at,
    _mock: false
  }))
