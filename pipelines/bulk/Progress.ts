/** How many records are done, how quickly, and how long the rest will take; and that as a line for the eye. */

export interface Progress {
  /** Records that are done by now; `at` is in milliseconds and only grows. */
  readonly note: (at: number, done: number) => void
  /** There are no more than those that are done: how many were expected was a guess. */
  readonly complete: () => void
  readonly done: () => number
  /** Records a second, over the last ten seconds. */
  readonly perSecond: () => number
  /** Records a second since the beginning, without those that were done before. */
  readonly mean: () => number
  /** The share that is done; undefined: nobody knows how many there are. */
  readonly share: () => number | undefined
  /** At the pace of the last half minute; undefined: it cannot be told. */
  readonly secondsLeft: () => number | undefined
}

const paceMillis = 10_000
const predictionMillis = 30_000
/** The last look at a run may be a moment after the one before: few records or none end in so short a time, however quick it was. */
const leastPaceMillis = 900
/** The first moments tell nothing of the rest. */
const leastMillis = 2000

/** `guess`: so many records there are, as far as that is known; `first` of them were done before. */
export const make = (began: number, guess: number | undefined, first = 0): Progress => {
  let expected = guess
  const noted: Array<{ readonly at: number; readonly done: number }> = []
  const last = () => noted.at(-1) ?? { at: began, done: first }
  /** A pace over that long a time, or as much of it as there is. */
  const pace = (millis: number): number => {
    const { at, done } = last()
    const from = noted.find((one) => one.at >= at - millis)
    const before = from === undefined || at - from.at < leastPaceMillis ? { at: began, done: first } : from
    return (done - before.done) / Math.max(0.001, (at - before.at) / 1000)
  }
  return {
    note: (at, done) => {
      noted.push({ at, done })
      while (noted.length > 2 && noted[0]!.at < at - predictionMillis) noted.shift()
    },
    complete: () => {
      expected = last().done
    },
    done: () => last().done,
    perSecond: () => pace(paceMillis),
    mean: () => (last().done - first) / Math.max(0.001, (last().at - began) / 1000),
    share: () => expected === undefined || expected === 0 ? undefined : Math.min(1, last().done / expected),
    secondsLeft: () => {
      const perSecond = pace(predictionMillis)
      return expected === undefined || expected <= last().done || perSecond <= 0 || last().at - began < leastMillis ? undefined : Math.max(0, expected - last().done) / perSecond
    }
  }
}

const n = (value: number): string => value.toLocaleString("en", { maximumFractionDigits: 0 })

const bar = (share: number, cells: number): string => {
  const full = Math.round(share * cells)
  return `[${"█".repeat(full)}${"░".repeat(cells - full)}] `
}

const remaining = (seconds: number): string =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : seconds < 5400 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`

export interface Said {
  readonly failed: number
  readonly p50: number
  readonly processes: number
  /** Why records wait: the breaker is not closed. */
  readonly trouble: string | undefined
}

/** A bar is at most so long, and at least so long as to be one. */
const [longest, shortest] = [20, 5]

/**
 * `[████░░░░░░░░░░░░░░░░] 20 % · 200,000 records, 12 failed · 4,990/s · p50 51 ms · about 3 min left`. Where that is wider
 * than `width`, the bar is shorter, or is left out, and then what can be told least of: the log has it too.
 */
export const line = (progress: Progress, { failed, p50, processes, trouble }: Said, width = Number.POSITIVE_INFINITY): string => {
  const share = progress.share()
  const left = progress.secondsLeft()
  const records = `${share === undefined ? "" : `${Math.floor(share * 100)} % · `}${n(progress.done())} records, ${n(failed)} failed`
  const rate = `${n(progress.perSecond())}/s`
  const time = `p50 ${n(p50)} ms`
  const rest = [
    ...processes > 1 ? [`${processes} processes`] : [],
    ...left === undefined ? [] : [`about ${remaining(left)} left`],
    ...trouble === undefined ? [] : [trouble]
  ]
  const whole = [records, rate, time, ...rest].join(" · ")
  const cells = Math.min(longest, width - whole.length - "[] ".length)
  if (share !== undefined && cells >= shortest) return `${bar(share, cells)}${whole}`
  const shorter = [whole, [records, rate, ...rest].join(" · "), [records, ...rest].join(" · "), [records, ...rest.slice(-1)].join(" · ")]
  return shorter.find((text) => text.length <= width) ?? shorter[shorter.length - 1] ?? whole
}
