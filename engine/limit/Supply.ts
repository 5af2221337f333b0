/** The permits of a limiter: those in hand, those that are out, and what is asked of and told to the store. */
import { Clock, Effect, Exit } from "effect"
import { randomUUID } from "node:crypto"
import { Node } from "../Machine.ts"
import * as Demand from "./Demand.ts"
import * as Hand from "./Hand.ts"
import { LimitStore, LimitStoreError, type Pace } from "./LimitStore.ts"
import * as OwnCalls from "./OwnCalls.ts"
import * as RateLimit from "./RateLimit.ts"
import * as Segment from "./Segment.ts"
import * as StoreClock from "./StoreClock.ts"

/** For so long ahead permits are asked for, where the store answers quickly. */
const aheadMillis = 50
/** For no longer, however slowly it answers: what is given does not hear of a slower rate. */
const longestAheadMillis = 500
/** What is in hand lasts for so many asks of the slowest of late: it is asked when half of that is left. */
const lastingAsks = 4
/** In so long the time of a slow ask counts for half of what it was: what slows a store, as a large commit, comes back. */
const halfLifeMillis = 10_000
/** Permits that nobody has wanted for so long are given back. */
const idleMillis = 150
/** Where the two clocks of this process have gone apart by more between two asks, one was set or stood still. */
const oddMillis = 5
/** After a failure of the store, to be doubled with each further one. */
const firstPause = 100
const longestPause = 5000

/** What waits: the weight of all calls together, and of the one whose turn is next. */
export interface Waiting {
  readonly weight: number
  readonly first: number
}

export interface Supply {
  /** When the permits of a call may be used; undefined where there are not so many in hand. */
  readonly due: (weight: number, now: number) => number | undefined
  /** Takes permits out of the hand. */
  readonly use: (weight: number, now: number) => void
  /** So many more are wanted than before. */
  readonly wanted: (weight: number, now: number) => void
  /** Ends permits that are out; the call is known to have arrived by `at`, undefined: none was made. */
  readonly end: (weight: number, at: number | undefined, now: number) => void
  readonly tooMany: (sentAt: number, retryAfterMillis: number | undefined) => void
  /** When the store is to be asked; infinite: not before something happens. */
  readonly askDue: (waiting: Waiting, now: number) => number
  /** Asks the store; gives nothing where it is to be asked again. Fails where that is of no use. */
  readonly ask: (waiting: Waiting) => Effect.Effect<Pace | undefined, LimitStoreError>
  /** Says goodbye: what is in hand is given back. */
  readonly leave: Effect.Effect<void>
}

const unanswered = (limit: string) =>
  new LimitStoreError({ message: `The limit store has not answered about the rate limit ${limit}.`, transient: true })

export const make = Effect.fnUntraced(function*(
  limit: RateLimit.RateLimit,
  leaseMillis: number
): Effect.fn.Return<Supply, never, LimitStore> {
  const store = yield* LimitStore
  const clock = yield* Clock.Clock
  const bucket = { limit: limit.name, scope: limit.scope, machine: limit.scope === "node" ? yield* Node : "" }
  const keepMillis = RateLimit.windowOf(RateLimit.allRates(limit))
  let holder = randomUUID()
  const nowMillis = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  const hand = Hand.make()
  const storeClock = StoreClock.make()
  const demand = Demand.make(aheadMillis)
  // With a timetable several rates hold at times.
  const own = limit.timetable === undefined ? OwnCalls.make(limit.rate) : undefined
  // A store that was busy for 70 ms left 30 % of 5,000 calls/s unused while 50 ms were asked for at all times.
  let slowest = { millis: 0, at: 0 }
  const slowestMillis = (now: number) => slowest.millis * 0.5 ** ((now - slowest.at) / halfLifeMillis)
  const longer = (now: number) => Math.min(Math.max(lastingAsks * slowestMillis(now), aheadMillis), longestAheadMillis) / aheadMillis
  const wantedAhead = (now: number) => Math.ceil(demand.ahead(now) * longer(now))
  /** Answers are told as later than they came by no more than this. */
  const toleranceMillis = keepMillis / 1000
  // An answer that is told by then costs nobody who waits anything: it counts for a window yet.
  const tellWithin = Math.min(Math.max(keepMillis / 20, 5), 1000)

  let out = 0
  let answers: Array<number> = []
  let refusal: { readonly sentAt: number; readonly retryAfterMillis: number | undefined } | undefined
  let isAsking = false
  // Since when something is to be told, and there is no hurry.
  let untoldSince: number | undefined
  let againAt = Number.NEGATIVE_INFINITY
  let usedAt = Number.NEGATIVE_INFINITY
  let pause = firstPause
  // By both clocks: one may stand still while a machine sleeps, the other may be set.
  let asked = { monotonic: Number.NEGATIVE_INFINITY, wall: Number.NEGATIVE_INFINITY }
  let most = 1

  const open = () => hand.count() + out
  const drop = (now: number) => {
    if (hand.clear() > 0) untoldSince ??= now
  }
  const isShort = ({ first, weight }: Waiting, now: number) =>
    first > hand.count() || (weight > 0 && hand.count() < Math.min(Math.max(weight, wantedAhead(now)), most) / 2)
  const isLapsed = (now: number) =>
    Math.max(now - asked.monotonic, clock.currentTimeMillisUnsafe() - asked.wall) > leaseMillis * 0.9

  const request = (want: number, least: number) =>
    Effect.suspend(() => {
      const sent = { monotonic: nowMillis(), wall: clock.currentTimeMillisUnsafe() }
      const now = sent.monotonic
      if (Math.abs((sent.wall - now) - (asked.wall - asked.monotonic)) > oddMillis) storeClock.forget()
      const told = answers
      const complaint = refusal
      answers = []
      refusal = undefined
      untoldSince = undefined
      return store.ask({
        bucket,
        holder,
        leaseMillis,
        sentBy: storeClock.latest(now),
        rates: RateLimit.ratesAt(limit, sent.wall),
        reckons: own !== undefined,
        keepMillis,
        want,
        least,
        open: open(),
        answered: Segment.cover(told.map((at) => at - now).sort((a, b) => a - b), toleranceMillis),
        tooMany: complaint === undefined
          ? undefined
          : { sentAgoMillis: now - complaint.sentAt, retryAfterMillis: complaint.retryAfterMillis }
      }).pipe(
        Effect.timeoutOrElse({ duration: leaseMillis, orElse: () => Effect.fail(unanswered(limit.name)) }),
        Effect.map((reply) => {
          const { againInMillis, lot, moment, pace } = reply
          asked = sent
          pause = firstPause
          const got = nowMillis()
          if (got - sent.monotonic >= slowestMillis(got)) slowest = { millis: got - sent.monotonic, at: got }
          storeClock.seen(moment, sent.monotonic, got)
          if (lot.length > 0) {
            const from = storeClock.passed(moment)
            const slots = Segment.momentsOf(lot).map((at) => from + at)
            hand.add(own === undefined ? slots : own.dues(reply, slots, open(), got))
            usedAt = slots.at(-1)!
          }
          againAt = againInMillis === undefined ? Number.NEGATIVE_INFINITY : got + againInMillis
          return pace
        }),
        Effect.onExit((exit) =>
          Effect.sync(() => {
            if (Exit.isSuccess(exit)) return
            // Whether it was heard is not known, nor when it will be: it must not take back what is said after it. So
            // what follows is said by another holder. Until the lease of this one is over things count twice.
            holder = randomUUID()
            answers = told.concat(answers)
            refusal ??= complaint
            untoldSince ??= now
          })
        )
      )
    })

  const ask: Supply["ask"] = (waiting) =>
    Effect.suspend(() => {
      const now = nowMillis()
      const rates = RateLimit.ratesAt(limit, clock.currentTimeMillisUnsafe())
      most = Math.min(...rates.map(({ burst, calls, perMillis }) =>
        Math.max(burst, Math.min(calls, Math.ceil(calls / perMillis * aheadMillis * longer(now))))))
      isAsking = true
      const target = Math.min(Math.max(waiting.weight, wantedAhead(now)), most)
      if (waiting.weight === 0 || (!isShort(waiting, now) && target - hand.count() < target / 4)) return request(0, 0)
      // A part of what a heavy call needs is of no use to it, and would keep others from theirs.
      if (waiting.first > hand.count()) drop(now)
      const least = Math.max(1, waiting.first - hand.count())
      return request(Math.max(least, target - hand.count()), least)
    }).pipe(
      Effect.catch((error): Effect.Effect<undefined, LimitStoreError> => {
        againAt = nowMillis() + pause
        pause = Math.min(2 * pause, longestPause)
        return error.transient ? Effect.succeed(undefined) : Effect.fail(error)
      }),
      Effect.ensuring(Effect.sync(() => {
        isAsking = false
      }))
    )

  const askDue: Supply["askDue"] = (waiting, now) => {
    if (isAsking) return Number.POSITIVE_INFINITY
    const never = Number.POSITIVE_INFINITY
    const isIdle = waiting.weight === 0 && hand.count() > 0
    if (isIdle && now >= usedAt + idleMillis) drop(now)
    const due = Math.min(
      isShort(waiting, now) ? againAt : never,
      open() > 0 || waiting.weight > 0 ? asked.monotonic + leaseMillis / 3 : never,
      isIdle ? Math.max(now, usedAt + idleMillis) : never,
      refusal !== undefined ? now : untoldSince !== undefined ? untoldSince + tellWithin : never
    )
    // While the store does not answer, nothing can be told either.
    return pause > firstPause ? Math.max(due, againAt) : due
  }

  return {
    due: (weight, now) => {
      // The store may have given them to others.
      if (hand.count() > 0 && isLapsed(now)) drop(now)
      return hand.due(weight)
    },
    use: (weight, now) => {
      usedAt = Math.max(usedAt, now)
      hand.use(weight)
      out += weight
    },
    wanted: demand.add,
    end: (weight, at, now) => {
      out -= weight
      untoldSince ??= now
      if (at === undefined) return
      for (let i = 0; i < weight; i++) answers.push(at)
      own?.answered(at, weight)
    },
    tooMany: (sentAt, retryAfterMillis) => {
      const longest = Math.max(refusal?.retryAfterMillis ?? 0, retryAfterMillis ?? 0)
      refusal = { sentAt: Math.max(sentAt, refusal?.sentAt ?? sentAt), retryAfterMillis: longest === 0 ? undefined : longest }
    },
    askDue,
    ask,
    leave: Effect.suspend(() => {
      drop(nowMillis())
      return untoldSince === undefined ? Effect.void : Effect.ignore(Effect.timeout(request(0, 0), "2 seconds"))
    })
  }
})
