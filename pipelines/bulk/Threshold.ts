/** The share of records that may fail. Beyond it a run ends early: an API that refuses everything is not asked a million times. */
import { Effect, Schedule } from "effect"
import type { Meter } from "../../assets/bulk/Meter.ts"

/** So many records are to be done before their share says anything. */
const least = 1000

const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`

/** The sentence where too many have failed; undefined: they have not. */
export const sentence = (failed: number, done: number, most: number): string | undefined =>
  done === 0 || failed / done <= most
    ? undefined
    : `${percent(failed / done)} of ${done.toLocaleString("en")} records failed, more than the ${percent(most)} that MAX_ERROR_RATE allows.`

/** Waits until too many records of this process have failed, and gives the sentence. */
export const passed = ({ counts }: Meter, most: number): Effect.Effect<string> =>
  Effect.sync(() => {
    const done = counts.processed + counts.failed
    return done < least ? undefined : sentence(counts.failed, done, most)
  }).pipe(
    Effect.repeat({ schedule: Schedule.spaced("200 millis"), until: (told) => told !== undefined }),
    Effect.map((told) => told ?? "")
  )
