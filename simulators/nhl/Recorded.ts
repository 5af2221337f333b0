/** Recognises recorded NHL bodies by their content, and tells what a schedule would have said of their games. */

/** The value at a path of a parsed body; undefined where there is none. */
export const at = (value: unknown, ...path: ReadonlyArray<string>): unknown => {
  let found = value
  for (const key of path) {
    if (typeof found !== "object" || found === null) return undefined
    found = Object.getOwnPropertyDescriptor(found, key)?.value
  }
  return found
}

const isList = (value: unknown): value is ReadonlyArray<unknown> => Array.isArray(value)

export const listAt = (value: unknown, ...path: ReadonlyArray<string>): ReadonlyArray<unknown> => {
  const found = at(value, ...path)
  return isList(found) ? found : []
}

export const textAt = (value: unknown, ...path: ReadonlyArray<string>): string => {
  const found = at(value, ...path)
  return typeof found === "string" || typeof found === "number" ? String(found) : ""
}

export type Part = "boxscore" | "play-by-play" | "landing"

/**
 * A body that was recognised. `stamp` is the moment it was sent, as YYYYMMDD_HHMMSS, or "" if it does not say;
 * `progress` is how far its game had come.
 */
export type Recorded =
  | { readonly _tag: "OldSchedule"; readonly stamp: string; readonly days: ReadonlyArray<OldDay> }
  | { readonly _tag: "OldFeed"; readonly stamp: string; readonly progress: number; readonly id: string; readonly date: string }
  | { readonly _tag: "Week"; readonly dates: ReadonlyArray<string> }
  | { readonly _tag: "ScoreDay"; readonly date: string }
  | { readonly _tag: "Gamecenter"; readonly progress: number; readonly part: Part; readonly id: string; readonly date: string }

export interface OldDay {
  readonly date: string
  readonly seasons: ReadonlyArray<string>
}

const newYorkDay = new Intl.DateTimeFormat("en-CA", {
  timeZone: "America/New_York",
  year: "numeric",
  month: "2-digit",
  day: "2-digit"
})

/** The league's day of a moment: New York's. "" if the text is no moment. */
export const leagueDay = (moment: string): string => {
  const date = new Date(moment)
  return Number.isNaN(date.getTime()) ? "" : newYorkDay.format(date)
}

const has = (value: unknown, key: string): boolean => at(value, key) !== undefined

const ranks: Readonly<Record<string, number>> = { LIVE: 1, CRIT: 1, Live: 1, OVER: 2, FINAL: 2, Final: 2, OFF: 3 }

/** How far the game of an entry or body has come: a number that grows with its state, its period and its clock. */
export const progress = (game: unknown): number => {
  const rank = ranks[textAt(game, "gameState") || textAt(game, "status", "abstractGameState")] ?? 0
  const period = Number(textAt(game, "periodDescriptor", "number"))
  const secondsLeft = Number(textAt(game, "clock", "secondsRemaining"))
  return rank * 1_000_000 + period * 10_000 - secondsLeft
}

/** What a parsed body is; undefined if it is none of the NHL's that can be served. */
export const recognise = (body: unknown): Recorded | undefined => {
  if (has(body, "gamePk") && has(body, "liveData") && has(body, "gameData")) {
    return {
      _tag: "OldFeed",
      stamp: textAt(body, "metaData", "timeStamp"),
      progress: progress(at(body, "gameData")),
      id: textAt(body, "gamePk"),
      date: leagueDay(textAt(body, "gameData", "datetime", "dateTime"))
    }
  }
  const dates = at(body, "dates")
  if (isList(dates) && (has(body, "totalGames") || dates.some((day) => has(day, "games")))) {
    return {
      _tag: "OldSchedule",
      stamp: textAt(body, "metaData", "timeStamp"),
      days: dates.map((day) => ({
        date: textAt(day, "date"),
        seasons: [...new Set(listAt(day, "games").map((game) => textAt(game, "season")))]
      }))
    }
  }
  if (has(body, "currentDate") && isList(at(body, "games"))) {
    return { _tag: "ScoreDay", date: textAt(body, "currentDate") }
  }
  const weekDays = listAt(body, "gameWeek").filter((day) => isList(at(day, "games")))
  if (weekDays.length > 0) return { _tag: "Week", dates: weekDays.map((day) => textAt(day, "date")) }
  if (has(body, "id") && has(body, "awayTeam") && has(body, "homeTeam")) {
    const part = has(body, "playerByGameStats") || at(body, "boxscore", "playerByGameStats") !== undefined
      ? "boxscore"
      : has(body, "rosterSpots") || has(body, "plays")
      ? "play-by-play"
      : "landing"
    const date = textAt(body, "gameDate") || leagueDay(textAt(body, "startTimeUTC"))
    return { _tag: "Gamecenter", progress: progress(body), part, id: textAt(body, "id"), date }
  }
  return undefined
}

/** The entry of an old schedule for the game of an old feed. */
export const oldEntry = (feed: unknown): unknown => {
  const team = (side: "away" | "home") => ({
    score: at(feed, "liveData", "linescore", "teams", side, "goals") ?? 0,
    team: {
      id: at(feed, "gameData", "teams", side, "id"),
      name: at(feed, "gameData", "teams", side, "name"),
      link: at(feed, "gameData", "teams", side, "link")
    }
  })
  return {
    gamePk: at(feed, "gamePk"),
    link: at(feed, "link"),
    gameType: at(feed, "gameData", "game", "type"),
    season: at(feed, "gameData", "game", "season"),
    gameDate: at(feed, "gameData", "datetime", "dateTime"),
    status: at(feed, "gameData", "status"),
    teams: { away: team("away"), home: team("home") },
    venue: at(feed, "gameData", "venue")
  }
}

const entryFields = [
  "id", "season", "gameType", "gameDate", "venue", "neutralSite", "startTimeUTC", "easternUTCOffset", "venueUTCOffset",
  "venueTimezone", "gameState", "gameScheduleState", "tvBroadcasts", "awayTeam", "homeTeam", "periodDescriptor",
  "gameOutcome", "clock"
]

/** The entry of an api-web schedule for the game of a boxscore, landing or play-by-play. */
export const webEntry = (game: unknown): unknown =>
  Object.fromEntries(entryFields.filter((field) => has(game, field)).map((field) => [field, at(game, field)]))
