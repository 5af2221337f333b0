/** Bodies in the API's own shapes: result sets, and the nested ones of the newer endpoints. */
import { draw } from "./Draw.ts"
import { action, boxScores, matchup } from "./facts/boxScores.ts"
import { columnsOf } from "./facts/Columns.ts"
import { dataSets as ofGames } from "./facts/games.ts"
import { dataSets as ofPlayers } from "./facts/players.ts"
import type { Team } from "./facts/teams.ts"
import { type Game, type League, type Player, yearOf } from "./League.ts"
import { type About, value } from "./Values.ts"

export type Query = Readonly<Record<string, string>>

/** What tracking and the newer box scores know begins here: bodies of games before it are null. */
const firstTracked = 1996

const players = 9

interface Subject {
  readonly league: League
  readonly query: Query
  readonly season: string
}

/** The rows of a game: one for each player of both teams, for each team, or a single one. */
const gameRows = (league: League, game: Game, set: string): ReadonlyArray<Partial<About>> => {
  const both = [game.home, game.away]
  const other = (team: Team) => team === game.home ? game.away : game.home
  if (/player|official|inactive/i.test(set)) {
    return both.flatMap((team) =>
      league.roster(team).slice(0, /official|inactive/i.test(set) ? 2 : players).map((player) => ({ team, opponent: other(team), player }))
    )
  }
  if (/^(Home|Away)Team$/.test(set)) {
    const team = set === "HomeTeam" ? game.home : game.away
    return league.roster(team).slice(0, players).map((player) => ({ team, opponent: other(team), player }))
  }
  if (/starterbench/i.test(set)) return [...both, ...both].map((team) => ({ team }))
  return /team|line|other/i.test(set) ? both.map((team) => ({ team, opponent: other(team) })) : [{ team: game.home }]
}

/** The rows of a player, a team or the league. */
const otherRows = ({ league, query, season }: Subject, set: string): ReadonlyArray<Partial<About>> => {
  const player = league.player(Number(query["PlayerID"]))
  const team = league.team(Number(query["TeamID"])) ?? player?.team
  const games = league.games(season)
  if (set === "CommonAllPlayers") return league.players.map((one) => ({ player: one, team: one.team }))
  if (/^(LeagueGameFinderResults|TeamGameLogs)$/.test(set)) {
    return games.flatMap((game) => [game.away, game.home].map((team) => ({ game, team })))
  }
  if (set === "PlayerGameLogs") {
    return games.flatMap((game) => [game.home, game.away].flatMap((team) => league.roster(team).slice(0, 2).map((one) => ({ game, team, player: one }))))
  }
  if (set === "LeagueDashPlayerBioStats") return league.players.filter((one) => one.team !== undefined).map((one) => ({ player: one, team: one.team }))
  if (/^(CommonTeamRoster|Coaches)$/.test(set)) return team === undefined ? [] : league.roster(team).slice(0, set === "Coaches" ? 3 : 15).map((one) => ({ player: one, team }))
  if (player === undefined) return []
  // Of some there is nothing to tell, as of those who have not played this season.
  if (draw("nothing", player.id, set) < 0.1) return []
  const other = league.player(Number(query["VsPlayerID"]))
  const own = games.filter(({ away, home }) => home === player.team || away === player.team).slice(0, 5)
  if (/GameLog|NextNGames/.test(set)) return own.map((game) => ({ game, player, team }))
  const count = /overall|info|career|headline/i.test(set) ? 1 : 3
  return Array.from({ length: count }, () => ({ player, team, other }))
}

const legacy = (endpoint: string, sets: Readonly<Record<string, string>>, subject: Subject, game: Game | undefined) => ({
  resource: endpoint.toLowerCase(),
  parameters: subject.query,
  resultSets: Object.entries(sets).map(([name, text]) => {
    const headers = columnsOf(text)
    const rows = game === undefined ? otherRows(subject, name) : gameRows(subject.league, game, name).map((row) => ({ ...row, game }))
    const words = [endpoint, name, game?.id ?? "", subject.query["PlayerID"] ?? "", subject.query["TeamID"] ?? ""]
    return {
      name,
      headers,
      rowSet: rows.map((row, i) => headers.map((column) => value(column, { words, row: i, season: subject.season, ...row })))
    }
  })
})

const fieldsOf = (columns: ReadonlyArray<string>, about: About) =>
  Object.fromEntries(columns.map((column) => [column, value(column, about)]))

const person = ["personId", "firstName", "familyName", "nameI", "playerSlug", "position", "comment", "jerseyNum"]
const teamFields = ["teamId", "teamCity", "teamName", "teamTricode", "teamSlug"]

const sideOf = (endpoint: string, league: League, game: Game, team: Team) => {
  const about = (row: number, player?: Player): About => ({ words: [endpoint, game.id, team.id], row, season: game.season, game, team, player })
  const roster = league.roster(team).slice(0, players)
  const figures = boxScores[endpoint]
  const opponents = league.roster(team === game.home ? game.away : game.home).slice(0, 4)
  const ofPlayer = columnsOf(figures?.player ?? matchup)
  const ofTeam = columnsOf(figures?.team ?? figures?.player ?? matchup)
  const sum = (row: number) => fieldsOf(ofTeam.filter((column) => column !== "plusMinusPoints"), about(row))
  return {
    ...fieldsOf(teamFields, about(0)),
    players: roster.map((player, row) => ({
      ...fieldsOf(person, about(row, player)),
      ...(figures === undefined
        ? {
          matchups: opponents.map((opponent, i) => ({
            ...fieldsOf(person.filter((column) => !["position", "comment"].includes(column)), about(i, opponent)),
            statistics: fieldsOf(ofPlayer, about(row * 10 + i, player))
          }))
        }
        : { statistics: fieldsOf(ofPlayer, about(row, player)) })
    })),
    ...(figures === undefined ? {} : { statistics: fieldsOf(ofTeam, about(99)) }),
    ...(endpoint === "BoxScoreTraditionalV3" ? { starters: sum(100), bench: sum(101) } : {})
  }
}

const meta = { version: 1, request: "simulated", time: "2024-01-01T00:00:00Z" }

const nested = (endpoint: string, league: League, game: Game): unknown => {
  if (endpoint === "PlayByPlayV3") {
    const actions = Array.from({ length: 30 }, (_, row) => {
      const team = row % 2 === 0 ? game.home : game.away
      const player = league.roster(team)[row % players]
      return { ...fieldsOf(columnsOf(action), { words: [endpoint, game.id], row, season: game.season, game, team, player }), actionNumber: row + 1, clock: `PT${11 - (row % 12)}M05.00S` }
    })
    return { meta, game: yearOf(game.id) < firstTracked ? null : { gameId: game.id, videoAvailable: 1, actions } }
  }
  const part = boxScores[endpoint]?.part ?? "boxScoreMatchups"
  return {
    meta,
    [part]: yearOf(game.id) < firstTracked ? null : {
      gameId: game.id,
      awayTeamId: game.away.id,
      homeTeamId: game.home.id,
      homeTeam: sideOf(endpoint, league, game, game.home),
      awayTeam: sideOf(endpoint, league, game, game.away)
    }
  }
}

const isNested = (endpoint: string): boolean => endpoint in boxScores || endpoint === "PlayByPlayV3" || endpoint === "BoxScoreMatchupsV3"

/** Endpoints of which little is known: a row for each player, and for each team. */
const little = { PlayerStats: "GAME_ID TEAM_ID TEAM_ABBREVIATION PLAYER_ID PLAYER_NAME MIN DIST SPD TCHS PASS AST", TeamStats: "GAME_ID TEAM_ID TEAM_NAME MIN DIST" }

/** Endpoints by name in small letters. */
const sets: ReadonlyMap<string, readonly [name: string, sets: Readonly<Record<string, string>>]> = new Map([
  ...Object.entries({ ...ofGames, ...ofPlayers, BoxScorePlayerTrackV2: little, BoxScoreSimilarityScore: little }),
  ...[...Object.keys(boxScores), "PlayByPlayV3", "BoxScoreMatchupsV3"].map((name) => [name, {}] as const)
].map(([name, columns]) => [name.toLowerCase(), [name, columns]]))

/** The body that the API gives to a request; undefined: it has no such endpoint. */
export const body = (league: League, path: string, query: Query, currentSeason: string): unknown => {
  const found = sets.get(path)
  if (found === undefined) return undefined
  const [endpoint, columns] = found
  const season = query["Season"] ?? ""
  const subject: Subject = { league, query, season: season === "" ? currentSeason : season }
  const id = query["GameID"] ?? ""
  const game = id === "" ? undefined : league.game(id)
  if (isNested(endpoint)) return game === undefined ? { meta, [boxScores[endpoint]?.part ?? "game"]: null } : nested(endpoint, league, game)
  return legacy(endpoint, columns, subject, game)
}
