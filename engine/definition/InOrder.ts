/** Many elements at a time, which may end in any order, given on in the order they came. */
import { type Array as Arr, Cause, Effect, Exit, FiberSet, Pull, Scope, Stream } from "effect"
import { Draining } from "./Drain.ts"

export interface Options {
  /** At most so many at a time; a function is asked again and again. */
  readonly concurrency: number | (() => number)
  /** So many may be under way, or done and waiting for one before them. */
  readonly ahead: number
}

/** Given on at a time. */
const piece = 256

/**
 * What is done waits so long for what follows it, in milliseconds: what comes after a stream of single elements pays for
 * each of them what it else pays for a hundred. Where somebody waits for room, or nothing is under way, it does not wait.
 */
const gathering = 5

/**
 * `Stream.mapEffect` in order has a window as large as its concurrency: one element that takes long soon stops all
 * others. Here they go on until `ahead` of them wait. After a failure no further element begins, those before the failed
 * one still end and come, and then the error.
 *
 * Elements are taken by workers, fibers that go on to the next one: a fiber for each element cost twice as much.
 */
export const mapEffect = <A, E, R, B, E2, R2>(
  elements: Stream.Stream<A, E, R>,
  f: (element: A) => Effect.Effect<B, E2, R2>,
  options: Options
): Stream.Stream<B, E | E2, R | R2> =>
  Stream.transformPull(elements, Effect.fnUntraced(function*(pull, scope) {
    const { concurrency } = options
    const most = typeof concurrency === "number" ? () => concurrency : concurrency
    const draining = yield* Draining
    const run = yield* FiberSet.makeRuntime<R2, void, never>().pipe(Scope.provide(scope))

    /** What was pulled and is not begun; `end` is why there is no more. */
    let pulled: ReadonlyArray<A> = []
    let next = 0
    let end: Exit.Exit<unknown, Pull.ExcludeDone<E>> | undefined
    /** By number: what has ended and was not given on. */
    const ended = new Map<number, Exit.Exit<B, E2>>()
    let begun = 0
    let given = 0
    let active = 0
    let isBroken = false
    const idle: Array<() => void> = []
    let pullMore: (() => void) | undefined
    let give: (() => void) | undefined
    let gather: NodeJS.Timeout | undefined

    const isFull = () => begun - given >= Math.max(options.ahead, most())
    const mayBegin = () => next < pulled.length && !isBroken && !draining.isStopped() && !isFull()
    const isDrained = () => draining.isStopped() && given === begun

    /** Wakes who gives on, at once or soon. */
    const tell = () => {
      if (give === undefined) return
      const isUrgent = active === 0 || isBroken || draining.isStopped() || ended.size >= piece || isFull()
      const isAtEnd = end !== undefined && given === begun && next === pulled.length
      if (isAtEnd || isDrained() || (isUrgent && ended.has(given))) {
        clearTimeout(gather)
        gather = undefined
        const wake = give
        give = undefined
        wake()
      } else if (ended.has(given)) gather ??= setTimeout(gathered, gathering)
    }
    const gathered = () => {
      gather = undefined
      const wake = give
      give = undefined
      wake?.()
    }

    /** Takes elements one after the other, for as long as there are some and so many may run. */
    const worker = () => {
      let index = 0
      const sleep = Effect.callback<undefined>((resume) => {
        active--
        tell()
        idle.push(() => resume(Effect.succeed(undefined)))
      })
      return Effect.whileLoop({
        while: () => true,
        body: (): Effect.Effect<Exit.Exit<B, E2> | undefined, never, R2> => {
          if (!mayBegin() || active > most()) return sleep
          const element = pulled[next++]!
          index = begun++
          if (next === pulled.length) pullMore?.()
          return Effect.exit(Effect.suspend(() => f(element)))
        },
        step: (exit) => {
          if (exit === undefined) return
          if (Exit.isFailure(exit)) isBroken = true
          ended.set(index, exit)
          tell()
          staff()
        }
      })
    }

    let isStaffing = false
    /** As many workers as there may be, and something to do for. */
    const staff = () => {
      // Those that are woken here come here too: they are not to pile up on the stack.
      if (isStaffing) return
      isStaffing = true
      while (mayBegin() && active < most()) {
        active++
        const wake = idle.pop()
        if (wake === undefined) run(worker())
        else wake()
      }
      isStaffing = false
    }

    const read = Effect.gen(function*() {
      for (;;) {
        const exit = yield* Effect.exit(pull)
        if (Exit.isFailure(exit)) {
          end = Pull.doneExitFromCause(exit.cause)
          return tell()
        }
        pulled = exit.value
        next = 0
        staff()
        if (next < pulled.length) {
          yield* Effect.callback<void>((resume) => {
            pullMore = () => {
              pullMore = undefined
              resume(Effect.void)
            }
          })
        }
      }
    })
    yield* Effect.forkIn(read, scope)
    yield* Scope.addFinalizer(scope, Effect.sync(draining.join(tell)))
    yield* Scope.addFinalizer(scope, Effect.sync(() => clearTimeout(gather)))

    /** What has become the beginning of the rest, or a part of it, up to a failure; undefined: nothing yet. */
    const pass = (): Effect.Effect<Arr.NonEmptyReadonlyArray<B>, E | E2 | Cause.Done<void>> | undefined => {
      const ready: Array<B> = []
      for (let exit = ended.get(given); exit !== undefined && ready.length < piece; exit = ended.get(given)) {
        if (Exit.isFailure(exit)) {
          // Comes by itself once what is before it has been given.
          if (ready.length === 0) return Effect.failCause(exit.cause)
          break
        }
        ended.delete(given++)
        ready.push(exit.value)
      }
      if (isFilled(ready)) {
        staff()
        return Effect.succeed(ready)
      }
      // Not as an end, which would say that the elements after these were done too.
      if (isDrained()) return Effect.interrupt
      if (end === undefined || given < begun || next < pulled.length) return undefined
      return Exit.isFailure(end) ? Effect.failCause(end.cause) : Cause.done()
    }
    const giving: Pull.Pull<Arr.NonEmptyReadonlyArray<B>, E | E2> = Effect.suspend(() => pass() ?? Effect.flatMap(
      Effect.callback<void>((resume) => {
        give = () => resume(Effect.void)
        tell()
      }),
      () => giving
    ))
    return giving
  }))

const isFilled = <A>(list: ReadonlyArray<A>): list is Arr.NonEmptyReadonlyArray<A> => list.length > 0
