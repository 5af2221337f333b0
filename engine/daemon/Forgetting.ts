/** The part of a daemon that forgets old records, as the deployment says: once a day, whichever daemon comes first. */
import { Duration, Effect, Schedule } from "effect"
import { type KeptKeys, RetentionStore } from "../record/RetentionStore.ts"
import type { Watcher } from "./Observation.ts"

export interface Kept {
  readonly olderThanMillis: number
  readonly keys: ReadonlyArray<KeptKeys>
}

const everyMillis = Duration.toMillis("1 day")

/** A daemon that starts has other things to do first. */
const restsFor = "1 minute"

/** So late it is at most, after whoever had the last turn. */
const looks = Schedule.spaced("1 hour")

/** Never ends. It works in small portions beside runs. */
export const serve = (kept: Kept | undefined, watcher: Watcher): Effect.Effect<never, never, RetentionStore> => {
  if (kept === undefined) return Effect.never
  const look = Effect.gen(function*() {
    const store = yield* RetentionStore
    if (!(yield* store.turn(everyMillis))) return
    const found = yield* store.forget({ ...kept, dryRun: false })
    const sum = (of: "rows" | "bytes") => found.reduce((total, one) => total + one[of], 0)
    watcher({ _tag: "Forgot", rows: sum("rows"), bytes: sum("bytes") })
  }).pipe(Effect.catch(({ message }) => Effect.sync(() => watcher({ _tag: "NotForgotten", message }))))
  return Effect.andThen(Effect.delay(Effect.repeat(look, looks), restsFor), Effect.never)
}
