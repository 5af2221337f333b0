/** Figures of the newer box scores: of a player, and of a team where it has others. */

export interface Figures {
  /** The name of the part of the body. */
  readonly part: string
  readonly player: string
  /** Default: those of a player. */
  readonly team?: string
}

export const boxScores: Readonly<Record<string, Figures>> = {
  BoxScoreAdvancedV3: {
    part: "boxScoreAdvanced",
    player:
      "minutes estimatedOffensiveRating offensiveRating estimatedDefensiveRating defensiveRating " +
      "estimatedNetRating netRating assistPercentage assistToTurnover assistRatio offensiveReboundPercentage " +
      "defensiveReboundPercentage reboundPercentage turnoverRatio effectiveFieldGoalPercentage " +
      "trueShootingPercentage usagePercentage estimatedUsagePercentage estimatedPace pace pacePer40 possessions " +
      "PIE",
    team:
      "minutes estimatedOffensiveRating offensiveRating estimatedDefensiveRating defensiveRating " +
      "estimatedNetRating netRating assistPercentage assistToTurnover assistRatio offensiveReboundPercentage " +
      "defensiveReboundPercentage reboundPercentage estimatedTeamTurnoverPercentage turnoverRatio " +
      "effectiveFieldGoalPercentage trueShootingPercentage usagePercentage estimatedUsagePercentage estimatedPace " +
      "pace pacePer40 possessions PIE"
  },
  BoxScoreDefensiveV2: {
    part: "boxScoreDefensive",
    player:
      "matchupMinutes partialPossessions switchesOn playerPoints defensiveRebounds matchupAssists " +
      "matchupTurnovers steals blocks matchupFieldGoalsMade matchupFieldGoalsAttempted matchupFieldGoalPercentage " +
      "matchupThreePointersMade matchupThreePointersAttempted matchupThreePointerPercentage",
    team: "minutes"
  },
  BoxScoreFourFactorsV3: {
    part: "boxScoreFourFactors",
    player:
      "minutes effectiveFieldGoalPercentage freeThrowAttemptRate teamTurnoverPercentage " +
      "offensiveReboundPercentage oppEffectiveFieldGoalPercentage oppFreeThrowAttemptRate " +
      "oppTeamTurnoverPercentage oppOffensiveReboundPercentage"
  },
  BoxScoreHustleV2: {
    part: "boxScoreHustle",
    player:
      "minutes points contestedShots contestedShots2pt contestedShots3pt deflections chargesDrawn screenAssists " +
      "screenAssistPoints looseBallsRecoveredOffensive looseBallsRecoveredDefensive looseBallsRecoveredTotal " +
      "offensiveBoxOuts defensiveBoxOuts boxOutPlayerTeamRebounds boxOutPlayerRebounds boxOuts"
  },
  BoxScoreMiscV3: {
    part: "boxScoreMisc",
    player:
      "minutes pointsOffTurnovers pointsSecondChance pointsFastBreak pointsPaint oppPointsOffTurnovers " +
      "oppPointsSecondChance oppPointsFastBreak oppPointsPaint blocks blocksAgainst foulsPersonal foulsDrawn"
  },
  BoxScorePlayerTrackV3: {
    part: "boxScorePlayerTrack",
    player:
      "minutes speed distance reboundChancesOffensive reboundChancesDefensive reboundChancesTotal touches " +
      "secondaryAssists freeThrowAssists passes assists contestedFieldGoalsMade contestedFieldGoalsAttempted " +
      "contestedFieldGoalPercentage uncontestedFieldGoalsMade uncontestedFieldGoalsAttempted " +
      "uncontestedFieldGoalsPercentage fieldGoalPercentage defendedAtRimFieldGoalsMade " +
      "defendedAtRimFieldGoalsAttempted defendedAtRimFieldGoalPercentage",
    team:
      "minutes distance reboundChancesOffensive reboundChancesDefensive reboundChancesTotal touches " +
      "secondaryAssists freeThrowAssists passes assists contestedFieldGoalsMade contestedFieldGoalsAttempted " +
      "contestedFieldGoalPercentage uncontestedFieldGoalsMade uncontestedFieldGoalsAttempted " +
      "uncontestedFieldGoalsPercentage fieldGoalPercentage defendedAtRimFieldGoalsMade " +
      "defendedAtRimFieldGoalsAttempted defendedAtRimFieldGoalPercentage"
  },
  BoxScoreScoringV3: {
    part: "boxScoreScoring",
    player:
      "minutes percentageFieldGoalsAttempted2pt percentageFieldGoalsAttempted3pt percentagePoints2pt " +
      "percentagePointsMidrange2pt percentagePoints3pt percentagePointsFastBreak percentagePointsFreeThrow " +
      "percentagePointsOffTurnovers percentagePointsPaint percentageAssisted2pt percentageUnassisted2pt " +
      "percentageAssisted3pt percentageUnassisted3pt percentageAssistedFGM percentageUnassistedFGM"
  },
  BoxScoreTraditionalV3: {
    part: "boxScoreTraditional",
    player:
      "minutes fieldGoalsMade fieldGoalsAttempted fieldGoalsPercentage threePointersMade threePointersAttempted " +
      "threePointersPercentage freeThrowsMade freeThrowsAttempted freeThrowsPercentage reboundsOffensive " +
      "reboundsDefensive reboundsTotal assists steals blocks turnovers foulsPersonal points plusMinusPoints"
  },
  BoxScoreUsageV3: {
    part: "boxScoreUsage",
    player:
      "minutes usagePercentage percentageFieldGoalsMade percentageFieldGoalsAttempted percentageThreePointersMade " +
      "percentageThreePointersAttempted percentageFreeThrowsMade percentageFreeThrowsAttempted " +
      "percentageReboundsOffensive percentageReboundsDefensive percentageReboundsTotal percentageAssists " +
      "percentageTurnovers percentageSteals percentageBlocks percentageBlocksAllowed percentagePersonalFouls " +
      "percentagePersonalFoulsDrawn percentagePoints"
  }
}

/** Figures of a pair of players who met. */
export const matchup =
  "matchupMinutes matchupMinutesSort partialPossessions percentageDefenderTotalTime percentageOffensiveTotalTime " +
  "percentageTotalTimeBothOn switchesOn playerPoints teamPoints matchupAssists matchupPotentialAssists " +
  "matchupTurnovers matchupBlocks matchupFieldGoalsMade matchupFieldGoalsAttempted matchupFieldGoalsPercentage " +
  "matchupThreePointersMade matchupThreePointersAttempted matchupThreePointersPercentage helpBlocks " +
  "helpFieldGoalsMade helpFieldGoalsAttempted helpFieldGoalsPercentage matchupFreeThrowsMade " +
  "matchupFreeThrowsAttempted shootingFouls"

/** What is told of an action in a game. */
export const action =
  "actionNumber clock period teamId teamTricode personId playerName playerNameI xLegacy yLegacy shotDistance " +
  "shotResult isFieldGoal scoreHome scoreAway pointsTotal location description actionType subType videoAvailable " +
  "shotValue actionId"
