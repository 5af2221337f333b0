/** A local NHL API built from tables of real games, in both shapes, with latency, faults and a clock of its own. */
import { DateTime, type Duration, Effect } from "effect"
import * as ApiWebBodies from "./ApiWebBodies.ts"
import type { Game } from "./facts/Facts.ts"
import * as LocalServer from "./LocalServer.ts"
import { at, type Facts, type Moment, when } from "./SimulatedGame.ts"
import * as StatsApiBodies from "./StatsApiBodies.ts"

export interface Options {
  /** Added to every answer. Default 0. */
  readonly latency?: Duration.Input
  /** The share of requests that fail, half with 503 and half by a cut connection. Default 0. */
  readonly errorRate?: number
  /** Decides which requests fail: the same seed, the same ones. Default 1. */
  readonly seed?: number
  /**
   * The moment of the league: games before it are final, games that run are live with their figures so far, games
   * after it are scheduled. An effect is asked at each request. Default: the machine's clock.
   */
  readonly clock?: DateTime.Utc | Effect.Effect<DateTime.Utc>
  /** Add one invented game, postponed from the first day of play, marked `synthetic`. Default true. */
  readonly postponed?: boolean
}

/** The id of the invented game: a number that no season reaches. */
export const postponedId = (games: ReadonlyArray<Game>): number =>
  Math.floor((games[0]?.id ?? 0) / 10_000) * 10_000 + 9_999

const day = (date: string, plus: number): string =>
  new Date(Date.parse(`${date}T00:00:00Z`) + plus * 86_400_000).toISOString().slice(0, 10)

const weekDays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]

const table = <A extends { readonly id: number }>(what: string, rows: Iterable<A>) => {
  const byId = new Map([...rows].map((row) => [row.id, row]))
  return (id: number): A => {
    const row = byId.get(id)
    if (row === undefined) throw new Error(`The simulator's facts name ${what} ${id}, which they do not hold.`)
    return row
  }
}

/** Serves `facts` until the scope closes. */
export const make = Effect.fnUntraced(function*(facts: Facts, options: Options = {}) {
  const { clock } = options
  const now: Effect.Effect<DateTime.Utc> = clock === undefined
    ? DateTime.now
    : DateTime.isDateTime(clock) ? Effect.succeed(clock) : clock
  const people = { team: table("team", facts.teams), player: table("player", facts.players) }
  const games = new Map(facts.games.map((game) => [game.id, game]))
  const first = facts.games[0]
  const invented = postponedId(facts.games)
  if (first !== undefined && (options.postponed ?? true)) games.set(invented, { ...first, id: invented })
  const byDate = new Map<string, Array<Game>>()
  for (const game of games.values()) byDate.set(game.date, [...byDate.get(game.date) ?? [], game])

  const momentOf = (game: Game, ms: number) => at(game, ms, game.id === invented)
  const millis = Effect.map(now, DateTime.toEpochMillis)
  const momentsOn = (date: string, ms: number) => (byDate.get(date) ?? []).map((game) => momentOf(game, ms))
  const webGames = (date: string, ms: number) =>
    momentsOn(date, ms).map((moment) => ApiWebBodies.entry(moment, people, moment.game.id === invented))
  const ofGame = (id: string, write: (moment: Moment, ms: number, synthetic: boolean) => unknown) =>
    Effect.map(millis, (ms) => {
      const game = games.get(Number(id))
      return game === undefined ? undefined : write(momentOf(game, ms), ms, game.id === invented)
    })

  const bodies: LocalServer.Bodies = {
    oldSchedule: (query) =>
      Effect.map(millis, (ms) => {
        const dates = [...byDate.keys()].sort()
          .filter((date) => "season" in query || (date >= query.from && date <= query.to))
          .map((date) => {
            const moments = momentsOn(date, ms)
              .filter(({ game }) => !("season" in query) || game.season === query.season)
            const listed = moments.map((moment) =>
              StatsApiBodies.entry(moment, people, moment.game.id === invented)
            )
            return { date, totalItems: listed.length, totalGames: listed.length, games: listed }
          })
          .filter(({ games }) => games.length > 0)
        const totalGames = dates.reduce((sum, { totalGames }) => sum + totalGames, 0)
        return { totalItems: totalGames, totalGames, wait: 10, dates }
      }),
    oldFeed: (id) => ofGame(id, (moment, ms) => StatsApiBodies.feed(moment, people, ms)),
    week: (date) =>
      Effect.map(millis, (ms) => {
        const gameWeek = [0, 1, 2, 3, 4, 5, 6].map((i) => {
          const listed = webGames(day(date, i), ms)
          const dayAbbrev = weekDays[new Date(`${day(date, i)}T00:00:00Z`).getUTCDay()]
          return { date: day(date, i), dayAbbrev, numberOfGames: listed.length, games: listed }
        })
        const numberOfGames = gameWeek.reduce((sum, { numberOfGames }) => sum + numberOfGames, 0)
        return { nextStartDate: day(date, 7), previousStartDate: day(date, -7), gameWeek, numberOfGames }
      }),
    scoreDay: (date) =>
      Effect.map(millis, (ms) => ({
        prevDate: day(date, -1),
        currentDate: date,
        nextDate: day(date, 1),
        gameWeek: [],
        games: webGames(date, ms)
      })),
    gamecenter: (id, part) =>
      ofGame(id, (moment, _, synthetic) =>
        part === "boxscore"
          ? ApiWebBodies.boxscore(moment, people, synthetic)
          : part === "play-by-play"
          ? ApiWebBodies.playByPlay(moment, people, synthetic)
          : ApiWebBodies.entry(moment, people, synthetic))
  }

  const errorRate = options.errorRate ?? 0
  let asked = 0
  const before = Effect.suspend(() => {
    const draw = when("fault", options.seed ?? 1, asked++)
    const fault: LocalServer.Fault = draw >= errorRate ? "none" : draw < errorRate / 2 ? "unavailable" : "cut"
    return options.latency === undefined ? Effect.succeed(fault) : Effect.delay(Effect.succeed(fault), options.latency)
  })
  return yield* LocalServer.make({ bodies, before, now })
})
