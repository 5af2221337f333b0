/** The two phases against the simulator: how many requests, how many at once, in which order, and what failures cost. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import * as Enrichment from "../../../resources/football/Enrichment.ts"
import { FootballApi } from "../../../resources/football/FootballApi.ts"
import { liveOrMock, MockAllowed } from "../../../resources/football/Mock.ts"
import * as Fault from "../../../simulators/football/Fault.ts"
import * as Simulator from "../../../simulators/football/Simulator.ts"
import { at, logged, secret, simulated } from "./api.ts"

const small = { matches: 4, teams: 8, competitions: 2 }

const cycle = (known?: Enrichment.Known) =>
  Effect.gen(function*() {
    const live = yield* Effect.flatMap(FootballApi, (api) => api.live)
    const first = yield* Enrichment.phase1(live)
    return { live, first, second: yield* Enrichment.phase2(first.details, known) }
  })

const only = (kind: string, fault: ReturnType<Fault.Faults>): Fault.Faults => (request) => request.kind === kind ? fault : undefined

describe("the two phases", () => {
  it.live("49 matches, 94 teams, 22 competitions: 1 + 98 + 117 requests, at most 30 at once, phase 2 after phase 1", () =>
    simulated({ latency: "20 millis" }, ({ traffic }) =>
      Effect.gen(function*() {
        const { first, second } = yield* cycle()
        assert.deepStrictEqual(traffic.counts(), { live: 1, details: 49, odds: 49, team: 94, competition: 22, country: 1 })
        assert.strictEqual(traffic.mostInFlight(), 30)
        const ended = (kinds: ReadonlyArray<string>) =>
          Math.max(...traffic.seen.filter(({ kind }) => kinds.includes(kind)).map(({ ended }) => ended ?? Infinity))
        const began = (kinds: ReadonlyArray<string>) =>
          Math.min(...traffic.seen.filter(({ kind }) => kinds.includes(kind)).map(({ began }) => began))
        assert.isBelow(ended(["live"]), began(["details", "odds"]))
        assert.isBelow(ended(["details", "odds"]), began(["team", "competition", "country"]))
        assert.deepStrictEqual([first.requests, second.requests], [98, 117])
        assert.deepStrictEqual([first.details.length, second.teams.length, second.competitions.length], [49, 94, 22])
        assert.deepStrictEqual([first.failures, second.failures], [[], []])
      })))

  for (const connections of ["7", "conservative", "aggressive"] as const) {
    it.live(`at most ${connections} connections`, () =>
      simulated({ latency: "10 millis", matches: 30, teams: 60, competitions: 4 }, ({ traffic }) =>
        Effect.gen(function*() {
          yield* cycle()
          assert.strictEqual(traffic.mostInFlight(), { "7": 7, conservative: 15, aggressive: 50 }[connections])
        }), { FOOTBALL_CONNECTIONS: connections }))
  }

  it.live("no connection is left open", () =>
    Effect.scoped(Effect.gen(function*() {
      const { traffic, url } = yield* Simulator.make(small)
      yield* Effect.provide(cycle(), at(url))
      // The server hears of the end a moment later.
      yield* Effect.repeat(Effect.delay(Effect.sync(traffic.openConnections), "5 millis"), { until: (open) => open === 0 })
    })))

  it.live("without matches nothing is asked in phase 1", () =>
    simulated({ matches: 0 }, ({ traffic }) =>
      Effect.gen(function*() {
        const { first, second } = yield* cycle()
        assert.deepStrictEqual(traffic.counts(), { live: 1, country: 1 })
        assert.deepStrictEqual([first.details, first.requests, second.requests], [[], 0, 1])
      })))

  it.live("one team that fails costs that team", () => {
    let bad = ""
    return simulated({ ...small, faults: ({ id }) => id === bad ? "not found" : undefined }, ({ world }) =>
      Effect.gen(function*() {
        bad = world.teams[3]!.id
        const { second } = yield* cycle()
        assert.deepStrictEqual(second.failures.map(({ id, kind }) => [kind, id]), [["team", bad]])
        assert.deepStrictEqual([second.teams.length, second.competitions.length], [7, 2])
      }))
  })

  it.live("matches that name no team and no competition, or the same ones, cost no requests", () =>
    simulated(small, ({ traffic }) =>
      Effect.gen(function*() {
        const { first } = yield* cycle()
        traffic.reset()
        const [match] = first.details
        const bare = { ...match!, match_id: "bare", home_team_id: null, away_team_id: null, competition_id: null }
        const { failures, requests } = yield* Enrichment.phase2([match!, match!, bare])
        assert.deepStrictEqual(traffic.counts(), { team: 2, competition: 1, country: 1 })
        assert.deepStrictEqual([failures, requests], [[], 4])
      })))

  const broken: ReadonlyArray<[fault: ReturnType<Fault.Faults>, error: string]> = [
    ["not authorized", "Refused"],
    ["not found", "Refused"],
    ["no results", "Unexpected"]
  ]
  for (const [fault, error] of broken) {
    it.live(`odds that answer "${fault}" are listed as ${error}, and the details are there`, () =>
      simulated({ ...small, faults: only("odds", fault) }, () =>
        Effect.gen(function*() {
          const { first } = yield* cycle()
          assert.deepStrictEqual([first.details.length, first.odds.length, first.failures.length], [4, 0, 4])
          const [failure] = first.failures
          assert.deepInclude(failure, { kind: "odds", error, transient: false, attempts: 1 })
        })))
  }

  it.live("an item that was not asked for is nobody's: each request is listed, and the cycle goes on", () =>
    simulated({ ...small, faults: ({ kind }) => kind === "details" || kind === "team" ? "another id" : undefined }, () =>
      Effect.gen(function*() {
        const { first, second } = yield* cycle()
        assert.deepStrictEqual([first.details, second.teams], [[], []])
        assert.deepStrictEqual(first.failures.map(({ error, kind }) => [kind, error]), Array.from({ length: 4 }, () => ["details", "Unexpected"]))
        assert.match(first.failures[0]?.message ?? "", /results has no item with the id that was asked for/)
      })))

  it.live("a fifth of the answers spoiled and one that never comes: the cycle ends, and what failed three times is listed", () => {
    const fifth = Fault.share(0.2, 5)
    let silent = ""
    return simulated({ ...small, faults: (request) => request.id === silent && request.kind === "team" ? "hang" : fifth(request) }, ({ traffic, world }) =>
      Effect.gen(function*() {
        silent = world.teams[0]!.id
        const { first, live, second } = yield* cycle()
        const failures = [...first.failures, ...second.failures]
        for (const { attempts, error, transient } of failures) {
          assert.include(["Limited", "Status", "NotJson", "Unreachable", "TimedOut"], error)
          assert.deepStrictEqual([attempts, transient], [3, true])
        }
        assert.strictEqual(failures.find(({ id }) => id === silent)?.error, "TimedOut")
        assert.isAbove(traffic.total(), 1 + first.requests + second.requests)
        assert.strictEqual(live.length, 4)
        const failed = (kind: string) => failures.filter((failure) => failure.kind === kind).length
        assert.strictEqual(first.details.length, 4 - failed("details"))
        assert.strictEqual(second.teams.length, 2 * first.details.length - failed("team"))
      }), { FOOTBALL_TIMEOUT: "0.5" })
  })

  it.live("no secret in errors and logs, and each failure is a line", () =>
    Effect.gen(function*() {
      const { layer, lines } = logged()
      const { first } = yield* simulated({ ...small, faults: only("details", "not authorized") }, () => cycle(), {}, layer)
      const told = JSON.stringify(first.failures) + lines.join("\n")
      assert.strictEqual(lines.filter((line) => line.startsWith("Error API call failed for the details of match")).length, 4)
      assert.include(told, "not authorized")
      assert.notInclude(told, secret)
      assert.notInclude(told, "user-of-the-vendor")
    }))
})

describe("what earlier cycles know", () => {
  it.live("is not asked for again", () =>
    simulated(small, ({ traffic }) =>
      Effect.gen(function*() {
        const { second } = yield* cycle()
        traffic.reset()
        const again = yield* cycle({ ...second, teams: second.teams.slice(1) })
        assert.deepStrictEqual(traffic.counts(), { live: 1, details: 4, odds: 4, team: 1 })
        assert.deepStrictEqual(again.second.teams.map(({ team_id }) => team_id), [second.teams[0]!.team_id])
      })))

  it.live("is asked for changes when a minute has passed, and for countries when a day has", () =>
    simulated(small, ({ traffic, world }) =>
      Effect.gen(function*() {
        const { second } = yield* cycle()
        traffic.reset()
        const ago = (millis: number) => new Date(Date.now() - millis)
        const aged = <A extends { readonly fetched_at: Date }>(items: ReadonlyArray<A>, millis: number) =>
          items.map((item) => ({ ...item, fetched_at: ago(millis) }))
        const known: Enrichment.Known = {
          teams: aged(second.teams, 1_000_000 * 3600),
          competitions: aged(second.competitions, 30_000),
          countries: aged(second.countries, 25 * 3_600_000),
          looks: []
        }
        const again = yield* cycle(known)
        assert.deepStrictEqual(traffic.counts(), { live: 1, details: 4, odds: 4, team: 1, country: 1 })
        assert.strictEqual(again.second.teams.length, world.teams.length)
        const [look] = again.second.looks
        assert.strictEqual(look?.listing, "team")
        // The look was just made: the next cycle leaves it out.
        traffic.reset()
        yield* cycle({ ...known, ...again.second, competitions: known.competitions, looks: again.second.looks })
        assert.deepStrictEqual(traffic.counts(), { live: 1, details: 4, odds: 4 })
      })))
})

describe("mock matches", () => {
  it.live("stand in only where that is allowed, marked, and without further requests", () =>
    simulated({ faults: () => "not authorized" }, ({ traffic }) =>
      Effect.gen(function*() {
        assert.isTrue(Result.isFailure(yield* Effect.result(liveOrMock)))
        const { layer, lines } = logged()
        const live = yield* liveOrMock.pipe(Effect.provideService(MockAllowed, true), Effect.provide(layer))
        assert.strictEqual(live.length, 8)
        const first = yield* Enrichment.phase1(live)
        const second = yield* Enrichment.phase2(first.details)
        for (const row of [...live, ...first.details, ...first.odds, ...second.teams, ...second.competitions, ...second.countries]) {
          assert.isTrue(row._mock)
        }
        assert.deepStrictEqual(traffic.counts(), { live: 2 })
        assert.include(lines.join("\n"), "Falling back to mock data for testing")
      })))

  it.live("never stand in for a setting that is wrong", () =>
    simulated({}, () =>
      Effect.gen(function*() {
        const live = yield* Effect.result(Effect.provideService(liveOrMock, MockAllowed, true))
        assert.isTrue(Result.isFailure(live) && /THESPORTS_SECRET is not set/.test(live.failure.message))
      }), { THESPORTS_SECRET: "" }))
})
