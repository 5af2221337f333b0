/** Makes calls wait for their permits: in the order in which they came, and without a timer or a fiber for each. */
import { Clock, Duration, Effect, Exit, type Scope } from "effect"
import { randomUUID } from "node:crypto"
import { Node } from "../Machine.ts"
import * as Hand from "./Hand.ts"
import { type Answered, type Ask, LimitStore, type Pace, type TooMany } from "./LimitStore.ts"
import * as Line from "./Line.ts"
import * as RateLimit from "./RateLimit.ts"

/** One call's permit. One of its three ends has to be run, once; `use` does that by itself. */
export interface Permit {
  /** The server has answered, or the connection has failed. */
  readonly answered: Effect.Effect<void>
  /** Nobody waits for the answer any more, but the request may be on its way: it is given another second. */
  readonly abandoned: Effect.Effect<void>
  /** No call was made. */
  readonly unused: Effect.Effect<void>
}

export interface Limiter {
  readonly limit: RateLimit.RateLimit
  /** Waits for the permits of a call. An interrupt while it waits gives the place up. */
  readonly take: (weight?: number) => Effect.Effect<Permit>
  /** Makes a call with permits, and says how it ended. */
  readonly use: <A, E, R>(call: Effect.Effect<A, E, R>, weight?: number) => Effect.Effect<A, E, R>
  /** The server has said that there were too many calls: the rate falls, for all who share it. */
  readonly slowDown: (options?: {
    /** How long the server asked to wait. */
    readonly retryAfter?: Duration.Input | undefined
  }) => Effect.Effect<void>
}

export interface Options {
  /** Told of each change of the rate. Default: nobody. */
  readonly onChange?: ((message: string) => Effect.Effect<void>) | undefined
  /** After so long without a word from this process its permits go to others. Default 6 seconds. */
  readonly lease?: Duration.Input | undefined
}

/** For so long ahead permits are asked for. */
const aheadMillis = 50
/** A request that nobody waits for any more is taken to arrive within this time. */
const abandonedMillis = 1000

export const make = Effect.fn("Limiter.make")(function*(
  limit: RateLimit.RateLimit,
  options: Options = {}
): Effect.fn.Return<Limiter, never, LimitStore | Scope.Scope> {
  const store = yield* LimitStore
  const clock = yield* Clock.Clock
  const machine = limit.scope === "node" ? yield* Node : ""
  const leaseMillis = Duration.toMillis(Duration.fromInputUnsafe(options.lease ?? "6 seconds"))
  const keepMillis = Math.max(...RateLimit.allRates(limit).map(({ perMillis }) => perMillis))
  const holder = randomUUID()
  const nowMillis = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  const hand = Hand.make()
  const line = Line.make()

  let inFlight = 0
  let answers: Array<number> = []
  let tooMany: { readonly sentAt: number; readonly retryAfterMillis: number | undefined } | undefined
  let asking = false
  let againAt = Number.NEGATIVE_INFINITY
  let askedAt = Number.NEGATIVE_INFINITY
  let pace: Pace = { factor: 1, pausedMillis: 0, falls: 0 }
  // What wakes the loop while it works is remembered: a store in memory answers before the loop waits for it.
  let woken = false
  let signal = () => {}
  const wake = () => {
    woken = true
    signal()
  }

  const reportDelay = Math.min(Math.max(keepMillis / 50, 5), 1000)

  const segments = (times: ReadonlyArray<number>, now: number): ReadonlyArray<Answered> => {
    if (times.length === 0) return []
    const sorted = times.toSorted((a, b) => a - b)
    const first = sorted[0]!
    const spacing = sorted.length === 1 ? 0 : (sorted.at(-1)! - first) / (sorted.length - 1)
    const shift = Math.max(...sorted.map((time, i) => time - first - i * spacing))
    return [{ count: sorted.length, agoMillis: now - first - shift, spacingMillis: spacing }]
  }

  const told = (next: Pace) =>
    Effect.suspend(() => {
      const before = pace
      pace = next
      const rate = RateLimit.rateText(limit.rate)
      if (options.onChange === undefined) return Effect.void
      if (next.falls > before.falls) {
        const pause = next.pausedMillis > 0 ? `, after a pause of ${Duration.format(Duration.millis(Math.ceil(next.pausedMillis)))}` : ""
        return options.onChange(`The rate of ${limit.name} falls to ${Math.round(next.factor * 100)} % of ${rate}${pause}.`)
      }
      return before.factor < 1 && next.factor === 1 ? options.onChange(`The rate of ${limit.name} is ${rate} again.`) : Effect.void
    })

  const ask = Effect.suspend(() => {
    const sent = nowMillis()
    const rates = RateLimit.ratesAt(limit, clock.currentTimeMillisUnsafe())
    const most = Math.max(...rates.map((rate) => Math.max(rate.burst, Math.ceil(rate.calls / rate.perMillis * aheadMillis))))
    const least = Math.max(0, (line.first()?.weight ?? 0) - hand.count())
    const want = Math.max(0, Math.min(line.weight() - hand.count(), Math.max(most, least)))
    const reported = answers
    const complaint: TooMany | undefined = tooMany === undefined
      ? undefined
      : { sentAgoMillis: sent - tooMany.sentAt, retryAfterMillis: tooMany.retryAfterMillis }
    answers = []
    tooMany = undefined
    asking = true
    const request: Ask = {
      bucket: { limit: limit.name, scope: limit.scope, machine },
      holder,
      leaseMillis,
      rates,
      keepMillis,
      want,
      least,
      open: hand.count() + inFlight,
      answered: segments(reported, sent),
      tooMany: complaint
    }
    return store.ask(request).pipe(
      Effect.flatMap((reply) => {
        askedAt = sent
        const now = nowMillis()
        if (reply.lot !== undefined) hand.add(reply.lot, now)
        againAt = reply.againInMillis === undefined ? Number.NEGATIVE_INFINITY : now + reply.againInMillis
        return told(reply.pace)
      }),
      Effect.catch(() =>
        Effect.sync(() => {
          answers = reported.concat(answers)
          againAt = nowMillis() + 500
        })
      ),
      Effect.ensuring(Effect.sync(() => {
        asking = false
        wake()
      }))
    )
  })

  const serveDue = (now: number) => {
    if (now - askedAt > leaseMillis * 0.9) hand.clear()
    for (let waiter = line.first(); waiter !== undefined; waiter = line.first()) {
      const due = hand.due(waiter.weight)
      if (due === undefined || due > now) return due
      hand.use(waiter.weight)
      inFlight += waiter.weight
      line.serve(waiter)
      waiter.wake()
    }
    return undefined
  }

  /** When there is something to ask or to say; infinite: nothing. */
  const askDue = () => {
    if (asking) return Number.POSITIVE_INFINITY
    const keepAlive = hand.count() + inFlight > 0 ? askedAt + leaseMillis / 3 : Number.POSITIVE_INFINITY
    const report = tooMany !== undefined ? 0 : answers.length > 0 ? Math.min(...answers) + reportDelay : Number.POSITIVE_INFINITY
    const need = line.weight() > hand.count() && hand.count() < 8 ? againAt : Number.POSITIVE_INFINITY
    return Math.min(keepAlive, report, need)
  }

  const turn = Effect.gen(function*() {
    woken = false
    const due = serveDue(nowMillis()) ?? Number.POSITIVE_INFINITY
    if (askDue() <= nowMillis()) yield* Effect.forkChild(ask, { startImmediately: true })
    const next = Math.min(due, askDue()) - nowMillis()
    const called = Effect.callback<void>((resume) => {
      if (woken) return resume(Effect.void)
      signal = () => resume(Effect.void)
    })
    if (next > 0) yield* next === Number.POSITIVE_INFINITY ? called : Effect.raceFirst(called, Effect.sleep(next))
    else yield* Effect.yieldNow
  })
  yield* Effect.forkScoped(Effect.forever(turn))

  const permit = (weight: number): Permit => {
    const sentAt = nowMillis()
    let ended = false
    const end = (arrived: () => number | undefined) =>
      Effect.sync(() => {
        if (ended) return
        ended = true
        inFlight -= weight
        const at = arrived()
        if (at !== undefined) for (let i = 0; i < weight; i++) answers.push(at)
        wake()
      })
    const reached = (at: number) => limit.reachesMillis === undefined ? at : Math.min(at, sentAt + limit.reachesMillis)
    return {
      answered: end(() => reached(nowMillis())),
      abandoned: end(() => reached(nowMillis() + abandonedMillis)),
      unused: end(() => undefined)
    }
  }

  const take = (weight = 1) =>
    Effect.uninterruptibleMask((restore) => {
      if (weight > limit.rate.calls) {
        return Effect.die(new Error(`A call of weight ${weight} can never be made under the limit ${limit.name} of ${RateLimit.rateText(limit.rate)}.`))
      }
      const waiter: Line.Waiter = { weight, wake: () => {}, state: "waiting" }
      const turnCame = Effect.callback<void>((resume) => {
        waiter.wake = () => resume(Effect.void)
        line.join(waiter)
        wake()
      })
      return restore(turnCame).pipe(
        Effect.onExit((exit) =>
          Effect.sync(() => {
            if (Exit.isSuccess(exit)) return
            // Its turn may have come while it was interrupted.
            if (waiter.state === "served") inFlight -= weight
            line.leave(waiter)
            wake()
          })
        ),
        Effect.map(() => permit(weight))
      )
    })

  return {
    limit,
    take,
    use: (call, weight) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(restore(take(weight)), (permit) =>
          Effect.onExit(restore(call), (exit) =>
            Exit.isFailure(exit) && Exit.hasInterrupts(exit) ? permit.abandoned : permit.answered))
      ),
    slowDown: ({ retryAfter } = {}) =>
      Effect.sync(() => {
        tooMany = {
          sentAt: nowMillis(),
          retryAfterMillis: retryAfter === undefined ? undefined : Duration.toMillis(Duration.fromInputUnsafe(retryAfter))
        }
        wake()
      })
  }
})

const spacingOf = (rate: RateLimit.Rate): number => rate.perMillis / rate.calls

/** Both permits as one. */
const both = (a: Permit, b: Permit): Permit => ({
  answered: Effect.andThen(a.answered, b.answered),
  abandoned: Effect.andThen(a.abandoned, b.abandoned),
  unused: Effect.andThen(a.unused, b.unused)
})

const none: Permit = { answered: Effect.void, abandoned: Effect.void, unused: Effect.void }

/**
 * Waits for the permits of a call under several limits. The slowest limit comes first: a permit counts from when it is
 * given, and those of the quick limits are not to wait for it.
 */
export const takeAll = (limiters: ReadonlyArray<Limiter>, weight = 1): Effect.Effect<Permit> =>
  Effect.uninterruptibleMask((restore) =>
    limiters.toSorted((a, b) => spacingOf(b.limit.rate) - spacingOf(a.limit.rate)).reduce(
      (taken, limiter) =>
        Effect.flatMap(taken, (permit) =>
          restore(limiter.take(weight)).pipe(
            Effect.onExit((exit) => Exit.isSuccess(exit) ? Effect.void : permit.unused),
            Effect.map((next) => both(permit, next))
          )),
      Effect.succeed(none)
    )
  )
