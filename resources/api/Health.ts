/** How an API is: its breaker, what it told last, and who hears of changes. */
import { Clock, Effect } from "effect"
import { type Notice, Notices, unheard } from "../../engine/definition/Notice.ts"
import * as Span from "../../engine/Span.ts"
import type { Reason } from "./ApiError.ts"
import { type Breaker, type Outcome, outcomeOf } from "./Breaker.ts"
import type { Gate, Visit } from "./Gate.ts"
import type { Meter } from "./Meter.ts"

/** The breaker as people look at it. */
export interface BreakerStatus {
  readonly state: Breaker["_tag"]
  /** How often it has opened. */
  readonly trips: number
  /** Undefined: it never has. */
  readonly changedAt: Date | undefined
}

export interface Health {
  readonly breaker: () => BreakerStatus
  /** Notices of what happens beside the calls, such as a rate that recovers, are told to the run that called last. */
  readonly limitChanged: (limit: string, message: string) => Effect.Effect<void>
  /** As `enter` of the gate; `notices` hears of what happens from now on. */
  readonly enter: (visit: Visit, notices: (notice: Notice) => void) => Effect.Effect<void> | undefined
  readonly isClosed: () => boolean
  /** Ends a visit to the gate; where that changes something, gives what tells of it. */
  readonly leave: (visit: Visit, outcome: Outcome, reason: Reason | undefined, now: number) => Effect.Effect<void> | undefined
  /** A whole answer came, be it good or bad. */
  readonly answered: () => void
  /** No answer came. */
  readonly unanswered: () => void
  /** A call timed out; gives how many did so in a row, without any answer between them. */
  readonly timedOut: () => number
  /**
   * Whether a call that has spent its tries on an outage waits for its end, in place of being lost to it. `tries`: how
   * many it has made; `extra`: how often it waited before.
   */
  readonly holds: (reason: Reason, tries: number, extra: number) => Effect.Effect<boolean>
}

/**
 * So often a call waits once more whose tries are spent, where it may be the call itself that the API cannot answer, or
 * where the API was never there. Without this, one bad request could hold a run for ever.
 */
const mostExtra = 3

/**
 * So many tries in a row may end with a connection that the API cut, before that is no outage which calls are kept for:
 * where one request is left and the API cuts every connection that asks it, nobody else can tell that it is there.
 */
const mostCuts = 20

/** So many tries of one call without any answer between them are more than a connection that was cut. */
const enoughTries = 3

/** Why calls fail, in a few words. */
const clauseOf = (reason: Reason): string => {
  switch (reason._tag) {
    case "Unreachable":
      return reason.problem
    case "TimedOut":
      return `no answer within ${Span.rounded(reason.millis)}`
    case "Status":
      return `it answers with ${reason.status}`
    case "NotJson":
      return `it answers with ${reason.instead ?? "something that is not JSON"}`
    default:
      return reason._tag
  }
}

const sentence = (title: string, breaker: Breaker, now: number, reason: Reason | undefined): string => {
  switch (breaker._tag) {
    case "Open": {
      const why = reason === undefined ? "" : ` (${clauseOf(reason)})`
      return `The ${title} API seems to be down${why}: its calls wait for ${Span.rounded(Math.ceil((breaker.until - now) / 1000) * 1000)}, then one is tried.`
    }
    case "HalfOpen":
      return `One call of the ${title} API is tried.`
    case "Closed":
      return `The ${title} API answers again.`
  }
}

/** The annotation of what an API logs; its value is the API's name. */
export const logAnnotation = "api"

export const make = ({ name, title }: { readonly name: string; readonly title: string }, gate: Gate, meter: Meter): Health => {
  /** Tells a run, which keeps it as an event; outside of one it is logged. */
  const tell = (listener: (notice: Notice) => void, notice: Notice): Effect.Effect<void> =>
    listener === unheard
      ? Effect.annotateLogs(Effect.logWarning(notice.message), logAnnotation, name)
      : Effect.sync(() => listener(notice))
  let inARow = 0
  let silences = 0
  let everAnswered = false
  let listener: (notice: Notice) => void = unheard
  let status: BreakerStatus = { state: "Closed", trips: 0, changedAt: undefined }
  const announce = (breaker: Breaker, now: number, reason: Reason | undefined) =>
    Effect.flatMap(Notices, (listener) => {
      const { trips } = status
      status = { state: breaker._tag, trips: breaker._tag === "Open" ? trips + 1 : trips, changedAt: new Date(now) }
      meter.breaker(breaker._tag)
      const message = sentence(title, breaker, now, reason)
      return tell(listener, { type: "breaker_changed", resource: name, message, breaker: breaker._tag })
    })
  return {
    breaker: () => status,
    limitChanged: (limit, message) => Effect.suspend(() => tell(listener, { type: "limit_changed", resource: limit, message })),
    enter: (visit, notices) => {
      listener = notices
      const wait = gate.enter(visit)
      if (wait === undefined) return undefined
      return Effect.flatMap(wait, () =>
        // Whoever probes has waited.
        visit.pass === "probe" ? Effect.flatMap(Clock.currentTimeMillis, (now) => announce(gate.state(), now, undefined)) : Effect.void)
    },
    isClosed: gate.isClosed,
    leave: (visit, outcome, reason, now) => {
      const breaker = gate.leave(visit, outcome, now)
      return breaker && announce(breaker, now, reason)
    },
    answered: () => {
      inARow = 0
      silences = 0
      everAnswered = true
    },
    unanswered: () => void silences++,
    timedOut: () => ++inARow,
    holds: (reason, tries, extra) =>
      Effect.gen(function*() {
        if (outcomeOf(reason) !== "outage") return false
        const silent = reason._tag === "Unreachable" || reason._tag === "TimedOut"
        if (gate.isClosed()) {
          // Fewer calls at a time than the breaker waits for: this one alone has seen that the API went away.
          if (!silent || !everAnswered || tries < enoughTries || silences < tries) return false
          const now = yield* Clock.currentTimeMillis
          const breaker = gate.trip(now)
          if (breaker === undefined) return false
          yield* announce(breaker, now, reason)
        }
        const isAway = reason._tag === "Unreachable" && everAnswered && (reason.cut !== true || silences < mostCuts)
        return extra < mostExtra || isAway
      })
  }
}
