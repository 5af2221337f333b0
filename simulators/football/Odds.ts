/** Writes `odds/history?uuid=`: by company, the rows of each market, newest first. */
import { draw, whole } from "./Random.ts"
import { type Match, minuteAt, statusAt, type World } from "./World.ts"

/** Bookmakers by the vendor's numbers: 2 is BET365, 3 Crown, 22 Pinnacle, 136 HKJC. */
export const companies = ["2", "3", "22", "136"] as const

const markets = ["asia", "eu", "bs", "cr"] as const
type Market = typeof markets[number]

const price = (low: number, high: number, ...parts: ReadonlyArray<string | number>): string =>
  (low + draw(...parts) * (high - low)).toFixed(2)

const line: Readonly<Record<Market, (...parts: ReadonlyArray<string | number>) => string>> = {
  asia: (...parts) => String(whole(-6, 6, ...parts) / 4),
  eu: (...parts) => price(2.6, 4.4, ...parts),
  bs: (...parts) => String(whole(6, 14, ...parts) / 4),
  cr: (...parts) => String(whole(14, 24, ...parts) / 2)
}

/** The rows of one market: some before the match (with no minute), then one every few minutes of play. */
const rows = (world: World, match: Match, company: string, market: Market, now: number, count: number) => {
  const played = statusAt(match, now) === 1 ? 0 : minuteAt(match, now)
  const before = Math.max(2, Math.floor(count / 4))
  const during = played === 0 ? 0 : Math.min(count - before, Math.max(1, played))
  const wide = market === "eu"
  const row = (at: number, minute: string, i: number) => [
    at,
    minute,
    price(wide ? 1.2 : 0.7, wide ? 6 : 1.2, world.seed, match.id, company, market, "home", i),
    line[market](world.seed, match.id, company, market, "line", Math.floor(i / 3)),
    price(wide ? 1.2 : 0.7, wide ? 9 : 1.2, world.seed, match.id, company, market, "away", i),
    minute === "" ? 1 : 2,
    0,
    minute === "" ? "" : `${match.goals.filter((g) => g.side === "home" && g.minute <= Number(minute)).length}-${
      match.goals.filter((g) => g.side === "away" && g.minute <= Number(minute)).length}`
  ]
  const earlier = Array.from({ length: before }, (_, i) => row(match.kickoff - (before - i) * 1800, "", i))
  const later = Array.from({ length: during }, (_, i) => {
    const minute = 1 + Math.floor(i * Math.max(1, played) / during)
    return row(match.kickoff + minute * 60, String(Math.min(played, minute)), before + i)
  })
  return [...earlier, ...later].toReversed()
}

/**
 * The `results` of one match. As from the vendor, it is an object of companies, but an empty array where nobody gives
 * odds; a company may lack a market.
 */
export const results = (world: World, match: Match, now: number, rowsEach: number): unknown => {
  if (draw(world.seed, match.id, "no odds") < 0.06) return []
  const offered = companies.filter((company) => company !== "2" || draw(world.seed, match.id, "bet365") < 0.85)
  return Object.fromEntries(offered.map((company) => [
    company,
    Object.fromEntries(
      markets.filter((market) => market !== "cr" || company !== "136")
        .map((market) => [market, rows(world, match, company, market, now, rowsEach)])
    )
  ]))
}
