/** Small bodies in both shapes of the NHL's API, for tests to bend. */

export const skaterStats = { timeOnIce: "16:41", assists: 2, goals: 1, shots: 3, hits: 4, penaltyMinutes: 5 }

export const oldFeed = () => ({
  copyright: "x",
  gamePk: 2022020001,
  metaData: { timeStamp: "20221011_230000" },
  gameData: {
    game: { pk: 2022020001, season: "20222023", type: "R" },
    datetime: { dateTime: "2022-10-11T23:00:00Z" },
    status: { abstractGameState: "Final", detailedState: "Final" },
    teams: { away: { id: 1, name: "Away Team" }, home: { id: 2, name: "Home Team" } },
    players: {
      ID8000001: { fullName: "Full Name", currentAge: 30, primaryNumber: "77", primaryPosition: { code: "L" } }
    } as Record<string, unknown>,
    venue: { name: "Rink" }
  },
  liveData: {
    linescore: { teams: { away: { goals: 1 }, home: { goals: 0 } } },
    boxscore: {
      teams: {
        away: {
          team: { id: 1, name: "Away Team" },
          players: {
            ID8000001: {
              person: { id: 8000001, fullName: "Full Name" },
              jerseyNumber: "16",
              position: { code: "C" },
              stats: { skaterStats }
            }
          } as Record<string, unknown>
        },
        home: {
          team: { id: 2, name: "Home Team" },
          players: {
            ID8000002: {
              person: { id: 8000002, fullName: "The Goalie" },
              jerseyNumber: "30",
              position: { code: "G" },
              stats: { goalieStats: { timeOnIce: "60:00", assists: 1, goals: 0, pim: 2, shots: 30, saves: 29 } }
            }
          } as Record<string, unknown>
        }
      }
    }
  }
})

export const skater = () => ({
  playerId: 8000001,
  sweaterNumber: 16,
  name: { default: "F. Name" },
  position: "C",
  goals: 1,
  assists: 2,
  points: 3,
  pim: 5,
  hits: 4
})

export const boxscore = (): Record<string, unknown> => ({
  id: 2024020001,
  gameState: "OFF",
  gameScheduleState: "OK",
  gameDate: "2024-10-11",
  awayTeam: { id: 1, commonName: { default: "Team" }, placeName: { default: "Away" }, score: 1 },
  homeTeam: { id: 2, commonName: { default: "Team" }, placeName: { default: "Home" }, score: 0 },
  playerByGameStats: {
    awayTeam: { forwards: [skater()], defense: [], goalies: [] },
    homeTeam: {
      forwards: [],
      defense: [],
      goalies: [{ playerId: 8000002, sweaterNumber: 30, name: { default: "T. Goalie" }, position: "G", pim: 2 }]
    }
  }
})

export const webGame = (): Record<string, unknown> => ({
  id: 2024020001,
  season: 20242025,
  gameType: 2,
  startTimeUTC: "2024-10-12T01:00:00Z",
  gameState: "FUT",
  gameScheduleState: "OK",
  venue: { default: "Rink" },
  awayTeam: { id: 1, commonName: { default: "Team" }, placeName: { default: "Away" } },
  homeTeam: { id: 2, commonName: { default: "Team" }, placeName: { default: "Home" } }
})

export const week = (...games: ReadonlyArray<unknown>) => ({
  gameWeek: [{ date: "2024-10-11", games }, { date: "2024-10-12", games: [{ ...webGame(), id: 2024020099 }] }]
})

export const oldGame = (): Record<string, unknown> => ({
  gamePk: 2022020001,
  gameType: "R",
  season: "20222023",
  gameDate: "2022-10-12T01:00:00Z",
  status: { abstractGameState: "Preview", detailedState: "Scheduled" },
  teams: {
    away: { score: 0, team: { id: 1, name: "Away Team" } },
    home: { score: 0, team: { id: 2, name: "Home Team" } }
  },
  venue: { name: "Rink" }
})

export const oldSchedule = (...games: ReadonlyArray<unknown>) => ({
  totalGames: games.length,
  dates: [{ date: "2022-10-11", totalGames: games.length, games }]
})
