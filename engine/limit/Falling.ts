/**
 * How a rate falls where a server says that there were too many calls, and how it comes back: quickly to the level at which
 * it was refused, slowly past it.
 *
 * A fall by half and a steady way back, as of TCP Reno, uses three quarters of what a server takes and is refused every few
 * seconds. What is remembered here is the level of the last refusal, as in CUBIC: near it the rate stays for a while, and
 * then it asks for a little more. In simulated minutes a server that takes half of the limit is used to 91 to 97 %, before
 * 74 to 80, with 0.3 % of refusals, before 1.4; with a Retry-After of a second to 87 to 91 %, before 67 to 71.
 */
import type { Pace, TooMany } from "./LimitStore.ts"
import { type Rate, windowOf } from "./RateLimit.ts"

/** Times are milliseconds of the store's clock. */
export interface Fallen {
  /** Of the declared rate, at `fellAt`; it recovers from then on. */
  readonly factor: number
  /** Of the declared rate: at this level the server refused. */
  readonly refused: number
  readonly fellAt: number
  readonly pausedUntil: number
  readonly falls: number
}

export const never: Fallen = { factor: 1, refused: 1, fellAt: Number.NEGATIVE_INFINITY, pausedUntil: Number.NEGATIVE_INFINITY, falls: 0 }

const lowest = 1 / 64
/** How far it falls at first, and where the level that it fell to is refused too: nothing is known of what the server takes. */
const far = 0.5
/** How far it falls where it was taken for some windows before: a little less was taken. */
const near = 0.9
/** How far where it has just fallen by so little: calls that were late may have come together with others. */
const again = 0.75
const calmWindows = 2
/** After so many windows, times the fourth root of how far it fell, it is where it was. */
const backWindows = 40

/** For at most so long calls of before a fall are waited for: of a limit of 10 calls a day nobody waits for days. */
const longestMillis = 10_000

/**
 * For a window after a fall there is no further one: calls of one moment are refused together, and so are those that
 * follow while the server still counts the ones before the fall.
 */
const settledAt = ({ fellAt }: Fallen, rates: ReadonlyArray<Rate>): number => fellAt + Math.min(windowOf(rates), longestMillis)

/** How long it has recovered, in windows of 1 to 10 seconds. */
const windowsAt = (fallen: Fallen, rates: ReadonlyArray<Rate>, now: number): number =>
  Math.max(0, now - Math.max(settledAt(fallen, rates), fallen.pausedUntil)) / Math.min(Math.max(windowOf(rates), 1000), longestMillis)

/** Roots and products alone, no powers: Postgres comes to the same, to the last bit. */
const factorAt = (fallen: Fallen, rates: ReadonlyArray<Rate>, now: number): number => {
  const { factor, falls, refused } = fallen
  if (falls === 0) return 1
  const windows = windowsAt(fallen, rates, now)
  if (windows === 0) return factor
  const x = windows / backWindows - Math.sqrt(Math.sqrt(refused - factor))
  // Far below the level of the last refusal it would overshoot what the server takes now, again and again.
  return Math.min(1, refused + Math.sign(x) * x * x * x * x, factor * (1 + windows * windows / 8))
}

export const paceAt = (fallen: Fallen, rates: ReadonlyArray<Rate>, now: number): Pace => ({
  factor: factorAt(fallen, rates, now),
  pausedMillis: Math.max(0, fallen.pausedUntil - now),
  falls: fallen.falls
})

export const fall = (fallen: Fallen, { retryAfterMillis, sentAgoMillis }: TooMany, rates: ReadonlyArray<Rate>, now: number): Fallen => {
  const pausedUntil = retryAfterMillis === undefined ? fallen.pausedUntil : Math.max(fallen.pausedUntil, now + retryAfterMillis)
  const sentAt = now - sentAgoMillis
  if (fallen.falls > 0 && sentAt <= settledAt(fallen, rates)) return { ...fallen, pausedUntil }
  const before = factorAt(fallen, rates, now)
  const isNear = fallen.falls > 0 && windowsAt(fallen, rates, sentAt) >= calmWindows
  const wasNear = fallen.falls > 0 && fallen.factor > again * fallen.refused
  return {
    factor: Math.max(lowest, before * (isNear ? near : wasNear ? again : far)),
    // Refusals in a row are of one moment at which the server had enough, not of ever lower levels that it does not take.
    refused: isNear ? before : Math.max(before, fallen.refused),
    fellAt: now,
    pausedUntil,
    falls: fallen.falls + 1
  }
}
