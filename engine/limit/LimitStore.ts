/** The port of the store that processes share their rate limits through. */
import { Context, type Effect, Schema } from "effect"
import type { Rate, Scope } from "./RateLimit.ts"

/** The store could not be asked, or not understood. */
export class LimitStoreError extends Schema.TaggedError<LimitStoreError>()("LimitStoreError", {
  message: Schema.String,
  /** Whether another try may succeed. */
  transient: Schema.Boolean,
  cause: Schema.optionalKey(Schema.Defect())
}) {}

/** One budget: a limit, for all, for a machine, or for a process. */
export interface Bucket {
  readonly limit: string
  readonly scope: Scope
  /** The machine's name for the scope `node`, else "". */
  readonly machine: string
}

/** Calls that have been answered: the first `agoMillis` ago, each further one `spacingMillis` later, or before that. */
export interface Answered {
  readonly count: number
  readonly agoMillis: number
  readonly spacingMillis: number
}

/** A server has said that there were too many calls. */
export interface TooMany {
  /** How long ago the call was sent that was answered so: several of one moment slow down once. */
  readonly sentAgoMillis: number
  /** How long the server asked to wait; undefined: it did not say. */
  readonly retryAfterMillis: number | undefined
}

/**
 * What a holder (a limiter in a process) says and asks, in one. Each ask renews its lease: permits of a holder whose lease
 * has ended count as if their calls had arrived at its end.
 */
export interface Ask {
  readonly bucket: Bucket
  readonly holder: string
  readonly leaseMillis: number
  /** All of them hold. The lowest rate of the holders that are alive holds for each of them. */
  readonly rates: ReadonlyArray<Rate>
  /** How long calls are remembered after their answer: the longest window that the limit ever has. */
  readonly keepMillis: number
  /** How many permits it wants now; it waits in line until it gets them. 0: none, and it leaves the line. */
  readonly want: number
  /** Fewer permits than these are of no use to it. */
  readonly least: number
  /**
   * Its permits whose calls are not answered, or not yet made; what it had besides and does not tell as answered was not
   * used. Said anew with each ask, so that a reply that was lost needs no repair.
   */
  readonly open: number
  /** Since its last ask. */
  readonly answered: ReadonlyArray<Answered>
  readonly tooMany: TooMany | undefined
}

/** Permits of consecutive slots: permit i is for `max(startsInMillis, firstInMillis + i × spacingMillis)` from now on. */
export interface Lot {
  readonly count: number
  readonly startsInMillis: number
  readonly firstInMillis: number
  readonly spacingMillis: number
}

/** How far the rate has fallen because servers said that there were too many calls. */
export interface Pace {
  /** Of the declared rate; 1: all of it. */
  readonly factor: number
  /** For how long from now on no call may be made; 0: none. */
  readonly pausedMillis: number
  /** Grows by one with each fall. */
  readonly falls: number
}

export interface Reply {
  readonly lot: Lot | undefined
  /** When to ask again, where permits are wanted and none could be given. */
  readonly againInMillis: number | undefined
  readonly pace: Pace
}

/** A budget as people look at it. */
export interface Usage {
  readonly bucket: Bucket
  /** The rates as declared, without `factor`. */
  readonly rates: ReadonlyArray<Rate>
  /** Calls that count now, answered or not. */
  readonly used: number
  /** Calls that wait for a permit, as far as their processes have asked for them. */
  readonly waiting: number
  /** Processes that use it now. */
  readonly holders: number
  readonly pace: Pace
}

export class LimitStore extends Context.Service<LimitStore, {
  /** One round trip. */
  readonly ask: (ask: Ask) => Effect.Effect<Reply, LimitStoreError>
  /** Every budget that was ever used, by name and machine. */
  readonly usage: Effect.Effect<ReadonlyArray<Usage>, LimitStoreError>
}>()("sluice/engine/limit/LimitStore") {}
