/**
 * What a month of polling costs in a serverless setting: executions, execution time, dollars and inbound traffic.
 *
 * The model is the design note's back-of-envelope calculation (one monitor execution a poll, one ingest execution for
 * each live game and poll) with its three slips put right; `asTheNoteHasIt` are its own figures, to compare.
 */

export interface Parameters {
  /** The busiest month, March. */
  readonly gamesPerMonth: number
  readonly gameHours: number
  /** Seconds between two polls of the schedule, and between two ingests of a live game. */
  readonly everySeconds: number
  readonly daysPerMonth: number
  /** Hours of a day in which the schedule is polled: 18 are those from 10:00 to 03:59. */
  readonly hoursPerDay: number
  /** How long an execution of monitor or ingest takes. */
  readonly executionSeconds: number
  readonly memoryMegabytes: number
  /** The largest body of a game, the one after its end, in kB of 1000 bytes; a game's earlier bodies are smaller. */
  readonly feedKilobytes: number
  readonly scheduleKilobytes: number
  /** Schedule requests of one poll. */
  readonly scheduleRequests: number
  /** Dollars; AWS Lambda on x86 in us-east-1: https://aws.amazon.com/lambda/pricing/ */
  readonly pricePerGigabyteSecond: number
  readonly pricePerMillionRequests: number
}

export const defaults: Parameters = {
  gamesPerMonth: 236,
  gameHours: 2.5,
  everySeconds: 10,
  daysPerMonth: 31,
  hoursPerDay: 18,
  executionSeconds: 3,
  memoryMegabytes: 256,
  feedKilobytes: 475,
  scheduleKilobytes: 4,
  scheduleRequests: 1,
  pricePerGigabyteSecond: 0.0000166667,
  pricePerMillionRequests: 0.2
}

export interface Executions {
  readonly executions: number
  readonly seconds: number
  readonly gigabyteSeconds: number
  readonly dollars: number
}

export interface Estimate {
  readonly executionsPerGame: number
  readonly ingest: Executions
  readonly pollsPerHour: number
  readonly pollsPerDay: number
  readonly monitor: Executions
  readonly dollars: number
  /** A ceiling: every body as large as the largest. */
  readonly ingestBytes: number
  readonly scheduleBytesPerDay: number
  readonly scheduleBytes: number
}

/** AWS Lambda's formula: requests, and duration times memory in GB of 1024 MB. The monthly free tier is not taken off. */
const executing = (executions: number, parameters: Parameters): Executions => {
  const seconds = executions * parameters.executionSeconds
  const gigabyteSeconds = seconds * parameters.memoryMegabytes / 1024
  const dollars = executions / 1e6 * parameters.pricePerMillionRequests +
    gigabyteSeconds * parameters.pricePerGigabyteSecond
  return { executions, seconds, gigabyteSeconds, dollars }
}

/** A month's figures. A poll or an ingest that would begin after the end of its time is not made. */
export const estimate = (given: Partial<Parameters> = {}): Estimate => {
  const parameters = { ...defaults, ...given }
  const times = (hours: number) => Math.floor(hours * 3600 / parameters.everySeconds)
  const executionsPerGame = times(parameters.gameHours)
  const pollsPerDay = times(parameters.hoursPerDay)
  const ingest = executing(executionsPerGame * parameters.gamesPerMonth, parameters)
  const monitor = executing(pollsPerDay * parameters.daysPerMonth, parameters)
  const scheduleBytesPerDay = pollsPerDay * parameters.scheduleRequests * parameters.scheduleKilobytes * 1000
  return {
    executionsPerGame,
    ingest,
    pollsPerHour: times(1),
    pollsPerDay,
    monitor,
    dollars: ingest.dollars + monitor.dollars,
    ingestBytes: ingest.executions * parameters.feedKilobytes * 1000,
    scheduleBytesPerDay,
    scheduleBytes: scheduleBytesPerDay * parameters.daysPerMonth
  }
}

/** The monthly free tier of AWS Lambda. */
const freeGigabyteSeconds = 400_000
const freeRequests = 1_000_000

/** Dollars after the free tier of an account that runs nothing else. */
export const afterFreeTier = ({ ingest, monitor }: Estimate, given: Partial<Parameters> = {}): number => {
  const { pricePerGigabyteSecond, pricePerMillionRequests } = { ...defaults, ...given }
  const billed = (used: number, free: number) => Math.max(0, used - free)
  return billed(ingest.executions + monitor.executions, freeRequests) / 1e6 * pricePerMillionRequests +
    billed(ingest.gigabyteSeconds + monitor.gigabyteSeconds, freeGigabyteSeconds) * pricePerGigabyteSecond
}

/**
 * The note's own dollars and bytes, and how they come about.
 * - Its $0.04 and $0.57 are what the formula gives for executions of 3 milliseconds, not 3 seconds.
 * - Its $0.005 multiplies seconds by Lambda's price of a millisecond.
 * - Its 2,678,400 monitor executions are one a second; every ten seconds makes 6 * 60 * 24 = 8,640 a day, 267,840 a
 *   month, and fewer as the monitor rests at night.
 * - Its 1.2 TB of bodies takes those monitor executions for ingests: 212,400 times 475 kB are 101 GB.
 */
export const asTheNoteHasIt = {
  ingest: executing(212_400, { ...defaults, executionSeconds: 0.003 }),
  ingestDollarsOfSeconds: 637_200 * 0.0000000083,
  monitor: executing(2_678_400, { ...defaults, executionSeconds: 0.003 }),
  ingestBytes: 2_678_400 * 475_000
} as const
