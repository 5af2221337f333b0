/** Polls from start to start while games can be on. Each game has at most one ingest under way, however slow that is. */
import { Clock, Console, DateTime, Effect, FiberMap, Semaphore } from "effect"
import { Cli, Schedule } from "sluice"
import type { ScheduledGame } from "../../resources/nhl/ScheduledGame.ts"

export interface Polling<E, R, R2> {
  /** A loop, whose window is when games can be on. */
  readonly schedule: Schedule.Schedule
  readonly everyMillis: number
  /** Ingests that run at once; others wait, one a game. */
  readonly concurrency: number
  /** The games that are to be ingested, of a poll that was due at a moment. */
  readonly look: (due: number) => Effect.Effect<ReadonlyArray<ScheduledGame>, E, R>
  /** Tells of its own failures. */
  readonly ingest: (game: ScheduledGame) => Effect.Effect<unknown, never, R2>
}

const hourMillis = 3_600_000

const horizonMillis = 400 * 86_400_000

/** When to poll next, not before `from`. */
const nextPoll = (schedule: Schedule.Schedule, from: number): Schedule.Tick | undefined =>
  Schedule.ticks(schedule, { from: new Date(from), to: new Date(from + horizonMillis), limit: 1 })[0]

/** By the clock of the machine, which may have slept, or been set, in a summer. */
const sleepUntil = (moment: number): Effect.Effect<void> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) =>
    now >= moment ? Effect.void : Effect.andThen(Effect.sleep(Math.min(moment - now, hourMillis)), sleepUntil(moment)))

const messageOf = (error: unknown): string => error instanceof Error ? error.message : String(error)

/**
 * Polls until it is interrupted, which ends the ingests too. A look that fails is told, and the next one comes in its time;
 * a setting that is wrong would be wrong then too.
 */
export const poll = <E, R, R2>({ concurrency, everyMillis, ingest, look, schedule }: Polling<E, R, R2>) =>
  Effect.scoped(Effect.gen(function*() {
    const ingests = yield* FiberMap.make<number>()
    const places = yield* Semaphore.make(concurrency)
    const once = (due: number) =>
      Effect.flatMap(look(due), Effect.forEach((game) =>
        FiberMap.run(ingests, game.game_id, places.withPermits(1)(ingest(game)), { onlyIfMissing: true })))
    let due = yield* Clock.currentTimeMillis
    for (;;) {
      const next = nextPoll(schedule, due)
      if (next === undefined) return yield* new Cli.Refusal({ message: "No game can be on within a year: look at --months and --hours." })
      const opens = DateTime.toEpochMillis(next.due)
      if (opens > due) yield* Console.error(`No game can be on now; the next poll is at ${next.local}.`)
      yield* sleepUntil(opens)
      yield* Effect.catch(once(opens), (error) =>
        error instanceof Cli.Refusal ? Effect.fail(error) : Console.error(`The schedule cannot be looked at: ${messageOf(error)}`))
      due = Math.max(opens + everyMillis, yield* Clock.currentTimeMillis)
    }
  }))
