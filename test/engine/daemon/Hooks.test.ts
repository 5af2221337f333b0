import { assert, describe, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Fiber, type Scope } from "effect"
import { TestClock } from "effect/testing"
import * as Daemon from "../../../engine/daemon/Daemon.ts"
import * as Hook from "../../../engine/hook/Hook.ts"
import { HookStore } from "../../../engine/record/HookStore.ts"
import { RunStore } from "../../../engine/record/RunStore.ts"
import * as Executor from "../../../engine/run/Executor.ts"
import * as Lease from "../../../engine/run/Lease.ts"
import * as Check from "../../../engine/definition/Check.ts"
import * as Partitions from "../../../engine/partition/Partitions.ts"
import type { Store } from "../assets.ts"
import { graphWith, memory, requestOf, texts } from "../run/harness.ts"

/** Of long leases, so that the time of the test leaps: each heartbeat would be a step of it. */
const timing = { lease: Duration.hours(9), heartbeat: Duration.hours(3), cancelPoll: Duration.hours(1) }

const channel = (send: Hook.Channel<never>["send"]): Hook.Channel<never> => ({ kind: "test", to: "a test", spacingMillis: 0, send })

/** Gives what was received to a list, by its titles. */
const collecting = (received: Array<Hook.HookEvent>) => channel((event) => Effect.sync(() => void received.push(event)))

/** Two assets that fail while they are said to, of which one is cut in two, and a check; daemons; runs that are started elsewhere. */
const scene = Effect.fnUntraced(function*(hooks: ReadonlyArray<Hook.Hook<never>>) {
  const failing = new Map<string, string>()
  const asset = (key: string, definition = {}) =>
    texts(key, (_, partition) => failing.has(key) ? Effect.fail(new Error(`${failing.get(key)} ${String(partition ?? "")}`)) : Effect.succeed(["value"]), definition)
  const games = asset("nhl/games", { partitions: Partitions.fixed(["x", "y"]) })
  const totals = asset("nba/totals")
  const checks = [Check.make("is small", { asset: totals, severity: "warn", run: () => Effect.succeed({ passed: !failing.has("check"), message: "3 of 4 rows", examples: [] }) })]
  const graph = graphWith<Store>([games, totals], checks)
  const said: Array<Daemon.Observation> = []
  const daemon = Effect.gen(function*() {
    const stop = yield* Deferred.make<void>()
    const fiber = yield* Effect.forkScoped(Daemon.run(graph, [], { stop: Deferred.await(stop), hooks, watcher: (one) => said.push(one) }))
    yield* TestClock.adjust(1)
    return { kill: Fiber.interrupt(fiber), end: Effect.andThen(Deferred.succeed(stop, undefined), Fiber.join(fiber)) }
  })
  const run = (select: string) => Effect.orDie(Effect.andThen(Executor.start(graph, requestOf({ select, force: true })), TestClock.adjust(5000)))
  return { daemon, failing, run, said, store: yield* HookStore, runs: yield* RunStore }
})

const test = <A, E>(title: string, effect: Effect.Effect<A, E, Daemon.Stores | Store | Scope.Scope>) =>
  it.effect(title, () =>
    Effect.asVoid(Effect.scoped(effect)).pipe(Effect.provide(memory), Effect.provideService(Lease.Timing, timing)))

describe("a daemon with hooks", () => {
  test("tells of failures of what a hook is about, wherever the run was", Effect.gen(function*() {
    const [all, nhl]: [Array<Hook.HookEvent>, Array<Hook.HookEvent>] = [[], []]
    const { daemon, failing, run, said } = yield* scene([
      Hook.make("all", { tell: collecting(all) }),
      Hook.make("nhl", { of: "nhl/games", tell: collecting(nhl) })
    ])
    yield* daemon
    failing.set("nba/totals", "The league is silent. It said 503")
    yield* run("*")
    failing.set("nhl/games", "No games of")
    yield* run("*")
    assert.deepStrictEqual(all.map(({ title }) => title), ["*: run 1 failed", "*: run 2 failed"])
    assert.deepStrictEqual(nhl.map(({ title }) => title), ["*: run 2 failed"])
    assert.match(all[0]!.text, new RegExp([
      "^\\*: run 1 failed: 1 cell",
      "nba/totals: The league is silent\\.",
      "cells: 2 materialized, 1 failed",
      "started \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d UTC, ended .* UTC, on .*:\\d+",
      "go on: npx sluice run resume 1$"
    ].join("\n")))
    assert.match(nhl[0]!.text, /^nhl\/games@x and 1 more cell: No games of/m)
    assert.notMatch(nhl[0]!.text, /nba/)
    assert.deepStrictEqual(nhl[0]!.failures.map(({ asset, count, partition }) => [asset, count, partition]), [["nhl/games", 2, "x"]])
    assert.lengthOf(said.filter(({ _tag }) => _tag === "Told"), 3)
  }))

  test("tells the same once, then of the recovery; a success only where it is asked for", Effect.gen(function*() {
    const [errors, wins]: [Array<Hook.HookEvent>, Array<Hook.HookEvent>] = [[], []]
    const { daemon, failing, run, store } = yield* scene([
      Hook.make("errors", { recovery: true, tell: collecting(errors) }),
      Hook.make("wins", { on: Hook.runSucceeded, of: "nba/totals", tell: collecting(wins) })
    ])
    yield* daemon
    yield* run("nba/totals")
    for (const number of [17, 18]) {
      failing.set("nba/totals", `No answer after ${number} tries`)
      yield* run("nba/totals")
    }
    failing.clear()
    yield* run("nba/totals")
    yield* run("nba/totals")
    yield* run("nhl/games")
    assert.deepStrictEqual(errors.map(({ kind, run }) => `${kind} ${run?.id}`), ["failed 2", "recovered 4"])
    assert.deepStrictEqual(wins.map(({ title }) => title), ["nba/totals: run 1 succeeded", "nba/totals: run 4 succeeded", "nba/totals: run 5 succeeded"])
    assert.deepStrictEqual((yield* store.deliveries("errors", { limit: 9 })).map(({ state }) => state), ["sent", "same", "sent"])
  }))

  test("tells of checks by their severity, also where the run succeeded", Effect.gen(function*() {
    const [warned, failed, passed]: [Array<Hook.HookEvent>, Array<Hook.HookEvent>, Array<Hook.HookEvent>] = [[], [], []]
    const { daemon, failing, run, store } = yield* scene([
      Hook.make("warned", { on: Hook.checkWarned, tell: collecting(warned) }),
      // A warning of its own does not make the failure of others its own.
      Hook.make("nba", { of: "nba/totals", tell: collecting(failed) }),
      Hook.make("passed", { on: Hook.checksPassed, tell: collecting(passed) }),
      Hook.make("failed", { on: [Hook.checkFailed, Hook.runFailed], tell: collecting(failed) })
    ])
    yield* daemon
    yield* run("*")
    failing.set("check", "")
    yield* run("*")
    assert.deepStrictEqual(warned.map(({ title }) => title), ["*: run 2 has failed checks"])
    assert.match(warned[0]!.text, /^check "is small" of nba\/totals \(warn\): 3 of 4 rows$/m)
    assert.deepStrictEqual(failed, [])
    failing.set("nhl/games", "no")
    yield* run("*")
    assert.deepStrictEqual(failed.map(({ title }) => title), ["*: run 3 failed"])
    failing.clear()
    yield* run("nhl/games")
    assert.deepStrictEqual(passed.map(({ title }) => title), ["*: run 1 passed its checks"], "no check ran in the last one")

    // And of those that were asked for by themselves.
    const summary = { asset: "nba/totals", check: "has rows", severity: "error", passed: 1, failed: 0, firstFailure: null } as const
    yield* store.noteChecks([summary])
    yield* store.noteChecks([{ ...summary, failed: 2, firstFailure: { partition: "", message: "no rows" } }])
    yield* TestClock.adjust(5000)
    assert.deepStrictEqual(passed.map(({ title }) => title).slice(1), ["checks passed"])
    assert.strictEqual(failed.at(-1)?.text, "check \"has rows\" of nba/totals failed\ncheck \"has rows\" of nba/totals and 1 more cell (error): no rows")
  }))

  test("tells of a run whose process died, once, when nobody goes on with it", Effect.gen(function*() {
    const received: Array<Hook.HookEvent> = []
    const { daemon, runs } = yield* scene([Hook.make("lost", { tell: collecting(received) })])
    yield* daemon
    yield* runs.startWorker({ id: "gone", host: "north", pid: 7, leaseMillis: 6000 })
    yield* runs.createRun(requestOf({ select: "nhl/games" }), "gone")
    yield* TestClock.adjust(30_000)
    assert.deepStrictEqual(received, [])
    yield* daemon
    yield* TestClock.adjust(60_000)
    assert.deepStrictEqual(received.map(({ kind, title }) => `${kind}: ${title}`), ["lost: nhl/games: run 1 was lost"])
    assert.match(received[0]!.text, /^its process \(north:7\) died, and nobody has gone on with it$/m)
    assert.match(received[0]!.text, /^go on: npx sluice run resume 1$/m)
  }))

  test("a channel that hangs or throws is tried again, one that refuses is given up; nobody else is kept waiting", Effect.gen(function*() {
    const received: Array<Hook.HookEvent> = []
    const ids: Array<string> = []
    const { daemon, failing, run, said, store } = yield* scene([
      Hook.make("hangs", { tell: channel(() => Effect.never) }),
      Hook.make("throws", { tell: channel(({ id }) => { ids.push(id); throw new Error("a defect") }) }),
      Hook.make("refuses", { tell: channel(() => Effect.fail(new Hook.NotDelivered({ message: "No such room.", transient: false }))) }),
      Hook.make("waits", { tell: channel(() => Effect.fail(new Hook.NotDelivered({ message: "Later.", transient: true, afterMillis: 600_000 }))) }),
      Hook.make("well", { tell: collecting(received) })
    ])
    const { end } = yield* daemon
    failing.set("nba/totals", "no")
    yield* run("nba/totals")
    assert.lengthOf(received, 1)
    yield* TestClock.adjust("3 minutes")
    const ends = Object.groupBy(said.filter((one) => one._tag === "NotTold" || one._tag === "GaveUp"), ({ hook }) => hook)
    assert.deepStrictEqual(ends["throws"]?.map((one) => one._tag === "NotTold" ? one.againMillis : one.reason), [2000, 6000, 18_000, 54_000, 162_000])
    assert.lengthOf(new Set(ids), 1)
    assert.deepStrictEqual(ends["refuses"], [{ _tag: "GaveUp", hook: "refuses", title: "nba/totals: run 1 failed", reason: "No such room." }])
    assert.deepInclude(ends["hangs"]?.[0], { _tag: "NotTold", reason: "The test channel did not end within 2 minutes.", againMillis: 2000 })
    assert.deepInclude(ends["waits"]?.[0], { _tag: "NotTold", againMillis: 600_000 })
    assert.deepInclude((yield* store.deliveries("throws", { limit: 1 }))[0], { state: "waiting", tries: 5, reason: "a defect" })
    // What is on its way gets some seconds.
    const ending = yield* Effect.forkChild(end)
    yield* TestClock.adjust("20 seconds")
    yield* Fiber.join(ending)
  }))

  test("beyond the limit the rest is told in one, with how many there were", Effect.gen(function*() {
    const received: Array<Hook.HookEvent> = []
    const { daemon, failing, run } = yield* scene([
      Hook.make("few", { once: 0, atMost: { messages: 2, per: "10 minutes" }, tell: collecting(received) })
    ])
    yield* daemon
    failing.set("nba/totals", "no")
    for (let i = 0; i < 6; i++) yield* run("nba/totals")
    assert.lengthOf(received, 2)
    yield* TestClock.adjust("10 minutes")
    assert.deepStrictEqual(received.map(({ others, run }) => [run?.id, others]), [[1, 0], [2, 0], [6, 3]])
    assert.match(received[2]!.text, /\n\nand 3 more, which had to wait:\n.* UTC nba\/totals: run 3 failed\n.*run 4 failed\n.*run 5 failed$/)
  }))

  test("two daemons tell once; a daemon that ends tells what ended last", Effect.gen(function*() {
    const received: Array<Hook.HookEvent> = []
    const { daemon, failing, run } = yield* scene([Hook.make("all", { once: 0, tell: channel((event) => Effect.andThen(Effect.sleep(100), Effect.sync(() => void received.push(event)))) })])
    const [first, second] = yield* Effect.all([daemon, daemon])
    failing.set("nba/totals", "no")
    yield* run("nba/totals")
    yield* TestClock.adjust(200)
    assert.lengthOf(received, 1)
    yield* first.kill
    const ending = yield* Effect.forkChild(Effect.andThen(run("nba/totals"), second.end))
    yield* TestClock.adjust(10_000)
    yield* Fiber.join(ending)
    assert.lengthOf(received, 2)
  }))
})

it("a definition that is none is refused in one sentence", () => {
  const tell = collecting([])
  assert.throws(() => Hook.make("a b", { tell }), "Hook name \"a b\" is not valid")
  assert.throws(() => Hook.make("a", { tell, on: [] }), "`on` is empty")
  assert.throws(() => Hook.make("a", { tell, atMost: { messages: 0, per: "1 hour" } }), "whole number from 1 to 1000")
  assert.throws(() => Hook.make("a", { tell, once: "8 days" }), "once should be a span of time from 0 to 7 days")
})
