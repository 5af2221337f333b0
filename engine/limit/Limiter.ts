/** Makes calls wait for their permits: in the order in which they came, and without a timer or a fiber for each. */
import { Cause, Clock, Duration, Effect, Exit, type Scope } from "effect"
import * as Span from "../Span.ts"
import type { LimitStore, Pace } from "./LimitStore.ts"
import * as Line from "./Line.ts"
import * as Overrides from "./Overrides.ts"
import * as RateLimit from "./RateLimit.ts"
import * as Supply from "./Supply.ts"

/** One call's permit. One of its three ends has to be called, of which the first one counts; `use` does that by itself. */
export interface Permit {
  /** The call is sent now, and not since the permit was taken: where something else was waited for in between. */
  readonly sent: () => void
  /** The server answers, so that it has the request, or the connection has failed. */
  readonly answered: () => void
  /** Nobody waits for the answer any more, but the request may be on its way: it is given another second. */
  readonly abandoned: () => void
  /** No call was made. */
  readonly unused: () => void
}

/** What `Effect.uninterruptibleMask` gives. */
export type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

export interface Limiter {
  readonly limit: RateLimit.RateLimit
  /**
   * Waits for the permits of a call, a whole number. An interrupt while it waits gives the place up. Whoever runs it inside an
   * `uninterruptibleMask`, so that the permit is ended whatever happens, gives the `restore` of that along, and does
   * not restore around it: an interrupt in the moment in which it returns would lose the permit.
   */
  readonly take: (weight?: number, restore?: Restore) => Effect.Effect<Permit>
  /** Makes a call with permits, and says how it ended. */
  readonly use: <A, E, R>(call: Effect.Effect<A, E, R>, weight?: number) => Effect.Effect<A, E, R>
  /** The server has said that there were too many calls: the rate falls, for all who share it. */
  readonly slowDown: (options?: {
    /** How long ago the call was sent: of calls from before the end of the window of the last fall there is no further one. Default 1 second. */
    readonly sentAgo?: Duration.Input | undefined
    /** How long the server asked to wait; a month at most, whatever it said. */
    readonly retryAfter?: Duration.Input | undefined
  }) => Effect.Effect<void>
}

export interface Options {
  /** Told of each change of the rate. Default: nobody. */
  readonly onChange?: ((message: string) => Effect.Effect<void>) | undefined
  /** After so long without a word from this process its permits go to others. Default 6 seconds. */
  readonly lease?: Duration.Input | undefined
}

/** A server may ask for any time; all who share the limit would wait for it. */
const longestPause = Duration.toMillis("31 days")
/** Falls to what was told already are told again after so long: each refused call may be one. */
const tellAgainMillis = 60_000

/** In milliseconds: less may be nothing to a clock. */
const shortestSleep = 0.01
/** For so long the pump sleeps without being woken: at thousands of calls a second to be ready for it costs more. */
const briefSleep = 2
/** A request that nobody waits for any more is taken to arrive within this time. */
const abandonedMillis = 1000

const percentOf = (pace: Pace): number => Math.round(pace.factor * 100)

/** What there is to say about a new pace; undefined: nothing. */
const changed = (limit: RateLimit.RateLimit, before: Pace, after: Pace): string | undefined => {
  const rate = RateLimit.rateText(limit.rate)
  if (after.falls > before.falls) {
    const pause = after.pausedMillis < 1 ? "" : `, after a pause of ${Span.rounded(Math.ceil(after.pausedMillis))}`
    return `The rate of ${limit.name} falls to ${percentOf(after)} % of ${rate}${pause}.`
  }
  return before.factor < 1 && after.factor === 1 ? `The rate of ${limit.name} is ${rate} again.` : undefined
}

/**
 * A limiter for a limit. Its scope's end gives back what it has. All limiters of one limit, in whatever process, share
 * the budget that the limit's scope says, through the LimitStore.
 */
export const make = Effect.fn("Limiter.make")(function*(
  declared: RateLimit.RateLimit,
  { lease = "6 seconds", onChange }: Options = {}
): Effect.fn.Return<Limiter, never, LimitStore | Scope.Scope> {
  const clock = yield* Clock.Clock
  ;(yield* Overrides.Declared).add(declared.name)
  const limit = Overrides.apply(declared, yield* Effect.orDie(Overrides.current))
  const supply = yield* Supply.make(limit, Duration.toMillis(Duration.fromInputUnsafe(lease)))
  const nowMillis = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  const line = Line.make()
  const heaviest = Math.min(...RateLimit.allRates(limit).map(({ calls }) => calls))
  let pace: Pace | undefined
  let told = { percent: 100, at: Number.NEGATIVE_INFINITY }
  // The pump sleeps until then, or until it is woken.
  let sleepsUntil = Number.POSITIVE_INFINITY
  // What wakes it while it works is remembered: a store in memory answers before it sleeps.
  let isWoken = false
  let signal = () => {}
  const wake = () => {
    isWoken = true
    signal()
  }

  const waiting = (): Supply.Waiting => ({ weight: line.weight(), first: line.first()?.weight ?? 0 })

  /** Whether a fall to the same again was told a moment ago. */
  const isTold = (after: Pace) => {
    const now = nowMillis()
    if (after.factor < 1 && told.percent === percentOf(after) && now < told.at + tellAgainMillis) return true
    told = { percent: percentOf(after), at: now }
    return false
  }

  /** What waiting does not help, be it a store that is not understood or a fault here, is told to those who wait. */
  const give = (cause: Cause.Cause<unknown>) =>
    Effect.sync(() => {
      if (Cause.hasInterrupts(cause)) return
      for (let waiter = line.first(); waiter !== undefined; waiter = line.first()) {
        line.leave(waiter)
        waiter.wake(Effect.die(Cause.squash(cause)))
      }
    })

  const ask = Effect.suspend(() => supply.ask(waiting())).pipe(
    Effect.catchCause((cause) => Effect.as(give(cause), undefined)),
    Effect.flatMap((after) => {
      const message = after === undefined
        ? undefined
        : pace !== undefined
        ? changed(limit, pace, after)
        : limit === declared
        ? undefined
        : `The rate of ${limit.name} is ${RateLimit.rateText(limit.rate)} here, in place of ${RateLimit.rateText(declared.rate)}.`
      pace = after ?? pace
      return message === undefined || onChange === undefined || (pace !== undefined && isTold(pace)) ? Effect.void : onChange(message)
    }),
    Effect.ensuring(Effect.sync(() => wake()))
  )

  /** When there is something to do again: for the first in the line, or with the store. */
  const nextDue = (now: number): number => {
    const first = line.first()
    return Math.min(first === undefined ? Number.POSITIVE_INFINITY : supply.due(first.weight) ?? Number.POSITIVE_INFINITY, supply.askDue(waiting(), now))
  }

  let isServing = false
  const serve = (now: number) => {
    // Who is woken here may end at once, and come here again.
    if (isServing) return
    isServing = true
    for (let waiter = line.first(); waiter !== undefined; waiter = line.first()) {
      const due = supply.due(waiter.weight)
      if (due === undefined || due > now) break
      supply.use(waiter.weight)
      line.serve(waiter)
      waiter.wake(Effect.void)
    }
    isServing = false
  }

  const turn = Effect.suspend(() => {
    isWoken = false
    serve(nowMillis())
    const now = nowMillis()
    if (supply.askDue(waiting(), now) <= now) return Effect.forkChild(ask, { startImmediately: true })
    sleepsUntil = nextDue(now)
    if (sleepsUntil - now <= briefSleep) return Effect.sleep(Math.max(sleepsUntil - now, shortestSleep))
    const woken = Effect.callback<void>((resume) => {
      if (isWoken) return resume(Effect.void)
      signal = () => resume(Effect.void)
    })
    return sleepsUntil === Number.POSITIVE_INFINITY ? woken : Effect.raceFirst(woken, Effect.sleep(sleepsUntil - now))
  })
  yield* Effect.addFinalizer(() => supply.leave)
  yield* Effect.forkScoped(Effect.forever(turn))

  /** Serves who is due, as the pump's timer may be late; wakes it where it would sleep too long: not for each of thousands of calls. */
  const nudge = () => {
    const now = nowMillis()
    serve(now)
    if (sleepsUntil > now && nextDue(now) < sleepsUntil) wake()
  }

  /** An object with methods and not with closures: one is made for each of thousands of calls a second. */
  class Held implements Permit {
    readonly #weight: number
    #sentAt = nowMillis()
    #isEnded = false
    constructor(weight: number) {
      this.#weight = weight
    }
    sent() {
      this.#sentAt = nowMillis()
    }
    answered() {
      this.#end(this.#reached(nowMillis()))
    }
    abandoned() {
      this.#end(this.#reached(nowMillis() + abandonedMillis))
    }
    unused() {
      this.#end(undefined)
    }
    #reached(at: number): number {
      return limit.reachesMillis === undefined ? at : Math.min(at, this.#sentAt + limit.reachesMillis)
    }
    #end(arrived: number | undefined) {
      if (this.#isEnded) return
      this.#isEnded = true
      supply.end(this.#weight, arrived)
      nudge()
    }
  }

  const taking = (weight: number, restore: Restore): Effect.Effect<Permit> =>
    Effect.suspend(() => {
      if (!Number.isSafeInteger(weight) || weight < 1) {
        return Effect.die(new Error(`A call under the limit ${limit.name} has the weight ${weight}: it is a whole number from 1 on.`))
      }
      if (weight > heaviest) {
        return Effect.die(new Error(`A call of weight ${weight} can never be made under the limit ${limit.name} of ${RateLimit.rateText(limit.rate)}.`))
      }
      const due = line.first() === undefined ? supply.due(weight) : undefined
      if (due !== undefined && due <= nowMillis()) {
        supply.wanted(weight)
        supply.use(weight)
        nudge()
        return Effect.succeed(new Held(weight))
      }
      const waiter: Line.Waiter = { weight, wake: () => {}, state: "new" }
      const turnCame = Effect.callback<void>((resume) => {
        waiter.wake = resume
        line.join(waiter)
        supply.wanted(weight)
        nudge()
      })
      return Effect.matchCauseEffect(restore(turnCame), {
        onSuccess: () => Effect.succeed(new Held(weight)),
        onFailure: (cause) => {
          // Its turn may have come while it was interrupted.
          if (waiter.state === "served") supply.end(weight, undefined)
          line.leave(waiter)
          nudge()
          return Effect.failCause(cause)
        }
      })
    })

  const take = (weight = 1, restore?: Restore) =>
    restore === undefined ? Effect.uninterruptibleMask((own) => taking(weight, own)) : taking(weight, restore)

  return {
    limit,
    take,
    use: (call, weight) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(take(weight, restore), (permit) =>
          Effect.onExit(restore(call), (exit) => Effect.sync(() => Exit.hasInterrupts(exit) ? permit.abandoned() : permit.answered())))
      ),
    slowDown: ({ retryAfter, sentAgo = "1 second" } = {}) =>
      Effect.sync(() => {
        supply.tooMany(
          nowMillis() - Duration.toMillis(Duration.fromInputUnsafe(sentAgo)),
          retryAfter === undefined ? undefined : Math.min(Duration.toMillis(Duration.fromInputUnsafe(retryAfter)), longestPause)
        )
        nudge()
      })
  }
})

const spacingOf = (rate: RateLimit.Rate): number => rate.perMillis / rate.calls

/** All of them as one. */
const together = (permits: ReadonlyArray<Permit>): Permit => ({
  sent: () => permits.forEach((permit) => permit.sent()),
  answered: () => permits.forEach((permit) => permit.answered()),
  abandoned: () => permits.forEach((permit) => permit.abandoned()),
  unused: () => permits.forEach((permit) => permit.unused())
})

/**
 * Calls under several limits. The slowest limit comes first: a permit counts from when it is given, and those of the
 * quick limits are not to wait for it.
 */
export const all = (limiters: ReadonlyArray<Limiter>): Limiter["take"] => {
  const [only, ...others] = limiters.toSorted((a, b) => spacingOf(b.limit.rate) - spacingOf(a.limit.rate))
  if (only === undefined) return () => Effect.succeed(together([]))
  if (others.length === 0) return only.take
  const taking = (weight: number | undefined, restore: Restore): Effect.Effect<Permit> =>
    Effect.flatMap(only.take(weight, restore), (first) => {
      const taken = [first]
      return Effect.forEach(others, (limiter) => Effect.map(limiter.take(weight, restore), (permit) => void taken.push(permit)), { discard: true }).pipe(
        Effect.onExit((exit) => Effect.sync(() => Exit.isSuccess(exit) ? taken.forEach((permit) => permit.sent()) : taken.forEach((permit) => permit.unused()))),
        Effect.map(() => together(taken))
      )
    })
  return (weight, restore) => restore === undefined ? Effect.uninterruptibleMask((own) => taking(weight, own)) : taking(weight, restore)
}
