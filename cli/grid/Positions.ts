/** The positions of a dimension as they are shown: cut into ranges of equally many, named, and found by name. */
import { Result } from "effect"
import type { Range } from "../../engine/partition/Histogram.ts"
import * as PartitionSet from "../../engine/partition/PartitionSet.ts"
import type { PartitionSpace } from "../../engine/partition/PartitionSpace.ts"
import type { SpaceDimension } from "../../engine/partition/SpaceDimension.ts"
import { didYouMean } from "../../engine/Suggestion.ts"
import * as Text from "../terminal/Text.ts"

/** What a picture needs to know of a space. */
export type Space = Pick<PartitionSpace, "dimensions">

/**
 * Ranges of `each` positions of a one-dimensional set, the last perhaps of fewer. A range may span holes of the set.
 * It costs the segments and the ranges.
 */
export const chunks = (all: PartitionSet.PartitionSet, each: number): ReadonlyArray<Range> => {
  const out: Array<Range> = []
  let from = 0
  let held = 0
  let end = 0
  for (const segment of all.segments) {
    let position = segment.from
    while (position <= segment.to) {
      if (held === 0) from = position
      const taken = Math.min(each - held, segment.to - position + 1)
      held += taken
      position += taken
      end = position - 1
      if (held < each) continue
      out.push({ from, to: end })
      held = 0
    }
  }
  return held === 0 ? out : [...out, { from, to: end }]
}

/** Control characters are shown, so that a stored key cannot steer the terminal. */
export const keyAt = (dimension: SpaceDimension, position: number): string => Text.printable(dimension.keyAt(position))

/** The first and last position; undefined where there is none. */
export const span = ({ all }: SpaceDimension): Range | undefined => {
  const first = all.segments[0]
  return first === undefined ? undefined : { from: first.from, to: all.segments[all.segments.length - 1]!.to }
}

/** The index of a dimension by its name; the failure is a half sentence that lists the names. */
export const named = ({ dimensions }: Space, name: string): Result.Result<number, string> => {
  const names = dimensions.flatMap((dimension) => dimension.name ?? [])
  if (names.length === 0) return Result.fail("it is not a product of dimensions: leave --by out")
  const index = dimensions.findIndex((dimension) => dimension.name === name)
  return index >= 0
    ? Result.succeed(index)
    : Result.fail(`it has no dimension "${Text.printable(name)}", only ${names.join(", ")}.${didYouMean(name, names)}`)
}

/** The index that is best by a score, the lowest; undefined where no dimension has one. */
const best = ({ dimensions }: Space, score: (dimension: SpaceDimension, index: number) => number | undefined) => {
  let found: { readonly index: number; readonly score: number } | undefined
  dimensions.forEach((dimension, index) => {
    const value = score(dimension, index)
    if (value !== undefined && (found === undefined || value < found.score)) found = { index, score: value }
  })
  return found?.index
}

export const isTime = ({ partitions }: SpaceDimension): boolean => partitions._tag === "TimeWindows"

/** The dimension of rows where none is named: the smallest that is not time, else the smallest but the first. */
export const rowDimension = (space: Space): number | undefined => {
  if (space.dimensions.length < 2) return undefined
  const size = ({ all }: SpaceDimension) => PartitionSet.size(all)
  return best(space, (dimension) => isTime(dimension) ? undefined : size(dimension)) ??
    best(space, (dimension, i) => i === 0 ? undefined : size(dimension))
}

/** The dimension along the bars of rows: the first of time but the rows' own, else the largest other one. */
export const columnDimension = (space: Space, rows: number): number | undefined =>
  best(space, (dimension, i) => {
    if (i === rows) return undefined
    return isTime(dimension) ? Number.NEGATIVE_INFINITY : -PartitionSet.size(dimension.all)
  })
