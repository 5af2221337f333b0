/** When calls arrived: every one of them, so that what is said of windows is exact. */

export interface Arrivals {
  /** Notes a call, in milliseconds of a clock that only goes forward. */
  readonly note: (at: number) => void
  readonly count: () => number
  /** The most calls in any window of that length. */
  readonly most: (windowMillis: number) => number
  /** From the first to the last, in milliseconds. */
  readonly span: () => number
  /** How many came within a window that ends now. */
  readonly recent: (now: number, windowMillis: number) => number
}

const blockSize = 65_536

/** Eight bytes a call: a million of them are 8 MB. */
export const make = (): Arrivals => {
  const blocks: Array<Float64Array> = []
  let size = 0
  // Where the window of `recent` began last: it only moves forward.
  let tail = 0
  const get = (i: number): number => blocks[Math.floor(i / blockSize)]![i % blockSize]!
  return {
    note: (at) => {
      if (size === blocks.length * blockSize) blocks.push(new Float64Array(blockSize))
      blocks.at(-1)![size % blockSize] = at
      size++
    },
    count: () => size,
    most: (windowMillis) => {
      let most = 0
      for (let from = 0, to = 0; to < size; to++) {
        while (get(to) - get(from) >= windowMillis) from++
        most = Math.max(most, to - from + 1)
      }
      return most
    },
    span: () => size === 0 ? 0 : get(size - 1) - get(0),
    recent: (now, windowMillis) => {
      while (tail < size && now - get(tail) >= windowMillis) tail++
      return size - tail
    }
  }
}
