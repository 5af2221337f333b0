/** The cells of an asset by the keys of one dimension: a row a key, with counts and a bar along another dimension. */
import { displayWidth } from "effect/cli/CliOutput"
import * as Histogram from "../../engine/partition/Histogram.ts"
import * as PartitionSet from "../../engine/partition/PartitionSet.ts"
import type { SpaceDimension } from "../../engine/partition/SpaceDimension.ts"
import { type Style, state as colourOf } from "../terminal/Style.ts"
import * as Table from "../terminal/Table.ts"
import * as Text from "../terminal/Text.ts"
import * as Bar from "./Bar.ts"
import * as Counts from "./Counts.ts"
import * as Glyph from "./Glyph.ts"
import * as Picture from "./Picture.ts"
import * as Positions from "./Positions.ts"

const mostRows = 20
const keyWidth = 24
/** A narrower bar says nothing and is left out. */
const leastBar = 8

export interface Key {
  readonly position: number
  readonly counts: Counts.Counts
}

/** Positions in a row whose cells are counted alike. */
type Alike = Histogram.Range & { readonly counts: Counts.Counts }

const aligned = (sets: Counts.StateSets, dimension: number): ReadonlyArray<Alike> =>
  Histogram.align(Counts.histograms(sets, dimension)).map(({ counts, from, to }) => ({
    from,
    to,
    counts: Counts.fromList(counts)
  }))

function* each(ranges: Iterable<Alike>): Generator<Key, undefined> {
  for (const { counts, from, to } of ranges) {
    for (let position = from; position <= to; position++) yield { position, counts }
  }
  return undefined
}

/** The counts of all keys of a dimension that have cells, in order. */
export const keys = (sets: Counts.StateSets, dimension: number): Iterable<Key> => each(aligned(sets, dimension))

const rankOf = (counts: Counts.Counts): number => Counts.worstFirst.findIndex((state) => counts[state] > 0)

/** Those with the worst state first; among them those with most cells of it; then as before. */
const byInterest = (a: Alike, b: Alike): number => {
  const rank = rankOf(a.counts)
  if (rank !== rankOf(b.counts)) return rank - rankOf(b.counts)
  const state = Counts.worstFirst[rank]
  return state === undefined || state === "fresh" ? 0 : b.counts[state] - a.counts[state]
}

/** The first `n` in an order, without sorting all: most are turned away by one comparison. */
const firstBy = (all: ReadonlyArray<Alike>, n: number, order: (a: Alike, b: Alike) => number): ReadonlyArray<Alike> => {
  const kept: Array<Alike> = []
  for (const candidate of all) {
    if (kept.length === n && order(kept[n - 1]!, candidate) <= 0) continue
    const place = kept.findIndex((other) => order(candidate, other) < 0)
    kept.splice(place < 0 ? kept.length : place, 0, candidate)
    if (kept.length > n) kept.pop()
  }
  return kept
}

interface Shown {
  readonly keys: ReadonlyArray<Key>
  readonly left: number
  /** Whether all that is left is fresh. */
  readonly leftFresh: boolean
}

/** All keys in their order where they fit; else the most interesting ones, of time the newest of these first. */
const choose = (all: ReadonlyArray<Alike>, isTime: boolean): Shown => {
  const size = all.reduce((sum, { from, to }) => sum + to - from + 1, 0)
  if (size <= mostRows) return { keys: Array.from(each(all)), left: 0, leftFresh: true }
  const ranges = firstBy(isTime ? all.toReversed() : all, mostRows, byInterest)
  const chosen: Array<Key> = []
  for (const { counts, from, to } of ranges) {
    for (let i = 0; i <= to - from && chosen.length < mostRows; i++) {
      chosen.push({ position: isTime ? to - i : from + i, counts })
    }
  }
  const worse = (counts: Counts.Counts) => counts.fresh < Counts.total(counts)
  const notFresh = all.reduce((sum, { counts, from, to }) => sum + (worse(counts) ? to - from + 1 : 0), 0)
  const leftFresh = chosen.filter(({ counts }) => worse(counts)).length === notFresh
  return { keys: chosen, left: size - chosen.length, leftFresh }
}

export interface Options {
  /** The index of the dimension whose keys are the rows. */
  readonly rows: number
  readonly columns: number
  readonly style: Style
}

const numberOf = (n: number, state: Counts.State, style: Style): string =>
  n === 0 ? style.dim("·") : state === "missing" ? Text.count(n) : colourOf(style, state)(Text.count(n))

export const draw = (
  sets: Counts.StateSets,
  space: Positions.Space,
  { columns, rows, style }: Options
): Picture.Drawn => {
  const dimension = space.dimensions[rows]!
  const shown = choose(aligned(sets, rows), Positions.isTime(dimension))
  const { header, lines, width } = tableOf(sets, dimension, shown.keys, columns, style)
  const room = columns - width - 2
  const bars = room < leastBar ? undefined : barsOf(sets, space, rows, shown.keys, room, style)
  const more = `and ${Text.plural(shown.left, "more row")}${shown.leftFresh ? ", all fresh" : ""}`
  return {
    lines: [
      bars === undefined ? header : `${header}  ${style.dim(bars.title)}`.trimEnd(),
      ...lines.map((line, i) => bars === undefined ? line : `${line}  ${bars.lines[i]!}`.trimEnd()),
      ...(shown.left > 0 ? [style.dim(more)] : [])
    ],
    many: bars?.many === true,
    shaded: bars?.shaded === true
  }
}

/** Keys and counts of the states that occur; those that do not fit are left out, the best first. */
const tableOf = (
  sets: Counts.StateSets,
  dimension: SpaceDimension,
  shown: ReadonlyArray<Key>,
  columns: number,
  style: Style
) => {
  const occurring = Counts.states.filter((state) =>
    Counts.cellsOf(sets, state).some((cells) => !PartitionSet.isEmpty(cells)))
  for (;;) {
    const [header = "", ...lines] = Table.lines(
      [
        { title: Table.cut(dimension.name ?? "key", keyWidth), flexible: true },
        ...occurring.map((state) => ({ title: state, align: "right" as const }))
      ],
      shown.map(({ counts, position }) => [
        Table.cut(Positions.keyAt(dimension, position), keyWidth),
        ...occurring.map((state) => numberOf(counts[state], state, style))
      ]),
      { width: columns, style }
    )
    const width = displayWidth(header)
    if (width <= columns || occurring.length < 2) return { header, lines, width }
    occurring.shift()
  }
}

interface Bars extends Picture.Drawn {
  readonly title: string
}

/** One bar a key: marks along another dimension, or the states side by side where there is no other. */
const barsOf = (
  sets: Counts.StateSets,
  space: Positions.Space,
  rows: number,
  shown: ReadonlyArray<Key>,
  room: number,
  style: Style
): Bars => {
  const columns = Positions.columnDimension(space, rows)
  if (columns === undefined) {
    const lines = shown.map(({ counts }) => Bar.line(counts, Math.min(room, Counts.total(counts)), style))
    return { title: "", lines, many: false, shaded: false }
  }
  const along = space.dimensions[columns]!
  const each = Math.max(1, Math.ceil(PartitionSet.size(along.all) / room))
  const buckets = Positions.chunks(along.all, each)
  const positions = shown.map(({ position }) => position).sort((a, b) => a - b)
  const counted = Counts.states.map((state) =>
    Counts.cellsOf(sets, state).map((cells) =>
      Histogram.cross(cells, { dimension: rows, positions }, { dimension: columns, buckets })
    )
  )
  const seen = { many: false, shaded: false }
  const lines = shown.map(({ position }) => {
    const row = positions.indexOf(position)
    return Glyph.paint(
      buckets.map((_, column) => {
        const counts = Counts.fromList(
          counted.map((ofState) => ofState.reduce((sum, counts) => sum + counts[row]![column]!, 0))
        )
        return Picture.see(seen, counts)
      }),
      style
    )
  })
  return { title: titleOf(along, each, room), lines, ...seen }
}

/** `date 2024-01-01 … 2024-04-09, 2 a mark`, as far as it fits. */
const titleOf = (along: SpaceDimension, each: number, room: number): string => {
  const range = Positions.span(along)
  const name = (along.name ?? "").toUpperCase()
  if (range === undefined) return Table.cut(name, room)
  const ends = range.from === range.to
    ? Positions.keyAt(along, range.from)
    : `${Positions.keyAt(along, range.from)} … ${Positions.keyAt(along, range.to)}`
  const marks = each === 1 ? "" : `, ${Text.count(each)} a mark`
  const forms = [`${name}  ${ends}${marks}`, `${name}  ${ends}`, name]
  return forms.find((form) => Picture.fits(form, room)) ?? Table.cut(name, room)
}
