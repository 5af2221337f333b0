/** Whether cycles go as they should: what is normal, a warning, critical. */
import type { Timing } from "./Timing.ts"

export type Level = "normal" | "warning" | "critical"

export interface Indicator {
  readonly name: string
  /** From this value on it is a warning, and beyond `critical` it is critical. */
  readonly warning: number
  readonly critical: number
  readonly unit: "s" | "%"
  readonly of: (timing: Timing) => number
}

/** The share of requests that failed, in percent; 0 where there were none. */
export const errorRate = ({ failed, requests }: Pick<Timing, "failed" | "requests">): number =>
  requests === 0 ? 0 : failed / requests * 100

/**
 * The bounds of the original table, which has gaps: cycles of 5 to 10 s are normal and of 15 to 30 s a warning. What lies
 * in a gap is a warning, up to where it is critical.
 */
export const indicators: ReadonlyArray<Indicator> = [
  { name: "cycle time", warning: 10, critical: 45, unit: "s", of: ({ totalSeconds }) => totalSeconds },
  { name: "enrichment", warning: 5, critical: 30, unit: "s", of: ({ enrichSeconds }) => enrichSeconds },
  { name: "error rate", warning: 1, critical: 20, unit: "%", of: errorRate }
]

/** The end of normal is normal still for times ("5–10 seconds"), and a warning for the error rate ("below 1 %"). */
export const levelOf = ({ critical, unit, warning }: Indicator, value: number): Level =>
  value > critical ? "critical" : value > warning || (unit === "%" && value >= warning) ? "warning" : "normal"

export interface Assessed {
  readonly name: string
  readonly unit: "s" | "%"
  readonly last: number
  readonly median: number
  readonly worst: number
  /** Of the last cycle. */
  readonly level: Level
}

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

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
      worst: Math.max(0, ...values),
      level: levelOf(indicator, last)
    }
  })
