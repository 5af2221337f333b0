/** Where in a folder the bodies of games and days are: paths alone, so memory grows with files, not their size. */
import { Data, Effect } from "effect"
import * as fs from "node:fs/promises"
import * as path from "node:path"
import { type Part, type Recorded, recognise } from "./Recorded.ts"

/** The folder cannot be used. */
export class ReplayError extends Data.TaggedError("ReplayError")<{ readonly message: string }> {}

interface Place {
  readonly file: string
  readonly stamp: string
  /** How far its game had come; 0 for a body that is not of one game. */
  readonly progress: number
  readonly date: string
}

export interface RecordedIndex {
  /** The files of old schedules by the days they list, the newest last. */
  readonly oldDays: Map<string, Array<Place>>
  readonly seasons: Map<string, Set<string>>
  readonly oldFeeds: Map<string, Place>
  readonly weeks: Map<string, Array<string>>
  readonly scoreDays: Map<string, Array<string>>
  readonly gamecenter: Readonly<Record<Part, Map<string, Place>>>
}

/** Larger than any body of the API, whose longest, a season's schedule, has 2 MB. */
const maxBytes = 64 * 1024 * 1024

/** The .json files below a folder in the order of their paths. */
export const filesOf = Effect.fnUntraced(function*(folder: string) {
  const entries = yield* Effect.tryPromise({
    try: () => fs.readdir(folder, { recursive: true, withFileTypes: true }),
    catch: (cause) =>
      new ReplayError({
        message: cause instanceof Error && "code" in cause && cause.code === "ENOENT"
          ? "there is no such folder."
          : cause instanceof Error && "code" in cause && cause.code === "ENOTDIR"
          ? "this is a file, not a folder."
          : `the folder cannot be read (${cause instanceof Error ? cause.message : String(cause)}).`
      })
  })
  return entries
    .filter((entry) => entry.isFile() && entry.name.toLowerCase().endsWith(".json"))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
})

/** A file's parsed body; undefined, with a warning, if there is none to be had. */
export const readBody = Effect.fnUntraced(function*(file: string) {
  return yield* Effect.tryPromise(async () => {
    const { size } = await fs.stat(file)
    if (size > maxBytes) throw new Error(`it has ${size} bytes`)
    // Some editors put a byte order mark before the text, which JSON does not allow.
    const text = (await fs.readFile(file, "utf8")).replace(/^\uFEFF/, "")
    const body: unknown = JSON.parse(text)
    return body
  }).pipe(Effect.catch((error) =>
    Effect.as(
      Effect.logWarning(`${file} is skipped: ${error.cause instanceof Error ? error.cause.message : "unreadable"}`),
      undefined
    )
  ))
})

export const recogniseFile = (file: string) => Effect.map(readBody(file), recognise)

const push = <K, V>(map: Map<K, Array<V>>, key: K, value: V) => {
  const values = map.get(key)
  if (values === undefined) map.set(key, [value])
  else values.push(value)
}

/** The later of two recordings of one game: the one that has come further, else by the moment, else by the order of files. */
const keepLatest = (map: Map<string, Place>, id: string, place: Place) => {
  const known = map.get(id)
  const isLater = known === undefined || place.progress > known.progress ||
    (place.progress === known.progress && place.stamp >= known.stamp)
  if (isLater) map.set(id, place)
}

const add = (index: RecordedIndex, file: string, recorded: Recorded) => {
  switch (recorded._tag) {
    case "OldSchedule":
      for (const { date, seasons } of recorded.days) {
        push(index.oldDays, date, { file, stamp: recorded.stamp, progress: 0, date })
        for (const season of seasons) {
          const days = index.seasons.get(season)
          if (days === undefined) index.seasons.set(season, new Set([date]))
          else days.add(date)
        }
      }
      return
    case "OldFeed":
      return keepLatest(index.oldFeeds, recorded.id, { file, ...recorded })
    case "Week":
      for (const date of recorded.dates) push(index.weeks, date, file)
      return
    case "ScoreDay":
      return push(index.scoreDays, recorded.date, file)
    case "Gamecenter":
      return keepLatest(index.gamecenter[recorded.part], recorded.id, { file, stamp: "", ...recorded })
  }
}

/** The index of the bodies in `files`, which are read one at a time. */
export const make = Effect.fnUntraced(function*(files: ReadonlyArray<string>) {
  const index: RecordedIndex = {
    oldDays: new Map(),
    seasons: new Map(),
    oldFeeds: new Map(),
    weeks: new Map(),
    scoreDays: new Map(),
    gamecenter: { "boxscore": new Map(), "play-by-play": new Map(), "landing": new Map() }
  }
  for (const file of files) {
    const recorded = yield* recogniseFile(file)
    if (recorded !== undefined) add(index, file, recorded)
  }
  for (const places of index.oldDays.values()) places.sort((a, b) => a.stamp < b.stamp ? -1 : a.stamp > b.stamp ? 1 : 0)
  return index
})
