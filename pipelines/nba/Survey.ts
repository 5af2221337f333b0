/** How much there is to do for a node: of each endpoint the ids there are, those asked for, and those not stored yet. */
import { Effect } from "effect"
import { Cli, PartitionSet } from "sluice"
import * as Catalogue from "../../resources/nba/catalogue.ts"
import * as Assignment from "./Assignment.ts"

export interface Surveyed {
  readonly endpoint: Catalogue.Endpoint
  /** The ids of the master table; 1 for an endpoint that is asked about the league. */
  readonly known: number
  /** Those of the range. */
  readonly asked: number
  /** The calls that will be made. */
  readonly missing: number
  /** Those of the range whose call failed before and that are left alone. */
  readonly failed: number
  /** Sentences about the range. */
  readonly notes: ReadonlyArray<string>
}

export const asset = (endpoint: Catalogue.Endpoint): string => `nba/${endpoint.name.toLowerCase()}`

/** How all tables of an endpoint begin; `_` and the name of a data set follow. */
export const table = (endpoint: Catalogue.Endpoint): string => `nba_${endpoint.name.toLowerCase()}`

/** What an endpoint is asked about, in sentences: "game", "league". */
export const subject = (endpoint: Catalogue.Endpoint): string => Catalogue.keyOf(endpoint)?.from ?? "league"

/** A request for the endpoint's cells that the assignment means. */
export const request = (endpoint: Catalogue.Endpoint, assignment: Assignment.Assignment) => {
  const { range, refresh, retryFailed } = assignment
  return {
    selection: `key:${asset(endpoint)}`,
    target: Catalogue.keyOf(endpoint) === undefined
      ? {}
      : { keys: range.ids ?? null, start: range.start ?? null, end: range.end ?? null, limit: range.limit ?? null },
    only: refresh
      ? ["missing", "stale", "failed", "fresh"] as const
      : retryFailed
      ? ["missing", "stale", "failed"] as const
      : ["missing", "stale"] as const
  }
}

const count = (planned: ReadonlyArray<{ readonly cells: PartitionSet.PartitionSet }>): number =>
  planned.reduce((sum, { cells }) => sum + PartitionSet.size(cells), 0)

const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? "" : "s"}`

/** Refuses a range of ids that do not exist, and endpoints whose master table is empty: nothing is half done. */
const one = Effect.fnUntraced(function*(endpoint: Catalogue.Endpoint, assignment: Assignment.Assignment) {
  const { range } = assignment
  const what = request(endpoint, assignment)
  const key = Catalogue.keyOf(endpoint)
  const whole = yield* Cli.planBackfill({ selection: what.selection })
  const known = PartitionSet.size(whole.snapshot.space(asset(endpoint)).all)
  if (key !== undefined && known === 0) {
    return yield* new Cli.Refusal({
      message: `${endpoint.name} has no ${key.from} to ask about: the master table nba_${key.from}s is missing or empty. ` +
        `Fill it with \`npx sluice materialize nba/${key.from}s\`.`
    })
  }
  if (key !== undefined && range.ids === undefined && range.start !== undefined && range.start >= known) {
    return yield* new Cli.Refusal({
      message: `The range of ${endpoint.name} begins at place ${range.start}, which is beyond the data: nba_${key.from}s has ` +
        `${plural(known, `${key.from} id`)}, at the places 0 to ${known - 1}.`
    })
  }
  const { notes, planned } = yield* Cli.planBackfill(what)
  const before = yield* Cli.planBackfill({ ...what, only: ["failed"] })
  const asked = key === undefined ? 1 : Assignment.size(range, known)
  const last = range.limit !== undefined ? (range.start ?? 0) + range.limit : range.end
  const beyond = key !== undefined && range.ids === undefined && last !== undefined && last > known
    ? [`The range of ${endpoint.name} ends at place ${last - 1}, and there are only ${plural(known, `${key.from} id`)}: ${asked} are taken.`]
    : []
  const ranged = range.ids ?? range.start ?? last
  const league = key === undefined && ranged !== undefined ? [`${endpoint.name} is asked about the league: ranges of ids do not concern it.`] : []
  const surveyed: Surveyed = {
    endpoint,
    known,
    asked,
    missing: count(planned),
    failed: what.only.some((state) => state === "failed") ? 0 : count(before.planned),
    notes: [...beyond, ...league, ...notes]
  }
  return surveyed
})

/** Writes nothing and asks nobody but the store. */
export const make = Effect.fn("nba.survey")(function*(assignment: Assignment.Assignment) {
  return yield* Effect.forEach(assignment.endpoints, (endpoint) => one(endpoint, assignment))
})
