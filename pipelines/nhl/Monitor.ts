/** `sluice nhl monitor`: looks at the schedule, and lets each game that is on be ingested. Remembers nothing. */
import { Console, DateTime, Effect } from "effect"
import { Cli, Schedule } from "sluice"
import { due } from "../../resources/nhl/Due.ts"
import { NhlApi } from "../../resources/nhl/NhlApi.ts"
import type { GameType, ScheduledGame } from "../../resources/nhl/ScheduledGame.ts"
import * as Polling from "./Polling.ts"
import { leagueDay } from "./Season.ts"

/** The games of yesterday, today and tomorrow in New York: one request. */
const listed = Effect.fnUntraced(function*(now: DateTime.Utc) {
  return yield* (yield* NhlApi).schedule({ key: leagueDay(now, -1) }, 3)
})

const line = ({ away_score, away_team_name, game_id, home_score, home_team_name, state }: ScheduledGame): string =>
  `${game_id}  ${state.padEnd(5)}  ${away_team_name ?? "?"} ${away_score ?? 0} – ${home_score ?? 0} ${home_team_name ?? "?"}`

/** `2023-05-20 01:30:00`, UTC: what goes on for long is a log. */
const stamp = (now: DateTime.Utc): string => DateTime.formatIso(now).slice(0, 19).replace("T", " ")

/** The last line that a process said to people. */
const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? ""

/** An ingest that hangs for so long is ended: the next poll makes another one. */
const longest = "5 minutes"

/** In a process of its own, so that it can take no other along. False: it failed, which is told. */
const ingest = Effect.fnUntraced(function*({ game_id }: ScheduledGame) {
  const ended = yield* Effect.timeoutOption(Cli.sluice(["nhl", "ingest", String(game_id)]), longest)
  if (ended._tag === "None") {
    yield* Console.error(`The ingest of ${game_id} was ended after ${longest}.`)
    return false
  }
  const { exitCode, stderr, stdout } = ended.value
  if (exitCode === 0) return true
  yield* Console.error(`The ingest of ${game_id} ended with ${exitCode}: ${lastLine(stderr) || lastLine(stdout) || "it said nothing"}`)
  return false
})

export interface MonitorOptions {
  readonly once: boolean
  readonly list: boolean
  readonly json: boolean
  readonly types: ReadonlyArray<GameType>
  readonly lastLookHours: number
  readonly concurrency: number
  readonly at: Date | undefined
  readonly everySeconds: number
  readonly finalEverySeconds: number
  readonly months: { readonly from: number; readonly to: number }
  readonly hours: { readonly from: string; readonly to: string }
}

/** Looks, prints what it sees, and gives the games to ingest. */
const look = Effect.fnUntraced(function*(input: MonitorOptions, now: DateTime.Utc, withFinal: boolean) {
  const games = due(yield* listed(now), { now, types: input.types, lastLookHours: withFinal ? input.lastLookHours : 0 })
  if (input.json) yield* Console.log(JSON.stringify(games))
  else if (games.length > 0) for (const game of games) yield* Console.log(input.once ? line(game) : `${stamp(now)}  ${line(game)}`)
  else if (input.once) yield* Console.log("No game is on, and none ended lately.")
  return games
})

const scheduleOf = ({ everySeconds, hours, months }: MonitorOptions) =>
  Effect.try({
    try: () =>
      Schedule.make("nhl/monitor", { every: everySeconds * 1000, timezone: "America/New_York", during: { hours, months } }),
    catch: (error) => new Cli.Refusal({ message: error instanceof Error ? error.message : String(error) })
  })

/** Whether a poll looks at final games too: the first one after each multiple of their period, so that none has to be remembered. */
export const looksAtFinal = (now: number, everyMillis: number, finalEveryMillis: number): boolean =>
  Math.floor(now / finalEveryMillis) > Math.floor((now - everyMillis) / finalEveryMillis)

export const monitor = Effect.fn("nhl.monitor")(function*(input: MonitorOptions) {
  const deployed = yield* Cli.Deployed
  const ingesting = (game: ScheduledGame) => Effect.provideService(ingest(game), Cli.Deployed, deployed)
  if (input.once) {
    const now = input.at === undefined ? yield* DateTime.now : DateTime.makeUnsafe(input.at)
    const games = yield* Cli.withResources(look(input, now, true))
    if (input.list) return
    const done = yield* Effect.forEach(games, ingesting, { concurrency: input.concurrency })
    if (done.includes(false)) return yield* new Cli.Unfinished({ exitCode: 1 })
    return
  }
  if (input.at !== undefined) return yield* new Cli.Refusal({ message: "--at is the moment of one look: give it with --once." })
  const everyMillis = input.everySeconds * 1000
  return yield* Cli.withResources(Polling.poll({
    schedule: yield* scheduleOf(input),
    everyMillis,
    concurrency: input.concurrency,
    look: (now) => look(input, DateTime.makeUnsafe(now), looksAtFinal(now, everyMillis, input.finalEverySeconds * 1000)),
    ingest: (game) => input.list ? Effect.void : Effect.catch(ingesting(game), (error) => Console.error(error.message))
  }))
})
