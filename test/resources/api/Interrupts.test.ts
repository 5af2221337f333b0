/** An interrupt at any moment of a call gives back its place, its connection and its permits: the next call is made. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Option, Scheduler } from "effect"
import { RateLimit } from "sluice"
import * as LocalApi from "./LocalApi.ts"

/** Lets one fiber pause once, before its operation of that number, and tells of it. */
class PausingAt extends Scheduler.MixedScheduler {
  readonly operation: number
  readonly paused: (fiber: Fiber.Fiber<unknown, unknown>) => void
  fiber: Fiber.Fiber<unknown, unknown> | undefined
  operations = 0
  constructor(operation: number, paused: (fiber: Fiber.Fiber<unknown, unknown>) => void) {
    super()
    this.operation = operation
    this.paused = paused
  }
  override shouldYield(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    if (fiber !== this.fiber || ++this.operations !== this.operation) return false
    this.paused(fiber)
    return true
  }
}

/** Runs the effect and interrupts it before its operation of that number; false: it has fewer. */
const interruptedAt = (operation: number, effect: Effect.Effect<unknown, unknown>) =>
  Effect.gen(function*() {
    // The fiber goes on with the next turn of the event loop.
    const scheduler = new PausingAt(operation, (fiber) => queueMicrotask(() => fiber.interruptUnsafe()))
    const fiber = yield* Effect.forkChild(
      Effect.withFiber((own) => {
        scheduler.fiber = own
        return effect
      }).pipe(Effect.provideService(Scheduler.Scheduler, scheduler))
    )
    yield* Fiber.await(fiber)
    return scheduler.operations >= operation
  })

describe("an interrupt", () => {
  it.live("at any moment of a call leaves everything free for the next one", () =>
    Effect.gen(function*() {
      // Each call is led on three times, fails there, and is tried once more: it has many moments.
      const failed = new Set<string | null>()
      const server = yield* LocalApi.make(({ url }, response) => {
        const { pathname, searchParams } = new URL(url, "http://localhost")
        const [at, id] = [Number(pathname.slice(1)), searchParams.get("id")]
        if (at < 3) return LocalApi.json(response, "", 302, { location: `/${at + 1}?id=${id}` })
        LocalApi.json(response, "1", failed.has(id) ? 200 : 503)
        failed.add(id)
      })
      const limit = (name: string) => RateLimit.make(name, { calls: 2, per: "4 millis", burst: true, reaches: "1 millis" })
      const api = yield* LocalApi.declare({
        name: "busy",
        baseUrl: server.url,
        connections: 1,
        retry: { times: 1, base: "1 millis", max: "1 millis" },
        limits: [limit("busy"), limit("busy/other")],
        routes: { all: {} }
      })
      let id = 0
      const call = Effect.suspend(() => api.call({ route: "all", path: "/", query: { id: ++id } }))
      let operation = 1
      while (yield* interruptedAt(operation, call)) {
        const next = yield* Effect.timeoutOption(call, "10 seconds")
        assert.isTrue(Option.isSome(next), `after an interrupt before operation ${operation}`)
        operation++
      }
      assert.isAbove(operation, 25)
    }), 30_000)

  it.live("at any time of a call, be it in line for its turn, a connection or permits, or under way, leaves everything free", () =>
    Effect.gen(function*() {
      const server = yield* LocalApi.make((_, response) => void setTimeout(() => LocalApi.json(response, "1"), 3))
      const limit = (name: string) => RateLimit.make(name, { calls: 1, per: "4 millis", reaches: "1 millis" })
      const api = yield* LocalApi.declare({
        name: "crowded",
        baseUrl: server.url,
        connections: 2,
        retry: false,
        limits: [limit("crowded")],
        routes: { all: { limits: [limit("crowded/all")] } }
      })
      const call = api.call({ route: "all", path: "/" })
      let interrupted = 0
      for (let round = 0; round < 60; round++) {
        const crowd = yield* Effect.forEach(Array(5), () => Effect.forkChild(call))
        yield* Effect.sleep(round / 3)
        const ended = yield* Effect.forEach(crowd, (fiber) => Effect.andThen(Fiber.interrupt(fiber), Fiber.await(fiber)))
        interrupted += ended.filter(Exit.hasInterrupts).length
        const next = yield* Effect.timeoutOption(call, "10 seconds")
        assert.isTrue(Option.isSome(next), `after an interrupt in round ${round}`)
      }
      assert.isAbove(interrupted, 60)
      // A permit or a place that was kept would be missed by now; so many at once need all of them.
      const all = yield* Effect.timeoutOption(Effect.all(Array.from({ length: 20 }, () => call), { concurrency: "unbounded" }), "10 seconds")
      assert.isTrue(Option.isSome(all))
    }), 30_000)
})
