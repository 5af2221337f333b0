/** The files of a cycle for programs that read them: `step1.json`, `step2.json` and `step7_matches.log`. */
import { Effect } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { Asset, Cli, Input } from "sluice"
import { board } from "../../assets/football/board.ts"
import { enrichment } from "../../assets/football/enrichment.ts"
import type { Match } from "../../assets/football/Match.ts"
import { matches } from "../../assets/football/matches.ts"
import { type Body, Bodies } from "../../resources/football/Bodies.ts"
import * as Board from "./Board.ts"
import * as NewYork from "./NewYork.ts"

/** Keeps the bodies of a cycle as they came. */
export interface Collector {
  readonly bodies: ReadonlyArray<Body>
  readonly collecting: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

export const collector = (): Collector => {
  const bodies: Array<Body> = []
  return { bodies, collecting: Effect.provideService(Bodies, (body) => void bodies.push(body)) }
}

const byId = (bodies: ReadonlyArray<Body>, route: string): Readonly<Record<string, unknown>> =>
  Object.fromEntries(bodies.filter((body) => body.route === route).map(({ body, id }) => [id, body]))

/** Those that were not asked for in this cycle, in a body of the vendor's form. */
const stored = <A extends { readonly _mock: boolean }>(rows: ReadonlyArray<A>, id: (row: A) => string): Readonly<Record<string, unknown>> =>
  Object.fromEntries(rows.map((row) => [id(row), { code: 0, results: [row], ...(row._mock ? { _mock: true } : {}) }]))

/** How many matches there are of each state. */
const summary = (matches: ReadonlyArray<Match>): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {}
  for (const { status } of matches) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

/** A match in the nested form of `step2.json`. */
const nested = (match: Match) => ({
  match_id: match.match_id,
  status: { id: match.status_id, description: match.status },
  teams: {
    home: { name: match.home_team, score: match.home_score, position: match.home_position, country: match.home_country, logo: match.home_logo },
    away: { name: match.away_team, score: match.away_score, position: match.away_position, country: match.away_country, logo: match.away_logo }
  },
  competition: { name: match.competition, country: match.competition_country, logo: match.competition_logo },
  round: match.round,
  venue: match.venue_id,
  referee: match.referee_id,
  neutral: match.neutral,
  coverage: { lineup: match.covers_lineup, mlive: match.covers_live },
  start_time: match.start_time,
  odds: {
    full_time_result: { home: match.odds_home, draw: match.odds_draw, away: match.odds_away },
    spread: { home: match.spread_home, line: match.spread_line, away: match.spread_away },
    over_under: { over: match.total_over, line: match.total_line, under: match.total_under },
    corners: { over: match.corners_over, line: match.corners_line, under: match.corners_under }
  },
  environment: {
    weather: match.weather,
    temperature_c: match.temperature_c,
    wind_mph: match.wind_mph,
    humidity_percent: match.humidity_percent,
    pressure: match.pressure
  },
  events: match.events,
  fetched_at: match.fetched_at,
  ...(match._mock ? { _mock: true } : {})
})

/** Written beside and renamed, so that a reader never sees half a file. */
const replace = (file: string, value: unknown): void => {
  fs.writeFileSync(`${file}.new`, `${JSON.stringify(value)}\n`)
  fs.renameSync(`${file}.new`, file)
}

/** The cycles of `step2.json` so far; a file that is none of its own is begun anew. */
const historyOf = (file: string): ReadonlyArray<unknown> => {
  try {
    const read: unknown = JSON.parse(fs.readFileSync(file, "utf8"))
    return typeof read === "object" && read !== null && "history" in read && Array.isArray(read.history) ? read.history : []
  } catch {
    return []
  }
}

/** Writes the three files into the folder; `step2.json` keeps so many cycles. */
export const write = Effect.fn("football.files")(function*(folder: string, { bodies }: Collector, keep: number) {
  const rows = yield* Effect.all({
    matches: Asset.load(matches),
    board: Asset.load(board),
    teams: Asset.loadAll(Input.rows(enrichment.teams)),
    competitions: Asset.loadAll(Input.rows(enrichment.competitions)),
    countries: Asset.loadAll(Input.rows(enrichment.countries))
  }, { concurrency: 5 })
  const now = new Date()
  const isMock = rows.matches.some((match) => match._mock)
  const used = <A>(all: ReadonlyArray<A>, ids: ReadonlySet<string | null>, id: (row: A) => string) => all.filter((row) => ids.has(id(row)))
  const teamIds = new Set(rows.matches.flatMap(({ away_team_id, home_team_id }) => [home_team_id, away_team_id]))
  const competitionIds = new Set(rows.matches.map(({ competition_id }) => competition_id))
  const step1 = {
    timestamp: now.toISOString(),
    ny_timestamp: NewYork.stamp(now),
    ...(isMock ? { _mock: true } : {}),
    live_matches: bodies.find(({ route }) => route === "live")?.body ?? { code: 0, results: rows.matches },
    match_details: byId(bodies, "details"),
    match_odds: byId(bodies, "odds"),
    team_info: {
      ...stored(used(rows.teams, teamIds, (team) => team.team_id), (team) => team.team_id),
      ...byId(bodies, "team")
    },
    competition_info: {
      ...stored(used(rows.competitions, competitionIds, (item) => item.competition_id), (item) => item.competition_id),
      ...byId(bodies, "competition")
    },
    countries: bodies.find(({ route }) => route === "country")?.body ?? { code: 0, results: rows.countries },
    unified_status_summary: summary(rows.matches)
  }
  const cycle = { timestamp: now.toISOString(), ny_timestamp: NewYork.stamp(now), matches: rows.matches.map(nested) }
  yield* Effect.try({
    try: () => {
      fs.mkdirSync(folder, { recursive: true })
      replace(path.join(folder, "step1.json"), step1)
      const file = path.join(folder, "step2.json")
      replace(file, { history: [...historyOf(file), cycle].slice(-keep) })
      const text = [`${NewYork.stamp(now)} – ${rows.board.length} matches`, ...Board.lines(rows.board), ""]
      fs.appendFileSync(path.join(folder, "step7_matches.log"), `${text.join("\n")}\n`)
    },
    catch: (cause) =>
      new Cli.Refusal({ message: `The files of the cycle cannot be written in ${folder}: ${cause instanceof Error ? cause.message : String(cause)}.`, cause })
  })
})
