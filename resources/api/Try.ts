/** One try of a call: through the breaker, with a connection and permits, within its time-out; measured and told. */
import { Cause, type Clock, Effect, Result } from "effect"
import type { Notice } from "../../engine/definition/Notice.ts"
import type { Call } from "../../engine/definition/Usage.ts"
import type { Permit, Restore } from "../../engine/limit/Limiter.ts"
import * as Span from "../../engine/Span.ts"
import { type Reason, Status, TimedOut, Unreachable } from "./ApiError.ts"
import { type Outcome, outcomeOf } from "./Breaker.ts"
import { type Answer, redirected } from "./Exchange.ts"
import type { Visit } from "./Gate.ts"
import { type Health, logAnnotation } from "./Health.ts"
import type { RouteLimits } from "./Limits.ts"
import type { Meter } from "./Meter.ts"
import type { Decode } from "./Options.ts"
import { read } from "./Reading.ts"
import type { ApiRequest } from "./Request.ts"
import * as Slots from "./Slots.ts"
import type { Transport } from "./Transport.ts"

export interface Trying {
  readonly name: string
  readonly transport: Transport
  readonly health: Health
  readonly slots: Slots.Slots
  readonly meter: Meter
  readonly decode: Decode | undefined
  /** Answers that lead elsewhere are followed. */
  readonly follows: boolean
  readonly redact: (text: string) => string
}

/** A call, over its tries. */
export interface Calling {
  readonly limits: RouteLimits
  readonly weight: number
  readonly timeoutMillis: number
  /** How long it may wait for the breaker, at each try; undefined: for ever. */
  readonly maxWaitMillis: number | undefined
  readonly clock: Clock.Clock
  /** Hears of each try. */
  readonly tried: (call: Call) => void
  /** Hears of the breaker. */
  readonly notices: (notice: Notice) => void
  /** It has failed with an answer that a broken server gives. All of its tries count once: it may be the call that is broken. */
  counted: boolean
  /** It has waited for the breaker as long as it may. */
  gaveUp: boolean
}

/** An API redirects at most so often. */
const maxRedirects = 3

/** What became of a try: the JSON of the answer, or what went wrong. */
export type Told = Result.Result<unknown, Reason>

/** The answer leads to another request. */
interface Next {
  readonly next: ApiRequest
}

/** A probe that has no permit after so long, such as one under a slow limit, leaves the probing to the next in line. */
const probePatience = "1 second"

/** The breaker has opened between the gate and the sending: the call goes back to the gate. */
const again = { again: true } as const

/** Sends a request, and those that it is redirected to. */
export type Attempt = (request: ApiRequest, calling: Calling) => Effect.Effect<Told>

/** What there is to wait for, and what comes then. What is there at once costs a fiber no step: see `visit`. */
const after = <A>(wait: Effect.Effect<void> | undefined, next: () => Effect.Effect<A>): Effect.Effect<A> =>
  wait === undefined ? next() : Effect.flatMap(wait, next)

const hasWaited = (millis: number) => new Unreachable({ problem: `it was down for longer than the ${Span.exact(millis)} of maxWait` })

/** A try from the gate to its end. */
class Stay implements Visit {
  pass: Visit["pass"] = undefined
  readonly turn = Slots.ticket()
  readonly slot = Slots.ticket()
  /** It has its permits, or has ended. */
  isReady = false
  outcome: Outcome = "unknown"
  reason: Reason | undefined = undefined
}

export const make = ({ decode, follows, health, meter, name, redact, slots, transport }: Trying): Attempt => {
  const tell = (request: ApiRequest, answered: Result.Result<Answer, Reason>, now: number): Told | Next => {
    if (Result.isFailure(answered)) {
      const reason = answered.failure
      if (reason._tag === "Unreachable" || reason._tag === "TimedOut") health.unanswered()
      return reason._tag === "TimedOut" ? Result.fail(new TimedOut({ millis: reason.millis, inARow: health.timedOut() })) : Result.fail(reason)
    }
    health.answered()
    const next = follows ? redirected(request, answered.success, redact) : undefined
    return next === undefined ? read(request.route, answered.success, now, { decode, redact }) : { next }
  }

  const outcomeIn = (calling: Calling, reason: Reason | undefined): Outcome => {
    const outcome = outcomeOf(reason)
    if (outcome !== "outage" || reason?._tag === "Unreachable" || reason?._tag === "TimedOut") return outcome
    const before = calling.counted
    calling.counted = true
    return before ? "unknown" : "outage"
  }

  /** A call may be sent while the breaker is closed, or as the one that probes. */
  const mayGo = (stay: Stay) => stay.pass === "probe" || health.isClosed()

  const ready = ({ turns }: RouteLimits, stay: Stay) => {
    stay.isReady = true
    turns?.leave(stay.turn)
  }

  const enter = (stay: Stay, calling: Calling, restore: Restore): Effect.Effect<void> | undefined => {
    const wait = health.enter(stay, calling.notices)
    if (wait === undefined) return undefined
    const { maxWaitMillis } = calling
    const patient = maxWaitMillis === undefined ? wait : Effect.timeoutOrElse(wait, {
      duration: maxWaitMillis,
      orElse: () => {
        calling.gaveUp = true
        return Effect.void
      }
    })
    const pass = Effect.suspend(() => stay.isReady ? Effect.void : health.leave(stay, "unknown", undefined, calling.clock.currentTimeMillisUnsafe()) ?? Effect.void)
    return Effect.flatMap(restore(patient), () => stay.pass === "probe" ? Effect.forkChild(Effect.delay(pass, probePatience)) : Effect.void)
  }

  /** The permits are given back as the end of the call says. */
  const giveBack = (permit: Permit, { limits }: Calling, reason: Reason | undefined, sent: number): Effect.Effect<void> | undefined => {
    if (reason?._tag === "TimedOut") permit.abandoned()
    else permit.answered()
    return reason?._tag === "Limited" ? limits.slowDown(reason, performance.now() - sent) : undefined
  }

  /** With permits. */
  const send = (
    request: ApiRequest,
    calling: Calling,
    stay: Stay,
    { permit, restore, since }: { readonly permit: Permit; readonly restore: Restore; readonly since: number }
  ): Effect.Effect<Told | Next | typeof again> => {
    const { clock, limits, timeoutMillis, weight } = calling
    limits.taken(weight)
    ready(limits, stay)
    if (!mayGo(stay)) {
      permit.unused()
      return Effect.succeed(again)
    }
    const sent = clock.currentTimeMillisUnsafe()
    const sentAt = performance.now()
    const ended = (answered: Result.Result<Answer, Reason>): Effect.Effect<Told | Next> => {
      const now = clock.currentTimeMillisUnsafe()
      const told = tell(request, answered, now)
      const reason = "next" in told || Result.isSuccess(told) ? undefined : told.failure
      stay.reason = reason
      // A probe is decided by each of its answers.
      stay.outcome = stay.pass === "probe" ? outcomeOf(reason) : outcomeIn(calling, reason)
      const slower = giveBack(permit, calling, reason, sentAt)
      const call = { resource: name, route: request.route, millis: now - sent, waitMillis: sent - since, error: reason?._tag ?? null, limit: limits.slowest }
      calling.tried(call)
      meter.tried(call)
      if (reason === undefined) return Effect.succeed(told)
      const text = `${request.method} ${request.shown} ended with ${reason._tag} after ${call.millis} ms`
      return Effect.logDebug(text).pipe(Effect.annotateLogs(logAnnotation, name), Effect.andThen(slower ?? Effect.void), Effect.as(told))
    }
    return Effect.matchCauseEffect(restore(transport.exchange(request, timeoutMillis, permit)), {
      onSuccess: (answer) => ended(Result.succeed(answer)),
      onFailure: (cause) => {
        const reason = Cause.findError(cause)
        if (Result.isSuccess(reason)) return ended(Result.fail(reason.success))
        if (Cause.hasInterrupts(cause)) permit.abandoned()
        else permit.answered()
        return Effect.failCause(reason.failure)
      }
    })
  }

  /**
   * From the gate to the end of the call, whatever becomes of it. Gate, turn and connection are asked one after the other
   * in one step of the fiber, which is suspended only where there is something to wait for.
   */
  const visit = (request: ApiRequest, calling: Calling, since: number): Effect.Effect<Told | Next | typeof again> =>
    Effect.uninterruptibleMask((restore) => {
      const { clock, limits, weight } = calling
      const stay = new Stay()
      const wait = (ticket: Slots.Ticket, slots: Slots.Slots | undefined) => {
        const wait = slots?.enter(ticket)
        return wait && restore(wait)
      }
      const way = after<Told | Next | typeof again>(enter(stay, calling, restore), () => {
        if (calling.gaveUp) return Effect.succeed(Result.fail(hasWaited(calling.maxWaitMillis ?? 0)))
        return after(wait(stay.turn, limits.turns), () =>
          after(wait(stay.slot, slots), () =>
            mayGo(stay)
              ? Effect.flatMap(limits.take(weight, restore), (permit) => send(request, calling, stay, { permit, restore, since }))
              : Effect.succeed(again)))
      })
      return Effect.onExitPrimitive(way, () => {
        ready(limits, stay)
        slots.leave(stay.slot)
        return health.leave(stay, stay.outcome, stay.reason, clock.currentTimeMillisUnsafe())
      })
    })

  const follow = (request: ApiRequest, calling: Calling, left: number, since: number): Effect.Effect<Told> =>
    Effect.flatMap(visit(request, calling, since), (told) => {
      if ("again" in told) return follow(request, calling, left, since)
      if (!("next" in told)) return Effect.succeed(told)
      if (left > 0) return follow(told.next, calling, left - 1, calling.clock.currentTimeMillisUnsafe())
      return Effect.succeed(Result.fail(new Status({ status: 310, head: `It redirects more than ${maxRedirects} times, at last to ${told.next.shown}` })))
    })

  return (request, calling) => follow(request, calling, maxRedirects, calling.clock.currentTimeMillisUnsafe())
}
