/** `sluice nhl ingest` and `ingest-seasons`: bounded invocations that store the figures of games, and end. */
import { Console, DateTime, Effect, Result } from "effect"
import { SqlClient } from "effect/sql"
import { Asset, Cli, RunStore } from "sluice"
import { gameStats, liveFeed } from "../../assets/nhl/gameStats.ts"
import { leagueDay, span } from "./Season.ts"

/** The set of partitions of `nhl/live_feed` and `nhl/game_stats`. */
const keySet = "nhl/game"

/** No game was stored because it is not there: told after the run, which has recorded that the API has no body of it. */
const unknownGame = (ids: ReadonlyArray<string>) =>
  Console.error(
    `The NHL API has no body of ${ids.length === 1 ? "game" : "the games"} ${ids.join(", ")}: it has not begun, or it does not exist.`
  ).pipe(Effect.andThen(Effect.fail(new Cli.Unfinished({ exitCode: 1 }))))

/**
 * Those of the games that no other process ingests now; they are this one's until the scope closes. So polls that come
 * faster than a slow API answers do not pile up, on whatever machine they are.
 */
const claim = Effect.fnUntraced(function*(ids: ReadonlyArray<string>) {
  const sql = yield* SqlClient.SqlClient
  const connection = yield* sql.reserve
  yield* Effect.addFinalizer(() =>
    Effect.ignore(connection.executeValuesUnprepared("select pg_advisory_unlock_all()", [])))
  return yield* Effect.filter(ids, (id) =>
    Effect.map(
      connection.executeValuesUnprepared(`select pg_try_advisory_lock(hashtextextended('nhl/ingest ${id}', 0))`, []),
      ([row]) => row?.[0] === true
    ))
})

/** Adds games that no schedule has given, and takes those away again of which there turns out to be no body. */
const adding = Effect.fnUntraced(function*<E, R>(
  ids: ReadonlyArray<string>,
  run: Effect.Effect<unknown, E, R>
) {
  const store = yield* RunStore.RunStore
  const listed = new Set((yield* store.dynamicKeys([keySet])).get(keySet)?.flatMap(({ key, live }) => live ? [key] : []))
  const added = ids.filter((id) => !listed.has(id))
  if (added.length === 0) return void (yield* run)
  yield* store.addKeys(keySet, added)
  const absent = Effect.gen(function*() {
    const stored = (yield* store.cells(new Map([[liveFeed.key, added]]))).get(liveFeed.key)
    const absent = yield* Effect.filter(added, (id) =>
      stored?.get(id)?.dataVersion === undefined
        ? Effect.succeed(true)
        : Effect.map(Asset.load(liveFeed, id), (feed) => feed === null))
    if (absent.length > 0) yield* store.removeKeys(keySet, absent)
    return absent
  })
  yield* Effect.onError(run, () => Effect.ignore(absent))
  const without = yield* absent
  if (without.length > 0) return yield* unknownGame(without)
})

/**
 * Asks the API once for each game and stores its body and its figures, whether they are known already or not. Exit
 * code 1 when a game cannot be ingested; the others are.
 */
export const ingest = Effect.fn("nhl.ingest")(function*(input: {
  readonly games: ReadonlyArray<string>
  readonly json: boolean
}) {
  const ids = Array.from(new Set(input.games))
  const wrong = ids.find((id) => !/^\d{10}$/.test(id))
  if (wrong !== undefined) {
    return yield* new Cli.Refusal({ message: `"${wrong}" is not the id of a game; it has ten digits, like 2022021032.` })
  }
  yield* Cli.withEverything(Effect.scoped(Effect.gen(function*() {
    const own = yield* claim(ids)
    const others = ids.filter((id) => !own.includes(id))
    if (others.length > 0) yield* Console.error(`Another process ingests ${others.join(", ")} now; it is left to that one.`)
    if (own.length === 0) return
    yield* adding(own, Cli.materialize({
      selection: `${liveFeed.key} or ${gameStats.key}`,
      partitions: own.join(","),
      force: true,
      json: input.json
    }))
  })))
})

/**
 * Stores the schedule of whole seasons and the figures of their games that are final or live. What is stored already
 * is not asked for again, so an interrupted invocation is simply repeated.
 */
export const ingestSeasons = Effect.fn("nhl.ingestSeasons")(function*(input: {
  readonly seasons: ReadonlyArray<string>
  readonly force: boolean
  readonly json: boolean
}) {
  const today = leagueDay(yield* DateTime.now)
  const spans = yield* Effect.forEach(input.seasons, (season) =>
    Effect.fromResult(Result.mapError(span(season, today), (message) => new Cli.Refusal({ message }))))
  yield* Cli.withEverything(Cli.materialize({
    selection: `+${gameStats.key}`,
    partitions: spans.map(({ from, to }) => `${from}..${to}`).join(","),
    force: input.force,
    json: input.json
  }))
})
