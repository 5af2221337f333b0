/** One try of a call: through the breaker, with a connection and permits, within its time-out; measured and told. */
import { Cause, type Clock, Effect, Exit, Result } from "effect"
import type { Notice } from "../../engine/definition/Notice.ts"
import type { Call } from "../../engine/definition/Usage.ts"
import type { Permit } from "../../engine/limit/Limiter.ts"
import * as Span from "../../engine/Span.ts"
import { type Reason, Status, TimedOut, Unreachable } from "./ApiError.ts"
import { type Outcome, outcomeOf } from "./Breaker.ts"
import { type Answer, type Begun, redirected, type Waiting } from "./Exchange.ts"
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
  readonly keepsDigits: boolean
  /** Answers that lead elsewhere are followed. */
  readonly follows: boolean | "unchanged"
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

/** A probe that has no permit after so long, such as one under a slow limit, leaves the probing to the next in line. */
const probePatience = "1 second"

/** Sends a request, and those that it is redirected to. */
export type Attempt = (request: ApiRequest, calling: Calling) => Effect.Effect<Told>

/** Something to be sent: the same once more, or what an answer leads to. */
interface Errand {
  readonly request: ApiRequest
  readonly redirects: number
  /** When it was to be sent, in milliseconds since 1970. */
  readonly since: number
}

const hasWaited = (millis: number) => new Unreachable({ problem: `it was down for longer than the ${Span.exact(millis)} of maxWait` })

const noPermit: Permit = { isHeld: () => false, sent: () => {}, answered: () => {}, abandoned: () => {}, unused: () => {} }

const both = (a: Effect.Effect<void> | undefined, b: Effect.Effect<void> | undefined): Effect.Effect<void> | undefined =>
  a === undefined ? b : b === undefined ? a : Effect.andThen(a, b)

export const make = ({ decode, follows, health, keepsDigits, meter, name, redact, slots, transport }: Trying): Attempt => {
  /**
   * A try from the gate to its end. It goes from one station to the next by itself, and its fiber sleeps once: where that
   * slept at each of them, a call of the bulk pipeline took a tenth more of the processor.
   */
  class Stay implements Visit, Waiting<Reason> {
    readonly errand: Errand
    readonly calling: Calling
    readonly timeoutMillis: number
    pass: Visit["pass"] = undefined
    resume: (end: Effect.Effect<Answer | void, Reason>) => void = () => {}
    journey = noPermit
    /** What became of it; undefined: nothing, or that there is another errand. */
    told: Told | undefined = undefined
    next: Errand | undefined = undefined
    #turn: Slots.Ticket | undefined = undefined
    readonly #slot = Slots.ticket(() => this.#woken(() => this.#ask()))
    #begun: Begun | undefined = undefined
    /** It has its permits, or has ended. */
    #isReady = false
    /** When it was sent; undefined: it was not. */
    #sent: { readonly at: number; readonly moment: number } | undefined = undefined

    constructor(errand: Errand, calling: Calling) {
      this.errand = errand
      this.calling = calling
      this.timeoutMillis = calling.timeoutMillis
    }

    /** At the gate. `resume` hears the answer, or nothing where it was not sent. */
    begin(resume: Stay["resume"]) {
      const wait = health.enter(this, this.calling.notices)
      if (wait === undefined) return this.#queue(resume)
      resume(Effect.flatMap(this.#patiently(wait), () =>
        this.calling.gaveUp
          ? Effect.fail(hasWaited(this.calling.maxWaitMillis ?? 0))
          : Effect.callback<Answer | void, Reason>((resume) => this.#queue(resume))))
    }

    #patiently(wait: Effect.Effect<void>) {
      const { calling } = this
      const patient = calling.maxWaitMillis === undefined ? wait : Effect.timeoutOrElse(wait, {
        duration: calling.maxWaitMillis,
        orElse: () => {
          calling.gaveUp = true
          return Effect.void
        }
      })
      const pass = Effect.suspend(() =>
        this.#isReady ? Effect.void : health.leave(this, "unknown", undefined, calling.clock.currentTimeMillisUnsafe()) ?? Effect.void)
      return Effect.flatMap(patient, () => this.pass === "probe" ? Effect.forkChild(Effect.delay(pass, probePatience)) : Effect.void)
    }

    /** Goes on where it was woken: a defect is its own, and not that of whoever has made way for it. */
    #woken(station: () => void) {
      try {
        station()
      } catch (defect) {
        this.resume(Effect.die(defect))
      }
    }

    /** It may be sent while the breaker is closed, or as the one that probes. */
    #mayGo() {
      return this.pass === "probe" || health.isClosed()
    }

    /** The breaker has opened between the gate and the sending: it goes back to the gate. */
    #again() {
      this.next = this.errand
      this.resume(Effect.void)
    }

    /** Behind the calls of its route that wait for permits already. */
    #queue(resume: Stay["resume"]) {
      this.resume = resume
      const { turns } = this.calling.limits
      if (turns === undefined) return this.#connect()
      this.#turn = Slots.ticket(() => this.#woken(() => this.#connect()))
      if (turns.enter(this.#turn)) this.#connect()
    }

    #connect() {
      if (slots.enter(this.#slot)) this.#ask()
    }

    /** With a connection. */
    #ask() {
      if (!this.#mayGo()) return this.#again()
      const { limits, weight } = this.calling
      this.journey = limits.request(weight, (turn) => Exit.isFailure(turn) ? this.resume(turn) : this.#woken(() => this.#send()))
      if (this.journey.isHeld()) this.#send()
    }

    /** With permits. */
    #send() {
      const { clock, limits, weight } = this.calling
      limits.taken(weight)
      this.#ready()
      if (!this.#mayGo()) {
        this.journey.unused()
        return this.#again()
      }
      this.#sent = { at: clock.currentTimeMillisUnsafe(), moment: performance.now() }
      this.#begun = transport.exchange(this.errand.request, this)
    }

    #ready() {
      this.#isReady = true
      if (this.#turn !== undefined) this.calling.limits.turns?.leave(this.#turn)
    }

    /** Gives back what it has, whatever became of it. What others are to hear of that is told by the effect. */
    end(exit: Exit.Exit<Answer | void, Reason>): Effect.Effect<void> | undefined {
      const now = this.calling.clock.currentTimeMillisUnsafe()
      let news: Effect.Effect<void> | undefined
      try {
        this.#hear(exit, now)
        news = this.#tell(now)
      } catch (defect) {
        // Of what the API's declaration gives, such as its `decode`.
        news = Effect.die(defect)
      }
      if (this.#sent === undefined) this.journey.unused()
      else if (Exit.hasInterrupts(exit)) {
        this.#begun?.cancel()
        this.journey.abandoned()
      } else this.journey.answered()
      this.#ready()
      slots.leave(this.#slot)
      return both(news, health.leave(this, this.#outcome(), this.#reason(), now))
    }

    #reason(): Reason | undefined {
      return this.told !== undefined && Result.isFailure(this.told) ? this.told.failure : undefined
    }

    #hear(exit: Exit.Exit<Answer | void, Reason>, now: number) {
      if (Exit.isSuccess(exit)) return exit.value === undefined ? undefined : this.#read(exit.value, now)
      const failure = Cause.findError(exit.cause)
      if (Result.isSuccess(failure)) this.told = Result.fail(this.#sent === undefined ? failure.success : this.#unanswered(failure.success))
    }

    #read(answer: Answer, now: number) {
      const { redirects, request } = this.errand
      health.answered()
      const next = follows === false ? undefined : redirected(request, answer, follows === "unchanged", redact)
      if (next === undefined) this.told = read(request.route, answer, now, { decode, keepsDigits, redact })
      else if (redirects < maxRedirects) this.next = { request: next, redirects: redirects + 1, since: now }
      else this.told = Result.fail(new Status({ status: 310, head: `It redirects more than ${maxRedirects} times, at last to ${next.shown}` }))
    }

    #unanswered(reason: Reason): Reason {
      if (reason._tag === "Unreachable" || reason._tag === "TimedOut") health.unanswered()
      return reason._tag === "TimedOut" ? new TimedOut({ millis: reason.millis, inARow: health.timedOut() }) : reason
    }

    /** What it says of the API. A probe is decided by each of its answers. */
    #outcome(): Outcome {
      if (this.#sent === undefined || (this.told === undefined && this.next === undefined)) return "unknown"
      const reason = this.#reason()
      const outcome = outcomeOf(reason)
      if (this.pass === "probe" || outcome !== "outage" || reason?._tag === "Unreachable" || reason?._tag === "TimedOut") return outcome
      const before = this.calling.counted
      this.calling.counted = true
      return before ? "unknown" : "outage"
    }

    /** Gives the permits back as the end of the call says, and tells of the call. */
    #tell(now: number): Effect.Effect<void> | undefined {
      const sent = this.#sent
      if (sent === undefined || (this.told === undefined && this.next === undefined)) return undefined
      const { limits, tried } = this.calling
      const { request, since } = this.errand
      const reason = this.#reason()
      if (reason?._tag === "TimedOut") this.journey.abandoned()
      else this.journey.answered()
      const call: Call = {
        resource: name, route: request.route, millis: now - sent.at, waitMillis: sent.at - since, error: reason?._tag ?? null, limit: limits.slowest
      }
      tried(call)
      meter.tried(call)
      if (reason === undefined) return undefined
      const text = `${request.method} ${request.shown} ended with ${reason._tag} after ${call.millis} ms`
      return both(
        Effect.annotateLogs(Effect.logDebug(text), logAnnotation, name),
        reason._tag === "Limited" ? limits.slowDown(reason, performance.now() - sent.moment) : undefined
      )
    }
  }

  const attempt = (errand: Errand, calling: Calling): Effect.Effect<Told> => {
    const stay = new Stay(errand, calling)
    const visit = Effect.onExitPrimitive(Effect.callback<Answer | void, Reason>((resume) => stay.begin(resume)), (exit) => stay.end(exit))
    return Effect.matchCauseEffect(visit, {
      onSuccess: () => onward(stay),
      onFailure: (cause) => {
        const failure = Cause.findError(cause)
        return Result.isSuccess(failure) ? onward(stay) : Effect.failCause(failure.failure)
      }
    })
  }
  const onward = ({ calling, next, told }: Stay): Effect.Effect<Told> =>
    next !== undefined ? attempt(next, calling) : told === undefined ? Effect.die(new Error("A try of a call ended with nothing.")) : Effect.succeed(told)

  return (request, calling) => attempt({ request, redirects: 0, since: calling.clock.currentTimeMillisUnsafe() }, calling)
}
