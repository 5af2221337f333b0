/** One bar that is divided among the states, in proportion to their cells. */
import type { Style } from "../terminal/Style.ts"
import * as Counts from "./Counts.ts"
import * as Glyph from "./Glyph.ts"

/**
 * The columns of each state, in the order of `Counts.states`; they add up to `width`. What is left after rounding down
 * goes to the largest remainders (Hamilton's method), but a state with any cell has at least one column, taken from the
 * widest.
 */
export const share = (counts: Counts.Counts, width: number): ReadonlyArray<number> => {
  const total = Counts.total(counts)
  if (total === 0) return Counts.states.map(() => 0)
  const exact = Counts.states.map((state) => counts[state] / total * width)
  const columns = exact.map(Math.floor)
  const byRemainder = exact.map((_, i) => i).sort((a, b) => exact[b]! % 1 - exact[a]! % 1)
  const left = width - columns.reduce((sum, n) => sum + n, 0)
  for (const i of byRemainder.slice(0, left)) columns[i]!++
  Counts.states.forEach((state, i) => {
    const widest = columns.indexOf(Math.max(...columns))
    if (counts[state] === 0 || columns[i] !== 0 || columns[widest]! < 2) return
    columns[i] = 1
    columns[widest]!--
  })
  return columns
}

/** The bar, `width` columns wide; nothing when there is no cell. */
export const line = (counts: Counts.Counts, width: number, style: Style): string =>
  Glyph.paint(
    share(counts, width).flatMap((columns, i) => {
      const mark = Glyph.ofState(Counts.states[i]!)
      return Array.from({ length: columns }, () => mark)
    }),
    style
  )
