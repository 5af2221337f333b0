/** An invented season in the old shape: some weeks with a break, of which some games have a recorded body. */
import { Effect } from "effect"
import * as fs from "node:fs/promises"
import * as os from "node:os"
import * as path from "node:path"
import { oldFeed } from "../../resources/nhl/bodies.ts"

export interface Day {
  readonly date: string
  readonly games: ReadonlyArray<number>
}

const dateOf = (i: number): string => new Date(Date.UTC(2023, 0, 15 + i)).toISOString().slice(0, 10)

/** The first of the days, before the season, and the last one, after it. */
export const [from, to] = [dateOf(0), dateOf(35)]

/** Three days of an All-Star break, in the middle. */
const isFree = (i: number): boolean => i < 3 || i > 32 || (i >= 15 && i <= 17)

/** 36 days with none to four games each: as a recording has it, the days without games are absent. */
export const days: ReadonlyArray<Day> = (() => {
  let next = 2022020001
  return Array.from({ length: 36 }, (_, i) => ({
    date: dateOf(i),
    games: isFree(i) ? [] : Array.from({ length: 1 + i % 4 }, () => next++)
  }))
})()

export const games = days.flatMap((day) => day.games)

/** Every third game has a body. */
export const recorded = games.filter((_, i) => i % 3 === 0)

const schedule = () => ({
  totalGames: games.length,
  dates: days.filter((day) => day.games.length > 0).map(({ date, games }) => ({
    date,
    games: games.map((gamePk) => ({
      gamePk,
      gameType: "R",
      season: "20222023",
      gameDate: `${date}T23:00:00Z`,
      status: { abstractGameState: "Final", detailedState: "Final" },
      teams: { away: { score: 1, team: { id: 1, name: "Away Team" } }, home: { score: 0, team: { id: 2, name: "Home Team" } } }
    }))
  }))
})

const feed = (gamePk: number, date: string) => {
  const body = oldFeed()
  return { ...body, gamePk, gameData: { ...body.gameData, datetime: { dateTime: `${date}T23:00:00Z` } } }
}

/** A folder of its recordings: one schedule of the whole season, and a file for each game that has a body. */
export const folder = Effect.gen(function*() {
  const at = yield* Effect.acquireRelease(
    Effect.promise(() => fs.mkdtemp(path.join(os.tmpdir(), "nhl-season-"))),
    (made) => Effect.promise(() => fs.rm(made, { recursive: true, force: true }))
  )
  const write = (name: string, body: unknown) => Effect.promise(() => fs.writeFile(path.join(at, name), JSON.stringify(body)))
  yield* write("season.json", schedule())
  for (const { date, games } of days) {
    for (const game of games.filter((id) => recorded.includes(id))) yield* write(`${game}.json`, feed(game, date))
  }
  return at
})
