/** The synthetic TheSports API: the documented shapes, its sizes, its faults, and that a seed gives the same again. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { Fault } from "../../../simulators/football/Fault.ts"
import * as Simulator from "../../../simulators/football/Simulator.ts"

const known = "user=u&secret=s"

const get = (url: string) =>
  Effect.promise(async () => {
    const response = await fetch(url)
    const text = await response.text()
    return { status: response.status, text, json: (): any => JSON.parse(text) } // oxlint-disable-line no-explicit-any -- any JSON
  })

const now = () => Date.parse("2025-06-08T01:39:00Z")

describe("the simulator", () => {
  it.live("answers every path in the vendor's form", () =>
    Effect.scoped(Effect.gen(function*() {
      const { traffic, url, world } = yield* Simulator.make({ now })
      const ask = (path: string) => Effect.map(get(`${url}${path}${path.includes("?") ? "&" : "?"}${known}`), ({ json }) => json())
      const live = yield* ask("/match/detail_live")
      assert.deepStrictEqual([live.code, live.query, live.results.length], [0, undefined, 49])
      const match = world.matches[0]!
      const [id, status, home, away, kickoff, note] = live.results[0].score
      assert.deepStrictEqual([id, home.length, away.length, kickoff, note], [match.id, 7, 7, match.kickoff, ""])
      const recent = yield* ask(`/match/recent/list?uuid=${match.id}`)
      assert.deepInclude(recent.query, { total: 1, type: "uuid", uuid: match.id })
      assert.deepInclude(recent.results[0], { home_team_id: match.home.id, status_id: status, home_scores: home })
      const odds = yield* ask(`/odds/history?uuid=${match.id}`)
      assert.isFalse(Array.isArray(odds.results))
      assert.strictEqual(odds.results["22"].eu[0].length, 8)
      assert.strictEqual((yield* ask(`/team/additional/list?uuid=${match.home.id}`)).results[0].name, match.home.name)
      const changes = yield* ask(`/team/additional/list?time=${match.home.updatedAt}`)
      assert.strictEqual(changes.query.type, "time")
      assert.strictEqual(changes.results[0].updated_at, changes.query.min_time)
      const page = yield* ask("/competition/additional/list?page=1")
      assert.deepStrictEqual([page.query, page.results.length], [{ total: 22, type: "page", page: 1 }, 22])
      assert.strictEqual((yield* ask("/competition/additional/list?page=2")).query.total, 0)
      assert.strictEqual((yield* ask("/country/list")).results.length, world.countries.length)
      assert.deepStrictEqual(traffic.counts(), { live: 1, details: 1, odds: 1, team: 2, competition: 2, country: 1 })
    })))

  it.live("49 matches of 94 teams in 22 competitions, some without odds; a seed gives the same again", () =>
    Effect.scoped(Effect.gen(function*() {
      const one = yield* Simulator.make({ now })
      const two = yield* Simulator.make({ now })
      const other = yield* Simulator.make({ now, seed: 2 })
      assert.deepStrictEqual(one.world, two.world)
      assert.notDeepEqual(one.world, other.world)
      const { matches } = one.world
      assert.strictEqual(new Set(matches.flatMap(({ away, home }) => [home.id, away.id])).size, 94)
      assert.strictEqual(new Set(matches.map(({ competition }) => competition.id)).size, 22)
      assert.isTrue(matches.every(({ away, home }) => home.id !== away.id))
      const odds = yield* Effect.forEach(matches, ({ id }) => get(`${one.url}/odds/history?uuid=${id}&${known}`), { concurrency: 8 })
      assert.isTrue(odds.some(({ json }) => Array.isArray(json().results)))
    })))

  it.live("lets nobody in without credentials, with status 200", () =>
    Effect.scoped(Effect.gen(function*() {
      const { url } = yield* Simulator.make({ matches: 1, teams: 2, competitions: 1 })
      const { json, status } = yield* get(`${url}/match/detail_live`)
      assert.strictEqual(status, 200)
      assert.match(json().err, /Unauthorized access/)
    })))

  const faults: ReadonlyArray<[Fault, status: number, text: RegExp]> = [
    ["not authorized", 200, /^\{"err":"IP is not authorized/],
    ["limited", 200, /^\{"code":429/],
    ["not found", 200, /^\{"code":404,"msg"/],
    ["no results", 200, /^\{"code":0,"query"[^[]*\}$/],
    ["500", 500, /500/],
    ["429", 429, /429/],
    ["html", 200, /^<html>/],
    ["truncated", 200, /^\{"code":0.*[^}]$/]
  ]
  for (const [fault, status, text] of faults) {
    it.live(`can answer "${fault}"`, () =>
      Effect.scoped(Effect.gen(function*() {
        const { url } = yield* Simulator.make({ matches: 3, teams: 6, competitions: 1, faults: () => fault })
        const answer = yield* get(`${url}/match/detail_live?${known}`)
        assert.strictEqual(answer.status, status)
        assert.match(answer.text, text)
      })))
  }

  it.live("can reset connections, and fails a share of the requests by its seed", () =>
    Effect.scoped(Effect.gen(function*() {
      const reset = yield* Simulator.make({ faults: () => "reset" })
      assert.strictEqual(yield* Effect.promise(() => fetch(`${reset.url}/country/list?${known}`).then(() => "answered", () => "reset")), "reset")
      const failures = (seed: number) =>
        Effect.gen(function*() {
          const { url } = yield* Simulator.make({ errorRate: 0.3, seed, matches: 1, teams: 2, competitions: 1 })
          return yield* Effect.forEach(Array.from({ length: 60 }), () =>
            Effect.promise(() => fetch(`${url}/country/list?${known}`).then((r) => r.text()).then((text) => {
              try {
                return JSON.parse(text).code === 0
              } catch {
                return false
              }
            }, () => false)))
        })
      const first = yield* failures(1)
      assert.deepStrictEqual(first, yield* failures(1))
      const bad = first.filter((ok) => !ok).length
      assert.isTrue(bad > 5 && bad < 40)
    })))
})
