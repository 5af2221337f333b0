/** Many elements at a time, which may end in any order, given on in the order they came. */
import { type Array as Arr, Effect, Exit, type Pull, Semaphore, Stream } from "effect"

export interface Options {
  /** At most so many at a time. */
  readonly concurrency: number
  /** So many may be under way, or done and waiting for one before them. */
  readonly ahead: number
}

/** Given on at a time; these do not count as waiting any more. */
const piece = 256

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
    /** What has become the beginning of the rest, or a part of it, up to a failure; undefined: nothing yet. */
    const pass = (ended: ReadonlyArray<Ended<B, E2>>): Effect.Effect<Arr.NonEmptyReadonlyArray<B> | undefined, E2> => {
      for (const { exit, index } of ended) waiting.set(index, exit)
      const ready: Array<B> = []
      for (let next = waiting.get(given); next !== undefined && ready.length < piece; next = waiting.get(given)) {
        if (Exit.isFailure(next)) {
          // Comes by itself once what is before it has been given.
          if (ready.length === 0) return Effect.failCause(next.cause)
          break
        }
        waiting.delete(given++)
        ready.push(next.value)
      }
      return isFilled(ready) ? Effect.as(room.release(ready.length), ready) : Effect.succeed(undefined)
    }
    const ended = elements.pipe(
      Stream.mapEffect(enter),
      Stream.takeWhile(() => !isBroken),
      Stream.mapEffect(call, { concurrency, unordered: true }),
      // A call that has ended makes room for the next one at once, also while nobody takes what it gave.
      Stream.buffer({ capacity: "unbounded" })
    )
    return Stream.transformPull(ended, (pull) => {
      const next: Pull.Pull<Arr.NonEmptyReadonlyArray<B>, E | E2> = Effect.suspend(() =>
        waiting.has(given) ? pass([]) : Effect.flatMap(pull, pass)
      ).pipe(Effect.flatMap((ready) => ready === undefined ? next : Effect.succeed(ready)))
      return Effect.succeed(next)
    })
  })

const isFilled = <A>(list: ReadonlyArray<A>): list is Arr.NonEmptyReadonlyArray<A> => list.length > 0
