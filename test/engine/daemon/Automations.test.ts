/** Daemons that evaluate automations: what they start runs for. */
import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { Asset, Automation, Input, Mapping, Partitions, PartitionSet, Rows } from "../../../index.ts"
import * as Daemon from "../../../engine/daemon/Daemon.ts"
import type { State } from "../../../engine/record/AutomationState.ts"
import { AutomationStore } from "../../../engine/record/AutomationStore.ts"
import { RunStore } from "../../../engine/record/RunStore.ts"
import * as Executor from "../../../engine/run/Executor.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import { worker } from "../../conformance/RunStore.ts"
import { graphWith, memory, requestOf } from "../run/harness.ts"
import { Store, Value } from "../assets.ts"
import { asset } from "../automation/stage.ts"

const timing = { lease: Duration.hours(9), heartbeat: Duration.hours(3), cancelPoll: Duration.hours(1) }
const letters = Partitions.dynamic("letters")

/** A source that runs by hand, and two assets below it; the keys would be expressions, were they not escaped. */
const sceneWith = Effect.fnUntraced(function*(more: (source: Asset.Any) => ReadonlyArray<Asset.Any>) {
  const seen: Array<Daemon.Observation> = []
  const computed: Array<string> = []
  const broken = new Set<string>()
  let value = 0
  const runs = yield* RunStore
  const automations = yield* AutomationStore
  yield* runs.addKeys(letters.name, ["a", "b,c", "all", "d..e", "* |"])
  const of = (key: string, inputs: Record<string, Asset.Any>, automation?: Automation.Automation) =>
    Asset.make(key, {
      partitions: letters, inputs, output: Rows.of(Value), io: Store, ...automation === undefined ? {} : { automation },
      run: (_, partition) =>
        Effect.gen(function*() {
          yield* Effect.sleep("1 second")
          computed.push(`${key}@${partition}`)
          if (broken.has(`${key}@${partition}`)) return yield* Effect.fail(new Error("no"))
          return [{ value: `${++value}` }]
        })
    })
  const source = of("source", {})
  const middle = of("middle", { source }, Automation.eager)
  const graph = graphWith<Store>([...more(source), of("end", { middle }, Automation.limited(Automation.eager, { atMost: 2 }))])
  const daemon = Effect.gen(function*() {
    const fiber = yield* Effect.forkScoped(Daemon.run(graph, [], { stop: Effect.never, watcher: (one) => void seen.push(one) }))
    yield* TestClock.adjust(1)
    return fiber
  })
  const materialize = (partitions: string) =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkChild(Executor.start(graph, requestOf({ select: "source", partitions, force: true })))
      yield* TestClock.adjust(2000)
      yield* Fiber.join(fiber)
    })
  const take = Effect.sync(() => computed.splice(0).sort())
  return { automations, broken, daemon, materialize, runs, seen, take }
})
const scene = sceneWith(() => [])

const test = <A, E>(title: string, effect: Effect.Effect<A, E, Daemon.Stores | Store | Scope.Scope>) =>
  it.effect(title, () =>
    Effect.asVoid(Effect.scoped(effect)).pipe(Effect.provide(memory), Effect.provideService(Lease.Timing, timing)))

describe("a daemon with automations", () => {
  test("follows what changed, cell by cell, and three ask no more than one", Effect.gen(function*() {
    const { automations, daemon, materialize, runs, take } = yield* scene
    yield* Effect.all([daemon, daemon, daemon])
    yield* materialize("*")
    yield* TestClock.adjust("30 seconds")
    assert.deepStrictEqual(yield* take, ["end", "middle", "source"].flatMap((asset) =>
      ["* |", "a", "all", "b,c", "d..e"].map((key) => `${asset}@${key}`)))
    yield* materialize("a")
    yield* TestClock.adjust("20 seconds")
    assert.deepStrictEqual(yield* take, ["end@a", "middle@a", "source@a"])
    yield* TestClock.adjust("5 minutes")
    assert.deepStrictEqual(yield* take, [])
    const asks = yield* automations.asks(["middle", "end"], { limit: 99 })
    assert.isTrue(asks.every(({ runState }) => runState === "succeeded"))
    assert.deepStrictEqual((yield* runs.run(asks[0]!.run)).request.askedBy, { kind: "automation", name: asks[0]!.asset })
    assert.deepStrictEqual(asks.filter(({ asset }) => asset === "end").map(({ cells }) => cells), [1, 1, 2, 2])
  }))

  test("asks nothing of one that is stopped, and all of it when it is started", Effect.gen(function*() {
    const { automations, daemon, materialize, take } = yield* scene
    yield* automations.setRunning("end", false)
    yield* daemon
    yield* materialize("a")
    yield* TestClock.adjust("20 seconds")
    assert.deepStrictEqual(yield* take, ["middle@a", "source@a"])
    yield* automations.setRunning("end", true)
    yield* TestClock.adjust("20 seconds")
    assert.deepStrictEqual(yield* take, ["end@a"])
  }))

  test("goes on with the run of one that was killed, and asks for nothing twice", Effect.gen(function*() {
    const { automations, daemon, materialize, take } = yield* scene
    yield* materialize("a")
    const first = yield* daemon
    yield* TestClock.adjust(500)
    yield* Fiber.interrupt(first)
    assert.deepStrictEqual(yield* take, ["source@a"])
    yield* daemon
    yield* TestClock.adjust("20 seconds")
    assert.deepStrictEqual(yield* take, ["end@a", "middle@a"])
    assert.lengthOf(yield* automations.asks(["middle"], { limit: 9 }), 1)
  }))

  test("asks for what failed again once what it reads has changed, and not before", Effect.gen(function*() {
    const { broken, daemon, materialize, take } = yield* scene
    broken.add("middle@a").add("middle@all")
    yield* daemon
    yield* materialize("a,all,b\\,c")
    yield* TestClock.adjust("3 minutes")
    assert.deepStrictEqual((yield* take).filter((cell) => cell.startsWith("middle")), ["middle@a", "middle@all", "middle@b,c"])
    yield* materialize("all")
    yield* TestClock.adjust("3 minutes")
    assert.deepStrictEqual(yield* take, ["middle@all", "source@all"])
  }))

  test("ends a run of a daemon that is gone which it cannot go on with, and asks for its cells", Effect.gen(function*() {
    const { automations, daemon, materialize, runs, take } = yield* scene
    yield* materialize("a")
    yield* take
    yield* runs.startWorker(worker("gone"))
    const cells = { asset: "middle", numbering: Partitions.numbering(letters), cells: PartitionSet.range(0, 0) }
    const ask = { cells, request: requestOf({ select: "middle renamed", partitions: "a" }) }
    const state: State = {
      at: 0, tick: null, crons: [], numbering: "", asked: { cells: PartitionSet.empty(1), reads: [], by: "", upstream: null }, remembered: new Map()
    }
    const [run] = (yield* automations.record({ asset: "middle", version: 0, state, asks: [ask], worker: "gone" }))!
    yield* runs.stopWorker("gone")
    yield* daemon
    yield* TestClock.adjust("20 seconds")
    assert.strictEqual((yield* runs.run(run!)).state, "cancelled")
    assert.deepStrictEqual(yield* take, ["end@a", "middle@a"])
  }))

  test("does not rest the longer the more it has to record", Effect.gen(function*() {
    const { daemon, materialize, take } = yield* scene
    yield* materialize("a")
    yield* take
    const slow = (store: AutomationStore["Service"]) => ({
      ...store, record: (evaluation: Parameters<typeof store.record>[0]) => Effect.delay(store.record(evaluation), "5 seconds")
    })
    yield* Effect.updateService(daemon, AutomationStore, slow)
    yield* TestClock.adjust("30 seconds")
    assert.deepStrictEqual(yield* take, ["end@a", "middle@a"])
  }))

  test("tells of an automation whose code throws, and goes on with the others", Effect.gen(function*() {
    const throws = Mapping.from<string, string>(() => {
      throw new Error("no such key")
    })
    const { daemon, materialize, seen, take } = yield* sceneWith((source) => [
      asset("broken", { partitions: letters, inputs: { source: Input.rows(source, { mapping: throws }) }, automation: Automation.eager })
    ])
    yield* daemon
    yield* materialize("a")
    yield* TestClock.adjust("3 minutes")
    assert.deepStrictEqual(yield* take, ["end@a", "middle@a", "source@a"])
    assert.deepStrictEqual(seen.filter(({ _tag }) => _tag === "Unevaluated"), [{ _tag: "Unevaluated", asset: "broken", message: "no such key" }])
  }))

  test("computes the rest where a key goes before its run begins", Effect.gen(function*() {
    const { daemon, materialize, runs, take } = yield* scene
    yield* materialize("*")
    const first = yield* daemon
    yield* Fiber.interrupt(first)
    yield* runs.removeKeys(letters.name, ["a"])
    yield* take
    yield* daemon
    yield* TestClock.adjust("30 seconds")
    assert.deepStrictEqual(yield* take, ["end", "middle"].flatMap((asset) => ["* |", "all", "b,c", "d..e"].map((key) => `${asset}@${key}`)))
  }))
})
