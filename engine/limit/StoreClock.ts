/**
 * What the clock of a limit store shows, by the clock of this process: between two bounds, which its replies narrow down.
 *
 * A reply alone tells that the store's moment was between the ask and the reply. To take the whole of that as unknown
 * costs each permit the time of an ask in every window: 10 ms of 1,000 on a busy machine.
 */

export interface StoreClock {
  /** It showed `moment` at some time between these two of this process. */
  readonly seen: (moment: number, sent: number, got: number) => void
  /** The most that it can show at a time of this process; undefined: not known. */
  readonly latest: (local: number) => number | undefined
  /** From this time of the process on it has surely shown that moment. */
  readonly passed: (moment: number) => number
  /** Forgets: one of the clocks may have been set, or have stood still. */
  readonly forget: () => void
}

/** So much may one of the clocks gain on the other; where it is more, the store's windows are as wrong as that. */
const drift = 1 / 1000

/** By how much the store's clock is ahead, and when (by this process) that was learnt. */
interface Bound {
  readonly ahead: number
  readonly at: number
}

export const make = (): StoreClock => {
  let least: Bound | undefined
  let most: Bound | undefined
  return {
    seen: (moment, sent, got) => {
      const lower = { ahead: moment - got, at: got }
      const upper = { ahead: moment - sent, at: got }
      const leastNow = least === undefined ? undefined : least.ahead - drift * (got - least.at)
      const mostNow = most === undefined ? undefined : most.ahead + drift * (got - most.at)
      const isSet = (mostNow !== undefined && lower.ahead > mostNow) || (leastNow !== undefined && upper.ahead < leastNow)
      if (isSet || leastNow === undefined || lower.ahead >= leastNow) least = lower
      if (isSet || mostNow === undefined || upper.ahead <= mostNow) most = upper
    },
    latest: (local) => most === undefined ? undefined : local + most.ahead + drift * Math.max(0, local - most.at),
    passed: (moment) => least === undefined ? Number.POSITIVE_INFINITY : moment - least.ahead,
    forget: () => {
      least = undefined
      most = undefined
    }
  }
}
