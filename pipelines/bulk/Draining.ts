/** Work that an interrupt does not reach at once: it is told on the terminal and in the log, and the work is asked to end. */
import { Duration, Effect, type Exit, Fiber } from "effect"
import { Checkpoint } from "sluice"
import type { Meter } from "../../assets/bulk/Meter.ts"
import { RecordApi } from "../../resources/bulk/RecordApi.ts"
import type { Logs } from "./Logs.ts"
import type { Screen } from "./Screen.ts"

interface Told {
  readonly meter: Meter
  readonly logs: Logs
  readonly screen: Pick<Screen, "say">
  readonly graceSeconds: number
}

const n = (count: number): string => count.toLocaleString("en")

/** While the API does not answer nothing comes back, but for what was sent just before. */
const outageSeconds = 1

/** How many seconds what is on its way has to come back; `isDown` says that the API does not answer. */
export const allowed = (graceSeconds: number) =>
  Effect.map(Effect.flatMap(RecordApi, (api) => api.breaker), ({ state }) => {
    const isDown = state !== "Closed"
    return { isDown, seconds: isDown ? Math.min(outageSeconds, graceSeconds) : graceSeconds }
  })

/** Says that it ends, and gives how many seconds that may take. */
const tell = Effect.fnUntraced(function*({ graceSeconds, logs, meter, screen }: Told) {
  const { isDown, seconds } = yield* allowed(graceSeconds)
  const count = meter.underWay()
  if (count === 0) return seconds
  const records = count === 1 ? "1 record is on its way and has" : `${n(count)} records are on their way and have`
  const sentence = `Interrupted: no further record is sent; ${records} ${seconds} s to come back${isDown ? ", since the API does not answer" : ""}.`
  logs.warn(sentence)
  screen.say(`${sentence} Ctrl-C again ends at once.`)
  return seconds
})

/** The work ends by itself: of a chunk that is interrupted what is on its way comes back and is committed, see `Checkpoint`. */
export const draining = <A, E, R>(told: Told, work: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | RecordApi> =>
  Effect.suspend(() => {
    let seconds = told.graceSeconds
    const ended = (fiber: Fiber.Fiber<A, E>) =>
      Effect.flatMap(tell(told), (allowed) => {
        seconds = allowed
        return Fiber.interrupt(fiber)
      })
    return endedBy(Effect.provideService(work, Checkpoint.Grace, () => Duration.seconds(seconds)), ended)
  })

/** The work sends nothing more and ends as it would with no more records, in time; `ended` is told how. */
export const stopping = <A, E, R, R2>(
  told: Told,
  work: Effect.Effect<A, E, R>,
  ended: (exit: Exit.Exit<A, E>) => Effect.Effect<void, never, R2>
): Effect.Effect<A, E, R | R2 | RecordApi> =>
  endedBy(work, (fiber) =>
    Effect.gen(function*() {
      const seconds = yield* tell(told)
      told.meter.stop()
      yield* Effect.timeoutOption(Effect.interruptible(Fiber.await(fiber)), Duration.seconds(seconds))
      yield* Fiber.interrupt(fiber)
      yield* Effect.flatMap(Fiber.await(fiber), ended)
    }))

const endedBy = <A, E, R, R2>(work: Effect.Effect<A, E, R>, end: (fiber: Fiber.Fiber<A, E>) => Effect.Effect<void, never, R2>) =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkDetach(Effect.interruptible(work))
      return yield* Effect.onInterrupt(restore(Fiber.join(fiber)), () => end(fiber))
    })
  )
