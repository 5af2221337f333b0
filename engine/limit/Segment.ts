/** Moments as a few lines through all of them, in milliseconds: so are answers told and remembered, and slots given. */

/** The first moment at `at`, each further one `spacing` later. */
export interface Segment {
  readonly count: number
  readonly at: number
  readonly spacing: number
}

export const endOf = ({ at, count, spacing }: Segment): number => at + (count - 1) * spacing

/** How many moments there are in all of them. */
export const countOf = (segments: ReadonlyArray<Segment>): number => segments.reduce((all, { count }) => all + count, 0)

export const momentsOf = (segments: ReadonlyArray<Segment>): ReadonlyArray<number> =>
  segments.flatMap(({ at, count, spacing }) => Array.from({ length: count }, (_, i) => at + i * spacing))

/**
 * Segments with a moment for each of these (sorted ones): none before it, none later than `tolerance` after it. What is
 * later than needed is throughput lost, and what is told in many segments is work for the store. Where the moments are
 * `apart` or more from each other, so are those of the segments.
 *
 * Each goes on for as long as a line from half the tolerance after its first moment can pass through those that follow.
 */
export const cover = (moments: ReadonlyArray<number>, tolerance: number, apart = 0): ReadonlyArray<Segment> => {
  const segments: Array<Segment> = []
  let free = Number.NEGATIVE_INFINITY
  for (let from = 0; from < moments.length;) {
    const first = moments[from]!
    const start = Math.max(first + tolerance / 2, free)
    let [narrowest, widest] = [apart, Number.POSITIVE_INFINITY]
    let count = 1
    for (; from + count < moments.length; count++) {
      const moment = moments[from + count]!
      const needed = Math.max(narrowest, (moment - start) / count)
      const allowed = Math.min(widest, (moment + tolerance - start) / count)
      if (needed > allowed) break
      narrowest = needed
      widest = allowed
    }
    const spacing = count === 1 ? apart : Math.min(widest, Math.max(narrowest, (moments[from + count - 1]! - first) / (count - 1)))
    let early = Number.POSITIVE_INFINITY
    for (let i = 0; i < count; i++) early = Math.min(early, start + i * spacing - moments[from + i]!)
    const at = Math.max(free, start - early)
    segments.push({ count, at, spacing })
    free = at + (count - 1) * spacing + apart
    from += count
  }
  return segments
}
