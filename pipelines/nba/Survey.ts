/** How much there is to do for a node: of each endpoint the ids there are, those asked for, and those not stored yet. */
import { Effect } from "effect"
import { Cli, PartitionSet } from "sluice"
import { assetKey as asset } from "../../assets/nba/endpoints.ts"
import * as Catalogue from "../../resources/nba/catalogue.ts"
import * as Assignment from "./Assignment.ts"

export interface Surveyed {
  readonly endpoint: Catalogue.Endpoint
  /** The ids of the master table, or the seasons of the league. */
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

/** How all tables of an endpoint begin (`_` and the name of a data set follow), and its asset. */
export { assetKey as asset, tablePrefix as table } from "../../assets/nba/endpoints.ts"

/** What an endpoint is asked about, call by call; those of the league as a whole are asked about a season. */
export const subject = (endpoint: Catalogue.Endpoint): "game" | "player" | "team" | "season" =>
  Catalogue.keyOf(endpoint)?.from ?? "season"

/** The parameter that differs from call to call. */
export const parameter = (endpoint: Catalogue.Endpoint): string =>
  Catalogue.keyOf(endpoint)?.parameter ??
    Object.entries(endpoint.parameters).find(([, source]) => "from" in source && source.from === "current_season")?.[0] ??
    "season"

/** A request for the endpoint's cells that the assignment means. */
export const request = (endpoint: Catalogue.Endpoint, assignment: Assignment.Assignment) => {
  const { range, refresh, retryFailed, seasons } = assignment
  return {
    selection: `key:${asset(endpoint)}`,
    target: subject(endpoint) === "season"
      ? { keys: seasons }
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
  const about = subject(endpoint)
  const isLeague = about === "season"
  const whole = yield* Cli.planBackfill({ selection: what.selection })
  const known = PartitionSet.size(whole.snapshot.space(asset(endpoint)).all)
  if (!isLeague && known === 0) {
    return yield* new Cli.Refusal({
      message: `${endpoint.name} has no ${about} to ask about: the master table nba_${about}s is missing or empty. ` +
        `Fill it with \`npx sluice materialize ${about === "team" ? "nba/players " : ""}nba/${about}s\`.`
    })
  }
  if (!isLeague && range.ids === undefined && range.start !== undefined && range.start >= known) {
    return yield* new Cli.Refusal({
      message: `The range of ${endpoint.name} begins at place ${range.start}, which is beyond the data: nba_${about}s has ` +
        `${plural(known, `${about} id`)}, at the places 0 to ${known - 1}.`
    })
  }
  const { notes, planned } = yield* Cli.planBackfill(what)
  const before = yield* Cli.planBackfill({ ...what, only: ["failed"] })
  const asked = isLeague ? assignment.seasons.length : Assignment.size(range, known)
  const last = range.limit !== undefined ? (range.start ?? 0) + range.limit : range.end
  const beyond = !isLeague && range.ids === undefined && last !== undefined && last > known
    ? [`The range of ${endpoint.name} ends at place ${last - 1}, and there are only ${plural(known, `${about} id`)}: ${asked} are taken.`]
    : []
  const league = isLeague && (range.ids ?? range.start ?? last) !== undefined
    ? [`${endpoint.name} is asked about seasons: ranges of ids do not concern it.`]
    : []
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
