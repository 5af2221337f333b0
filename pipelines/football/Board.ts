/** The live board as text: matches by country and competition, with their odds and the weather. */
import type { BoardRow } from "../../assets/football/board.ts"
import { american } from "../../resources/football/Odds.ts"

const signed = (value: number | null): string => value === null ? "–" : value > 0 ? `+${value}` : String(value)

/** What is won on a stake of 1, as American odds. */
const ofStake = (value: number | null): string => signed(value === null ? null : american(value + 1))

const fahrenheit = (celsius: number): number => Math.round(celsius * 9 / 5 + 32)

const odds = (row: BoardRow): ReadonlyArray<string> => [
  ...(row.odds_home === null && row.odds_away === null
    ? []
    : [`ML ${signed(american(row.odds_home))} / ${signed(american(row.odds_draw))} / ${signed(american(row.odds_away))}`]),
  ...(row.spread_line === null ? [] : [`Spread ${signed(row.spread_line)} (${ofStake(row.spread_home)} / ${ofStake(row.spread_away)})`]),
  ...(row.total_line === null ? [] : [`O/U ${row.total_line} (${ofStake(row.total_over)} / ${ofStake(row.total_under)})`])
]

const weather = (row: BoardRow): ReadonlyArray<string> => {
  const said = [
    row.weather,
    row.temperature_c === null ? null : `${row.temperature_c} °C (${fahrenheit(row.temperature_c)} °F)`,
    row.wind_mph === null ? null : `wind ${row.wind_mph} mph`
  ].filter((part) => part !== null)
  return said.length === 0 ? [] : [`Weather ${said.join(", ")}`]
}

const match = (row: BoardRow): ReadonlyArray<string> => {
  const names = `${row.home_team ?? "Unknown"} ${row.home_score ?? 0} – ${row.away_score ?? 0} ${row.away_team ?? "Unknown"}`
  const below = [...odds(row), ...weather(row)]
  return [`  ${row.status.padEnd(11)}  ${names}${row._mock ? "  [mock]" : ""}`, ...(below.length === 0 ? [] : [`               ${below.join("  ·  ")}`])]
}

const heading = (row: BoardRow): string => [row.competition_country ?? "International", row.competition ?? "Unknown competition"].join(" – ")

/** The lines of the board; the rows are in its order. */
export const lines = (rows: ReadonlyArray<BoardRow>): ReadonlyArray<string> => {
  if (rows.length === 0) return ["No match is on."]
  let last = ""
  return rows.flatMap((row) => {
    const title = heading(row)
    const begins = title !== last
    last = title
    return begins ? [title, ...match(row)] : match(row)
  })
}
