/** A value for any column, from its name and from what its row is about. */
import { draw, pick, whole } from "./Draw.ts"
import type { Team } from "./facts/teams.ts"
import type { Game, Player } from "./League.ts"

export interface About {
  /** Tells rows apart that are about the same things. */
  readonly words: ReadonlyArray<string | number>
  readonly row: number
  readonly season: string
  readonly game?: Game | undefined
  readonly team?: Team | undefined
  readonly opponent?: Team | undefined
  readonly player?: Player | undefined
  readonly other?: Player | undefined
}

export type Value = string | number | boolean | null

const name = (player: Player | undefined): string | null => player === undefined ? null : `${player.first} ${player.family}`

const round = (value: number, digits: number): number => Math.round(value * 10 ** digits) / 10 ** digits

/** The first rule whose pattern matches the name, without underscores and in small letters, gives the value. */
const rules: ReadonlyArray<readonly [RegExp, (about: About, words: ReadonlyArray<string | number>, column: string) => Value]> = [
  [/^(gameid|lastgameid)$/, ({ game }) => game?.id ?? null],
  [/^(vsplayerid)$/, ({ other }) => other?.id ?? null],
  [/^vsplayername$/, ({ other }) => name(other)],
  [/^(playerid|personid|closedefpersonid)$/, ({ player }) => player?.id ?? null],
  [/^(officialid|coachid)$/, (_, words) => whole(200_000, 209_999, ...words)],
  [/^(hometeamid)$/, ({ game }) => game?.home.id ?? null],
  [/^(awayteamid|visitorteamid|visitor_team_id)$/, ({ game }) => game?.away.id ?? null],
  [/teamid$/, ({ team }) => team?.id ?? 0],
  [/^leagueid$/, () => "00"],
  [/^seasonid$/, ({ season }) => `2${season.slice(0, 4)}`],
  [/^(season|seasonyear)$/, ({ season }) => season],
  [/teamabbreviation|tricode$/, ({ team }) => team?.tricode ?? null],
  [/teamcity$|^teamcityname$/, ({ team }) => team?.city ?? null],
  [/teamslug$/, ({ team }) => team?.slug ?? null],
  [/teamname$|nickname$/, ({ team }) => team?.name ?? null],
  [/lastcommafirst$|namelastfirst$/, ({ player }) => player === undefined ? null : `${player.family}, ${player.first}`],
  [/^(firstname|playerfirst)$/, ({ player }) => player?.first ?? null],
  [/^(lastname|familyname|playerlast)$/, ({ player }) => player?.family ?? null],
  [/^(playername|displayfirstlast|player|coachname|playernamei|namei)$/, ({ player }) => name(player)],
  [/slug$|code$/, ({ player }) => name(player)?.toLowerCase().replaceAll(/[^a-z]+/g, "-") ?? null],
  [/^matchup$/, ({ game, team }) =>
    game === undefined ? null : team === game.home
      ? `${game.home.tricode} vs. ${game.away.tricode}`
      : `${game.away.tricode} @ ${game.home.tricode}`],
  [/^(wl|outcome)$/, ({ game, team }) => game === undefined ? null : (draw(game.id) < 0.5) === (team === game.home) ? "W" : "L"],
  [/^rosterstatus$/, ({ player }) => player?.team === undefined ? 0 : 1],
  [/^fromyear$/, ({ player }) => player === undefined ? null : String(player.from)],
  [/^toyear$/, ({ player }) => player === undefined ? null : String(player.to)],
  [/date/, ({ game, season }) => `${game?.date ?? `${season.slice(0, 4)}-11-01`}T00:00:00`],
  [/^(jerseynum|jersey|num)$/, (_, words) => String(whole(0, 55, ...words)).padStart(whole(1, 2, ...words, "width"), "0")],
  [/^(startposition|position)$/, ({ row }) => ["F", "F", "C", "G", "G"][row] ?? ""],
  [/^groupset$/, () => "Overall"],
  [/^groupvalue|range$|^shottype$|^touchtime|^dribble|category$|^timeframe$/, ({ row, season }) => row === 0 ? season : `group ${row}`],
  [/comment$|text$|school|country|flag$|college|organization|nickname|description|acquired|type$/, (_, words) => pick(["", "n/a", "first", "second"], ...words)],
  [/^(minutes|matchupminutes)$/, (_, words) => `${whole(0, 47, ...words)}:${String(whole(0, 59, ...words, "s")).padStart(2, "0")}`],
  [/pct|percentage|ratio|rating|freq|rate$|pace|^min$|avg|speed|distance|age$|pie$|^astto/, (_, words) => round(draw(...words) * (words.includes("x") ? 100 : 1), 3)],
  [/^(is|reverse|video).*available$|sellout/, (_, words) => whole(0, 1, ...words)],
  [/plusminus|ptdiff|diff$/, (_, words) => whole(-20, 20, ...words)]
]

/** The same for the same column and words; a number where no rule knows better, now and then null. */
export const value = (column: string, about: About): Value => {
  const plain = column.replaceAll(/[^A-Za-z0-9]/g, "").toLowerCase()
  const words = [column, about.row, ...about.words]
  const rule = rules.find(([pattern]) => pattern.test(plain))
  if (rule !== undefined) return rule[1](about, words, column)
  return draw(...words, "null") < 0.02 ? null : whole(0, 40, ...words)
}
