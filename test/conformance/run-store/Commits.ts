/** Commits and failures: data, steps, versions and claims move together. */
import { assert } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import type { Commit } from "../../../engine/record/RunStore.ts"
import {
  a, all, b, c, cellsOf, commitOf, computed, ended, gather, grants, lapse, materialize, request, started, startedTwo, type Test, worker,
  written
} from "./Records.ts"

export const commits = (test: Test): void => {
  test("records a commit: the step, the cell, the version; and gives the claim back", Effect.gen(function*() {
    const { next, run, store } = yield* startedTwo
    const inputs = { day: { asset: "nhl/days", count: 2, sum: 17, max: 9 } }
    const metadata = {
      rows: { type: "number", value: 3 },
      wrong: { type: "number", value: Number.NaN },
      page: { type: "link", value: "https://nhl.example/1" },
      sample: { type: "table", value: [{ id: 1, name: "Ø", out: null }] }
    } as const
    const cell = computed(a, { inputs, metadata, reason: "stale", attempts: 2 })
    const [step] = yield* materialize(run, [cell, computed(b)], "h1")
    assert.deepInclude(step, { ...cell, state: "materialized", rows: 3, error: null, errorClass: null, transient: null })
    assert.deepStrictEqual((yield* store.steps(run)).filter((s) => s.partition === a.partition), [step])
    const stored = (yield* store.cells(all("nhl/games", "nhl/none")))
    assert.deepStrictEqual(stored.get("nhl/games")?.get(a.partition), {
      dataVersion: step?.dataVersion ?? -1,
      codeVersion: "v1",
      windows: "",
      inputs,
      materializedAt: cell.finishedAt,
      materializedBy: run,
      failed: false,
      error: null
    })
    assert.strictEqual(stored.get("nhl/none")?.size, 0)
    assert.deepStrictEqual(
      yield* store.claim(next, "two", [a]),
      { standing: "running", cells: [{ granted: true, own: false, done: false, version: step?.dataVersion ?? -1, codeVersion: "v1", inputs }] }
    )
  }))

  test("gives single cells of many assets, and whole assets beside them", Effect.gen(function*() {
    const { run, store } = yield* started
    const assets = ["nhl/x", "nhl/y", "nhl/z"]
    const stored = assets.flatMap((asset) => cellsOf(asset, 0, 700))
    yield* materialize(run, stored.map((cell) => computed(cell)))
    const some = Array.from({ length: 900 }, (_, i) => String(2 * i))
    const found = yield* store.cells(
      new Map<string, "all" | ReadonlyArray<string>>([
        ["nhl/x", some], ["nhl/y", "all"], ["nhl/z", ["3"]], ["nhl/none", ["0"]]
      ])
    )
    assert.deepStrictEqual(Array.from(found, ([asset, cells]) => [asset, cells.size]), [
      ["nhl/x", 350], ["nhl/y", 700], ["nhl/z", 1], ["nhl/none", 0]
    ])
    const whole = yield* store.cells(all("nhl/x"))
    assert.deepStrictEqual(found.get("nhl/x")?.get("8"), whole.get("nhl/x")?.get("8"))
    assert.isFalse(found.get("nhl/x")?.has("9"))
    yield* store.claim(run, "one", [a])
    assert.strictEqual((yield* store.cells(new Map([["nhl/games", ["0", "1"]]]))).get("nhl/games")?.size, 0)
    assert.strictEqual((yield* store.cells(new Map())).size, 0)
  }))

  test("compares what cells have read with what is there now", Effect.gen(function*() {
    const { run, store } = yield* started
    const upstream = yield* materialize(run, [...cellsOf("nhl/games", 0, 3), { asset: "nhl/league", partition: "" }].map((cell) => computed(cell)))
    const version = (partition: string) => upstream.find((step) => step.partition === partition)?.dataVersion ?? -1
    const one = (asset: string, max: number) => ({ asset, count: 1, sum: 0, max })
    const none = (asset: string) => ({ asset, count: 0, sum: 0, max: 0 })
    // The cell 3 has read nothing, which was not there and is not; of 4 it was removed; 5 has read several.
    const games = [one("nhl/games", version("0")), one("nhl/games", version("1")), none("nhl/games"), none("nhl/games"), one("nhl/games", 7),
      { ...one("nhl/games", version("2")), count: 2 }]
    yield* materialize(run, cellsOf("nhl/stats", 0, 6).map((cell, i) =>
      computed(cell, { inputs: { games: games[i]!, league: one("nhl/league", version("")) } })))
    const asked = [
      { asset: "nhl/stats", input: "games", upstream: "nhl/games", partition: "same" },
      { asset: "nhl/stats", input: "league", upstream: "nhl/league", partition: "" },
      { asset: "nhl/stats", input: "other", upstream: "nhl/league", partition: "" },
      { asset: "nhl/none", input: "games", upstream: "nhl/games", partition: "same" }
    ] as const
    const changed = Effect.map(store.changedInputs(asked), (found) => found.map((keys) => keys.toSorted().join()))
    assert.deepStrictEqual(yield* changed, ["2,4,5", "", "0,1,2,3,4,5", ""])
    yield* materialize(run, [computed({ asset: "nhl/games", partition: "1" }), computed({ asset: "nhl/league", partition: "" })])
    assert.deepStrictEqual(yield* changed, ["1,2,4,5", "0,1,2,3,4,5", "0,1,2,3,4,5", ""])
    assert.deepStrictEqual(yield* store.changedInputs([]), [])
  }))

  test("gives the steps of a commit in the order asked", Effect.gen(function*() {
    const { run } = yield* started
    const steps = yield* materialize(run, [c, a, b].map((cell) => computed(cell)))
    assert.deepStrictEqual(steps.map((step) => step.partition), ["2", "0", "1"])
    assert.strictEqual(new Set(steps.map((step) => step.dataVersion)).size, 3)
  }))

  test("keeps the version of equal content and raises it otherwise", Effect.gen(function*() {
    const { run } = yield* started
    const version = (hash?: string) =>
      Effect.map(materialize(run, [computed(a)], hash), ([step]) => step?.dataVersion ?? 0)
    const first = yield* version("h1")
    assert.strictEqual(yield* version("h1"), first)
    const second = yield* version("h2")
    assert.isAbove(second, first)
    const unknown = yield* version()
    assert.isAbove(unknown, second)
    assert.isAbove(yield* version(), unknown)
  }))

  test("records nothing when write fails, dies or is interrupted; then works", Effect.gen(function*() {
    const { run, store } = yield* started
    const cells = [computed(a), computed(b)]
    yield* store.claim(run, "one", cells)
    const failing = <E>(write: Commit<E, never>["write"]) =>
      Effect.exit(store.commit({ ...commitOf(run, "one", cells), write }))
    const failed = yield* Effect.flip(store.commit({
      ...commitOf(run, "one", cells),
      write: Effect.fail("the disk is full" as const)
    }))
    assert.strictEqual(failed, "the disk is full")
    assert.isTrue(Exit.hasDies(yield* failing(Effect.die(new Error("defect")))))
    assert.isTrue(Exit.isFailure(yield* failing(Effect.succeed([written()]))))
    const interrupted = yield* store.commit({ ...commitOf(run, "one", cells), write: Effect.never }).pipe(
      Effect.timeoutOption(50)
    )
    assert.strictEqual(interrupted._tag, "None")
    const unread = { ...commitOf(run, "one", cells), keys: () => { throw new Error("no key") } }
    assert.isTrue(Exit.hasDies(yield* Effect.exit(store.commit(unread))))
    assert.deepStrictEqual(yield* store.steps(run), [])
    assert.strictEqual((yield* store.cells(all("nhl/games"))).get("nhl/games")?.size, 0)
    assert.lengthOf(yield* store.commit(commitOf(run, "one", cells)), 2)
  }))

  test("neither takes nor awaits a cell whose commit is under way, nor does a cancel", Effect.gen(function*() {
    const { store } = yield* started
    const next = yield* store.createRun(request, "two")
    yield* store.startWorker(worker("frozen"))
    const run = yield* store.createRun(request, "frozen")
    yield* store.claim(run, "frozen", [a])
    yield* lapse(store, "frozen")
    const writing = yield* Deferred.make<void>()
    const seen = yield* Deferred.make<void>()
    const commit = yield* Effect.forkChild(store.commit({
      ...commitOf(run, "frozen", [computed(a)]),
      write: Deferred.succeed(writing, undefined).pipe(
        Effect.andThen(Deferred.await(seen)),
        Effect.as([written()])
      )
    }))
    yield* Deferred.await(writing)
    assert.deepStrictEqual(grants(yield* store.claim(next, "two", [a, b])), [false, true])
    yield* store.cancelRun(next)
    yield* store.startWorker(worker("frozen"))
    yield* store.cancelRun(run)
    yield* Deferred.succeed(seen, undefined)
    assert.lengthOf(yield* Fiber.join(commit), 1)
  }))

  for (const moment of ["before its commit", "while it writes"] as const) {
    test(`refuses a worker whose run was lost and ended by a cancel or resumed ${moment}`, Effect.gen(function*() {
      const { store } = yield* started
      for (const loss of ["cancelled", "resumed"] as const) {
        yield* store.startWorker(worker("frozen"))
        const run = yield* store.createRun(request, "frozen")
        yield* store.claim(run, "frozen", [a, b])
        yield* lapse(store, "frozen")
        const lose = Effect.orDie(loss === "cancelled" ? store.cancelRun(run) : store.resumeRun(run, "two"))
        const writing = yield* Deferred.make<void>()
        const lost = yield* Deferred.make<void>()
        let wrote = false
        const commit = Effect.flip(store.commit({
          ...commitOf(run, "frozen", [computed(b), computed(a)]),
          write: Effect.gen(function*() {
            wrote = true
            yield* Deferred.succeed(writing, undefined)
            yield* Deferred.await(lost)
            return [written(), written()]
          }),
          keys: () => [{ set: "game", source: "0", keys: ["g1"], replaces: true }]
        }))
        if (moment === "before its commit") yield* lose
        const fiber = yield* Effect.forkChild(commit)
        if (moment === "while it writes") yield* Effect.andThen(Deferred.await(writing), lose)
        yield* Deferred.succeed(lost, undefined)
        const error = yield* Fiber.join(fiber)
        assert.strictEqual((yield* store.run(run)).state, loss === "cancelled" ? "cancelled" : "running")
        assert.strictEqual(error._tag, "LeaseLost")
        assert.deepStrictEqual(error._tag === "LeaseLost" ? error.cells : [], [b, a])
        assert.match(error.message, new RegExp(`no longer executes run ${run}`))
        assert.strictEqual(wrote, moment === "while it writes")
        assert.deepStrictEqual(yield* store.steps(run), [])
        assert.strictEqual((yield* store.run(run)).materialized, 0)
        assert.deepStrictEqual((yield* store.cells(all("nhl/games"))).get("nhl/games")?.size, 0)
        assert.deepStrictEqual((yield* store.dynamicKeys(["game"])).get("game"), [])
      }
    }))
  }

  test("gives new versions to the materialized cells that lost rows, and to no others", Effect.gen(function*() {
    const { run, store } = yield* started
    const versions = Effect.map(store.cells(all("nhl/games")), (cells) =>
      ["0", "1", "2"].map((partition) => cells.get("nhl/games")?.get(partition)?.dataVersion))
    const [first] = yield* materialize(run, [computed(a)], "h1")
    yield* store.claim(run, "one", [b, c])
    const displaced = ["0", "1", "2", "9"]
    const write = Effect.succeed([{ ...written(), displaced }])
    const [step] = yield* store.commit({ ...commitOf(run, "one", [computed(b)]), write })
    const [lost, took, claimed] = yield* versions
    assert.isAbove(lost ?? 0, first?.dataVersion ?? Infinity)
    assert.strictEqual(took, step?.dataVersion)
    assert.isUndefined(claimed)
    assert.isUndefined((yield* store.cells(all("nhl/games"))).get("nhl/games")?.get("9")?.dataVersion)
    // What it held before it lost rows is new again.
    const [again] = yield* materialize(run, [computed(a)], "h1")
    assert.isAbove(again?.dataVersion ?? 0, lost ?? Infinity)
    yield* store.claim(run, "one", [b])
    const failing = yield* Effect.exit(store.commit({
      ...commitOf(run, "one", [computed(b)]),
      write,
      keys: () => { throw new Error("no key") }
    }))
    assert.isTrue(Exit.isFailure(failing))
    assert.deepStrictEqual(yield* versions, [again?.dataVersion, took, undefined])
  }))

  test("marks failed cells, which keep their data, and gives their claims back", Effect.gen(function*() {
    const { run, store } = yield* started
    const [step] = yield* materialize(run, [computed(a)], "h1")
    const next = yield* store.createRun(request, "one")
    yield* store.claim(next, "one", [a, b])
    yield* store.endSteps(next, "one", [ended(a, "failed"), ended(b, "failed"), ended(c, "skipped")], gather)
    const cells = (yield* store.cells(all("nhl/games"))).get("nhl/games")
    assert.deepInclude(cells?.get(a.partition), { dataVersion: step?.dataVersion ?? -1, failed: true })
    assert.deepInclude(cells?.get(b.partition), {
      dataVersion: undefined,
      failed: true,
      error: "the league's API said 503"
    })
    assert.isFalse(cells?.has(c.partition) === true)
    assert.deepStrictEqual(grants(yield* store.claim(next, "one", [a, b])), [true, true])
    yield* store.commit(commitOf(next, "one", [computed(b)]))
    const healed = (yield* store.cells(all("nhl/games"))).get("nhl/games")?.get(b.partition)
    assert.deepInclude(healed, { failed: false, error: null })
    const { failed, materialized, skipped } = yield* store.run(next)
    assert.deepStrictEqual([materialized, failed, skipped], [1, 1, 1])
  }))

  test("lets a worker that lost a cell neither fail it nor unmake its step", Effect.gen(function*() {
    const { run, store } = yield* started
    yield* store.startWorker(worker("frozen"))
    const frozen = yield* store.createRun(request, "frozen")
    yield* store.claim(frozen, "frozen", [a])
    yield* lapse(store, "frozen")
    yield* store.claim(run, "one", [a])
    yield* store.commit(commitOf(run, "one", [computed(a)]))
    yield* store.endSteps(run, "frozen", [ended(a, "failed")], gather)
    assert.isFalse((yield* store.cells(all("nhl/games"))).get("nhl/games")?.get(a.partition)?.failed)
    assert.deepStrictEqual((yield* store.steps(run)).map((step) => step.state), ["materialized"])
  }))

  test("records failures whatever the outside put into their message", Effect.gen(function*() {
    const { run, store } = yield* started
    const garbage = "half \ud83d of a pair, \\u0000 and \0"
    yield* store.claim(run, "one", [a])
    const metadata = { said: { type: "text", value: garbage } } as const
    yield* store.endSteps(run, "one", [ended(a, "failed", { error: garbage, metadata })], gather)
    yield* store.recordEvents(run, [{ type: "step_failed", at: new Date(0), message: garbage }])
    yield* store.recordAttempts(run, [{
      ...a, attempt: 1, startedAt: new Date(0), finishedAt: new Date(1), error: "ApiError", message: garbage,
      transient: false, nextTryAt: null
    }])
    const [step] = yield* store.steps(run, { states: ["failed"] })
    assert.match(step?.error ?? "", /^half . of a pair, \\u0000 and .$/)
    assert.match(String(step?.metadata["said"]?.value), /^half . of a pair, \\u0000 and .$/)
    assert.match((yield* store.events(run))[0]?.message ?? "", /of a pair/)
    assert.match((yield* store.attempts(run))[0]?.message ?? "", /of a pair/)
  }))
}
