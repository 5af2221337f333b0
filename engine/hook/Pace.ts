/**
 * Which message of a hook is delivered next: a function of its line, so that all processes choose alike. One is on its way
 * at a time, in order; beyond the limit they wait, and are then told in one.
 */
import type { Line, Turn } from "../record/HookStore.ts"
import type { Hook } from "./Hook.ts"

type Limits = Pick<Hook<unknown>, "atMost"> & { readonly channel: { readonly spacingMillis: number } }

export const choose = ({ atMost, channel }: Limits) => ({ begun, now, open }: Line): Turn => {
  const nothing = { take: undefined, sum: [], hold: [] }
  const fresh = open.filter(({ taken, tries }) => tries === 0 && !taken)
  const current = open.find(({ taken, tries }) => tries > 0 || taken)
  if (current !== undefined) {
    // Whoever has it looks further; if that one dies, the next look of another process finds it.
    if (current.taken) return { ...nothing, next: Number.POSITIVE_INFINITY }
    if (current.due <= now) return { ...nothing, take: current.id, next: now }
    // Its receiver is in trouble: what comes meanwhile is told in one when that is over.
    return { ...nothing, hold: fresh.filter(({ held }) => !held).map(({ id }) => id), next: current.due }
  }
  const [first] = fresh
  if (first === undefined) return { ...nothing, next: Number.POSITIVE_INFINITY }
  const spaced = (begun[0] ?? Number.NEGATIVE_INFINITY) + channel.spacingMillis
  if (spaced > now) return { ...nothing, next: spaced }
  // The limit is kept in any span: the n-th before this one must be over.
  const free = (begun[atMost.messages - 1] ?? Number.NEGATIVE_INFINITY) + atMost.perMillis
  if (free > now) return { ...nothing, hold: fresh.filter(({ held }) => !held).map(({ id }) => id), next: free }
  const isSummed = fresh.some(({ held }) => held)
  const head = isSummed ? fresh.at(-1)! : first
  return { take: head.id, sum: isSummed ? fresh.slice(0, -1).map(({ id }) => id) : [], hold: [], next: now }
}

const firstRetryMillis = 2000
const longestRetryMillis = 3_600_000

/** So many tries, over about an hour and a half: 2, 6, 18, 54 s and so on between them. */
export const mostTries = 9

/** How long to wait after so many tries; undefined: it is given up. */
export const retryMillis = (tries: number, wantedMillis = 0): number | undefined =>
  tries >= mostTries
    ? undefined
    : Math.max(Math.min(firstRetryMillis * 3 ** (tries - 1), longestRetryMillis), Math.min(wantedMillis, 24 * longestRetryMillis))
