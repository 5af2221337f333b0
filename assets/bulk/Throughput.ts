/**
 * Records a second that a process does, looked at where batches end. Batches end in the order of their file: one slow record
 * holds back those after it, and then many of them end in the same moment. So it is the rate of a second at least, and not
 * the one from batch to batch, which was 33,000 a second under a limit of 5,000.
 */

export interface Throughput {
  /** Records begin to be sent where none was under way: the time before does not count. `ended`: so many were done before. */
  readonly begin: (now: number, ended: number) => void
  /** So many have ended by now, in milliseconds that only grow; gives the rate. */
  readonly at: (now: number, ended: number) => number
}

/** In milliseconds. */
const least = 1000

export const make = (): Throughput => {
  // Ascending. The first one is the last of those that are old enough.
  let looks: Array<{ readonly at: number; readonly ended: number }> = []
  return {
    begin: (now, ended) => {
      looks = [{ at: now, ended }]
    },
    at: (now, ended) => {
      while (looks[1] !== undefined && looks[1].at <= now - least) looks.shift()
      const from = looks[0] ?? { at: now, ended }
      looks.push({ at: now, ended })
      return (ended - from.ended) / Math.max(0.001, (now - from.at) / 1000)
    }
  }
}
