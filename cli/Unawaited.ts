/**
 * Errors that nobody waits for: a promise that is rejected beside its step, an exception of a timer or an event. Node ends
 * the process by them, and every run that is under way with it, unless somebody takes them.
 */

/** The promise is absent where something was thrown. */
export type Taker = (error: unknown, promise?: Promise<unknown>) => void

const takers: Array<Taker> = []

const onRejection = (error: unknown, promise: Promise<unknown>): void => takers.at(-1)?.(error, promise)

const onException = (error: unknown): void => takers.at(-1)?.(error)

/** Gives them to this taker, and to no earlier one, until that is undone. */
export const takenBy = (taker: Taker): () => void => {
  if (takers.length === 0) {
    process.on("unhandledRejection", onRejection)
    process.on("uncaughtException", onException)
  }
  takers.push(taker)
  return () => {
    const at = takers.lastIndexOf(taker)
    if (at < 0) return
    takers.splice(at, 1)
    if (takers.length > 0) return
    process.off("unhandledRejection", onRejection)
    process.off("uncaughtException", onException)
  }
}
