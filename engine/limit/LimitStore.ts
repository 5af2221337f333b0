/** The port of the store that processes share their rate limits through. */
import { Context, type Effect, Schema } from "effect"
import type { Rate, Scope } from "./RateLimit.ts"
import type { Segment } from "./Segment.ts"

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
  /**
   * The most that the store's clock can have shown when this was sent; undefined: the holder does not know. What is told
   * as some time ago is told from then on, but from no later than the moment at which it is heard.
   */
  readonly sentBy: number | undefined
  /** All of them hold. The lowest rate of the holders that are alive holds for each of them. */
  readonly rates: ReadonlyArray<Rate>
  /**
   * It reckons slots by its own clock while it is alone, where this one rate holds: to know by when all of a lot can be used
   * is enough for it.
   */
  readonly reckons: boolean
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
  /** Answered since its last ask, at those moments or before them, from the sending on: `at: -40` is 40 ms ago. */
  readonly answered: ReadonlyArray<Segment>
  readonly tooMany: TooMany | undefined
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
  /** What the store's clock shows. */
  readonly moment: number
  /** Permits, each for one of these moments (from `moment` on) or later; empty: none. */
  readonly lot: ReadonlyArray<Segment>
  /** When to ask again, where permits are wanted and none could be given. */
  readonly againInMillis: number | undefined
  /** No call of anybody else counts, and nobody else has a permit or waits for one. */
  readonly isAlone: boolean
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
