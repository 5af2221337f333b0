/**
 * How many records are on their way at once: as many as keep the rate limit busy, and few beyond that. More of them would
 * only wait for permits, and a record that waits is garbage that has grown old: with 640 on their way at 5,000 calls a
 * second a process has twice the memory.
 *
 * The chunks of a process share them, and who began first comes first. Where two chunks had as many each, they ended in the
 * same moment, and the database moved the rows of both at once, which took all of two cores from the calls for seconds.
 */

/** The last try of a record, in milliseconds. */
export interface Way {
  /** Before it was sent: for a connection, the limit and the breaker. */
  readonly waitMillis: number
  /** From sending to the answer. */
  readonly millis: number
}

/** What a chunk has of them. */
export interface Share {
  /** So many of its records may be on their way now. */
  readonly size: () => number
  /** One sets out. */
  readonly enter: () => void
  /** One is back; undefined: it was never sent. */
  readonly leave: (way: Way | undefined) => void
  /** The chunk has ended. */
  readonly end: () => void
}

export interface Window {
  /** For a chunk that begins, after those that have begun before. */
  readonly share: () => Share
}

/** Records that wait less than this may be too few to use the limit, those that wait longer are more than it lets through. */
const goodWait = 25

const least = 32

/**
 * Until records have to wait, each one that comes back makes room for so much more: half as many more with each answer's time.
 * Steps that only come near would take longer the slower the answers are: at half a second an answer, minutes for 2,500.
 */
const beginning = 0.5

/** A chunk whose turn has not come has so many on their way, at least: it goes on at once when it comes. */
const waitingTurn = 8

/**
 * Begins small, grows quickly until records wait, and then comes near to the number with which records wait for 25 ms;
 * `most` at a time. Where `size` of them take `wait + millis`, those who wait as they should are
 * `size × (goodWait + millis) / (wait + millis)`. Each one moves it by half of its share in that: with steps of one it
 * swung between 32 and 500 where answers took 50 ms.
 */
export const make = (most: number): Window => {
  let size = Math.min(least, most)
  /** How many of each chunk are on their way, in the order in which they began. */
  const chunks: Array<{ onTheirWay: number }> = []
  // Those that set out first wait for each other. Of the others a few may wait for a pause of the process alone.
  let [back, waited] = [0, 0]
  const follow = ({ millis, waitMillis }: Way) => {
    // Few records of slow answers are on their way as a swarm, with room behind it for more.
    const isHeld = waitMillis >= Math.max(goodWait, millis / 4)
    if (++back > least && isHeld) waited++
    const near = (goodWait - waitMillis) / (2 * Math.max(1, waitMillis + millis))
    const step = waited < size / 4 && !isHeld ? Math.max(beginning, near) : near
    size = Math.min(most, Math.max(Math.min(least, most), size + Math.min(1, step)))
  }
  return {
    share: () => {
      const own = { onTheirWay: 0 }
      chunks.push(own)
      return {
        size: () => {
          let left = Math.round(size)
          for (const chunk of chunks) {
            if (chunk === own) break
            left -= chunk.onTheirWay
          }
          return Math.max(left, Math.min(waitingTurn, most))
        },
        enter: () => {
          own.onTheirWay++
        },
        leave: (way) => {
          own.onTheirWay--
          if (way !== undefined) follow(way)
        },
        end: () => {
          const place = chunks.indexOf(own)
          if (place >= 0) chunks.splice(place, 1)
        }
      }
    }
  }
}
