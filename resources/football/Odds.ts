/** The odds of a match: of a history of all bookmakers, the one row of each market that stands for it. */
import { Schema } from "effect"
import * as Field from "./Field.ts"

/** `asia` is the spread, `eu` the result, `bs` goals over or under, `cr` corners over or under. */
export const Market = Schema.Literals(["asia", "eu", "bs", "cr"])
export type Market = typeof Market.Type

const price = Schema.NullOr(Schema.Finite)

export const OddsPick = Schema.Struct({
  match_id: Schema.String,
  market: Market,
  /** The vendor's number of the bookmaker: 2 is BET365. */
  company_id: Schema.String,
  /** Of play. */
  minute: Schema.Int,
  at: Schema.NullOr(Schema.Date),
  /** Decimal odds in `eu`; in the other markets what is won on a stake of 1. */
  home: price,
  /** The line of the spread and of over and under; in `eu` the odds of a draw. */
  line: price,
  away: price,
  /** The score at that minute, as in "1-0". */
  score: Schema.NullOr(Schema.String),
  /** The row as sent. */
  raw: Schema.Array(Schema.Json),
  _mock: Schema.Boolean
})
export type OddsPick = typeof OddsPick.Type

/** BET365. */
export const preferredCompany = "2"

/** Minutes of play, all included. */
export interface Window {
  readonly from: number
  readonly to: number
  /** Without a row in the window, rows before this minute are near enough. */
  readonly before: number
}

/** Early in the match, when odds in play have settled. */
export const window: Window = { from: 2, to: 6, before: 10 }

/** `[seconds, minute, home, line or draw, away, status, sealed, score]` */
const minuteOf = (row: ReadonlyArray<Schema.Json>): number | null => Field.whole(row[1])

/** A sealed row has no prices: bets are suspended. */
const isOpen = (row: ReadonlyArray<Schema.Json>): boolean => !Field.flag(row[6])

/**
 * The row of a market: the first one in the window, of rows that are sent newest first; else the one nearest to the
 * window before minute 10, the newest of equals; else none.
 */
export const pickRow = (rows: ReadonlyArray<Schema.Json>, { before, from, to }: Window = window): ReadonlyArray<Schema.Json> | undefined => {
  let best: ReadonlyArray<Schema.Json> | undefined
  let least = Infinity
  for (const sent of rows) {
    const row = Field.list(sent)
    const minute = minuteOf(row)
    if (minute === null || minute < 0 || minute >= before || !isOpen(row)) continue
    const distance = minute < from ? from - minute : Math.max(0, minute - to)
    if (distance < least) [best, least] = [row, distance]
  }
  return best
}

/** The preferred company first, then the others in the order of their numbers. */
const inOrder = (companies: ReadonlyArray<string>): ReadonlyArray<string> => {
  const rank = (company: string) => company === preferredCompany ? -1 : Field.number(company) ?? Infinity
  return companies.toSorted((a, b) => rank(a) - rank(b))
}

/** The picks of a match, at most one a market. `results` may be anything; a list says that nobody gives odds. */
export const pick = (matchId: string, results: unknown): ReadonlyArray<OddsPick> => {
  const companies = Field.record(results) ?? {}
  const order = inOrder(Object.keys(companies))
  return Market.literals.flatMap((market): ReadonlyArray<OddsPick> => {
    for (const company of order) {
      const row = pickRow(Field.list(Field.record(companies[company])?.[market]))
      if (row === undefined) continue
      const [at, , home, line, away, , , score] = row
      return [{
        match_id: matchId,
        market,
        company_id: company,
        minute: minuteOf(row) ?? 0,
        at: Field.moment(at),
        home: Field.number(home),
        line: Field.number(line),
        away: Field.number(away),
        score: Field.text(score),
        raw: row,
        _mock: false
      }]
    }
    return []
  })
}

/** Decimal odds as American ones: 2.5 is +150, 1.5 is −200. Null where there is nothing to win. */
export const american = (decimal: number | null): number | null =>
  decimal === null || decimal <= 1 ? null : Math.round(decimal >= 2 ? (decimal - 1) * 100 : -100 / (decimal - 1))
