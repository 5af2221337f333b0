/** The tables of real games agree with themselves: a slip of the typing finger breaks a sum. */
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import type { Game, Side } from "../../../simulators/nhl/facts/index.ts"
import { games, players, teams, week } from "../../../simulators/nhl/facts/index.ts"
import { parseLines } from "../../../simulators/nhl/facts/GameTable.ts"

const sum = <A>(rows: ReadonlyArray<A>, figure: (row: A) => number) =>
  rows.reduce((total, row) => total + figure(row), 0)
const unique = (values: ReadonlyArray<unknown>, what: string) =>
  assert.strictEqual(new Set(values).size, values.length, `${what} are unique`)
const seconds = (time: string) => {
  const [minutes = NaN, rest = NaN] = time.split(":").map(Number)
  return minutes * 60 + rest
}
const lines = (side: Side) => [...side.skaters, ...side.goalies]
const scored = (side: Side) => sum(lines(side), (line) => line.goals)

const sides = (game: Game) => [
  { name: `${game.date} away`, side: game.away, other: game.home, won: game.shootout === "away" },
  { name: `${game.date} home`, side: game.home, other: game.away, won: game.shootout === "home" }
]

describe("facts", () => {
  it("ids and names are unique and every team plays", () => {
    unique(games.map((game) => game.id), "games")
    unique(players.map((player) => player.id), "player ids")
    unique(players.map((player) => player.name), "player names")
    unique(teams.map((team) => team.id), "team ids")
    unique(teams.map((team) => team.abbrev), "team abbreviations")
    const playing = new Set(games.flatMap((game) => [game.away.team, game.home.team]))
    assert.deepStrictEqual([...playing].sort((a, b) => a - b), teams.map((team) => team.id))
  })

  it("the week is seven consecutive days with a game each", () => {
    const first = Date.parse(week[0]?.date ?? "")
    assert.deepStrictEqual(week.map((game) => (Date.parse(game.date) - first) / 86_400_000), [0, 1, 2, 3, 4, 5, 6])
  })

  it("birth dates are real days", () => {
    for (const { birthDate, name } of players) {
      if (birthDate === null) continue
      assert.strictEqual(new Date(Date.parse(birthDate)).toISOString().slice(0, 10), birthDate, name)
    }
  })

  it.each(games)("$id: date, season and type belong to the id and the start", (game) => {
    const start = DateTime.makeZonedUnsafe(game.startsAt, { timeZone: "America/New_York" })
    assert.strictEqual(DateTime.formatIsoDate(start), game.date)
    const year = Math.floor(game.id / 1_000_000)
    assert.strictEqual(game.season, `${year}${year + 1}`)
    assert.strictEqual(game.type, Math.floor(game.id / 10_000) % 100 === 3 ? "playoff" : "regular")
    assert.notStrictEqual(game.away.score, game.home.score)
  })

  it.each(games)("$id: every player is known, is on one line, and wears his own number", (game) => {
    const known = new Set(players.map((player) => player.id))
    const everyone = sides(game).flatMap(({ side }) => [
      ...lines(side).map((line) => line.player), ...side.scratches.map(([player]) => player)
    ])
    unique(everyone, "players of a game")
    for (const player of everyone) assert.isTrue(known.has(player), `player ${player}`)
    for (const { name, side } of sides(game)) {
      const numbers = [...lines(side).map((line) => line.number), ...side.scratches.map(([, number]) => number)]
      unique(numbers, `${name} numbers`)
      assert.strictEqual(side.skaters.length, 18, `${name} dresses 18 skaters`)
    }
  })

  it.each(games)("$id: goals, assists and shots add up", (game) => {
    for (const { name, other, side, won } of sides(game)) {
      const goals = scored(side)
      assert.strictEqual(goals, side.score - (won ? 1 : 0), `${name} goals`)
      assert.isAtMost(sum(lines(side), (line) => line.assists), 2 * goals, `${name} assists`)
      assert.strictEqual(sum(side.skaters, (line) => line.shots), side.shots, `${name} shots`)
      for (const line of side.skaters) assert.isAtMost(line.goals, line.shots, `${name} goals of ${line.player}`)
      // Only a goal into an empty net is a shot that no goalie faced.
      const unfaced = other.shots - sum(side.goalies, (line) => line.shotsAgainst)
      const conceded = sum(side.goalies, (line) => line.shotsAgainst - line.saves)
      assert.isAtLeast(unfaced, 0, `${name} shots against`)
      assert.strictEqual(conceded + unfaced, scored(other), `${name} goals against`)
    }
  })

  it.each(games)("$id: time on ice fits five skaters and one goalie", (game) => {
    const inNet = (side: Side) => sum(side.goalies, (line) => seconds(line.timeOnIce))
    const length = Math.max(3600, inNet(game.away), inNet(game.home))
    for (const { name, side } of sides(game)) {
      const skated = sum(side.skaters, (line) => seconds(line.timeOnIce))
      const penalties = 60 * sum(lines(side), (line) => line.penaltyMinutes)
      // Five skaters all the time, a sixth while the net is empty, one less at most while penalties run; each line may
      // be a second off.
      assert.isAtMost(skated, 5 * length + (length - inNet(side)) + side.skaters.length, name)
      assert.isAtLeast(skated, 5 * length - penalties - side.skaters.length, name)
      for (const line of lines(side)) {
        assert.match(line.timeOnIce, /^\d\d+:[0-5]\d$/)
        assert.isAtMost(seconds(line.timeOnIce), length, `${name} ${line.player}`)
      }
    }
  })

  it("a player keeps number and position over the week", () => {
    const seen = new Map<number, string>()
    for (const game of week) {
      for (const { name, side } of sides(game)) {
        for (const { number, player, position } of side.skaters) {
          const now = `${side.team} ${number} ${position}`
          assert.strictEqual(seen.get(player) ?? now, now, `${name} ${player}`)
          seen.set(player, now)
        }
      }
    }
  })

  it("a line that is not of the table's form is refused with the line", () => {
    assert.throws(() => parseLines("  11 Jordan Staal  0 0", /^(?<number>\d+) C$/), "11 Jordan Staal  0 0")
  })
})
