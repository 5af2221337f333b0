/**
 * The marks of a picture: one character for one or many cells. Each state has a character of its own, so that a picture
 * reads without colours too.
 */
import { type Style, state as colourOf } from "../terminal/Style.ts"
import * as Counts from "./Counts.ts"

export interface Mark {
  readonly glyph: string
  /** Gives the colour. */
  readonly state: Counts.State
}

/** One column wide in every terminal: none of them has an emoji form (as ▶ has). */
export const glyphs: Readonly<Record<Counts.State, string>> = {
  fresh: "■",
  stale: "~",
  running: "►",
  failed: "✗",
  missing: "·"
}

/** Some cells fresh and the others missing: up to a third, up to two thirds, more. */
export const shades: ReadonlyArray<string> = ["░", "▒", "▓"]

export const ofState = (state: Counts.State): Mark => ({ glyph: glyphs[state], state })

/** The worst state of the cells, or how many are done; undefined where there is no cell. */
export const of = (counts: Counts.Counts): Mark | undefined => {
  const worst = Counts.worstFirst.find((state) => counts[state] > 0)
  if (worst !== "missing" || counts.fresh === 0) return worst === undefined ? undefined : ofState(worst)
  const third = Math.floor(3 * counts.fresh / (counts.fresh + counts.missing))
  return { glyph: shades[Math.min(2, third)]!, state: "fresh" }
}

/** Marks in a line, blanks where there are none; neighbours of one state share their escape codes. */
export const paint = (marks: ReadonlyArray<Mark | undefined>, style: Style, separator = ""): string => {
  let line = ""
  for (let i = 0; i < marks.length;) {
    const state = marks[i]?.state
    let run = ""
    for (; i < marks.length && marks[i]?.state === state; i++) {
      run += (line === "" && run === "" ? "" : separator) + (marks[i]?.glyph ?? " ")
    }
    line += state === undefined ? run : colourOf(style, state)(run)
  }
  return line.trimEnd()
}

export interface LegendOptions {
  /** Whether some marks are shaded. */
  readonly shaded: boolean
  /** Said last. Default: nothing. */
  readonly note?: string
}

/** `■ fresh   ░▒▓ partly fresh   ~ stale   · missing`: the states that occur. */
export const legend = (
  counts: Counts.Counts,
  columns: number,
  style: Style,
  { note, shaded }: LegendOptions
): ReadonlyArray<string> => {
  const entry = (glyph: string, state: Counts.State, word: string) => ({
    width: glyph.length + 1 + word.length,
    text: `${colourOf(style, state)(glyph)} ${style.dim(word)}`
  })
  const entries = Counts.states.filter((state) => counts[state] > 0).flatMap((state) => [
    entry(glyphs[state], state, state),
    ...(state === "fresh" && shaded ? [entry(shades.join(""), state, "partly fresh")] : [])
  ])
  const last = note === undefined ? [] : [{ width: note.length, text: style.dim(note) }]
  return Counts.flow([...entries, ...last], "   ", 3, columns)
}
