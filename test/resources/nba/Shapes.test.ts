/** Every shape of the API on bodies made here, and what is odd about them. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { framesOf } from "../../../resources/nba/frames/Response.ts"

type Body = Parameters<typeof framesOf>[0]

const frames = (body: Body) => Result.getOrThrow(framesOf(body))
const set = (body: Body, name: string) => frames(body).find((frame) => frame.name === name)
const names = (body: Body) => frames(body).map(({ name }) => name)

const meta = { version: 1, request: "http://example.test", time: "2024-01-01" }

describe("result sets", () => {
  it("keep their names and order, a single one and an object of them too", () => {
    const one = { name: "B", headers: ["ID", "X"], rowSet: [["001", 1.5]] }
    assert.deepStrictEqual(names({ resource: "r", resultSets: [one, { ...one, name: "A" }] }), ["B", "A"])
    for (const body of [{ resultSet: one }, { resultSets: one }, { resultSet: [one] }]) {
      assert.deepStrictEqual(frames(body), [{ name: "B", columns: ["ID", "X"], rows: [["001", 1.5]] }])
    }
    assert.deepStrictEqual(names({ resource: "r", resultSets: [{ headers: ["ID"], rowSet: [] }] }), ["r"])
    assert.deepStrictEqual(names({ resultSets: { Overall: { headers: ["ID"], rowSet: [] } } }), ["Overall"])
  })

  it("that are null are no data", () => {
    assert.deepStrictEqual(frames({ resource: "r", resultSets: null }), [])
    assert.deepStrictEqual(frames({ resource: "r", resultSets: [null, { name: "A", headers: null, rowSet: null }] }), [
      { name: "A", columns: [], rows: [] }
    ])
    assert.deepStrictEqual(frames({ resultSets: [{ name: "A", headers: ["x", "y"], rowSet: [[1, 2], null] }] }), [
      { name: "A", columns: ["x", "y"], rows: [[1, 2]] }
    ])
    assert.deepStrictEqual(frames({ resultSets: [{ name: "A", headers: ["x", "y"], rowSet: [{ y: 3 }] }] }), [
      { name: "A", columns: ["x", "y"], rows: [[null, 3]] }
    ])
  })

  it("with two levels of headers name each column by both", () => {
    const headers = [
      { name: "SHOT_CATEGORY", columnsToSkip: 1, columnSpan: 2, columnNames: ["Mid-Range", "Backcourt"] },
      { name: "columns", columnSpan: 1, columnNames: ["TEAM_ID", "FGM", "FGA", "FGM", "FGA"] }
    ]
    const body = { resource: "r", resultSets: { name: "ShotLocations", headers, rowSet: [[7, 1, 2, 3, 4]] } }
    assert.deepStrictEqual(frames(body), [{
      name: "ShotLocations",
      columns: ["TEAM_ID", "Mid-Range FGM", "Mid-Range FGA", "Backcourt FGM", "Backcourt FGA"],
      rows: [[7, 1, 2, 3, 4]]
    }])
  })

  it("of videos are Meta and playlist", () => {
    const body = (urls: ReadonlyArray<{}>) => ({ resource: "videoevents", resultSets: { Meta: { videoUrls: urls }, playlist: urls } })
    assert.deepStrictEqual(frames(body([])), [
      { name: "Meta", columns: [], rows: [] },
      { name: "playlist", columns: [], rows: [] }
    ])
    assert.deepStrictEqual(set(body([{ uuid: "a", dur: 1 }, { uuid: "b" }]), "Meta")?.rows, [["a", 1], ["b", null]])
  })
})

const person = (personId: number) => ({ personId, firstName: "A", jerseyNum: "07" })
const game = (key: string, players: (id: number) => {}, more: {} = {}): Body => ({
  meta,
  [key]: {
    gameId: "0022100001",
    homeTeam: { teamId: 1, teamSlug: null, players: [players(11)], statistics: { minutes: "240:00", points: 100 }, ...more },
    awayTeam: { teamId: 2, teamSlug: null, players: [players(21)], statistics: { minutes: "240:00", points: 90 }, ...more }
  }
})

describe("nested bodies", () => {
  it("of box scores have players and teams; those with starters and bench a set for them", () => {
    const plain = game("boxScoreMisc", (id) => ({ ...person(id), statistics: { minutes: "30:00", points: 9 } }))
    assert.deepStrictEqual(set(plain, "PlayerStats"), {
      name: "PlayerStats",
      columns: ["gameId", "teamId", "teamSlug", "personId", "firstName", "jerseyNum", "minutes", "points"],
      rows: [["0022100001", 2, null, 21, "A", "07", "30:00", 9], ["0022100001", 1, null, 11, "A", "07", "30:00", 9]]
    })
    assert.deepStrictEqual(set(plain, "TeamStats")?.rows, [["0022100001", 1, null, "240:00", 100], ["0022100001", 2, null, "240:00", 90]])
    const bench = game("boxScoreTraditional", (id) => ({ ...person(id), statistics: {} }), { starters: { points: 60 }, bench: null })
    assert.deepStrictEqual(names(bench), ["PlayerStats", "TeamStarterBenchStats", "TeamStats"])
    assert.deepStrictEqual(set(bench, "TeamStarterBenchStats")?.rows.map((row) => row.slice(3)), [
      [60, "Starters"], [null, "Bench"], [60, "Starters"], [null, "Bench"]
    ])
  })

  it("of matchups have a row for each pair", () => {
    const body = game("boxScoreMatchups", (id) => ({ ...person(id), matchups: [{ ...person(1), statistics: { a: 1 } }, { ...person(2), statistics: { a: 2 } }] }))
    const players = set(body, "PlayerStats")
    assert.deepStrictEqual(players?.columns.slice(3), ["personIdOff", "firstNameOff", "jerseyNumOff", "personIdDef", "firstNameDef", "jerseyNumDef", "a"])
    assert.strictEqual(players?.rows.length, 4)
  })

  it("that are null, or have null in the place of teams, players and figures, are no data", () => {
    for (const key of ["boxScoreAdvanced", "game", "boxScoreSummary", "scoreboard", "leagueSchedule"]) {
      assert.deepStrictEqual(frames({ meta, [key]: null }), [])
    }
    assert.deepStrictEqual(frames({ meta, boxScoreUsage: { gameId: "0022100001", homeTeam: null, awayTeam: null } }), [])
    assert.deepStrictEqual(frames(null), [])
    assert.deepStrictEqual(frames({ meta }), [])
    const half = { meta, boxScoreUsage: { gameId: "1", homeTeam: { teamId: 1, players: null, statistics: null }, awayTeam: null } }
    assert.deepStrictEqual(frames(half), [
      { name: "PlayerStats", columns: [], rows: [] },
      { name: "TeamStats", columns: ["gameId", "teamId"], rows: [["1", 1]] }
    ])
  })

  it("of play by play, leaders and unknown ones", () => {
    const plays = { meta, game: { gameId: "1", videoAvailable: 1, actions: [{ actionNumber: 2, shotValue: 3 }, { actionNumber: 4 }] } }
    assert.deepStrictEqual(names(plays), ["PlayByPlay", "AvailableVideo"])
    const actions = set(plays, "PlayByPlay")
    assert.deepStrictEqual([actions?.columns.length, actions?.columns.slice(0, 2)], [24, ["gameId", "actionNumber"]])
    assert.deepStrictEqual(actions?.rows.map((row) => row.filter((value) => value !== null)), [["1", 2, 3], ["1", 4]])
    assert.deepStrictEqual(set(plays, "AvailableVideo")?.rows, [[1]])
    const pull = set({ leaders: [{ AST: 1, GRAVITYSCORE: 2, PLAYERID: 3, new: 4 }] }, "leaders")
    assert.deepStrictEqual([pull?.columns[0], pull?.columns.at(-1), pull?.columns.length], ["PLAYERID", "new", 28])
    assert.deepStrictEqual(names({ params: { season: "x" }, dunks: [{ dunkScore: 1, gameId: "1", more: true }] }), ["DunkScoreLeaders"])
    assert.deepStrictEqual(set({ dunks: [{ dunkScore: 1, gameId: "1", more: true }] }, "DunkScoreLeaders")?.columns[0], "gameId")
    assert.deepStrictEqual(frames({ leaders: [{ PLAYERID: 1, PTS: 2.5 }, { PLAYERID: 2, REB: 3 }] }), [
      { name: "leaders", columns: ["PLAYERID", "PTS", "REB"], rows: [[1, 2.5, null], [2, null, 3]] }
    ])
    assert.deepStrictEqual(frames({ meta, series: { seriesId: "s1", label: "x", games: [{ gameId: "1", team: { id: 3 }, officials: [{ name: "O" }] }] } }), [
      { name: "series", columns: ["seriesId", "label"], rows: [["s1", "x"]] },
      { name: "games", columns: ["seriesId", "gameId", "team_id"], rows: [["s1", "1", 3]] },
      { name: "officials", columns: ["seriesId", "gameId", "team_id", "name"], rows: [["s1", "1", 3, "O"]] }
    ])
  })

  it("of a summary have the nine sets of the older one", () => {
    const side = (teamId: number) => ({
      teamId, teamWins: 5, score: 100, periods: [{ period: 1, score: 30 }, { period: 5, score: 9 }], inactives: [{ personId: 9, jerseyNum: "00" }]
    })
    const body: Body = {
      meta,
      boxScoreSummary: {
        gameId: "1", gameEt: "2024-01-01", attendance: 3, duration: "2:10", arena: { arenaId: 5 }, officials: [{ personId: 8 }],
        homeTeam: side(1), awayTeam: side(2), lastFiveMeetings: { meetings: [{ recencyOrder: 1, gameId: "0", homeTeam: { teamId: 1, wins: 2 }, awayTeam: { teamId: 2 } }] },
        postgameCharts: { homeTeam: { teamId: 1, statistics: { benchPoints: 20 } }, awayTeam: null }
      }
    }
    assert.deepStrictEqual(names(body), [
      "GameSummary", "GameInfo", "ArenaInfo", "Officials", "LineScore", "InactivePlayers", "LastFiveMeetings", "OtherStats", "AvailableVideo",
      "Overtimes"
    ])
    assert.deepStrictEqual(set(body, "Overtimes")?.rows, [["1", 1, 5, 9], ["1", 2, 5, 9]])
    assert.deepStrictEqual(set(body, "LineScore")?.columns.slice(8), ["period1Score", "period2Score", "period3Score", "period4Score", "score"])
    assert.deepStrictEqual(set(body, "LineScore")?.rows[0]?.slice(8), [30, null, null, null, 100])
    assert.include(set(body, "LastFiveMeetings")?.columns ?? [], "homeTeamWins")
    assert.strictEqual(set(body, "OtherStats")?.rows.length, 2)
    assert.deepStrictEqual(set(body, "InactivePlayers")?.rows, [["1", 1, 9, null, null, "00"], ["1", 2, 9, null, null, "00"]])
  })

  it("of a schedule put leaders and broadcasters beside their game, numbered where there are several", () => {
    const broadcaster = (broadcasterId: number) => ({ broadcasterId, region: null })
    const day = (leaders: ReadonlyArray<{}>, home: ReadonlyArray<{}>): Body => ({
      gameDate: "10/22/2024",
      games: [{
        gameId: "1", homeTeam: { teamId: 1, score: 9 }, awayTeam: { teamId: 2, score: 8 }, pointsLeaders: leaders,
        broadcasters: { national: [], home }, isNeutral: false
      }]
    })
    const body = (...days: ReadonlyArray<Body>) => ({ meta, leagueSchedule: { seasonYear: "2024-25", leagueId: "00", gameDates: days, weeks: [] } })
    assert.deepStrictEqual(set(body(day([], []), day([{ personId: 7 }], [broadcaster(1)])), "SeasonGames"), {
      name: "SeasonGames",
      columns: [
        "leagueId", "seasonYear", "gameDate", "gameId", "isNeutral", "homeTeam_teamId", "homeTeam_score", "awayTeam_teamId",
        "awayTeam_score", "pointsLeaders_personId", "home_broadcasterId", "home_region"
      ],
      rows: [
        ["00", "2024-25", "10/22/2024", "1", false, 1, 9, 2, 8, null, null, null],
        ["00", "2024-25", "10/22/2024", "1", false, 1, 9, 2, 8, 7, 1, null]
      ]
    })
    assert.include(set(body(day([], [broadcaster(1), broadcaster(2)])), "SeasonGames")?.columns ?? [], "home_1_broadcasterId")
    assert.deepStrictEqual(set(body(), "SeasonWeeks")?.columns.length, 6)
    assert.deepStrictEqual(names({ meta, leagueSchedule: { gameDates: [], weeks: [], broadcasterList: [] } }), ["SeasonGames", "SeasonWeeks", "BroadcasterList"])
  })

  it("of the standings of a tournament put its games beside each team", () => {
    const body = { meta, leagueId: "00", seasonYear: "2024-25", teams: [{ teamId: 1, games: [{ gameNumber: 1, gameId: "a" }, { gameNumber: 2, gameId: "b" }] }] }
    assert.deepStrictEqual(frames(body), [
      { name: "Standings", columns: ["leagueId", "seasonYear", "teamId", "gameId1", "gameId2"], rows: [["00", "2024-25", 1, "a", "b"]] }
    ])
  })
})

it("errors in the place of data are told", () => {
  const says = (text: string) => Result.fail({ path: "(root)", problem: `says "${text}"` })
  assert.deepStrictEqual(framesOf({ Message: "An error has occurred." }), says("An error has occurred."))
  assert.deepStrictEqual(framesOf("down for maintenance"), says("down for maintenance"))
})

describe("what is no answer is refused, and not taken for a game without data:", () => {
  const rows = (headers: Body, rowSet: Body): Body => ({ resultSets: [{ name: "A", headers, rowSet }] })
  const cases: ReadonlyArray<readonly [body: Body, path: string, problem: RegExp]> = [
    [{}, "(root)", /holds no data sets/],
    [[], "(root)", /holds no data sets/],
    [7, "(root)", /holds no data sets/],
    [{ resource: "x", parameters: { GameID: "1" } }, "(root)", /holds no data sets/],
    [{ meta, boxScoreAdvanced: "soon" }, "(root)", /holds no data sets/],
    [{ resultSets: "soon" }, "resultSets", /neither/],
    [{ resultSet: 7 }, "resultSet", /neither/],
    [{ resultSets: [[]] }, "resultSets[0]", /no data set/],
    [rows(["x", "y"], [[1, 2], [1, 2, 3]]), "A", /has 2 columns and in its row 2 so many values: 3/],
    [rows(["x", "y"], [[1]]), "A", /has 2 columns and in its row 1 so many values: 1/],
    [rows(null, [[1]]), "A", /has 0 columns/],
    [rows(["x"], "none"), "A", /no list/],
    [rows(["x"], [[1], { x: 1, y: 2 }, 3, [3, 4]]), "A", /its row 4/]
  ]
  for (const [body, path, problem] of cases) {
    it(JSON.stringify(body), () => {
      const found = Result.getOrThrow(Result.flip(framesOf(body)))
      assert.strictEqual(found.path, path)
      assert.match(found.problem, problem)
    })
  }
})
