/** Servers that take a certain number of calls, and say "too many" to the others. */
import type { Scene } from "./simulation.ts"

export type Refusing = NonNullable<Scene["tooMany"]>

/** How long a server asks to wait, where it says so; `left` is the time until it takes calls again. */
type RetryAfter = (left: number) => number

const said = (retryAfter: RetryAfter | undefined, left: number) => retryAfter === undefined ? true : { retryAfterMillis: retryAfter(left) }

/** So many in each window of the clock; a function may change it. */
export const fixedWindow = (calls: (now: number) => number, perMillis: number, retryAfter?: RetryAfter): Refusing => {
  let [window, count] = [-1, 0]
  return (now) => {
    const at = Math.floor(now / perMillis)
    if (at !== window) [window, count] = [at, 0]
    return count++ < calls(now) ? false : said(retryAfter, (at + 1) * perMillis - now)
  }
}

/** So many in any window. */
export const slidingWindow = (calls: number, perMillis: number, retryAfter?: RetryAfter): Refusing => {
  const taken: Array<number> = []
  return (now) => {
    while (taken.length > 0 && taken[0]! <= now - perMillis) taken.shift()
    if (taken.length >= calls) return said(retryAfter, taken[0]! + perMillis - now)
    taken.push(now)
    return false
  }
}

/** A bucket that fills evenly, and holds a tenth of a window. */
export const tokenBucket = (calls: number, perMillis: number, retryAfter?: RetryAfter): Refusing => {
  const most = Math.max(1, calls / 10)
  let [level, at] = [most, 0]
  return (now) => {
    level = Math.min(most, level + (now - at) * calls / perMillis)
    at = now
    if (level < 1) return said(retryAfter, (1 - level) * perMillis / calls)
    level--
    return false
  }
}

/** As the header has it: whole seconds. */
export const inSeconds: RetryAfter = (left) => Math.ceil(left / 1000) * 1000
