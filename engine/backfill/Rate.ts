/** How many cells a process ends in a second, over the last few seconds. */

export interface Rate {
  readonly count: () => void
  /** Cells a second; 0 while nothing is known. */
  readonly perSecond: () => number
}

const windowMillis = 3000

export const make = (now: () => number = () => performance.now()): Rate => {
  let total = 0
  let samples: Array<{ readonly at: number; readonly total: number }> = [{ at: now(), total: 0 }]
  return {
    count: () => {
      total++
      const at = now()
      if (at - samples[samples.length - 1]!.at < 100) return
      samples.push({ at, total })
      if (samples.length > 2 && at - samples[1]!.at > windowMillis) samples = samples.filter((one) => at - one.at <= windowMillis)
    },
    perSecond: () => {
      const first = samples[0]!
      const millis = now() - first.at
      return millis < 50 ? 0 : (total - first.total) * 1000 / millis
    }
  }
}
