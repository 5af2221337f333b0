/** The teams of the games, with the league's own numbers for them. */
import type { Team } from "./Facts.ts"

export const teams: ReadonlyArray<Team> = [
  { id: 12, abbrev: "CAR", place: "Carolina", name: "Hurricanes" },
  { id: 13, abbrev: "FLA", place: "Florida", name: "Panthers" },
  { id: 19, abbrev: "STL", place: "St. Louis", name: "Blues" },
  { id: 25, abbrev: "DAL", place: "Dallas", name: "Stars" },
  { id: 28, abbrev: "SJS", place: "San Jose", name: "Sharks" },
  { id: 54, abbrev: "VGK", place: "Vegas", name: "Golden Knights" }
]
