/** One try of a call: through the breaker, with a connection and permits, within its time-out; measured and told. */
import { Cause, Clock, Effect, Exit, Result } from "effect"
import { Usage } from "../../engine/definition/Usage.ts"
import { type Reason, Status, TimedOut, Unreachable } from "./ApiError.ts"
import { type Outcome, outcomeOf } from "./Breaker.ts"
import { type Answer, redirected } from "./Exchange.ts"
import type { Visit } from "./Gate.ts"
import type { Health } from "./Health.ts"
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
  readonly redact: (text: string) => string
}

/** A call, over its tries. */
export interface Calling {
  readonly limits: RouteLimits
  readonly weight: number
  readonly timeoutMillis: number
  /** How long it may wait for the breaker, at each try; undefined: for ever. */
  readonly maxWaitMillis: number | undefined
  /** It has failed with an answer that a broken server gives. All of its tries count once: it may be the call that is broken. */
  counted: boolean
  /** It has waited for the breaker as long as it may. */
  gaveUp: boolean
}

/** An API redirects at most so often. */
const maxRedirects = 3

/** What a whole answer was: JSON, or the request that it leads to. */
type Told = { readonly json: unknown } | { readonly next: ApiRequest }

/** A probe that has no permit after so long, such as one under a slow limit, leaves the probing to the next in line. */
const probePatience = "1 second"

/** The breaker has opened between the gate and the sending: the call goes back to the gate. */
const again = { again: true } as const

/** Sends a request, and those that it is redirected to; gives the JSON of the answer. */
export type Attempt = (request: ApiRequest, calling: Calling) => Effect.Effect<unknown, Reason>

export const make = ({ decode, health, meter, name, redact, slots, transport }: Trying): Attempt => {
  const tell = (request: ApiRequest, answer: Answer, now: number): Result.Result<Told, Reason> => {
    const next = redirected(request, answer, redact)
    if (next !== undefined) return Result.succeed({ next })
    return Result.map(read(request.route, answer, now, { decode, redact }), (json) => ({ json }))
  }

  const send = Effect.fnUntraced(function*(request: ApiRequest, { limits, timeoutMillis }: Calling, since: number) {
    const usage = yield* Usage
    const sent = yield* Clock.currentTimeMillis
    const answered = yield* Effect.result(transport.exchange(request, timeoutMillis))
    const answer = Result.mapError(answered, (reason) =>
      reason._tag === "TimedOut" ? new TimedOut({ millis: reason.millis, inARow: health.timedOut() }) : reason)
    const now = yield* Clock.currentTimeMillis
    if (Result.isSuccess(answer)) health.answered()
    else if (answer.failure._tag === "Unreachable" || answer.failure._tag === "TimedOut") health.unanswered()
    const told = Result.flatMap(answer, (answer) => tell(request, answer, now))
    const error = Result.isFailure(told) ? told.failure._tag : null
    const call = { resource: name, route: request.route, millis: now - sent, waitMillis: sent - since, error, limit: limits.slowest }
    usage(call)
    meter.tried(call)
    if (Result.isFailure(told)) {
      yield* Effect.logDebug(`${request.method} ${request.shown} ended with ${told.failure._tag} after ${call.millis} ms`)
    }
    return told
  })

  const enter = (visit: Visit, calling: Calling): Effect.Effect<void, Reason> => {
    const { maxWaitMillis } = calling
    return maxWaitMillis === undefined ? health.enter(visit) : Effect.timeoutOrElse(health.enter(visit), {
      duration: maxWaitMillis,
      orElse: () => {
        calling.gaveUp = true
        return Effect.fail(new Unreachable({ problem: `it was down for longer than the ${maxWaitMillis / 1000} s of maxWait` }))
      }
    })
  }

  const outcomeIn = (calling: Calling, reason: Reason | undefined): Outcome => {
    const outcome = outcomeOf(reason)
    if (outcome !== "outage" || reason?._tag === "Unreachable" || reason?._tag === "TimedOut") return outcome
    const before = calling.counted
    calling.counted = true
    return before ? "unknown" : "outage"
  }

  /** Sends with permits, which are given back as the end of the call says. */
  const permitted = (
    request: ApiRequest,
    calling: Calling,
    { mayGo, ready, since }: { readonly mayGo: () => boolean; readonly ready: () => void; readonly since: number }
  ): Effect.Effect<Result.Result<Told, Reason> | typeof again> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(calling.limits.take(calling.weight, restore), (permit): Effect.Effect<Result.Result<Told, Reason> | typeof again> => {
        ready()
        if (!mayGo()) return Effect.as(permit.unused, again)
        const sent = performance.now()
        return Effect.onExit(restore(send(request, calling, since)), (exit) => {
          if (Exit.isFailure(exit)) return Cause.hasInterrupts(exit.cause) ? permit.abandoned : permit.answered
          const reason = Result.isFailure(exit.value) ? exit.value.failure : undefined
          if (reason?._tag === "TimedOut") return permit.abandoned
          if (reason?._tag !== "Limited") return permit.answered
          return Effect.andThen(permit.answered, calling.limits.slowDown(reason, performance.now() - sent))
        })
      })
    )

  /** Goes through the gate, and ends the visit whatever becomes of the call. */
  const visit = (request: ApiRequest, calling: Calling, since: number): Effect.Effect<Told | typeof again, Reason> =>
    Effect.suspend(() => {
      const { turns } = calling.limits
      const visit: Visit = { pass: undefined }
      const turn = Slots.ticket()
      const slot = Slots.ticket()
      let outcome: Outcome = "unknown"
      let reason: Reason | undefined
      const mayGo = () => visit.pass === "probe" || health.isClosed()
      let isReady = false
      const ready = () => {
        isReady = true
        turns?.leave(turn)
      }
      const pass = Effect.suspend(() => isReady ? Effect.void : health.leave(visit, "unknown", undefined))
      const leave = Effect.suspend(() => {
        ready()
        slots.leave(slot)
        return health.leave(visit, outcome, reason)
      })
      return Effect.gen(function*() {
        yield* enter(visit, calling)
        if (visit.pass === "probe") yield* Effect.forkChild(Effect.delay(pass, probePatience))
        if (turns !== undefined) yield* turns.enter(turn)
        yield* slots.enter(slot)
        if (!mayGo()) return again
        const told = yield* permitted(request, calling, { mayGo, ready, since })
        if ("again" in told) return again
        if (Result.isFailure(told)) reason = told.failure
        // A probe is decided by each of its answers.
        outcome = visit.pass === "probe" ? outcomeOf(reason) : outcomeIn(calling, reason)
        return yield* Effect.fromResult(told)
      }).pipe(Effect.ensuring(leave))
    })

  const once = Effect.fnUntraced(function*(request: ApiRequest, calling: Calling) {
    const since = yield* Clock.currentTimeMillis
    for (;;) {
      const told = yield* visit(request, calling, since)
      if (!("again" in told)) return told
    }
  })

  const follow = (request: ApiRequest, calling: Calling, left: number): Effect.Effect<unknown, Reason> =>
    Effect.flatMap(once(request, calling), (told) => {
      if ("json" in told) return Effect.succeed(told.json)
      if (left > 0) return follow(told.next, calling, left - 1)
      return Effect.fail(new Status({ status: 310, head: `It redirects more than ${maxRedirects} times, at last to ${told.next.shown}` }))
    })

  return (request, calling) => follow(request, calling, maxRedirects)
}
