/**
 * How many points of a set of partitions lie at each position of a dimension, or of two. The counts are found by
 * segments: a set of a million points in a hundred segments costs a hundred additions.
 */
import * as PartitionSet from "./PartitionSet.ts"

/** Positions, both ends included. */
export interface Range {
  readonly from: number
  readonly to: number
}

/** `count` points at each of the positions. */
export interface Bin extends Range {
  readonly count: number
}

/** Disjoint, ascending bins; positions without points have none, and neighbours differ in their counts. */
export type Histogram = ReadonlyArray<Bin>

const append = (bins: Array<Bin>, from: number, to: number, count: number): void => {
  const last = bins[bins.length - 1]
  if (last !== undefined && last.to + 1 === from && last.count === count) {
    bins[bins.length - 1] = { from: last.from, to, count }
  } else bins.push({ from, to, count })
}

const lengthOf = ({ from, to }: Range): number => to - from + 1

const sizeOf = (rest: PartitionSet.PartitionSet | undefined): number => rest === undefined ? 1 : PartitionSet.size(rest)

/** The number of points at each position of a dimension (0 is the first). */
export const countBy = (set: PartitionSet.PartitionSet, dimension: number): Histogram => {
  const bins: Array<Bin> = []
  if (dimension === 0) {
    for (const { from, rest, to } of set.segments) append(bins, from, to, sizeOf(rest))
    return bins
  }
  const found: Array<Bin> = []
  const visit = (part: PartitionSet.PartitionSet, depth: number, times: number): void => {
    for (const segment of part.segments) {
      const { from, rest, to } = segment
      if (depth === dimension) found.push({ from, to, count: times * sizeOf(rest) })
      else if (rest !== undefined) visit(rest, depth + 1, times * lengthOf(segment))
    }
  }
  visit(set, 0, 1)
  return sum(found)
}

/** Adds up bins in any order, overlapping or not: one sweep over the positions at which the count changes. */
export const sum = (bins: ReadonlyArray<Bin>): Histogram => {
  if (bins.length === 0) return []
  let first = Number.POSITIVE_INFINITY
  let last = Number.NEGATIVE_INFINITY
  for (const { from, to } of bins) {
    if (from < first) first = from
    if (to > last) last = to
  }
  // An array of all positions is ten times as fast as a map, but only worth it where most of them occur.
  return last - first <= 4 * bins.length + 1000 ? sumDense(bins, first, last) : sumSparse(bins)
}

const sumDense = (bins: ReadonlyArray<Bin>, first: number, last: number): Histogram => {
  const changes = new Float64Array(last - first + 2)
  for (const { count, from, to } of bins) {
    changes[from - first]! += count
    changes[to - first + 1]! -= count
  }
  const out: Array<Bin> = []
  let from = first
  let count = 0
  for (let i = 0; i < changes.length; i++) {
    if (changes[i] === 0) continue
    if (count !== 0) append(out, from, first + i - 1, count)
    from = first + i
    count += changes[i]!
  }
  return out
}

const sumSparse = (bins: ReadonlyArray<Bin>): Histogram => {
  const changes = new Map<number, number>()
  const change = (position: number, by: number) => void changes.set(position, (changes.get(position) ?? 0) + by)
  for (const { count, from, to } of bins) {
    change(from, count)
    change(to + 1, -count)
  }
  const out: Array<Bin> = []
  let from = 0
  let count = 0
  for (const position of Float64Array.from(changes.keys()).sort()) {
    if (count !== 0) append(out, from, position - 1, count)
    from = position
    count += changes.get(position)!
  }
  return out
}

/** A question answered by binary search: how many points lie in a range of positions. */
export const counter = (histogram: Histogram): (range: Range) => number => {
  const before = new Float64Array(histogram.length + 1)
  histogram.forEach((bin, i) => void (before[i + 1] = before[i]! + bin.count * lengthOf(bin)))
  const upTo = (position: number): number => {
    const i = firstThat(histogram.length, (k) => histogram[k]!.to > position)
    const bin = histogram[i]
    return before[i]! + (bin === undefined || bin.from > position ? 0 : (position - bin.from + 1) * bin.count)
  }
  return ({ from, to }) => to < from ? 0 : upTo(to) - upTo(from - 1)
}

/** The lowest of the indexes 0 to `length - 1` for which an ascending condition holds; `length` when for none. */
const firstThat = (length: number, holds: (index: number) => boolean): number => {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}

/** Positions at each of which the histograms have these counts, in the order of the histograms. */
export interface Aligned extends Range {
  readonly counts: ReadonlyArray<number>
}

/** Several histograms of one dimension side by side, ascending; positions where all are 0 are left out. */
export const align = (histograms: ReadonlyArray<Histogram>): ReadonlyArray<Aligned> => {
  const out: Array<Aligned> = []
  const places = histograms.map(() => 0)
  let position = Number.NEGATIVE_INFINITY
  for (;;) {
    let from = Number.POSITIVE_INFINITY
    histograms.forEach((histogram, i) => {
      while (places[i]! < histogram.length && histogram[places[i]!]!.to < position) places[i]!++
      const bin = histogram[places[i]!]
      if (bin !== undefined) from = Math.min(from, Math.max(position, bin.from))
    })
    if (from === Number.POSITIVE_INFINITY) return out
    let to = Number.POSITIVE_INFINITY
    const counts = histograms.map((histogram, i) => {
      const bin = histogram[places[i]!]
      if (bin === undefined) return 0
      to = Math.min(to, bin.from <= from ? bin.to : bin.from - 1)
      return bin.from <= from ? bin.count : 0
    })
    out.push({ from, to, counts })
    position = to + 1
  }
}

/** The positions of one dimension that are counted apart, ascending. */
export interface Rows {
  readonly dimension: number
  readonly positions: ReadonlyArray<number>
}

/** The ranges of another dimension that are counted together, ascending and disjoint. */
export interface Columns {
  readonly dimension: number
  readonly buckets: ReadonlyArray<Range>
}

/**
 * The number of points for each row and column, as `result[row][column]`. A segment costs two binary searches whatever
 * it covers: the counts are kept as differences (two-dimensional summed areas) and added up at the end.
 */
export const cross = (set: PartitionSet.PartitionSet, rows: Rows, columns: Columns): ReadonlyArray<Float64Array> => {
  const { positions } = rows
  const { buckets } = columns
  const width = buckets.length + 1
  /** Points in buckets that a segment covers in part: differences from row to row. */
  const partial = new Float64Array((positions.length + 1) * width)
  /** Points at each position of buckets that a segment covers whole: differences in both directions. */
  const whole = new Float64Array((positions.length + 1) * width)

  const add = (first: number, end: number, { from, to }: Range, count: number): void => {
    const left = firstThat(buckets.length, (k) => buckets[k]!.to >= from)
    const right = firstThat(buckets.length, (k) => buckets[k]!.from > to) - 1
    if (left > right) return
    for (const column of left === right ? [left] : [left, right]) {
      const bucket = buckets[column]!
      const points = count * (Math.min(to, bucket.to) - Math.max(from, bucket.from) + 1)
      partial[first * width + column]! += points
      partial[end * width + column]! -= points
    }
    if (right - left < 2) return
    whole[first * width + left + 1]! += count
    whole[first * width + right]! -= count
    whole[end * width + left + 1]! -= count
    whole[end * width + right]! += count
  }

  const deepest = Math.max(rows.dimension, columns.dimension)
  const visit = (
    part: PartitionSet.PartitionSet,
    depth: number,
    times: number,
    first: number,
    end: number,
    across: Range | undefined
  ): void => {
    for (const segment of part.segments) {
      let [start, stop, many] = [first, end, times]
      if (depth === rows.dimension) {
        start = firstThat(positions.length, (k) => positions[k]! >= segment.from)
        stop = firstThat(positions.length, (k) => positions[k]! > segment.to)
        if (start === stop) continue
      } else if (depth !== columns.dimension) many *= lengthOf(segment)
      const range = depth === columns.dimension ? segment : across
      if (depth < deepest) visit(segment.rest!, depth + 1, many, start, stop, range)
      else if (range !== undefined) add(start, stop, range, many * sizeOf(segment.rest))
    }
  }
  visit(set, 0, 1, 0, positions.length, undefined)

  const above = new Float64Array(width)
  const wholeAbove = new Float64Array(width)
  return positions.map((_, row) => {
    const counts = new Float64Array(buckets.length)
    let running = 0
    for (let column = 0; column < buckets.length; column++) {
      above[column]! += partial[row * width + column]!
      wholeAbove[column]! += whole[row * width + column]!
      running += wholeAbove[column]!
      counts[column] = above[column]! + running * lengthOf(buckets[column]!)
    }
    return counts
  })
}
