/** A limit over processes, as a server sees it: side by side, killed and started again, frozen and revived. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { setTimeout as sleep } from "node:timers/promises"
import * as TestDatabase from "../../TestDatabase.ts"
import { type Calling, mostInWindow, startCaller, startServer } from "./processes.ts"

/** A server, and callers of it on one database; all are gone at the end. */
const scene = (latency = 0, jitter = 0) =>
  Effect.gen(function*() {
    const databaseUrl = yield* TestDatabase.url
    const server = yield* Effect.acquireRelease(
      Effect.promise(() => startServer(latency, jitter)),
      (server) => Effect.sync(() => server.process.kill("SIGKILL"))
    )
    const call = (calling: Omit<Calling, "port" | "databaseUrl">) =>
      Effect.acquireRelease(
        Effect.promise(() => startCaller({ ...calling, port: server.port, databaseUrl })),
        (caller) => Effect.sync(() => caller.process.kill("SIGKILL"))
      )
    return { arrivals: Effect.promise(() => server.arrivals()), call }
  })

const test = <A, E>(title: string, effect: Effect.Effect<A, E, import("../../../resources/database/Database.ts").Database | import("effect").Scope.Scope>) =>
  it.live(title, () => Effect.asVoid(Effect.provide(effect, TestDatabase.layerMigrated)), 30_000)

const wait = (millis: number) => Effect.promise(() => sleep(millis))

describe("a limit over processes", () => {
  test("three at once: no window holds more, little is left, and each has its share", Effect.gen(function*() {
    const { arrivals, call } = yield* scene(5, 20)
    const rate = { calls: 200, perMillis: 500 }
    const callers = yield* Effect.all(Array.from({ length: 3 }, () => call({ ...rate, millis: 3000, connections: 16 })), { concurrency: 3 })
    const told = yield* Effect.forEach(callers, (caller) => Effect.promise(caller.told), { concurrency: 3 })
    const seen = yield* arrivals
    assert.isAtMost(mostInWindow(seen, rate.perMillis), rate.calls)
    assert.isAbove(seen.length / ((seen.at(-1)! - seen[0]!) * rate.calls / rate.perMillis), 0.6)
    for (const { made } of told) assert.isAbove(made, seen.length / 10)
  }))

  test("one is killed and started again in the window", Effect.gen(function*() {
    const { arrivals, call } = yield* scene(0, 50)
    const rate = { calls: 10, perMillis: 2000, burst: true, leaseMillis: 900 }
    const first = yield* call({ ...rate, millis: 60_000 })
    // Its ten calls of the first window are made at once.
    yield* wait(300)
    first.process.kill("SIGKILL")
    const second = yield* call({ ...rate, millis: 3500 })
    yield* Effect.promise(second.told)
    const seen = yield* arrivals
    assert.isAtMost(mostInWindow(seen, rate.perMillis), rate.calls)
    assert.isAbove(seen.length, rate.calls)
  }))

  test("one is frozen until its lease is over and others have its permits, and revived", Effect.gen(function*() {
    const { arrivals, call } = yield* scene(0, 30)
    const rate = { calls: 20, perMillis: 1000, leaseMillis: 500 }
    const frozen = yield* call({ ...rate, millis: 60_000 })
    const other = yield* call({ ...rate, millis: 4000 })
    yield* wait(600)
    frozen.process.kill("SIGSTOP")
    yield* wait(2000)
    frozen.process.kill("SIGCONT")
    yield* Effect.promise(other.told)
    const seen = yield* arrivals
    assert.isAtMost(mostInWindow(seen, rate.perMillis), rate.calls)
    assert.isAbove(seen.length, 2.5 * rate.calls)
  }))

  test("waiting costs no statements to speak of", Effect.gen(function*() {
    const { call } = yield* scene()
    const caller = yield* call({ calls: 1, perMillis: 1000, millis: 2500 })
    const { asks, made } = yield* Effect.promise(caller.told)
    assert.isBelow(asks, 12)
    assert.isAtLeast(made, 2)
  }))
})
