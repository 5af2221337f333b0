/** The kinds of calls to TheSports' football API, with the vendor's documented limits. */
import * as RateLimit from "../../engine/limit/RateLimit.ts"
import type { RouteOptions } from "../api/Options.ts"
import type { Mode } from "./Settings.ts"

export type Route =
  | "live"
  | "details"
  | "odds"
  | "team"
  | "competition"
  | "team_changes"
  | "competition_changes"
  | "country"

type Routes = Readonly<Record<Route, RouteOptions>>

export const unlimited: Routes = {
  live: {},
  details: {},
  odds: {},
  team: {},
  competition: {},
  team_changes: {},
  competition_changes: {},
  country: {}
}

/** All odds of a cycle may be asked for at once, as long as no minute has more. */
export const oddsLimit = RateLimit.make("football/odds", { calls: 120, per: "1 minute", burst: true })
export const teamChangesLimit = RateLimit.make("football/team_changes", { calls: 1, per: "1 minute" })
export const competitionChangesLimit = RateLimit.make("football/competition_changes", { calls: 1, per: "1 minute" })

/**
 * The limit of the countries, once a day, is kept by asking for them when they are a day old: a call that waited for a
 * permit would hold its cycle for a day.
 */
export const of = (mode: Mode): Routes =>
  mode === "seed" ? { ...unlimited, odds: { limits: [oddsLimit] } } : {
    ...unlimited,
    odds: { limits: [oddsLimit] },
    team_changes: { limits: [teamChangesLimit] },
    competition_changes: { limits: [competitionChangesLimit] }
  }

/** The first try included. Changes are asked for again by a later cycle, since another try has to wait for a minute. */
export const attempts = (route: Route): number => route === "team_changes" || route === "competition_changes" ? 1 : 3

export const paths: Readonly<Record<Route, string>> = {
  live: "/match/detail_live",
  details: "/match/recent/list",
  odds: "/odds/history",
  team: "/team/additional/list",
  competition: "/competition/additional/list",
  team_changes: "/team/additional/list",
  competition_changes: "/competition/additional/list",
  country: "/country/list"
}
