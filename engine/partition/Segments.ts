/** How a set of partition positions is built: segments of the first dimension, each with the set of the others. */

/** One cell: a coordinate a dimension; `[]` for an unpartitioned asset. */
export type Point = ReadonlyArray<number>

/** The coordinates `from` to `to` (inclusive) of the first dimension, each with all points of `rest`. */
export interface Segment {
  readonly from: number
  readonly to: number
  /** Absent in the last dimension. */
  readonly rest?: PartitionSet
}

export interface PartitionSet {
  readonly dimensions: number
  /** A set of no dimensions is empty (no segment) or the one cell (one segment, 0 to 0). */
  readonly segments: ReadonlyArray<Segment>
}

export const make = (dimensions: number, segments: ReadonlyArray<Segment>): PartitionSet => ({ dimensions, segments })

const segment = (from: number, to: number, rest: PartitionSet | undefined): Segment =>
  rest === undefined ? { from, to } : { from, to, rest }

/** Appends a segment that starts after all others, and merges it with its neighbour where that keeps the form. */
export const push = (segments: Array<Segment>, from: number, to: number, rest: PartitionSet | undefined): void => {
  const last = segments[segments.length - 1]
  if (last !== undefined && last.to + 1 === from && sameRest(last.rest, rest)) {
    segments[segments.length - 1] = segment(last.from, to, rest)
  } else {
    segments.push(segment(from, to, rest))
  }
}

const sameRest = (a: PartitionSet | undefined, b: PartitionSet | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && equals(a, b))

/** The set without points. */
export const empty = (dimensions: number): PartitionSet => make(dimensions, [])

/** The one cell of an unpartitioned asset: the set of the point `[]`. */
export const unit: PartitionSet = make(0, [{ from: 0, to: 0 }])

/** Whether both sets have the same points (and dimensions). */
export const equals = (a: PartitionSet, b: PartitionSet): boolean =>
  a === b || (a.dimensions === b.dimensions && a.segments.length === b.segments.length &&
    a.segments.every((x, i) => {
      const y = b.segments[i]!
      return x.from === y.from && x.to === y.to && sameRest(x.rest, y.rest)
    }))

export const isEmpty = (set: PartitionSet): boolean => set.segments.length === 0
