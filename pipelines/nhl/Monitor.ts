/** `sluice nhl monitor`: looks at the schedule, and lets each game that is on be ingested. Remembers nothing. */
import { Console, DateTime, Effect } from "effect"
import { Cli } from "sluice"
import { NhlApi } from "../../resources/nhl/NhlApi.ts"
import type { GameType, ScheduledGame } from "../../resources/nhl/ScheduledGame.ts"
import { leagueDay } from "./Season.ts"

const hourMillis = 3_600_000

/** The games of yesterday, today and tomorrow in New York; three requests. */
const schedule = Effect.fnUntraced(function*(now: DateTime.Utc) {
  const api = yield* NhlApi
  const days = yield* Effect.forEach([-1, 0, 1], (plus) => api.schedule({ key: leagueDay(now, plus) }), { concurrency: 3 })
  return days.flat()
})

export interface Due {
  readonly now: DateTime.Utc
  readonly types: ReadonlyArray<GameType>
  /** A final game is due so many hours from its beginning: the league still corrects its figures. */
  readonly lastLookHours: number
}

/**
 * Which games are to be ingested at a poll: those that are live, and those that ended lately. A final game that has not
 * begun yet is a slip of the schedule. A game that a schedule names twice counts once.
 */
export const due = (games: ReadonlyArray<ScheduledGame>, { lastLookHours, now, types }: Due): ReadonlyArray<ScheduledGame> => {
  const until = DateTime.toEpochMillis(now)
  const since = until - lastLookHours * hourMillis
  const beganSince = ({ starts_at }: ScheduledGame) =>
    starts_at !== null && starts_at.getTime() >= since && starts_at.getTime() <= until
  const isDue = (game: ScheduledGame) =>
    types.includes(game.game_type) &&
    (game.state === "live" || (game.state === "final" && beganSince(game)))
  return [...new Map(games.filter(isDue).map((game) => [game.game_id, game])).values()]
}

const line = ({ away_score, away_team_name, game_id, home_score, home_team_name, state }: ScheduledGame): string =>
  `${game_id}  ${state.padEnd(5)}  ${away_team_name ?? "?"} ${away_score ?? 0} – ${home_score ?? 0} ${home_team_name ?? "?"}`

/** The last line that a process said to people. */
const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? ""

/** One process a game, so that none can take another along; gives the games that failed. */
const ingestEach = Effect.fnUntraced(function*(games: ReadonlyArray<ScheduledGame>, concurrency: number) {
  const failed = yield* Effect.forEach(games, ({ game_id }) =>
    Effect.gen(function*() {
      const { exitCode, stderr, stdout } = yield* Cli.sluice(["nhl", "ingest", String(game_id)])
      if (exitCode === 0) return []
      yield* Console.error(`The ingest of ${game_id} ended with ${exitCode}: ${lastLine(stderr) || lastLine(stdout) || "it said nothing"}`)
      return [game_id]
    }), { concurrency })
  return failed.flat()
})

export const monitor = Effect.fn("nhl.monitor")(function*(input: {
  readonly once: boolean
  readonly list: boolean
  readonly json: boolean
  readonly types: ReadonlyArray<GameType>
  readonly lastLookHours: number
  readonly concurrency: number
  readonly at: Date | undefined
}) {
  if (!input.once) {
    return yield* new Cli.Refusal({
      message: "\"sluice nhl monitor\" looks at the schedule once: add --once, and let a timer call it as often as wanted."
    })
  }
  const now = input.at === undefined ? yield* DateTime.now : DateTime.makeUnsafe(input.at)
  const games = due(yield* Cli.withResources(schedule(now)), { now, types: input.types, lastLookHours: input.lastLookHours })
  if (input.json) yield* Console.log(JSON.stringify(games))
  else if (games.length === 0) yield* Console.log("No game is on, and none ended lately.")
  else for (const game of games) yield* Console.log(line(game))
  if (input.list) return
  const failed = yield* ingestEach(games, input.concurrency)
  if (failed.length > 0) return yield* new Cli.Unfinished({ exitCode: 1 })
})
