/**
 * A week of real NHL games: the conference finals of May 2023, one game a day from Thursday the 18th to Wednesday
 * the 24th, and one regular-season game of that season, of 9 March 2023.
 *
 * All figures are the real ones, of the kind the league publishes after every game in its box scores and official
 * game reports, typed into tables of our own form and held against the reported goals, shots, hits and penalty
 * minutes of each team.
 *
 * Complete: every game that was played in those seven days; in each game every player who dressed, with sweater number,
 * position, goals, assists, hits, penalty minutes, shots and time on ice, or shots against and saves.
 * On 9 March the other games of that night and the goalies who sat on the bench are missing.
 *
 * Missing: the birth dates that are null in players.ts; in the week, scratched players whose sweater number no other
 * game here tells (the many who only trained with the team). Not in these games: a shootout, a postponed
 * game, a goal by a goalie. Three of the seven ended in the first overtime and one in the fourth, which
 * ended after midnight in New York; a game belongs to the day on which it began.
 */
import type { Game } from "./Facts.ts"
import march09 from "./2023-03-09.ts"
import may18 from "./2023-05-18.ts"
import may19 from "./2023-05-19.ts"
import may20 from "./2023-05-20.ts"
import may21 from "./2023-05-21.ts"
import may22 from "./2023-05-22.ts"
import may23 from "./2023-05-23.ts"
import may24 from "./2023-05-24.ts"

export type * from "./Facts.ts"
export { players } from "./players.ts"
export { teams } from "./teams.ts"

/** The seven games of the week, in the order of their days. */
export const week: ReadonlyArray<Game> = [may18, may19, may20, may21, may22, may23, may24]

/** All games: the week, then the one of March. */
export const games: ReadonlyArray<Game> = [...week, march09]
