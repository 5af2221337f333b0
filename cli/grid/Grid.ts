/** The state of an asset in one picture: counts, a bar, and its cells as a calendar, as a strip, or by key. */
import { Result } from "effect"
import type { Style } from "../terminal/Style.ts"
import * as Bar from "./Bar.ts"
import * as Calendar from "./Calendar.ts"
import * as Counts from "./Counts.ts"
import * as Glyph from "./Glyph.ts"
import * as Matrix from "./Matrix.ts"
import * as Picture from "./Picture.ts"
import * as Positions from "./Positions.ts"
import * as Strip from "./Strip.ts"

export interface Options {
  /** The width in characters, at least 40. Default: 100, as where the output is no terminal. */
  readonly columns?: number | undefined
  /** The name of the dimension whose keys are the rows. Default: a calendar of time, and rows for the smallest other. */
  readonly by?: string | undefined
  readonly style: Style
}

/**
 * The lines of the picture. It costs what the segments of the sets cost, and the marks, never the cells. The failure is
 * a half sentence about an asset that has no such dimension.
 */
export const draw = (
  sets: Counts.StateSets,
  space: Positions.Space,
  options: Options
): Result.Result<ReadonlyArray<string>, string> =>
  Result.map(chosen(space, options.by), (rows) => {
    const { style } = options
    const columns = Math.max(40, options.columns ?? 100)
    const counts = Counts.of(sets)
    const summary = Counts.summary(counts, columns, style)
    if (Counts.total(counts) === 0) return summary
    const time = options.by === undefined ? timeOrOnly(sets, space, columns, style) : undefined
    const matrix = rows === undefined ? undefined : Matrix.draw(sets, space, { rows, columns, style })
    const shaded = time?.shaded === true || matrix?.shaded === true
    const pictures = [time, matrix].flatMap((drawn) => drawn === undefined ? [] : ["", ...drawn.lines])
    const legend = Glyph.legend(counts, columns, style, { shaded, ...noteOf(time) })
    return [...summary, Bar.line(counts, columns, style), ...pictures, "", ...legend]
  })

const chosen = (space: Positions.Space, by: string | undefined): Result.Result<number | undefined, string> =>
  by === undefined ? Result.succeed(Positions.rowDimension(space)) : Positions.named(space, by)

interface Drawn extends Picture.Drawn {
  readonly unit: string
}

const noteOf = (drawn: Drawn | undefined): { readonly note?: string } => {
  if (drawn === undefined) return {}
  const note = `one mark: ${drawn.unit}`
  return { note: drawn.many ? `${note}, at its worst` : note }
}

/** The first dimension of time as a calendar; where there is but one dimension, whatever it is. */
const timeOrOnly = (
  sets: Counts.StateSets,
  space: Positions.Space,
  columns: number,
  style: Style
): Drawn | undefined => {
  const time = space.dimensions.findIndex(Positions.isTime)
  const index = time >= 0 ? time : space.dimensions.length === 1 ? 0 : -1
  const dimension = space.dimensions[index]
  const range = dimension === undefined ? undefined : Positions.span(dimension)
  if (dimension === undefined || range === undefined) return undefined
  const { partitions } = dimension
  const calendar = partitions._tag === "TimeWindows" ? Calendar.picture(partitions, range, columns) : undefined
  const picture = calendar ?? Strip.picture(dimension, columns)
  return { ...Picture.draw(picture, Counts.tally(sets, index), style), unit: picture.unit }
}

/** Counts by state, and by key of the dimension where one is named. */
export interface Json extends Counts.Json {
  readonly by: null | {
    readonly dimension: string
    readonly keys: ReadonlyArray<{ readonly key: string } & Counts.Json>
  }
}

/** The counts for programs; keys without cells are left out. The failure is that of `draw`. */
export const toJson = (
  sets: Counts.StateSets,
  space: Positions.Space,
  options: { readonly by?: string | undefined } = {}
): Result.Result<Json, string> => {
  const { by } = options
  const counts = Counts.toJson(Counts.of(sets))
  if (by === undefined) return Result.succeed({ ...counts, by: null })
  return Result.map(Positions.named(space, by), (index) => ({
    ...counts,
    by: {
      dimension: by,
      keys: Array.from(Matrix.keys(sets, index), ({ counts, position }) => ({
        key: space.dimensions[index]!.keyAt(position),
        ...Counts.toJson(counts)
      }))
    }
  }))
}
