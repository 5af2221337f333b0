/** The kinds of calls to TheSports' football API, with the vendor's documented limits. */

export const all = {
  live: {},
  details: {},
  odds: {},
  team: {},
  competition: {},
  team_changes: {},
  competition_changes: {},
  country: {}
} as const
export type Route = keyof typeof all

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
