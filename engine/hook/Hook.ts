/**
 * Hooks: who is told, and how, when runs and checks fail or succeed, assets grow too old, and schedules or sensors fail. A
 * hook is told by whoever is up: a daemon, or the command whose run it was.
 */
import { Duration, type Effect, Schema } from "effect"
import type { HookEvent } from "../record/HookEvent.ts"
import type { Selected } from "../schedule/Selected.ts"

export { HookEvent } from "../record/HookEvent.ts"

/** What a hook is told of. */
export interface Occasion {
  readonly _tag: "Occasion"
  readonly name:
    | "run failed"
    | "run succeeded"
    | "run cancelled"
    | "run lost"
    | "check failed"
    | "check warned"
    | "checks passed"
    | "freshness missed"
    | "tick failed"
    | "sensor failed"
}

const occasion = (name: Occasion["name"]): Occasion => ({ _tag: "Occasion", name })

/** A run ended as failed, or was lost. */
export const runFailed = occasion("run failed")
/** The process of a run died, and nobody has gone on with the run for half a minute. */
export const runLost = occasion("run lost")
export const runSucceeded = occasion("run succeeded")
/** By Ctrl-C, or `sluice run cancel`. */
export const runCancelled = occasion("run cancelled")
/** A check of severity "error" did not pass in a run. */
export const checkFailed = occasion("check failed")
/** A check of severity "warn" did not pass in a run, which may have succeeded. */
export const checkWarned = occasion("check warned")

/** There were checks in a run, and all of them passed. */
export const checksPassed = occasion("checks passed")

/** An asset is older than its `freshness` says that it may be, or was at a deadline; each deadline that is missed. */
export const freshnessMissed = occasion("freshness missed")
/** A tick of a schedule gave no run: its request threw, or asked for what there is not. */
export const tickFailed = occasion("tick failed")
/** A sensor could not observe, three times in a row or more. */
export const sensorFailed = occasion("sensor failed")

/** A message could not be delivered. The message is one sentence, without secrets. */
export class NotDelivered extends Schema.TaggedError<NotDelivered>()("NotDelivered", {
  message: Schema.String,
  /** Whether another try may succeed. */
  transient: Schema.Boolean,
  /** The receiver wants to be left alone so long. */
  afterMillis: Schema.optionalKey(Schema.Finite)
}) {}

/** A way to tell. */
export interface Channel<out R> {
  /** As "slack", "email". */
  readonly kind: string
  /** Who receives it, without secrets. */
  readonly to: string
  /** Ends once the receiver has it. The event's `id` is the same when it is tried again. */
  readonly send: (event: HookEvent) => Effect.Effect<void, NotDelivered, R>
  /** From one message to the next, in milliseconds. */
  readonly spacingMillis: number
}

export interface Options<R> {
  readonly description?: string
  /** Default: `runFailed`. */
  readonly on?: Occasion | ReadonlyArray<Occasion>
  /**
   * Assets, pipelines, or a selection expression: failures of these, and runs that were asked for one of them; schedules and
   * sensors of the names of such pipelines, and those of names of their own. Default: all.
   */
  readonly of?: Selected
  readonly tell: Channel<R>
  /** So many messages in any span of that length; what comes beyond is told in one, later. Default: 10 in an hour. */
  readonly atMost?: { readonly messages: number; readonly per: Duration.Input }
  /** The same failure (the same assets, the same first errors but for numbers) is told once in so long. Default "1 hour". */
  readonly once?: Duration.Input
  /** Tells also of the first success after a failure: of a selection, an asset's freshness, a schedule or a sensor. Default false. */
  readonly recovery?: boolean
}

export interface Hook<out R> {
  readonly _tag: "Hook"
  readonly name: string
  readonly description: string | undefined
  readonly on: ReadonlyArray<Occasion>
  readonly of: Selected | undefined
  readonly channel: Channel<R>
  readonly atMost: { readonly messages: number; readonly perMillis: number }
  readonly onceMillis: number
  readonly recovery: boolean
}

/** Defines a hook. Throws on a malformed name, span or number, since a definition is code. */
export const make = <R>(name: string, options: Options<R>): Hook<R> => {
  if (!/^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/.test(name)) {
    throw new Error(`Hook name "${name}" is not valid: use letters, digits, "_", "-" and "/" between them.`)
  }
  const { atMost = { messages: 10, per: "1 hour" }, on = runFailed, once = "1 hour" } = options
  const occasions = isList(on) ? on : [on]
  if (occasions.length === 0) throw new Error(`Hook "${name}": \`on\` is empty, so it would never be told of anything.`)
  if (!Number.isSafeInteger(atMost.messages) || atMost.messages < 1 || atMost.messages > 1000) {
    throw new Error(`Hook "${name}": atMost.messages should be a whole number from 1 to 1000.`)
  }
  return {
    _tag: "Hook",
    name,
    description: options.description,
    on: occasions,
    of: options.of,
    channel: options.tell,
    atMost: { messages: atMost.messages, perMillis: span(name, "atMost.per", atMost.per, 1000) },
    onceMillis: span(name, "once", once, 0),
    recovery: options.recovery ?? false
  }
}

const isList = (on: Occasion | ReadonlyArray<Occasion>): on is ReadonlyArray<Occasion> => Array.isArray(on)

/** Deliveries are remembered for a month. */
const longestMillis = Duration.toMillis("7 days")

const span = (name: string, option: string, given: Duration.Input, least: number): number => {
  const millis = Duration.toMillis(Duration.fromInputUnsafe(given))
  if (millis >= least && millis <= longestMillis) return millis
  throw new Error(`Hook "${name}": ${option} should be a span of time from ${least === 0 ? "0" : "1 second"} to 7 days, such as "1 hour".`)
}
