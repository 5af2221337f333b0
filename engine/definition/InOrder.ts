/** Many elements at a time, which may end in any order, given on in the order they came. */
import { Effect, Exit, Semaphore, Stream } from "effect"

export interface Options {
  /** At most so many at a time. */
  readonly concurrency: number
  /** So many may be under way, or done and waiting for one before them. */
  readonly ahead: number
}

interface Ended<B, E> {
  readonly index: number
  readonly exit: Exit.Exit<B, E>
}

/**
 * `Stream.mapEffect` in order has a window as large as its concurrency: one element that takes long soon stops all
 * others. Here they go on until `ahead` of them wait. After a failure no further element begins, those before the failed
 * one still end and come, and then the error.
 */
export const mapEffect = <A, E, R, B, E2, R2>(
  elements: Stream.Stream<A, E, R>,
  f: (element: A) => Effect.Effect<B, E2, R2>,
  { ahead, concurrency }: Options
): Stream.Stream<B, E | E2, R | R2> =>
  Stream.suspend(() => {
    const room = Semaphore.makeUnsafe(Math.max(ahead, concurrency))
    const waiting = new Map<number, Exit.Exit<B, E2>>()
    let begun = 0
    let given = 0
    let isBroken = false

    const enter = (element: A) => Effect.as(room.take(1), { element, index: begun++ })
    const call = ({ element, index }: { readonly element: A; readonly index: number }) =>
      Effect.map(Effect.exit(Effect.suspend(() => f(element))), (exit): Ended<B, E2> => {
        if (Exit.isFailure(exit)) isBroken = true
        return { index, exit }
      })
    /** What has become the beginning of the rest, up to a failure. */
    const pass = ({ exit, index }: Ended<B, E2>): Effect.Effect<ReadonlyArray<Exit.Exit<B, E2>>> => {
      waiting.set(index, exit)
      const ready: Array<Exit.Exit<B, E2>> = []
      for (let next = waiting.get(given); next !== undefined; next = waiting.get(given)) {
        waiting.delete(given++)
        ready.push(next)
      }
      return ready.length === 0 ? Effect.succeed(ready) : Effect.as(room.release(ready.length), ready)
    }
    return elements.pipe(
      Stream.mapEffect(enter),
      Stream.takeWhile(() => !isBroken),
      Stream.mapEffect(call, { concurrency, unordered: true }),
      Stream.mapEffect(pass),
      Stream.flattenIterable,
      Stream.mapEffect((exit) => exit)
    )
  })
