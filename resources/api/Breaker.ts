/** A circuit breaker as a value: closed, open, half-open; what each outcome of a call makes of it. */
import { Duration } from "effect"
import type { Reason } from "./ApiError.ts"

export interface BreakerOptions {
  /** Opens after so many failures in a row that mean an outage. Default 5. */
  readonly failures?: number
  /** How long it stays open before one call is let through. Default 60 seconds. */
  readonly cooldown?: Duration.Input
  /** A call fails that has waited so long for it to close. Default: it waits. */
  readonly maxWait?: Duration.Input
}

export interface Rule {
  readonly failures: number
  readonly cooldownMillis: number
}

export const ruleOf = (options: BreakerOptions): Rule => ({
  failures: Math.max(1, options.failures ?? 5),
  cooldownMillis: Duration.toMillis(options.cooldown ?? "60 seconds")
})

export type Breaker =
  /** Calls go through; so many in a row have failed. */
  | { readonly _tag: "Closed"; readonly failures: number }
  /** Calls wait, until then: milliseconds since 1970. */
  | { readonly _tag: "Open"; readonly until: number }
  /** One call is let through, and tells whether the others may follow. */
  | { readonly _tag: "HalfOpen"; readonly probing: boolean }

export const closed: Breaker = { _tag: "Closed", failures: 0 }

/** How a call was let through: as one among others, or as the one that probes. */
export type Pass = "free" | "probe"

/** What the end of a call says of the API. */
export type Outcome =
  /** It is there, be its answer good or bad. */
  | "answered"
  /** It is not, or answers with what a broken server answers. */
  | "outage"
  /** Nothing: the call was interrupted. */
  | "unknown"

export const outcomeOf = (reason: Reason | undefined): Outcome => {
  switch (reason?._tag) {
    case "Unreachable":
    case "TimedOut":
    case "NotJson":
      return "outage"
    case "Status":
      return reason.status >= 500 ? "outage" : "answered"
    default:
      return "answered"
  }
}

/** Whether a call may be made now, and what the breaker is then. */
export const enter = (breaker: Breaker, now: number): { readonly pass: Pass | "wait"; readonly breaker: Breaker } => {
  switch (breaker._tag) {
    case "Closed":
      return { pass: "free", breaker }
    case "Open":
      return now < breaker.until ? { pass: "wait", breaker } : { pass: "probe", breaker: { _tag: "HalfOpen", probing: true } }
    case "HalfOpen":
      return breaker.probing ? { pass: "wait", breaker } : { pass: "probe", breaker: { _tag: "HalfOpen", probing: true } }
  }
}

export const opened = (rule: Rule, now: number): Breaker => ({ _tag: "Open", until: now + rule.cooldownMillis })

/** The breaker after a call has ended. Calls that were let through before it opened say nothing any more. */
export const ended = (breaker: Breaker, rule: Rule, pass: Pass, outcome: Outcome, now: number): Breaker => {
  if (pass === "probe" && breaker._tag === "HalfOpen") {
    if (outcome === "answered") return closed
    return outcome === "outage" ? opened(rule, now) : { _tag: "HalfOpen", probing: false }
  }
  if (breaker._tag !== "Closed" || outcome === "unknown") return breaker
  if (outcome === "answered") return breaker.failures === 0 ? breaker : closed
  const failures = breaker.failures + 1
  return failures < rule.failures ? { _tag: "Closed", failures } : opened(rule, now)
}
