/** Makes calls wait for their permits: in the order in which they came, and without a timer or a fiber for each. */
import { Cause, Clock, Duration, Effect, Exit, type Scope } from "effect"
import * as Span from "../Span.ts"
import type { LimitStore, Pace } from "./LimitStore.ts"
import * as Line from "./Line.ts"
import * as Overrides from "./Overrides.ts"
import * as RateLimit from "./RateLimit.ts"
import * as Supply from "./Supply.ts"

/** What a call needs to be made: a place in line, and then its permits. One of its three ends has to be called, of which the first one counts; `use` does that by itself. */
export interface Permit {
  /** Whether its turn has come. */
  readonly isHeld: () => boolean
  /** The call is sent now, and not since its turn came: where something else was waited for in between. */
  readonly sent: () => void
  /** The server answers, so that it has the request, or the connection has failed. */
  readonly answered: () => void
  /** Nobody waits for the answer any more, but the request may be on its way: it is given another second. */
  readonly abandoned: () => void
  /** No call was made; also while its turn has not come. */
  readonly unused: () => void
}

/** Hears, at most once, that its turn has come, or why it never will. Where it has come at once, nothing is heard. */
export type TurnCame = (turn: Exit.Exit<void>) => void

/**
 * Asks for the permits of a call: `weight` of them, a whole number. Without an effect: whoever makes thousands of calls a
 * second waits for more than permits, and its fiber is to sleep once for all of it (resources/api/Try.ts).
 */
export type Request = (weight: number, turnCame: TurnCame) => Permit

/** Makes a call with permits, 1 by default, and says how it ended. An interrupt while it waits gives the place up. */
export type Use = <A, E, R>(call: Effect.Effect<A, E, R>, weight?: number) => Effect.Effect<A, E, R>

export interface Limiter {
  readonly limit: RateLimit.RateLimit
  /** Throws where a call of such a weight can never be made, as `request` does. */
  readonly check: (weight: number) => void
  readonly request: Request
  readonly use: Use
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
        waiter.turnCame(Exit.die(Cause.squash(cause)))
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
    const due = first === undefined ? undefined : supply.due(first.weight, now)
    return Math.min(due ?? Number.POSITIVE_INFINITY, supply.askDue(waiting(), now))
  }

  let isServing = false
  const serve = () => {
    // Who is told here may end at once, and come here again.
    if (isServing) return
    isServing = true
    try {
      for (let waiter = line.first(); waiter !== undefined; waiter = line.first()) {
        // What those before it did on being told has taken its time.
        const now = nowMillis()
        const due = supply.due(waiter.weight, now)
        if (due === undefined || due > now) break
        supply.use(waiter.weight, now)
        line.serve(waiter, now)
        waiter.turnCame(Exit.void)
      }
    } finally {
      isServing = false
    }
  }

  const turn = Effect.suspend(() => {
    isWoken = false
    serve()
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

  /** Wakes the pump where it would sleep too long: not for each of thousands of calls. */
  const rouse = (now: number) => {
    if (sleepsUntil > now && nextDue(now) < sleepsUntil) wake()
  }
  /** The pump's timer may be late. */
  const nudge = (now: number) => {
    serve()
    rouse(now)
  }

  /** A call from its place in line to its end. An object with methods and not with closures: one is made for each of thousands of calls a second. */
  class Held implements Line.Waiter, Permit {
    readonly weight: number
    readonly turnCame: TurnCame
    state: Line.Waiter["state"] = "new"
    servedAt = Number.NEGATIVE_INFINITY
    constructor(weight: number, turnCame: TurnCame) {
      this.weight = weight
      this.turnCame = turnCame
    }
    isHeld() {
      return this.state === "served"
    }
    sent() {
      this.servedAt = nowMillis()
    }
    answered() {
      const now = nowMillis()
      this.#end(this.#reached(now), now)
    }
    abandoned() {
      const now = nowMillis()
      this.#end(this.#reached(now + abandonedMillis), now)
    }
    unused() {
      this.#end(undefined, nowMillis())
    }
    #reached(at: number): number {
      return limit.reachesMillis === undefined ? at : Math.min(at, this.servedAt + limit.reachesMillis)
    }
    #end(arrived: number | undefined, now: number) {
      if (this.state === "waiting") line.leave(this)
      else if (this.state === "served") {
        this.state = "gone"
        supply.end(this.weight, arrived, now)
      } else return
      nudge(now)
    }
  }

  const check = (weight: number) => {
    if (!Number.isSafeInteger(weight) || weight < 1) {
      throw new Error(`A call under the limit ${limit.name} has the weight ${weight}: it is a whole number from 1 on.`)
    }
    if (weight > heaviest) {
      throw new Error(`A call of weight ${weight} can never be made under the limit ${limit.name} of ${RateLimit.rateText(limit.rate)}.`)
    }
  }

  const request: Request = (weight, turnCame) => {
    check(weight)
    serve()
    const now = nowMillis()
    const held = new Held(weight, turnCame)
    supply.wanted(weight, now)
    const due = line.first() === undefined ? supply.due(weight, now) : undefined
    if (due !== undefined && due <= now) {
      supply.use(weight, now)
      held.state = "served"
      held.servedAt = now
    } else line.join(held)
    // Not `serve`: nothing is heard before the permit is returned.
    rouse(now)
    return held
  }

  return {
    limit,
    check,
    request,
    use: using(request),
    slowDown: ({ retryAfter, sentAgo = "1 second" } = {}) =>
      Effect.sync(() => {
        const now = nowMillis()
        supply.tooMany(
          now - Duration.toMillis(Duration.fromInputUnsafe(sentAgo)),
          retryAfter === undefined ? undefined : Math.min(Duration.toMillis(Duration.fromInputUnsafe(retryAfter)), longestPause)
        )
        nudge(now)
      })
  }
})

const spacingOf = (rate: RateLimit.Rate): number => rate.perMillis / rate.calls

/** Makes calls with the permits that are asked for so. */
export const using = (request: Request): Use => (call, weight = 1) =>
  Effect.suspend(() => {
    let permit: Permit | undefined
    const turn = Effect.callback<void>((resume) => {
      permit = request(weight, resume)
      if (permit.isHeld()) resume(Effect.void)
    })
    return Effect.onExitPrimitive(Effect.andThen(turn, call), (exit) => {
      if (permit?.isHeld() !== true) permit?.unused()
      else if (Exit.hasInterrupts(exit)) permit.abandoned()
      else permit.answered()
      return undefined
    })
  })

/** The permits of one call under several limits, asked for one after the other: all of them as one. */
class Permits implements Permit {
  readonly #requests: ReadonlyArray<Request>
  readonly #weight: number
  readonly #turnCame: TurnCame
  readonly #permits: Array<Permit> = []
  #isEnded = false
  constructor(requests: ReadonlyArray<Request>, weight: number, turnCame: TurnCame) {
    this.#requests = requests
    this.#weight = weight
    this.#turnCame = turnCame
    this.#ask()
  }
  /** Asks for the next one as long as they come at once; gives whether all are there. */
  #ask(): boolean {
    while (this.#permits.length < this.#requests.length) {
      const permit = this.#requests[this.#permits.length]!(this.#weight, (turn) => this.#heard(turn))
      this.#permits.push(permit)
      if (!permit.isHeld()) return false
    }
    // The others were waited for.
    this.sent()
    return true
  }
  #heard(turn: Exit.Exit<void>) {
    if (Exit.isFailure(turn) || this.#ask()) this.#turnCame(turn)
  }
  isHeld() {
    return !this.#isEnded && this.#permits.length === this.#requests.length && this.#permits.every((permit) => permit.isHeld())
  }
  sent() {
    for (const permit of this.#permits) permit.sent()
  }
  answered() {
    this.#end((permit) => permit.answered())
  }
  abandoned() {
    this.#end((permit) => permit.abandoned())
  }
  unused() {
    this.#end((permit) => permit.unused())
  }
  #end(one: (permit: Permit) => void) {
    this.#isEnded = true
    this.#permits.forEach(one)
  }
}

/**
 * Calls under several limits. The slowest limit comes first: a permit counts from when it is given, and those of the
 * quick limits are not to wait for it.
 */
export const all = (limiters: ReadonlyArray<Limiter>): Request => {
  const requests = limiters.toSorted((a, b) => spacingOf(b.limit.rate) - spacingOf(a.limit.rate)).map(({ request }) => request)
  const [only, ...others] = requests
  if (only !== undefined && others.length === 0) return only
  return (weight, turnCame) => {
    // Not when others have been given already.
    for (const { check } of limiters) check(weight)
    return new Permits(requests, weight, turnCame)
  }
}
