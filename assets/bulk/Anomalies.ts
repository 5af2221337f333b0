/** What is unusual about a batch, held against the batches before it. */

/** What of a batch is looked at. */
export interface Figures {
  readonly meanMillis: number
  readonly errorRate: number
  readonly recordsPerSecond: number
}

export interface Anomalies {
  /** Takes a batch into account; gives a sentence where it is unusual. */
  readonly judge: (batch: Figures) => string | undefined
}

/** So many batches are to be known before one is unusual. */
const enough = 3
/** How much of what is usual the newest batch makes up. */
const share = 0.2

const round = (value: number): string => value >= 100 ? value.toFixed(0) : value.toFixed(1)

/** Answers that take three times as long, an error rate 20 points higher, or a third of the throughput. */
const unusual = (usual: Figures, batch: Figures): string | undefined => {
  const { errorRate, meanMillis, recordsPerSecond } = batch
  // Below 10 ms a pause of the garbage collector looks like a slow API.
  if (meanMillis >= 3 * usual.meanMillis && meanMillis >= usual.meanMillis + 10) {
    return `answers take ${round(meanMillis)} ms, ${round(meanMillis / usual.meanMillis)} times the usual ${round(usual.meanMillis)} ms`
  }
  if (errorRate >= usual.errorRate + 0.2) {
    return `${round(errorRate * 100)} % of the records fail, where ${round(usual.errorRate * 100)} % are usual`
  }
  if (recordsPerSecond <= usual.recordsPerSecond / 3) {
    return `${round(recordsPerSecond)} records a second are done, where ${round(usual.recordsPerSecond)} are usual`
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
