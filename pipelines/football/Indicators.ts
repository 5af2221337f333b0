/** Whether cycles go as they should: what is normal, a warning, critical. */
import type { Timing } from "./Timing.ts"

export type Level = "normal" | "warning" | "critical"

export interface Indicator {
  readonly name: string
  /** From this value on it is a warning, and beyond `critical` it is critical. */
  readonly warning: number
  readonly critical: number
  readonly unit: "s" | "%"
  /** The more the better: it is a warning below `warning`, and critical below `critical`. */
  readonly falling?: true
  readonly of: (timing: Timing) => number
}

/** The share of requests that failed, in percent; 0 where there were none. */
export const errorRate = ({ failed, requests }: Pick<Timing, "failed" | "requests">): number =>
  requests === 0 ? 0 : failed / requests * 100

/** What a cycle leaves of the minute in which the next one begins. */
const left = ({ totalSeconds }: Timing): number => Math.max(0, 60 - totalSeconds)

/**
 * The bounds of the original table, which has gaps: cycles of 5 to 10 s are normal and of 15 to 30 s a warning. What lies
 * in a gap is a warning, up to where it is critical.
 */
export const indicators: ReadonlyArray<Indicator> = [
  { name: "cycle time", warning: 10, critical: 45, unit: "s", of: ({ totalSeconds }) => totalSeconds },
  { name: "enrichment", warning: 5, critical: 30, unit: "s", of: ({ enrichSeconds }) => enrichSeconds },
  { name: "error rate", warning: 1, critical: 20, unit: "%", of: errorRate },
  { name: "left of 60 s", warning: 50, critical: 15, unit: "s", falling: true, of: left }
]

/** The end of normal is normal still for times ("5–10 seconds"), and a warning for the error rate ("below 1 %"). */
export const levelOf = ({ critical, falling, unit, warning }: Indicator, value: number): Level => {
  if (falling) return value < critical ? "critical" : value < warning ? "warning" : "normal"
  return value > critical ? "critical" : value > warning || (unit === "%" && value >= warning) ? "warning" : "normal"
}

export interface Assessed {
  readonly name: string
  readonly unit: "s" | "%"
  readonly last: number
  readonly median: number
  readonly worst: number
  /** Of the last cycle. */
  readonly level: Level
}

/** Of an even number of values the mean of the two in the middle. */
const median = (values: ReadonlyArray<number>): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.slice(Math.floor((sorted.length - 1) / 2), Math.floor(sorted.length / 2) + 1)
  return middle.length === 0 ? 0 : middle.reduce((sum, value) => sum + value, 0) / middle.length
}

/** Of cycles from the newest to the oldest, at least one. */
export const assess = (timings: ReadonlyArray<Timing>): ReadonlyArray<Assessed> =>
  indicators.map((indicator) => {
    const values = timings.map(indicator.of)
    const last = values[0] ?? 0
    return {
      name: indicator.name,
      unit: indicator.unit,
      last,
      median: median(values),
      worst: indicator.falling ? Math.min(60, ...values) : Math.max(0, ...values),
      level: levelOf(indicator, last)
    }
  })
