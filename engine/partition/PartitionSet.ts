/**
 * An immutable set of partition positions: points of a space of n dimensions with whole-number coordinates.
 *
 * The set is a list of disjoint, ascending segments of the first dimension; each segment carries the set of the
 * remaining dimensions. Neighbours with equal rests are merged, so equal sets have equal structure, a whole calendar
 * is one segment, and the algebra costs the number of segments, not the number of cells.
 */
import { empty, isEmpty, make, type PartitionSet, type Point, push, type Segment, unit } from "./Segments.ts"

export type { PartitionSet, Point, Segment } from "./Segments.ts"
export { empty, equals, isEmpty, unit } from "./Segments.ts"
export { fromJson, Json, toJson } from "./SegmentsJson.ts"

/** The positions `from` to `to`, both included, of one dimension; empty when `to < from`. */
export const range = (from: number, to: number): PartitionSet => make(1, from <= to ? [{ from, to }] : [])

/** The positions of one dimension, in any order, repeated or not. In order it takes one pass; otherwise it sorts. */
export const fromPositions = (positions: Iterable<number>): PartitionSet => {
  const all = Array.isArray(positions) ? positions as ReadonlyArray<number> : Array.from(positions)
  const sorted = all.every((position, i) => i === 0 || all[i - 1]! <= position) ? all : Float64Array.from(all).sort()
  const segments: Array<Segment> = []
  let from = Number.NaN
  let to = Number.NaN
  for (const position of sorted) {
    if (position === to) continue
    if (position !== to + 1) {
      if (segments.length > 0 || from === from) segments.push({ from, to })
      from = position
    }
    to = position
  }
  if (from === from) segments.push({ from, to })
  return make(1, segments)
}

/** The ranges of one dimension, in any order, overlapping or not; ranges that end before they begin hold nothing. */
export const fromRanges = (ranges: Iterable<{ readonly from: number; readonly to: number }>): PartitionSet => {
  const sorted = Array.from(ranges).filter((r) => r.from <= r.to).sort((a, b) => a.from - b.from)
  const segments: Array<Segment> = []
  for (const { from, to } of sorted) {
    const last = segments[segments.length - 1]
    if (last !== undefined && from <= last.to + 1) {
      if (to > last.to) segments[segments.length - 1] = { from: last.from, to }
    } else segments.push({ from, to })
  }
  return make(1, segments)
}

const comparePoints = (a: Point, b: Point): number => {
  for (let i = 0; i < a.length; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return 0
}

/** The points given, each with `dimensions` coordinates, in any order, repeated or not. */
export const fromPoints = (dimensions: number, points: Iterable<Point>): PartitionSet => {
  const all = Array.from(points)
  if (dimensions === 0) return all.length > 0 ? unit : empty(0)
  if (dimensions === 1) return fromPositions(all.map((point) => point[0]!))
  if (!all.every((point, i) => i === 0 || comparePoints(all[i - 1]!, point) <= 0)) all.sort(comparePoints)
  const build = (start: number, end: number, dimension: number): PartitionSet => {
    if (dimension === dimensions - 1) {
      return fromPositions(Array.from({ length: end - start }, (_, i) => all[start + i]![dimension]!))
    }
    const segments: Array<Segment> = []
    for (let i = start; i < end;) {
      const position = all[i]![dimension]!
      let next = i + 1
      while (next < end && all[next]![dimension] === position) next++
      push(segments, position, position, build(i, next, dimension + 1))
      i = next
    }
    return make(dimensions - dimension, segments)
  }
  return build(0, all.length, 0)
}

/** Every combination of a point of the first set, a point of the second and so on; of no sets: the one cell. */
export const product = (sets: ReadonlyArray<PartitionSet>): PartitionSet => sets.reduceRight((b, a) => times(a, b), unit)

const times = (a: PartitionSet, b: PartitionSet): PartitionSet => {
  if (a.segments.length === 0 || b.segments.length === 0) return empty(a.dimensions + b.dimensions)
  if (b.dimensions === 0) return a
  if (a.dimensions === 0) return b
  return make(
    a.dimensions + b.dimensions,
    a.segments.map(({ from, rest, to }) => ({ from, to, rest: rest === undefined ? b : times(rest, b) }))
  )
}

/** Which parts a set operation keeps: what only the left set has, only the right one, and what both have. */
type Operation = Readonly<Record<"left" | "right" | "both", boolean>>

/** The place of the first segment from `start` on that does not end before `position`: O(log of the way there). */
const seek = (segments: ReadonlyArray<Segment>, start: number, position: number): number => {
  let low = start
  let step = 1
  for (; low + step < segments.length && segments[low + step]!.to < position; step *= 2) low += step
  let high = Math.min(low + step, segments.length)
  while (low < high) {
    const middle = (low + high) >>> 1
    if (segments[middle]!.to < position) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * One sweep over both lists of segments, recursive in the dimensions: O(segments of a + segments of b). Segments that
 * meet none of the other set and are not kept are leapt over, so that one cell of a million with holes costs O(log n).
 */
const combine = (a: PartitionSet, b: PartitionSet, keep: Operation): PartitionSet => {
  const out: Array<Segment> = []
  let i = 0
  let j = 0
  let x = a.segments[0]
  let y = b.segments[0]
  let xFrom = x?.from ?? 0
  let yFrom = y?.from ?? 0
  const nextX = (place = i + 1) => {
    x = a.segments[i = place]
    xFrom = x?.from ?? 0
  }
  const nextY = (place = j + 1) => {
    y = b.segments[j = place]
    yFrom = y?.from ?? 0
  }
  while ((x !== undefined || keep.right) && (y !== undefined || keep.left) && (x !== undefined || y !== undefined)) {
    if (x !== undefined && (y === undefined || x.to < yFrom)) {
      if (keep.left) push(out, xFrom, x.to, x.rest)
      nextX(keep.left ? i + 1 : seek(a.segments, i + 1, yFrom))
    } else if (y !== undefined && (x === undefined || y.to < xFrom)) {
      if (keep.right) push(out, yFrom, y.to, y.rest)
      nextY(keep.right ? j + 1 : seek(b.segments, j + 1, xFrom))
    } else if (x !== undefined && y !== undefined) {
      if (xFrom < yFrom) {
        if (keep.left) push(out, xFrom, yFrom - 1, x.rest)
        xFrom = yFrom
      } else if (yFrom < xFrom) {
        if (keep.right) push(out, yFrom, xFrom - 1, y.rest)
        yFrom = xFrom
      }
      const to = Math.min(x.to, y.to)
      if (x.rest === y.rest) {
        if (keep.both) push(out, xFrom, to, x.rest)
      } else if (x.rest !== undefined && y.rest !== undefined) {
        const rest = combine(x.rest, y.rest, keep)
        if (rest.segments.length > 0) push(out, xFrom, to, rest)
      }
      xFrom = yFrom = to + 1
      const xDone = x.to === to
      if (y.to === to) nextY()
      if (xDone) nextX()
    }
  }
  return make(a.dimensions, out)
}

/** The points of either set. Both must have the same dimensions, as in all of the algebra. */
export const union = (a: PartitionSet, b: PartitionSet): PartitionSet =>
  a.segments.length === 0 ? b
    : b.segments.length === 0 || a === b ? a
    : combine(a, b, { left: true, right: true, both: true })

/** The points of any of the sets; halves are united first, so that k sets cost O(n log k) and not O(n k). */
export const unionAll = (dimensions: number, sets: ReadonlyArray<PartitionSet>): PartitionSet => {
  if (sets.length === 0) return empty(dimensions)
  if (dimensions === 1) return fromRanges(sets.flatMap((set) => set.segments))
  let level = sets
  while (level.length > 1) {
    const above: Array<PartitionSet> = []
    for (let i = 0; i < level.length; i += 2) {
      const right = level[i + 1]
      above.push(right === undefined ? level[i]! : union(level[i]!, right))
    }
    level = above
  }
  return level[0]!
}

/** The points of both sets. */
export const intersection = (a: PartitionSet, b: PartitionSet): PartitionSet =>
  a === b ? a : combine(a, b, { left: false, right: false, both: true })

/** The points of `a` that `b` does not have. */
export const difference = (a: PartitionSet, b: PartitionSet): PartitionSet =>
  b.segments.length === 0 ? a : combine(a, b, { left: true, right: false, both: false })

/** Whether `b` has every point of `a`. */
export const isSubset = (a: PartitionSet, b: PartitionSet): boolean => isEmpty(difference(a, b))

/** The number of points, counted by segments. */
export const size = (set: PartitionSet): number => {
  let total = 0
  for (const { from, rest, to } of set.segments) total += (to - from + 1) * (rest === undefined ? 1 : size(rest))
  return total
}

/** Whether the set has the point: a binary search a dimension. */
export const has = (set: PartitionSet, point: Point): boolean => {
  if (point.length !== set.dimensions) return false
  let current: PartitionSet | undefined = set
  for (const coordinate of point) {
    const segments: ReadonlyArray<Segment> = current!.segments
    const found = segments[seek(segments, 0, coordinate)]
    if (found === undefined || found.from > coordinate) return false
    current = found.rest
  }
  return set.dimensions > 0 || set.segments.length > 0
}

/** The order in which points are listed; the first dimension counts most. */
export interface PointsOptions {
  /** Default: `"ascending"`. */
  readonly order?: "ascending" | "descending"
}

/** The points, one by one; nothing is held but the place. */
export function* points(set: PartitionSet, options?: PointsOptions): Generator<Point, undefined, undefined> {
  const { dimensions } = set
  const descending = options?.order === "descending"
  if (dimensions === 0) {
    if (set.segments.length > 0) yield []
    return undefined
  }
  for (let i = 0; i < set.segments.length; i++) {
    const { from, rest, to } = set.segments[descending ? set.segments.length - 1 - i : i]!
    for (let k = 0; k <= to - from; k++) {
      const position = descending ? to - k : from + k
      if (rest === undefined) yield [position]
      else for (const tail of points(rest, options)) yield [position, ...tail]
    }
  }
}

/** The set of the first `n` points, or of all when there are fewer. */
export const take = (set: PartitionSet, n: number): PartitionSet => {
  const out: Array<Segment> = []
  let left = Math.max(0, Math.floor(n))
  for (const { from, rest, to } of set.segments) {
    if (left === 0) break
    const each = rest === undefined ? 1 : size(rest)
    const whole = Math.min(to - from + 1, Math.floor(left / each))
    if (whole > 0) push(out, from, from + whole - 1, rest)
    left -= whole * each
    if (whole <= to - from) {
      if (left > 0 && rest !== undefined) push(out, from + whole, from + whole, take(rest, left))
      break
    }
  }
  return make(set.dimensions, out)
}

/** The set of the last `n` points, or of all when there are fewer. */
export const takeLast = (set: PartitionSet, n: number): PartitionSet =>
  difference(set, take(set, size(set) - Math.max(0, Math.floor(n))))

/** The lowest point, undefined when the set is empty. */
export const firstPoint = (set: PartitionSet): Point | undefined => points(set).next().value

/** The highest point, undefined when the set is empty. */
export const lastPoint = (set: PartitionSet): Point | undefined => points(set, { order: "descending" }).next().value

/** The ranges of a set of one dimension: disjoint, ascending, inclusive. */
export const ranges = (set: PartitionSet): ReadonlyArray<{ readonly from: number; readonly to: number }> => set.segments

/** The points seen in the given dimensions only (each named once, in the order wanted): the others are dropped. */
export const project = (set: PartitionSet, dimensions: ReadonlyArray<number>): PartitionSet => {
  if (dimensions.length === set.dimensions && dimensions.every((dimension, i) => dimension === i)) return set
  if (dimensions.length === 0) return isEmpty(set) ? empty(0) : unit
  const inRest = (of: ReadonlyArray<number>) => of.map((dimension) => dimension - 1)
  if (!dimensions.includes(0)) {
    const rests = new Set(set.segments.map((s) => s.rest!))
    return unionAll(dimensions.length, Array.from(rests, (rest) => project(rest, inRest(dimensions))))
  }
  if (dimensions[0] === 0) {
    const out: Array<Segment> = []
    const remaining = inRest(dimensions.slice(1))
    for (const { from, rest, to } of set.segments) {
      push(out, from, to, remaining.length === 0 ? undefined : project(rest!, remaining))
    }
    return make(dimensions.length, out)
  }
  const place = dimensions.indexOf(0)
  return unionAll(
    dimensions.length,
    set.segments.flatMap(({ from, rest, to }) =>
      boxes(project(rest!, inRest(dimensions.filter((dimension) => dimension !== 0)))).map((box) =>
        product(box.toSpliced(place, 0, range(from, to)))
      )
    )
  )
}

/** The set as disjoint boxes: one range a dimension. */
const boxes = (set: PartitionSet): ReadonlyArray<ReadonlyArray<PartitionSet>> =>
  set.segments.flatMap(({ from, rest, to }) =>
    rest === undefined ? [[range(from, to)]] : boxes(rest).map((box) => [range(from, to), ...box])
  )
