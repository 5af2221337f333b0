import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, Queue, Schema, type Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as Daemon from "../../../engine/daemon/Daemon.ts"
import { RunStore } from "../../../engine/record/RunStore.ts"
import { SensorStore } from "../../../engine/record/SensorStore.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import * as Runs from "../../../engine/sensor/Runs.ts"
import * as Sensor from "../../../engine/sensor/Sensor.ts"
import { graphWith, memory, requestOf, texts } from "../run/harness.ts"
import type { Store } from "../assets.ts"

/** Of long leases, so that the time of the test leaps: each heartbeat would be a step of it. */
const timing = { lease: Duration.hours(9), heartbeat: Duration.hours(3), cancelPoll: Duration.hours(1) }

/** A list that grows, observed by its length. */
const numbers = (list: ReadonlyArray<string>): Sensor.Observer<number, string, never, never> => ({
  cursor: Schema.Int,
  initial: 0,
  every: "1 second",
  observe: (from) =>
    Effect.sync(() => ({ cursor: list.length, found: list.slice(from).map((value) => ({ key: value, value })) }))
})

const scene = Effect.fnUntraced(function*(
  sensors: ReadonlyArray<Sensor.Sensor<SensorStore>>,
  compute: Effect.Effect<ReadonlyArray<string>> = Effect.succeed(["value"])
) {
  const graph = graphWith<Store>([texts("asset", () => compute)])
  const said: Array<Daemon.Observation> = []
  const daemon = Effect.gen(function*() {
    const asked = yield* Deferred.make<void>()
    const fiber = yield* Effect.forkScoped(Daemon.run(graph, [], {
      stop: Deferred.await(asked), sensors, watcher: (observation) => said.push(observation)
    }))
    yield* TestClock.adjust(1)
    return { kill: Fiber.interrupt(fiber) }
  })
  const store = yield* SensorStore
  const requests = Effect.map(store.requests("all", { limit: 99 }), (all) => all.toReversed().map(({ key, runState, state }) => `${key} ${runState ?? state}`))
  const named = Effect.map(store.sensors, (all) => all.find(({ name }) => name === "all")!)
  return { daemon, named, requests, said, store, runs: yield* RunStore }
})

const test = <A, E>(title: string, effect: Effect.Effect<A, E, Daemon.Stores | Store | Scope.Scope>) =>
  it.effect(title, () =>
    Effect.asVoid(Effect.scoped(effect)).pipe(Effect.provide(memory), Effect.provideService(Lease.Timing, timing)))

const force = { force: true }

describe("a daemon with a sensor", () => {
  test("asks for one run a key, and so do three; a key that comes again is none", Effect.gen(function*() {
    const list = ["a", "b"]
    const { daemon, named, requests, said } = yield* scene([Sensor.make("all", { ...numbers(list), request: force })])
    yield* Effect.all([daemon, daemon, daemon])
    yield* TestClock.adjust(1500)
    list.push("c", "a")
    yield* TestClock.adjust(3000)
    assert.deepStrictEqual(yield* requests, ["a succeeded", "b succeeded", "c succeeded"])
    assert.lengthOf(said.filter(({ _tag }) => _tag === "Ended"), 3)
    assert.deepInclude(yield* named, { cursor: 4, error: null })
  }))

  test("tells of its looks, and of none where a part hangs, while the others go on", Effect.gen(function*() {
    const store = yield* SensorStore
    let hangs = false
    const hanging = SensorStore.of({ ...store, hold: (names, worker) => hangs ? Effect.never : store.hold(names, worker) })
    const looks: Array<string> = []
    const asked = yield* Deferred.make<void>()
    yield* Effect.forkScoped(Daemon.run(graphWith<Store>([]), [], {
      stop: Deferred.await(asked), sensors: [Sensor.make("all", numbers([]))], looked: (part, millis) => void looks.push(`${part} ${millis}`)
    }).pipe(Effect.provideService(SensorStore, hanging)))
    yield* TestClock.adjust(5000)
    assert.includeMembers(looks, ["schedules 2000", "sensors 2000"])
    hangs = true
    yield* TestClock.adjust(3000)
    looks.length = 0
    yield* TestClock.adjust(10_000)
    assert.deepStrictEqual([...new Set(looks)], ["schedules 2000"])
  }))

  test("computes a cell once a run, one after the other, where its runs overlap", Effect.gen(function*() {
    let [computed, computing, most] = [0, 0, 0]
    const compute = Effect.gen(function*() {
      computed++
      most = Math.max(most, ++computing)
      yield* Effect.sleep(1000)
      computing--
      return [String(computed)]
    })
    const { daemon, requests } = yield* scene([Sensor.make("all", { ...numbers(["a", "b", "c"]), request: force })], compute)
    yield* daemon
    yield* TestClock.adjust(10_000)
    assert.deepStrictEqual(yield* requests, ["a succeeded", "b succeeded", "c succeeded"])
    assert.deepStrictEqual([computed, most], [3, 1])
  }))

  test("leaves no cell claimed by a run that was cancelled", Effect.gen(function*() {
    let computed = 0
    const compute = Effect.suspend(() => computed++ === 0 ? Effect.never : Effect.succeed(["value"]))
    const { daemon, requests, runs } = yield* scene([Sensor.make("all", { ...numbers(["a"]), request: force })], compute)
    yield* daemon
    yield* TestClock.adjust(1500)
    yield* runs.cancelRun(1)
    yield* TestClock.adjust(timing.cancelPoll)
    assert.deepStrictEqual(yield* requests, ["a cancelled"])
    // Another process, while the daemon lives.
    yield* runs.startWorker({ id: "other", host: "elsewhere", pid: 1, leaseMillis: 1e6 })
    const run = yield* runs.createRun(requestOf({}), "other")
    const { cells } = yield* runs.claim(run, "other", [{ asset: "asset", partition: "" }])
    assert.isTrue(cells[0]?.granted)
  }))

  test("goes on from its cursor when another takes over, and from one that is set", Effect.gen(function*() {
    const list = ["a"]
    const { daemon, requests, store } = yield* scene([Sensor.make("all", { ...numbers(list), request: force })])
    const first = yield* daemon
    yield* TestClock.adjust(1500)
    yield* daemon
    list.push("b")
    yield* first.kill
    yield* TestClock.adjust(4000)
    assert.deepStrictEqual(yield* requests, ["a succeeded", "b succeeded"])
    list.push("c", "d")
    yield* store.setCursor("all", 3)
    yield* TestClock.adjust(4000)
    assert.include(yield* requests, "d succeeded")
    assert.notInclude(yield* requests, "c succeeded")
    yield* store.setCursor("all", null)
    yield* TestClock.adjust(4000)
    assert.sameMembers([...yield* requests], ["a succeeded", "b succeeded", "c succeeded", "d succeeded"])
  }))

  test("that fails is told, tried again later and later, and goes well again", Effect.gen(function*() {
    let broken = true
    let tries = 0
    const observer: Sensor.Observer<number, string, Error, never> = {
      cursor: Schema.Int, initial: 0, every: "1 second",
      observe: (from) => Effect.suspend(() => {
        tries++
        if (tries === 2) throw new Error("a defect")
        return broken ? Effect.fail(new Error("the API is away")) : Effect.succeed({ cursor: from + 1, found: [] })
      })
    }
    const { daemon, named, said } = yield* scene([Sensor.make("all", observer)])
    yield* daemon
    yield* TestClock.adjust(20_000)
    assert.strictEqual(tries, 5)
    assert.deepInclude(yield* named, { failures: 5, error: "the API is away" })
    const failures = said.flatMap((one) => one._tag === "SensorFailed" ? [`${one.againMillis} ${one.message}`] : [])
    assert.deepStrictEqual(failures.slice(0, 3), ["1000 the API is away", "2000 a defect", "4000 the API is away"])
    broken = false
    yield* TestClock.adjust(20_000)
    assert.deepInclude(yield* named, { failures: 0, error: null })
  }))

  test("tells of requests that name nothing, throw or want no run", Effect.gen(function*() {
    const sensor = Sensor.make("all", {
      ...numbers(["typo", "throws", "old", "renamed"]),
      request: (value) => {
        if (value === "throws") throw new Error("no luck")
        if (value === "old") return Sensor.skip("it is old")
        return value === "renamed" ? { key: "another", ...force } : { select: "assett" }
      }
    })
    const { daemon, requests, store } = yield* scene([sensor])
    yield* daemon
    yield* TestClock.adjust(1500)
    assert.deepStrictEqual(yield* requests, ["typo failed", "throws failed", "old skipped", "another succeeded"])
    assert.deepStrictEqual((yield* store.requests("all", { limit: 9 })).map(({ reason }) => reason).slice(1), [
      "it is old", "The request of the sensor threw: no luck", "There is no asset, pipeline or group \"assett\". Did you mean \"asset\"?"
    ])
  }))

  test("observes nothing while it is stopped, and loses nothing of a stream", Effect.gen(function*() {
    const source = yield* Queue.unbounded<string>()
    const observer: Sensor.Observer<number, string, never, never> = {
      cursor: Schema.Int, initial: 0,
      observe: (from) => Stream.mapAccum(Stream.fromQueue(source), () => from, (n, value) =>
        [n + 1, [{ cursor: n + 1, found: [{ key: value, value }] }]] as const)
    }
    const { daemon, named, requests, store } = yield* scene([Sensor.make("all", { ...observer, request: force })])
    yield* daemon
    yield* Queue.offer(source, "a")
    yield* TestClock.adjust(100)
    assert.deepStrictEqual(yield* requests, ["a succeeded"])
    yield* store.setRunning("all", false)
    yield* TestClock.adjust(3000)
    yield* Queue.offer(source, "b")
    yield* TestClock.adjust(3000)
    assert.deepStrictEqual(yield* requests, ["a succeeded"])
    yield* store.setRunning("all", true)
    yield* TestClock.adjust(3000)
    assert.deepStrictEqual(yield* requests, ["a succeeded", "b succeeded"])
    assert.strictEqual((yield* named).cursor, 2)
  }))

  test("says what to do where the stored cursor does not fit", Effect.gen(function*() {
    const { daemon, named, store } = yield* scene([Sensor.make("all", numbers([]))])
    yield* store.setCursor("all", "x")
    yield* daemon
    yield* TestClock.adjust(500)
    assert.match((yield* named).error ?? "", /^Its stored cursor does not fit its definition any more .* or begin anew with --reset\.$/)
  }))

  test("observes the ends of runs", Effect.gen(function*() {
    const list: Array<string> = []
    const upstream = Sensor.make("up", { ...numbers(list), request: { select: "asset", force: true } })
    const after = Sensor.make("all", { ...Runs.runs({ pipeline: "asset", state: "succeeded" }), request: ({ id }) => ({ key: `after ${id}`, force: true }) })
    const { daemon, requests, runs } = yield* scene([upstream, after])
    yield* daemon
    yield* TestClock.adjust(3000)
    list.push("a")
    yield* TestClock.adjust(6000)
    assert.deepStrictEqual(yield* requests, ["after 1 succeeded"])
    assert.lengthOf(yield* runs.runs({ limit: 9 }), 2)
  }))

  test("with openRuns: 1 asks for nothing before its last run has ended, and then for what there is", Effect.gen(function*() {
    const list = ["a"]
    const { daemon, requests } = yield* scene([Sensor.make("all", { ...numbers(list), openRuns: 1, request: force })], Effect.as(Effect.sleep(10_000), ["value"]))
    yield* daemon
    yield* TestClock.adjust(3000)
    list.push("b")
    yield* TestClock.adjust(5000)
    assert.deepStrictEqual(yield* requests, ["a running"])
    yield* TestClock.adjust(5000)
    assert.deepStrictEqual(yield* requests, ["a succeeded", "b running"])
  }))
})

it("a definition that is none is refused in one sentence", () => {
  assert.throws(() => Sensor.make("a b", numbers([])), "Sensor name \"a b\" is not valid")
  assert.throws(() => Sensor.make("a", { ...numbers([]), every: 0 }), "every should be a span of time of at least 10 ms")
  assert.throws(() => Sensor.make("a", { ...numbers([]), openRuns: 0 }), "openRuns should be a whole number from 1 on")
})
