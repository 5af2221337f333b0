/** Step 1b: details and odds of every match (phase 1), then the teams, competitions and countries they name (phase 2). */
import { Effect, Schema } from "effect"
import { Asset, Input, type Io, Metadata, Rows, Warehouse } from "sluice"
import * as Enrichment from "../../resources/football/Enrichment.ts"
import { Failure } from "../../resources/football/Failure.ts"
import { FootballApi } from "../../resources/football/FootballApi.ts"
import { MatchDetails } from "../../resources/football/MatchDetails.ts"
import { OddsPick } from "../../resources/football/Odds.ts"
import { Competition, Country, Team } from "../../resources/football/Reference.ts"
import { live } from "./live.ts"

const Look = Schema.Struct({
  listing: Schema.Literals(["team", "competition"]),
  looked_at: Schema.Date,
  until: Schema.Date
})

/**
 * Both phases are one computation: what a phase gives is committed with the other's, and no request waits for a commit.
 */
export const enrichment = Asset.makeMany("football/enrichment", {
  inputs: { live },
  outputs: {
    details: {
      key: "football/match_details",
      description: "Each live match by its own request: teams, competition, venue, round, weather.",
      kinds: ["api", "postgres"],
      output: Rows.of(MatchDetails, { key: ["match_id"] }),
      io: Warehouse
    },
    odds: {
      key: "football/odds",
      description: "For each match and market the odds early in the match, BET365's where it has them.",
      kinds: ["api", "postgres"],
      output: Rows.of(OddsPick, { key: ["match_id", "market"] }),
      io: Warehouse
    },
    teams: {
      key: "football/teams",
      description: "The teams of all matches so far.",
      kinds: ["api", "postgres"],
      output: Rows.of(Team, { key: ["team_id"], mode: "upsert" }),
      io: Warehouse
    },
    competitions: {
      key: "football/competitions",
      description: "The competitions of all matches so far.",
      kinds: ["api", "postgres"],
      output: Rows.of(Competition, { key: ["competition_id"], mode: "upsert" }),
      io: Warehouse
    },
    countries: {
      key: "football/countries",
      description: "All countries of the API.",
      kinds: ["api", "postgres"],
      output: Rows.of(Country, { key: ["country_id"], mode: "upsert" }),
      io: Warehouse
    },
    looks: {
      key: "football/looks",
      description: "Up to which moment the changes of teams and competitions are known, and when they were last asked for.",
      kinds: ["postgres"],
      output: Rows.of(Look, { key: ["listing"], mode: "upsert" }),
      io: Warehouse
    },
    failures: {
      key: "football/failures",
      description: "The requests of the last cycle that gave nothing.",
      kinds: ["postgres"],
      output: Rows.of(Failure, { key: ["kind", "id"] }),
      io: Warehouse
    }
  },
  run: Effect.fnUntraced(function*({ live }) {
    const { mode } = yield* (yield* FootballApi).settings
    const before = mode === "seed" ? Effect.succeed(Enrichment.nothingKnown) : known()
    const { first, second } = yield* Enrichment.enrich(live, before)
    const failures = [...first.failures, ...second.failures]
    yield* Metadata.attach({ ...figures(1, first), ...figures(2, second), ...shown(failures) })
    const { competitions, countries, looks, teams } = second
    return { details: first.details, odds: first.odds, teams, competitions, countries, looks, failures }
  })
})

const figures = (phase: 1 | 2, { failures, requests, seconds }: Enrichment.Phase & { readonly seconds: number }) => ({
  [`phase ${phase} seconds`]: seconds,
  [`phase ${phase} requests`]: requests,
  [`phase ${phase} failed`]: failures.length
})

/** So many failed requests are shown with a materialization; the table has all. */
const mostShown = 20

const shown = (failures: ReadonlyArray<Failure>) =>
  failures.length === 0 ? {} : {
    failures: Metadata.table(failures.slice(0, mostShown).map(({ error, id, kind, message }) => ({ kind, id, error, message })))
  }

/** What the tables hold by now. Its type is written, since the assets and their own past name each other. */
const known = (): Effect.Effect<Enrichment.Known, Io.IoError, Warehouse> =>
  Effect.all({
    teams: stored(Asset.loadAll(Input.rows(enrichment.teams))),
    competitions: stored(Asset.loadAll(Input.rows(enrichment.competitions))),
    countries: stored(Asset.loadAll(Input.rows(enrichment.countries))),
    looks: stored(Asset.loadAll(Input.rows(enrichment.looks)))
  }, { concurrency: 4 })

/** In the first cycle there is no table yet. What cannot be read for another lasting reason is asked for anew. */
const stored = <A, R>(load: Effect.Effect<ReadonlyArray<A>, Io.IoError, R>): Effect.Effect<ReadonlyArray<A>, Io.IoError, R> =>
  Effect.catch(load, (error) => error.transient ? Effect.fail(error) : Effect.succeed([]))
