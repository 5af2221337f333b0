/** What is unusual about a batch, held against the batches before it. */

/** What of a batch is looked at. */
export interface Figures {
  readonly meanMillis: number
  readonly errorRate: number
  readonly recordsPerSecond: number
}

export interface Anomaly {
  readonly kind: "latency" | "errors" | "throughput"
  /** In milliseconds, as a share, or in records a second. */
  readonly value: number
  readonly usual: number
  /** A clause: "answers take 200 ms, 10 times the usual 20 ms". */
  readonly reason: string
}

export interface Anomalies {
  /** Takes a batch into account, and tells where it is unusual. */
  readonly judge: (batch: Figures) => Anomaly | undefined
}

/** So many batches are to be known before one is unusual. */
const enough = 3
/** How much of what is usual the newest batch makes up. */
const share = 0.2

const round = (value: number): string => value >= 100 ? value.toFixed(0) : value.toFixed(1)

/** Answers that take three times as long, an error rate 20 points higher, or a third of the throughput. */
const unusual = (usual: Figures, { errorRate, meanMillis, recordsPerSecond }: Figures): Anomaly | undefined => {
  // Below 10 ms a pause of the garbage collector looks like a slow API.
  if (meanMillis >= 3 * usual.meanMillis && meanMillis >= usual.meanMillis + 10) {
    const reason = `answers take ${round(meanMillis)} ms, ${round(meanMillis / usual.meanMillis)} times the usual ${round(usual.meanMillis)} ms`
    return { kind: "latency", value: meanMillis, usual: usual.meanMillis, reason }
  }
  if (errorRate >= usual.errorRate + 0.2) {
    const reason = `${round(errorRate * 100)} % of the records fail, where ${round(usual.errorRate * 100)} % are usual`
    return { kind: "errors", value: errorRate, usual: usual.errorRate, reason }
  }
  if (recordsPerSecond <= usual.recordsPerSecond / 3) {
    const reason = `${round(recordsPerSecond)} records a second are done, where ${round(usual.recordsPerSecond)} are usual`
    return { kind: "throughput", value: recordsPerSecond, usual: usual.recordsPerSecond, reason }
  }
  return undefined
}

const mix = (usual: number, now: number): number => usual + share * (now - usual)

export const make = (): Anomalies => {
  let seen = 0
  let usual: Figures | undefined
  return {
    judge: (batch) => {
      const found = usual === undefined || seen < enough ? undefined : unusual(usual, batch)
      seen++
      usual = usual === undefined ? batch : {
        meanMillis: mix(usual.meanMillis, batch.meanMillis),
        errorRate: mix(usual.errorRate, batch.errorRate),
        recordsPerSecond: mix(usual.recordsPerSecond, batch.recordsPerSecond)
      }
      return found
    }
  }
}
