/** `sluice football --continuous`: one cycle after the other in one process, from start to start. */
import { Console, Duration, Effect } from "effect"
import { Cli } from "sluice"

const messageOf = (error: unknown): string => error instanceof Error ? error.message : String(error)

/** What is left of the period after a cycle, in seconds; one that took longer is followed by the next at once. */
export const sleepSeconds = (period: number, elapsed: number): number => Math.max(0, period - elapsed)

/**
 * Makes cycles until it is interrupted. One that fails is told, and the next begins in its time; a setting that is wrong
 * would be wrong in the next one too.
 */
export const everySeconds = <A, E, R>(period: number, cycle: Effect.Effect<A, E, R>, json: boolean) =>
  Effect.forever(Effect.gen(function*() {
    const [elapsed] = yield* Effect.timed(Effect.catch(cycle, (error) =>
      error instanceof Cli.Refusal ? Effect.fail(error) : Effect.logError(`The cycle failed: ${messageOf(error)}`)))
    const took = Duration.toSeconds(elapsed)
    const left = sleepSeconds(period, took)
    yield* Effect.logInfo(`Cycle took ${took.toFixed(2)}s; sleeping ${left.toFixed(2)}s before next run.`)
    const line = `Sleep time: ${left.toFixed(2)}s`
    yield* Effect.logInfo(line)
    if (!json) yield* Console.log(line)
    yield* Effect.sleep(left * 1000)
  }))
