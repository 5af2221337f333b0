/** How many cells are in each state: counted from sets, put into words, and given as JSON. */
import * as Histogram from "../../engine/partition/Histogram.ts"
import * as PartitionSet from "../../engine/partition/PartitionSet.ts"
import { type Style, state as colourOf } from "../terminal/Style.ts"
import * as Text from "../terminal/Text.ts"

export type State = "fresh" | "stale" | "running" | "failed" | "missing"

/** The cells of an asset by state: disjoint sets; a state may have several or none. */
export interface StateSets {
  readonly states: ReadonlyArray<{ readonly state: State; readonly cells: PartitionSet.PartitionSet }>
}

export type Counts = Readonly<Record<State, number>>

/** In the order in which they are told and drawn: done first. */
export const states: ReadonlyArray<State> = ["fresh", "stale", "running", "failed", "missing"]

/** Worst first; what a mark that stands for many cells shows. */
export const worstFirst: ReadonlyArray<State> = ["failed", "running", "stale", "missing", "fresh"]

/** Counts from a number for each state, in the order of `states`. */
export const fromList = (list: ArrayLike<number>): Counts => ({
  fresh: list[0] ?? 0,
  stale: list[1] ?? 0,
  running: list[2] ?? 0,
  failed: list[3] ?? 0,
  missing: list[4] ?? 0
})

export const total = ({ failed, fresh, missing, running, stale }: Counts): number =>
  fresh + stale + running + failed + missing

/** The sets of a state. */
export const cellsOf = (sets: StateSets, state: State): ReadonlyArray<PartitionSet.PartitionSet> =>
  sets.states.flatMap((entry) => entry.state === state ? [entry.cells] : [])

/** All cells by state. */
export const of = (sets: StateSets): Counts =>
  fromList(states.map((state) => cellsOf(sets, state).reduce((sum, cells) => sum + PartitionSet.size(cells), 0)))

/** For each state, in the order of `states`, the number of cells at each position of a dimension. */
export const histograms = (sets: StateSets, dimension: number): ReadonlyArray<Histogram.Histogram> =>
  states.map((state) => {
    const found = cellsOf(sets, state).map((cells) => Histogram.countBy(cells, dimension))
    return found.length === 1 ? found[0]! : Histogram.sum(found.flat())
  })

/** The cells by state in a range of positions. */
export type Tally = (range: Histogram.Range) => Counts

/** A tally of the positions of a dimension: a question costs binary searches, whatever the range holds. */
export const tally = (sets: StateSets, dimension: number): Tally => {
  const counters = histograms(sets, dimension).map(Histogram.counter)
  return (range) => fromList(counters.map((counter) => counter(range)))
}

/** `12.5%`; `<0.1%` and `>99.9%` where rounding would tell of none or of all. */
export const percent = (part: number, whole: number): string => {
  if (part === 0 || whole === 0) return "0%"
  if (part === whole) return "100%"
  const share = 100 * part / whole
  return share < 0.1 ? "<0.1%" : share > 99.9 ? ">99.9%" : `${share.toFixed(1)}%`
}

/** `1,624 cells · 1,420 fresh 87.4% · 12 failed 0.7% · 192 missing 11.8%`, in as many lines as the width asks for. */
export const summary = (counts: Counts, columns: number, style: Style): ReadonlyArray<string> => {
  const all = total(counts)
  const parts = states.filter((state) => counts[state] > 0).map((state) => {
    const text = `${Text.count(counts[state])} ${state}`
    const share = percent(counts[state], all)
    return { width: text.length + 1 + share.length, text: `${colourOf(style, state)(text)} ${style.dim(share)}` }
  })
  const cells = Text.plural(all, "cell")
  return flow([{ width: cells.length, text: style.bold(cells) }, ...parts], style.dim(" · "), 3, columns)
}

/** Parts that are kept whole, joined into lines of a width; `separator` is `gap` wide. */
export const flow = (
  parts: ReadonlyArray<{ readonly width: number; readonly text: string }>,
  separator: string,
  gap: number,
  columns: number
): ReadonlyArray<string> => {
  const lines: Array<string> = []
  let used = 0
  for (const { text, width } of parts) {
    if (lines.length > 0 && used + gap + width <= columns) {
      lines[lines.length - 1] += separator + text
      used += gap + width
    } else {
      lines.push(text)
      used = width
    }
  }
  return lines
}

export interface Json extends Counts {
  readonly cells: number
}

export const toJson = (counts: Counts): Json => ({ cells: total(counts), ...counts })
