/** The circuit breaker: what opens it, who waits, what closes it, and what is not burnt meanwhile. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Api, RateLimit } from "sluice"
import { Notices } from "../../../engine/definition/Notice.ts"
import { NotJson, Refused, Status, Unreachable } from "../../../resources/api/ApiError.ts"
import * as Breaker from "../../../resources/api/Breaker.ts"
import * as Gate from "../../../resources/api/Gate.ts"
import * as LocalApi from "./LocalApi.ts"

const rule = Breaker.ruleOf({ failures: 2, cooldown: "10 seconds" })

describe("Breaker", () => {
  it("opens after failures in a row, lets one probe through, and closes or opens again", () => {
    const fail = (breaker: Breaker.Breaker) => Breaker.ended(breaker, rule, "free", "outage", 0)
    const once = fail(Breaker.closed)
    assert.deepStrictEqual(Breaker.ended(once, rule, "free", "answered", 0), Breaker.closed)
    const open = fail(once)
    assert.deepStrictEqual(open, { _tag: "Open", until: 10_000 })
    assert.strictEqual(Breaker.enter(open, 9_999).pass, "wait")
    const probing = Breaker.enter(open, 10_000)
    assert.strictEqual(probing.pass, "probe")
    assert.strictEqual(Breaker.enter(probing.breaker, 10_001).pass, "wait")
    assert.deepStrictEqual(Breaker.ended(probing.breaker, rule, "probe", "answered", 11_000), Breaker.closed)
    assert.deepStrictEqual(Breaker.ended(probing.breaker, rule, "probe", "outage", 11_000), { _tag: "Open", until: 21_000 })
    const left = Breaker.ended(probing.breaker, rule, "probe", "unknown", 11_000)
    assert.strictEqual(Breaker.enter(left, 11_000).pass, "probe")
    // Calls that were sent before it opened change nothing.
    assert.strictEqual(Breaker.ended(open, rule, "free", "answered", 0), open)
  })

  it("429, 4xx and refusals are answers; no answer, 5xx and bodies that are not JSON are outages", () => {
    const outcomes = [
      new Unreachable({ problem: "" }),
      new Status({ status: 503, head: "" }),
      new NotJson({ head: "" }),
      new Status({ status: 404, head: "" }),
      new Refused({ code: 1, text: "", transient: true })
    ].map(Breaker.outcomeOf)
    assert.deepStrictEqual(outcomes, ["outage", "outage", "outage", "answered", "answered"])
  })
})

describe("Gate", () => {
  it.effect("waiters go in line, one of them first; an interrupted one makes room", () =>
    Effect.gen(function*() {
      const gate = Gate.make(rule)
      const visits = Array.from({ length: 5 }, (): Gate.Visit => ({ pass: undefined }))
      for (const outcome of ["outage", "outage"] as const) {
        const visit: Gate.Visit = { pass: undefined }
        assert.isUndefined(gate.enter(visit))
        gate.leave(visit, outcome, 0)
      }
      const entered: Array<number> = []
      const fibers: Array<Fiber.Fiber<void>> = []
      for (const [i, visit] of visits.entries()) {
        fibers.push(yield* Effect.forkChild(Effect.andThen(gate.enter(visit) ?? Effect.void, Effect.sync(() => void entered.push(i)))))
        yield* Effect.yieldNow
      }
      yield* Fiber.interrupt(fibers[0]!)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(entered, [1])
      // The probe is interrupted: the next one probes, at once.
      gate.leave(visits[1]!, "unknown", 10_000)
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(entered, [1, 2])
      gate.leave(visits[2]!, "outage", 10_000)
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual(entered, [1, 2])
      yield* TestClock.adjust("1 seconds")
      assert.deepStrictEqual(entered, [1, 2, 3])
      assert.strictEqual(gate.leave(visits[3]!, "answered", 20_000)?._tag, "Closed")
      yield* TestClock.adjust(0)
      assert.deepStrictEqual(entered, [1, 2, 3, 4])
    }))
})

describe("an API that goes away", () => {
  it.live("calls wait for it and none is lost", () => {
    const heard: Array<string> = []
    return Effect.gen(function*() {
      let down = false
      const server = yield* LocalApi.make((_, response) => down ? response.destroy() : LocalApi.json(response, {}))
      const api = yield* LocalApi.declare({
        name: "shaky",
        baseUrl: server.url,
        connections: 2,
        retry: { times: 1, base: "1 millis" },
        breaker: { failures: 3, cooldown: "30 millis" },
        routes: { all: {} }
      })
      const call = api.call({ route: "all", path: "/" })
      yield* call
      down = true
      const calls = yield* Effect.forkChild(Effect.forEach(Array(20).keys(), () => call, { concurrency: 20 }))
      yield* Effect.repeat(Effect.sleep("5 millis"), { until: () => heard.length > 3 })
      down = false
      assert.lengthOf(yield* Fiber.join(calls), 20)
      assert.match(heard[0]!, /^The shaky API seems to be down \([^)]+\): its calls wait for 1 s, then one is tried\.$/)
      assert.strictEqual(heard.at(-1), "The shaky API answers again.")
      assert.isBelow(server.asked.length, 40)
    }).pipe(Effect.provideService(Notices, (notice) => void heard.push(notice.message)))
  })

  it.live("a call that is alone waits too; one that is never answered with more than 500 is given up", () =>
    Effect.gen(function*() {
      let down = false
      const server = yield* LocalApi.make((asked, response) => {
        if (asked.url === "/bad") LocalApi.json(response, "no", 500)
        else if (down) response.destroy()
        else LocalApi.json(response, {})
      })
      const api = yield* LocalApi.declare({
        name: "lonely",
        baseUrl: server.url,
        retry: { times: 2, base: "1 millis" },
        breaker: { failures: 2, cooldown: "5 millis" },
        routes: { all: {} }
      })
      const bad = api.call({ route: "all", path: "/bad" })
      const [first, second] = [yield* Effect.flip(bad), yield* Effect.flip(bad)]
      // The first one counts once, whatever its tries; the second one opens the breaker, and waits for it three times.
      assert.deepStrictEqual([first.tries, second.tries], [3, 6])
      yield* api.call({ route: "all", path: "/" })
      down = true
      const call = yield* Effect.forkChild(api.call({ route: "all", path: "/" }))
      yield* Effect.sleep("60 millis")
      down = false
      yield* Fiber.join(call)
    }))

  it.live("a request that the API cuts every time is given up at last, though no other one is left to be answered", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make((asked, response) =>
        asked.url === "/bad" ? response.destroy() : LocalApi.json(response, {}))
      const api = yield* LocalApi.declare({
        name: "touchy",
        baseUrl: server.url,
        retry: { times: 2, base: "1 millis" },
        breaker: { failures: 2, cooldown: "1 millis" },
        routes: { all: {} }
      })
      yield* api.call({ route: "all", path: "/" })
      const error = yield* Effect.flip(api.call({ route: "all", path: "/bad" }))
      assert.deepStrictEqual([error.reason._tag, error.tries], ["Unreachable", 20])
      yield* api.call({ route: "all", path: "/" })
    }))

  it.live("maxWait ends the waiting; a host that was never there is told at once", () =>
    Effect.gen(function*() {
      const gone = yield* Effect.scoped(Effect.map(LocalApi.make(() => {}), (server) => server.url))
      const make = (breaker: Api.BreakerOptions) =>
        LocalApi.declare({ name: "gone", baseUrl: gone, retry: { times: 2, base: "1 millis" }, breaker, routes: { all: {} } })
      const patient = yield* make({ failures: 10 })
      const error = yield* Effect.flip(patient.call({ route: "all", path: "/" }))
      assert.match(error.message, /^The gone API gave no answer for all at .* \(after 3 tries\): connect ECONNREFUSED 127\.0\.0\.1:\d+\.$/)
      const hasty = yield* make({ failures: 1, maxWait: "20 millis" })
      const other = yield* Effect.flip(hasty.call({ route: "all", path: "/" }))
      assert.match(other.message, /it was down for longer than the 20 ms of maxWait\.$/)
    }))

  it.live("a probe that has to wait for a slow limit leaves the probing to others", () =>
    Effect.gen(function*() {
      let down = false
      const server = yield* LocalApi.make((_, response) => down ? response.destroy() : LocalApi.json(response, "1"))
      const api = yield* LocalApi.declare({
        name: "patient",
        baseUrl: server.url,
        retry: false,
        breaker: { failures: 1, cooldown: "100 millis" },
        routes: { slow: { limits: [RateLimit.make("patient/slow", { calls: 1, per: "1 hour" })] }, quick: {} }
      })
      const call = (route: "slow" | "quick") => api.call({ route, path: `/${route}` })
      yield* call("slow")
      down = true
      const first = yield* Effect.forkChild(call("quick"))
      yield* Effect.repeat(Effect.sleep("2 millis"), { until: () => server.asked.length === 2 })
      yield* Effect.sleep("20 millis")
      yield* Effect.forkChild(call("slow"))
      yield* Effect.yieldNow
      yield* Fiber.interrupt(first)
      down = false
      // The slow call is the first in line, and has no permit for an hour.
      assert.strictEqual(yield* Effect.timeout(call("quick"), "20 seconds"), 1)
      assert.deepStrictEqual(server.asked.map(({ url }) => url), ["/slow", "/quick", "/quick"])
    }), 30_000)

  it.live("time-outs in a row without any answer say that the address may be blocked", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make(() => {})
      const api = yield* LocalApi.declare({
        name: "mute",
        baseUrl: server.url,
        timeout: "15 millis",
        retry: { times: 2, base: "1 millis" },
        breaker: false,
        routes: { all: {} }
      })
      const error = yield* Effect.flip(api.call({ route: "all", path: "/" }))
      assert.match(
        error.message,
        /within 15 ms \(after 3 tries\); the last 3 calls timed out without a single answer: this address may be blocked\.$/
      )
      yield* Effect.sleep("20 millis")
      assert.strictEqual(server.open(), 0)
    }))
})
