/** A local NHL API that answers with the recorded bodies of a folder, in both shapes. */
import { Effect, Fiber } from "effect"
import * as LocalServer from "./LocalServer.ts"
import { at, listAt, oldEntry, progress, textAt, webEntry } from "./Recorded.ts"
import * as RecordedIndex from "./RecordedIndex.ts"

const plusDays = (date: string, days: number): string => {
  const at = Date.parse(`${date}T00:00:00Z`)
  return Number.isNaN(at) ? date : new Date(at + days * 86_400_000).toISOString().slice(0, 10)
}

const weekDay = (date: string): string =>
  new Intl.DateTimeFormat("en-US", { weekday: "short", timeZone: "UTC" }).format(new Date(`${date}T00:00:00Z`))
    .toUpperCase()

/** Reads a file once however often one answer needs it: a season's schedule lists many days. */
const reader = () => {
  const bodies = new Map<string, unknown>()
  return Effect.fnUntraced(function*(file: string) {
    if (!bodies.has(file)) bodies.set(file, yield* RecordedIndex.readBody(file))
    return bodies.get(file)
  })
}
type Reader = ReturnType<typeof reader>

const defined = (value: unknown) => Object.fromEntries(Object.entries(value ?? {}).filter(([, field]) => field !== undefined))

/** An entry of a game, with what it does not know taken from another entry of it. */
const complete = (entry: unknown, other: unknown): unknown => {
  const team = (side: string) => at(entry, side) === undefined ? {} : { [side]: { ...defined(at(other, side)), ...defined(at(entry, side)) } }
  return { ...defined(other), ...defined(entry), ...team("awayTeam"), ...team("homeTeam") }
}

/** The games of all lists: of several entries of a game the one that has come furthest counts, else the last. */
const gather = (id: string, ...lists: ReadonlyArray<ReadonlyArray<unknown>>): ReadonlyArray<unknown> => {
  const byId = new Map<string, unknown>()
  for (const game of lists.flat()) {
    const key = textAt(game, id)
    const known = byId.get(key)
    const isLater = known === undefined || progress(game) >= progress(known)
    byId.set(key, isLater ? complete(game, known) : complete(known, game))
  }
  return [...byId.values()]
}

const bodiesOf = (indexed: Effect.Effect<RecordedIndex.RecordedIndex>): LocalServer.Bodies => {
  const fromFiles = Effect.fnUntraced(function*(
    read: Reader,
    files: ReadonlyArray<string>,
    games: (body: unknown) => ReadonlyArray<unknown>
  ) {
    const lists: Array<ReadonlyArray<unknown>> = []
    for (const file of files) lists.push(games(yield* read(file)))
    return lists.flat()
  })

  // A game's own body has a day, teams and a state too. It was recorded when there was something to tell, so it knows
  // more than a schedule of that morning, and than none.
  const oldGames = Effect.fnUntraced(function*(read: Reader, date: string) {
    const index = yield* indexed
    const onDay = (body: unknown) =>
      listAt(body, "dates").filter((day) => textAt(day, "date") === date).flatMap((day) => listAt(day, "games"))
    const listed = yield* fromFiles(read, (index.oldDays.get(date) ?? []).map(({ file }) => file), onDay)
    const feeds = [...index.oldFeeds.values()].filter((place) => place.date === date)
    const own = yield* fromFiles(read, feeds.map(({ file }) => file), (feed) => [oldEntry(feed)])
    return gather("gamePk", listed, own)
  })

  const webGames = Effect.fnUntraced(function*(read: Reader, date: string) {
    const index = yield* indexed
    const onDay = (body: unknown) =>
      listAt(body, "gameWeek").filter((day) => textAt(day, "date") === date).flatMap((day) => listAt(day, "games"))
    const listed = yield* fromFiles(read, index.weeks.get(date) ?? [], onDay)
    const scores = yield* fromFiles(read, index.scoreDays.get(date) ?? [], (body) =>
      // A score day may hold games of the day before or after.
      listAt(body, "games").filter((game) => (textAt(game, "gameDate") || date) === date))
    const parts = [index.gamecenter.landing, index.gamecenter["play-by-play"], index.gamecenter.boxscore]
    const files = parts.flatMap((part) => [...part.values()]).filter((place) => place.date === date)
    const own = yield* fromFiles(read, files.map(({ file }) => file), (game) => [webEntry(game)])
    return gather("id", listed, scores, own)
  })

  return {
    oldSchedule: Effect.fnUntraced(function*(query) {
      const index = yield* indexed
      const read = reader()
      const season = "season" in query
      const known = season
        ? index.seasons.get(query.season) ?? new Set<string>()
        : new Set([...index.oldDays.keys(), ...[...index.oldFeeds.values()].map(({ date }) => date)])
      const dates: Array<unknown> = []
      for (const date of [...known].sort()) {
        if (!season && (date < query.from || date > query.to)) continue
        const games = (yield* oldGames(read, date))
          .filter((game) => !season || textAt(game, "season") === query.season)
        if (games.length > 0) dates.push({ date, totalItems: games.length, totalGames: games.length, games })
      }
      const totalGames = dates.reduce<number>((sum, day) => sum + listAt(day, "games").length, 0)
      return { totalItems: totalGames, totalGames, dates }
    }),
    oldFeed: Effect.fnUntraced(function*(id) {
      const place = (yield* indexed).oldFeeds.get(id)
      return place === undefined ? undefined : yield* RecordedIndex.readBody(place.file)
    }),
    week: Effect.fnUntraced(function*(date) {
      const read = reader()
      const gameWeek: Array<unknown> = []
      for (let i = 0; i < 7; i++) {
        const day = plusDays(date, i)
        const games = yield* webGames(read, day)
        gameWeek.push({ date: day, dayAbbrev: weekDay(day), numberOfGames: games.length, games })
      }
      const numberOfGames = gameWeek.reduce<number>((sum, day) => sum + listAt(day, "games").length, 0)
      return { nextStartDate: plusDays(date, 7), previousStartDate: plusDays(date, -7), gameWeek, numberOfGames }
    }),
    scoreDay: Effect.fnUntraced(function*(date) {
      const games = yield* webGames(reader(), date)
      return { prevDate: plusDays(date, -1), currentDate: date, nextDate: plusDays(date, 1), gameWeek: [], games }
    }),
    gamecenter: Effect.fnUntraced(function*(id, part) {
      const place = (yield* indexed).gamecenter[part].get(id)
      return place === undefined ? undefined : yield* RecordedIndex.readBody(place.file)
    })
  }
}

/**
 * Serves the bodies of `folder` until the scope closes: every .json file below it that is recognised by its content.
 * Of several recordings of a game the latest counts. Fails if the folder cannot be read or holds no NHL body; the
 * rest of it is indexed behind the first requests, which wait.
 */
export const make = Effect.fnUntraced(function*(folder: string) {
  const files = yield* RecordedIndex.filesOf(folder)
  let first = 0
  while (first < files.length && (yield* RecordedIndex.recogniseFile(files[first] ?? "")) === undefined) first++
  if (first === files.length) {
    return yield* new RecordedIndex.ReplayError({
      message: files.length === 0
        ? "the folder holds no .json file."
        : `none of the folder's ${files.length} .json files is a body of the NHL's API.`
    })
  }
  const index = yield* Effect.forkScoped(RecordedIndex.make(files.slice(first)))
  return yield* LocalServer.make({ bodies: bodiesOf(Fiber.join(index)) })
})
