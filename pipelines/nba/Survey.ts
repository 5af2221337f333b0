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
  /** Sentences about the range, told with the first of the endpoints that they concern. */
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

/** A request for the cells that the assignment means, of endpoints that are asked about the same. */
export const request = (about: ReturnType<typeof subject>, endpoints: ReadonlyArray<Catalogue.Endpoint>, assignment: Assignment.Assignment) => {
  const { range, refresh, retryFailed, seasons } = assignment
  return {
    selection: endpoints.map((endpoint) => `key:${asset(endpoint)}`).join(" or "),
    target: about === "season"
      ? { keys: seasons }
      : { keys: range.ids ?? null, start: range.start ?? null, end: range.end ?? null, limit: range.limit ?? null },
    only: refresh
      ? ["missing", "stale", "failed", "fresh"] as const
      : retryFailed
      ? ["missing", "stale", "failed"] as const
      : ["missing", "stale"] as const
  }
}

const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? "" : "s"}`

const refuse = (message: string) => new Cli.Refusal({ message })

/** Where ids come from that are named and not there. */
const whence = (about: ReturnType<typeof subject>): string => {
  if (about === "season") return ""
  const [what, brings] = about === "game"
    ? ["nba/games --partitions 2021-22", "adds the games of that season"]
    : ["nba/players nba/teams --force", "adds new ones"]
  return `Ids are those of the master table nba_${about}s: \`npx sluice materialize ${what}\` ${brings}.`
}

/** Looks at endpoints that are asked about the same, together: tens of thousands of ids are read once and not for each. */
const group = Effect.fnUntraced(function*(
  about: ReturnType<typeof subject>,
  endpoints: ReadonlyArray<Catalogue.Endpoint>,
  assignment: Assignment.Assignment
) {
  const { range, seasons } = assignment
  const isLeague = about === "season"
  const names = endpoints.map(({ name }) => name).join(", ")
  const what = request(about, endpoints, assignment)
  const { snapshot } = yield* Cli.planBackfill({ selection: what.selection })
  const knownOf = (endpoint: Catalogue.Endpoint) => PartitionSet.size(snapshot.space(asset(endpoint)).all)
  const known = Math.max(0, ...endpoints.map(knownOf))
  if (!isLeague && known === 0) {
    return yield* refuse(
      `${names}: there is no ${about} to ask about, since the master table nba_${about}s is missing or empty. ` +
        `Fill it with \`npx sluice materialize ${about === "team" ? "nba/players " : ""}nba/${about}s\`.`
    )
  }
  if (!isLeague && range.ids === undefined && range.start !== undefined && range.start >= known) {
    return yield* refuse(
      `${names}: the range begins at place ${range.start}, which is beyond the data: nba_${about}s has ` +
        `${plural(known, `${about} id`)}, at the places 0 to ${known - 1}.`
    )
  }
  const { notes, planned } = yield* Cli.planBackfill(what).pipe(
    Effect.catchTag("TargetError", (error) => Effect.fail(range.ids === undefined ? error : refuse(`${names}: ${error.message} ${whence(about)}`)))
  )
  const failed = what.only.some((state) => state === "failed") ? [] : (yield* Cli.planBackfill({ ...what, only: ["failed"] })).planned
  const asked = isLeague ? seasons.length : Assignment.size(range, known)
  const last = range.limit !== undefined ? (range.start ?? 0) + range.limit : range.end
  const beyond = !isLeague && range.ids === undefined && last !== undefined && last > known
    ? [`${names}: the range ends at place ${last - 1}, and there are only ${plural(known, `${about} id`)}: ${asked} are taken.`]
    : []
  const league = isLeague && (range.ids ?? range.start ?? last) !== undefined
    ? [`${names}: asked about seasons, which ranges of ids do not concern.`]
    : []
  const cellsOf = (sets: typeof planned, endpoint: Catalogue.Endpoint) =>
    sets.filter((set) => set.asset === asset(endpoint)).reduce((sum, { cells }) => sum + PartitionSet.size(cells), 0)
  return endpoints.map((endpoint, i): Surveyed => ({
    endpoint,
    known: knownOf(endpoint),
    asked,
    missing: cellsOf(planned, endpoint),
    failed: cellsOf(failed, endpoint),
    notes: i === 0 ? [...beyond, ...league, ...notes] : []
  }))
})

/**
 * Refuses a range of ids that do not exist, and endpoints whose master table is empty, so that nothing is half done.
 * Writes nothing and asks nobody but the store; in the order of the assignment.
 */
export const make = Effect.fn("nba.survey")(function*(assignment: Assignment.Assignment) {
  const groups = Map.groupBy(assignment.endpoints, subject)
  const surveyed = yield* Effect.forEach(groups, ([about, endpoints]) => group(about, endpoints, assignment))
  const place = ({ endpoint }: Surveyed) => assignment.endpoints.indexOf(endpoint)
  return surveyed.flat().toSorted((a, b) => place(a) - place(b))
})
