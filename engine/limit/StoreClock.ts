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

/**
 * So much may one of the clocks gain on the other: NTP slews a clock by no more. Where it is more, the store's windows are
 * as wrong as that.
 */
const drift = 1 / 2000

/** By how much the store's clock is ahead, at least or at most, as of a moment of this process. */
interface Bound {
  readonly ahead: number
  readonly at: number
}

export const make = (): StoreClock => {
  let least: Bound | undefined
  let most: Bound | undefined
  const leastAt = (local: number) => least === undefined ? Number.NEGATIVE_INFINITY : least.ahead - drift * Math.max(0, local - least.at)
  const mostAt = (local: number) => most === undefined ? Number.POSITIVE_INFINITY : most.ahead + drift * Math.max(0, local - most.at)
  return {
    seen: (moment, sent, got) => {
      const lower = moment - got
      const upper = moment - sent
      const isSet = lower > mostAt(got) || upper < leastAt(got)
      // Heard when it was sent, or later.
      if (isSet || lower >= leastAt(sent)) least = { ahead: lower, at: sent }
      if (isSet || upper <= mostAt(sent)) most = { ahead: upper, at: sent }
    },
    latest: (local) => most === undefined ? undefined : local + mostAt(local),
    passed: (moment) => {
      if (least === undefined) return Number.POSITIVE_INFINITY
      const local = moment - least.ahead
      return local + drift * Math.max(0, local - least.at)
    },
    forget: () => {
      least = undefined
      most = undefined
    }
  }
}
