/** Invented names of clubs, competitions and grounds, and a table of real countries. */
import { one } from "./Random.ts"

const beginnings = ["Al", "Bren", "Cor", "Dun", "El", "Fal", "Gar", "Hol", "Is", "Kel", "Lor", "Mar", "Nor", "Or", "Pel", "Ros", "Sal", "Tor", "Ul", "Var", "Wes", "Yar"]
const middles = ["a", "be", "da", "e", "i", "lin", "mo", "na", "o", "ra", "ti", "vi"]
const ends = ["borg", "burn", "by", "cester", "dal", "dorf", "ford", "gate", "ham", "heim", "mar", "mouth", "polis", "stad", "ton", "vik", "ville", "wick"]
const clubs = ["Athletic", "City", "Dynamo", "Harriers", "Mariners", "Rangers", "Rovers", "Sporting", "Town", "United", "Wanderers"]
const leagues = ["Premier League", "First Division", "Second Division", "Cup", "League One", "Championship", "Super League", "Trophy"]

/** A town that is on no map. */
export const town = (...parts: ReadonlyArray<string | number>): string =>
  one(beginnings, "beginning", ...parts) + one(middles, "middle", ...parts) + one(ends, "end", ...parts)

export const club = (...parts: ReadonlyArray<string | number>): string => `${town(...parts)} ${one(clubs, "club", ...parts)}`

export const league = (...parts: ReadonlyArray<string | number>): string => one(leagues, "league", ...parts)

/** Countries by name, a fact of public knowledge. */
export const countries: ReadonlyArray<string> = [
  "Argentina", "Australia", "Austria", "Belgium", "Brazil", "Canada", "Chile", "Colombia", "Croatia", "Denmark", "Egypt",
  "England", "Finland", "France", "Germany", "Ghana", "Greece", "Iceland", "Ireland", "Italy", "Japan", "Kenya", "Mexico",
  "Morocco", "Netherlands", "Norway", "Peru", "Poland", "Portugal", "Scotland", "Spain", "Sweden", "Switzerland", "Turkey",
  "Uruguay", "USA", "Wales"
]
