/** Errors that nobody waits for while a command is at work: they are told, count for its exit code, and end nothing. */
import * as Effect from "effect/Effect"
import { inspect } from "node:util"
import * as Place from "./Place.ts"
import { messageOf, withoutSecrets } from "./Refusal.ts"
import * as Repeats from "./Repeats.ts"
import { note } from "./terminal/Screen.ts"
import { err } from "./terminal/Style.ts"
import * as Text from "./terminal/Text.ts"
import * as Unawaited from "./Unawaited.ts"

let failures = 0
let listener: ((sentence: string) => void) | undefined

/** While the effect runs, what is told on standard error is told to this, too. */
export const heardBy = <A, E, R>(hear: (sentence: string) => void, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    listener = hear
    return Effect.ensuring(effect, Effect.sync(() => {
      listener = undefined
    }))
  })

/** What came until now is no failure of the command: it lives on by its nature. */
export const forgive = (): void => {
  failures = 0
}

/** What was thrown, in a line: `TypeError: x is not a function`, `{ code: 5 }`. */
const thrown = (error: unknown): string => {
  const name = error instanceof Error && error.name !== "Error" ? `${error.name}: ` : ""
  const said = error instanceof Error || typeof error !== "object" ? messageOf(error) : messageOf(inspect(error, { depth: 1 }))
  return Text.printable(`${name}${said}`).replace(/\.$/, "")
}

const sentenceOf = (error: unknown, isRejection: boolean, place: string | undefined): string => {
  const what = `${thrown(error)} (${place ?? "SLUICE_DEBUG=1 shows where"})`
  return withoutSecrets(isRejection
    ? `A promise that nothing waited for was rejected: ${what}; await it in its step, or catch its error.`
    : `An exception of a timer or an event was not caught: ${what}; catch it there, since no step fails by it.`)
}

export interface Strays {
  /** Whether one came that is not forgiven. */
  readonly hasFailed: () => boolean
  /** Says what is left to say. */
  readonly close: () => void
}

/** Takes them from now on, to the end of the process. */
export const watch = (debug: boolean): Strays => {
  const repeats = Repeats.make((sentence) => {
    note(`${err.red("error")}: ${sentence}`)
    listener?.(sentence)
  })
  const told = new WeakSet<Promise<unknown>>()
  Unawaited.takenBy((error, promise) => {
    failures++
    if (promise !== undefined) told.add(promise)
    const place = Place.of(error)
    const sentence = sentenceOf(error, promise !== undefined, place)
    const isShown = repeats.tell(place ?? sentence, sentence)
    if (debug && isShown) note(err.dim(withoutSecrets(inspect(error))))
  })
  // Somebody has waited for it after all, and fails by it where it matters.
  process.on("rejectionHandled", (promise) => {
    if (told.delete(promise)) failures = Math.max(0, failures - 1)
  })
  return { hasFailed: () => failures > 0, close: repeats.close }
}
