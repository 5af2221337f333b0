/** What every run store must do; run against each implementation. */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, type Layer } from "effect"
import type { CellWritten } from "../../engine/definition/Io.ts"
import { RunRequest } from "../../engine/record/Run.ts"
import { type CellCommit, type Commit, LeaseLost, RunStore, type StepEnd } from "../../engine/record/RunStore.ts"
import type { Cell } from "../../engine/record/Step.ts"

export const request = new RunRequest({ selection: "nhl/*", partitions: null, force: false, concurrency: 8 })

/** A worker whose lease outlives the test, unless said otherwise. */
export const worker = (id: string, leaseMillis = 60_000) => ({ id, host: `${id}.local`, pid: 42, leaseMillis })

export const cellsOf = (asset: string, from: number, to: number): ReadonlyArray<Cell> =>
  Array.from({ length: to - from }, (_, place) => ({ asset, partition: String(from + place) }))

export const computed = (cell: Cell, fields: Partial<CellCommit> = {}): CellCommit => ({
  ...cell,
  reason: "missing",
  attempts: 1,
  startedAt: new Date("2026-03-08T10:00:00.000Z"),
  finishedAt: new Date("2026-03-08T10:00:01.500Z"),
  codeVersion: "v1",
  inputs: {},
  metadata: {},
  ...fields
})

export const written = (hash?: string, rows = 3): CellWritten => ({ rows, hash, values: undefined })

/** A commit whose `write` succeeds at once with the hash of each cell. */
export const commitOf = (
  run: number,
  by: string,
  cells: ReadonlyArray<CellCommit>,
  hash: (cell: Cell) => string | undefined = () => undefined
): Commit<never, never> => ({
  run,
  worker: by,
  cells,
  write: Effect.sync(() => cells.map((cell) => written(hash(cell)))),
  keys: () => []
})

const ended = (cell: Cell, state: "failed" | "skipped", fields: Partial<StepEnd> = {}): StepEnd => ({
  ...computed(cell),
  state,
  error: state === "failed" ? "the league's API said 503" : null,
  ...fields
})

const [a, b, c]: ReadonlyArray<Cell> = cellsOf("nhl/games", 0, 3)
if (a === undefined || b === undefined || c === undefined) throw new Error("three cells")

/** A store with two workers and a run of the first. */
const started = Effect.gen(function*() {
  const store = yield* RunStore
  yield* store.startWorker(worker("one"))
  yield* store.startWorker(worker("two"))
  return { store, run: yield* store.createRun(request, "one") }
})

/** Claims and commits cells with one hash. */
const materialize = Effect.fnUntraced(function*(run: number, cells: ReadonlyArray<CellCommit>, hash?: string) {
  const store = yield* RunStore
  yield* store.claim(run, "one", cells)
  return yield* store.commit(commitOf(run, "one", cells, () => hash))
})

const grants = (claimed: { readonly cells: ReadonlyArray<{ readonly granted: boolean }> }) =>
  claimed.cells.map((cell) => cell.granted)

export const runStoreConformance = <E>(name: string, layer: Layer.Layer<RunStore, E>): void => {
  const test = <A, E2>(title: string, effect: Effect.Effect<A, E2, RunStore>) =>
    it.live(title, () => Effect.asVoid(Effect.provide(effect, layer)))

  describe(`${name} as a run store`, () => {
    test("grants a free cell, again to its holder, and never to a second worker", Effect.gen(function*() {
      const { run, store } = yield* started
      assert.deepStrictEqual(grants(yield* store.claim(run, "one", [b, a])), [true, true])
      assert.deepStrictEqual(grants(yield* store.claim(run, "one", [a])), [true])
      assert.deepStrictEqual(grants(yield* store.claim(run, "two", [c, a, b])), [true, false, false])
      assert.deepStrictEqual(yield* store.claim(run, "one", []), { cells: [], cancelled: false })
    }))

    test("gives back what is released, and only to its holder", Effect.gen(function*() {
      const { run, store } = yield* started
      yield* store.claim(run, "one", [a, b])
      yield* store.release("two", [a])
      assert.deepStrictEqual(grants(yield* store.claim(run, "two", [a])), [false])
      yield* store.release("one", [a])
      assert.deepStrictEqual(grants(yield* store.claim(run, "two", [a, b])), [true, false])
    }))

    test("says what it refuses: an unknown worker, an unknown run", Effect.gen(function*() {
      const { run, store } = yield* started
      const nobody = yield* Effect.flip(store.claim(run, "nobody", [a]))
      assert.match(nobody.message, /nobody/)
      assert.isFalse(nobody.transient)
      assert.match((yield* Effect.flip(store.claim(99, "one", [a]))).message, /99/)
      assert.match((yield* Effect.flip(store.createRun(request, "nobody"))).message, /nobody/)
    }))

    test("takes over from a holder whose lease is over, and refuses its commit", Effect.gen(function*() {
      const { run, store } = yield* started
      yield* store.startWorker(worker("frozen", 50))
      yield* store.claim(run, "frozen", [a, b])
      yield* Effect.sleep(120)
      assert.deepStrictEqual(grants(yield* store.claim(run, "two", [a])), [true])
      let wrote = false
      const error = yield* Effect.flip(store.commit({
        ...commitOf(run, "frozen", [computed(b), computed(a)]),
        write: Effect.sync(() => {
          wrote = true
          return [written(), written()]
        })
      }))
      assert.instanceOf(error, LeaseLost)
      assert.deepStrictEqual(error.cells, [a])
      assert.isFalse(wrote)
      assert.deepStrictEqual(yield* store.steps(run), [])
      assert.deepStrictEqual((yield* store.cells(["nhl/games"])).get("nhl/games")?.size, 0)
      yield* store.commit(commitOf(run, "two", [computed(a)]))
      yield* store.commit(commitOf(run, "frozen", [computed(b)]))
      assert.strictEqual((yield* store.cells(["nhl/games"])).get("nhl/games")?.size, 2)
    }))

    test("tells a worker whose lease was over, which may then go on", Effect.gen(function*() {
      const { run, store } = yield* started
      yield* store.startWorker(worker("slow", 80))
      assert.isTrue(yield* store.heartbeat("slow"))
      yield* store.claim(run, "slow", [a])
      yield* Effect.sleep(160)
      assert.isFalse(yield* store.heartbeat("slow"))
      assert.deepStrictEqual(grants(yield* store.claim(run, "two", [a])), [false])
      assert.isFalse(yield* store.heartbeat("nobody"))
    }))

    test("gives everything back when a worker stops", Effect.gen(function*() {
      const { run, store } = yield* started
      yield* store.claim(run, "one", [a, b])
      yield* store.stopWorker("one")
      assert.deepStrictEqual(grants(yield* store.claim(run, "two", [a, b])), [true, true])
      yield* store.startWorker(worker("one"))
      const error = yield* Effect.flip(store.commit(commitOf(run, "one", [computed(a)])))
      assert.strictEqual(error._tag, "LeaseLost")
    }))

    test("records a commit: the step, the cell, the version; and gives the claim back", Effect.gen(function*() {
      const { run, store } = yield* started
      const inputs = { day: { asset: "nhl/days", count: 2, sum: 17, max: 9 } }
      const metadata = {
        rows: { type: "number", value: 3 },
        wrong: { type: "number", value: Number.NaN },
        page: { type: "link", value: "https://nhl.example/1" },
        sample: { type: "table", value: [{ id: 1, name: "Ø", out: null }] }
      } as const
      const cell = computed(a, { inputs, metadata, reason: "stale", attempts: 2 })
      const [step] = yield* materialize(run, [cell, computed(b)], "h1")
      assert.deepInclude(step, { ...cell, state: "materialized", rows: 3, error: null })
      assert.deepStrictEqual((yield* store.steps(run)).filter((s) => s.partition === a.partition), [step])
      const stored = (yield* store.cells(["nhl/games", "nhl/none"]))
      assert.deepStrictEqual(stored.get("nhl/games")?.get(a.partition), {
        dataVersion: step?.dataVersion ?? -1,
        codeVersion: "v1",
        inputs,
        materializedAt: cell.finishedAt,
        materializedBy: run,
        failed: false,
        error: null
      })
      assert.strictEqual(stored.get("nhl/none")?.size, 0)
      assert.deepStrictEqual(
        yield* store.claim(run, "two", [a]),
        { cancelled: false, cells: [{ granted: true, version: step?.dataVersion ?? -1 }] }
      )
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
      assert.strictEqual((yield* store.cells(["nhl/games"])).get("nhl/games")?.size, 0)
      assert.lengthOf(yield* store.commit(commitOf(run, "one", cells)), 2)
    }))

    test("neither takes nor awaits a cell whose commit is under way, nor does a cancel", Effect.gen(function*() {
      const { run, store } = yield* started
      const next = yield* store.createRun(request, "two")
      yield* store.startWorker(worker("frozen", 50))
      yield* store.claim(run, "frozen", [a])
      yield* Effect.sleep(120)
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
      yield* store.cancelRun(run)
      yield* Deferred.succeed(seen, undefined)
      assert.lengthOf(yield* Fiber.join(commit), 1)
    }))

    test("marks failed cells, which keep their data, and gives their claims back", Effect.gen(function*() {
      const { run, store } = yield* started
      const [step] = yield* materialize(run, [computed(a)], "h1")
      const next = yield* store.createRun(request, "one")
      yield* store.claim(next, "one", [a, b])
      yield* store.endSteps(next, "one", [ended(a, "failed"), ended(b, "failed"), ended(c, "skipped")])
      const cells = (yield* store.cells(["nhl/games"])).get("nhl/games")
      assert.deepInclude(cells?.get(a.partition), { dataVersion: step?.dataVersion ?? -1, failed: true })
      assert.deepInclude(cells?.get(b.partition), {
        dataVersion: undefined,
        failed: true,
        error: "the league's API said 503"
      })
      assert.isFalse(cells?.has(c.partition) === true)
      assert.deepStrictEqual(grants(yield* store.claim(next, "two", [a, b])), [true, true])
      yield* store.commit(commitOf(next, "two", [computed(b)]))
      const healed = (yield* store.cells(["nhl/games"])).get("nhl/games")?.get(b.partition)
      assert.deepInclude(healed, { failed: false, error: null })
      const { failed, materialized, skipped } = yield* store.run(next)
      assert.deepStrictEqual([materialized, failed, skipped], [1, 1, 1])
    }))

    test("lets a worker that lost a cell neither fail it nor unmake its step", Effect.gen(function*() {
      const { run, store } = yield* started
      yield* store.startWorker(worker("frozen", 50))
      yield* store.claim(run, "frozen", [a])
      yield* Effect.sleep(120)
      yield* store.claim(run, "two", [a])
      yield* store.commit(commitOf(run, "two", [computed(a)]))
      yield* store.endSteps(run, "frozen", [ended(a, "failed")])
      assert.isFalse((yield* store.cells(["nhl/games"])).get("nhl/games")?.get(a.partition)?.failed)
      assert.deepStrictEqual((yield* store.steps(run)).map((step) => step.state), ["materialized"])
    }))

    test("records failures whatever the outside put into their message", Effect.gen(function*() {
      const { run, store } = yield* started
      const garbage = "half \ud83d of a pair, \\u0000 and \0"
      yield* store.claim(run, "one", [a])
      const metadata = { said: { type: "text", value: garbage } } as const
      yield* store.endSteps(run, "one", [ended(a, "failed", { error: garbage, metadata })])
      yield* store.recordEvents(run, [{ type: "step_failed", at: new Date(0), message: garbage }])
      yield* store.recordAttempts(run, [{
        ...a, attempt: 1, startedAt: new Date(0), finishedAt: new Date(1), error: "ApiError", message: garbage
      }])
      const [step] = yield* store.steps(run, { states: ["failed"] })
      assert.match(step?.error ?? "", /^half . of a pair, \\u0000 and .$/)
      assert.match(String(step?.metadata["said"]?.value), /^half . of a pair, \\u0000 and .$/)
      assert.match((yield* store.events(run))[0]?.message ?? "", /of a pair/)
      assert.match((yield* store.attempts(run))[0]?.message ?? "", /of a pair/)
    }))

    test("grants nothing after a cancel, until the run is resumed", Effect.gen(function*() {
      const { run, store } = yield* started
      yield* store.claim(run, "one", [a])
      yield* store.cancelRun(run)
      assert.isTrue(yield* store.cancelRequested(run))
      const refused = yield* store.claim(run, "one", [a, b])
      assert.deepStrictEqual([refused.cancelled, ...grants(refused)], [true, false, false])
      assert.isTrue((yield* store.claim(run, "one", [])).cancelled)
      yield* store.commit(commitOf(run, "one", [computed(a)]))
      assert.isTrue(yield* store.finishRun(run, "one", "cancelled"))
      yield* store.cancelRun(run)
      assert.deepStrictEqual(yield* store.resumeRun(run, "two"), request)
      assert.isFalse(yield* store.cancelRequested(run))
      assert.deepStrictEqual(grants(yield* store.claim(run, "two", [b])), [true])
    }))

    test("resumes lost, failed and cancelled runs, once, and no others", Effect.gen(function*() {
      const { run, store } = yield* started
      const refusal = (effect: Effect.Effect<unknown, { readonly _tag: string; readonly message: string }>) =>
        Effect.map(Effect.flip(effect), (error) => `${error._tag}: ${error.message}`)
      assert.match(yield* refusal(store.resumeRun(run, "two")), /RunUnavailable.*live worker/)
      assert.match(yield* refusal(store.resumeRun(99, "two")), /RunUnavailable.*no run 99/)
      assert.match(yield* refusal(store.cancelRun(99)), /RunUnavailable.*no run 99/)
      assert.match(yield* refusal(store.run(99)), /RunUnavailable.*no run 99/)
      assert.isFalse(yield* store.finishRun(run, "two", "succeeded"))
      assert.strictEqual((yield* store.run(run)).state, "running")
      assert.isTrue(yield* store.finishRun(run, "one", "failed"))
      assert.match(yield* refusal(store.cancelRun(run)), /RunUnavailable.*ended/)
      const both = yield* Effect.all(
        ["one", "two"].map((id) => Effect.exit(store.resumeRun(run, id))),
        { concurrency: 2 }
      )
      assert.lengthOf(both.filter(Exit.isSuccess), 1)
      const finished = yield* Effect.forEach(["one", "two"], (id) => store.finishRun(run, id, "succeeded"))
      assert.deepStrictEqual(finished, both.map(Exit.isSuccess))
      assert.match(yield* refusal(store.resumeRun(run, "two")), /RunUnavailable.*succeeded/)

      yield* store.startWorker(worker("dying", 50))
      const lost = yield* store.createRun(request, "dying")
      assert.isFalse((yield* store.run(lost)).lost)
      yield* Effect.sleep(120)
      assert.isTrue((yield* store.run(lost)).lost)
      yield* store.resumeRun(lost, "two")
      assert.deepInclude(yield* store.run(lost), { lost: false, state: "running", worker: "two.local:42" })

      yield* store.startWorker(worker("brief"))
      const orphan = yield* store.createRun(request, "brief")
      yield* store.stopWorker("brief")
      yield* store.cancelRun(orphan)
      assert.deepInclude(yield* store.run(orphan), { state: "cancelled", lost: false })
    }))

    test("lists runs newest first with their counts", Effect.gen(function*() {
      const { run, store } = yield* started
      yield* materialize(run, [computed(a), computed(b)])
      const next = yield* store.createRun(request, "two")
      yield* store.finishRun(run, "one", "succeeded")
      const [latest, first] = yield* store.runs({ limit: 10 })
      assert.strictEqual(latest?.id, next)
      assert.deepInclude(latest, { state: "running", finishedAt: null, materialized: 0, request })
      assert.strictEqual(latest?.worker, "two.local:42")
      assert.deepInclude(first, { id: run, state: "succeeded", lost: false, materialized: 2, failed: 0, skipped: 0 })
      assert.instanceOf(first?.finishedAt, Date)
      assert.lengthOf(yield* store.runs({ limit: 1 }), 1)
      assert.lengthOf(yield* store.runs({ limit: 0 }), 0)
    }))

    test("replaces a step when a resumed run tries it again, and lists steps as they ended", Effect.gen(function*() {
      const { run, store } = yield* started
      const at = (seconds: number) => ({ finishedAt: new Date(1_000 * seconds) })
      yield* store.claim(run, "one", [a, b, c])
      yield* store.endSteps(run, "one", [ended(a, "failed", at(3))])
      yield* materialize(run, [computed(b, at(1)), computed(c, at(2))])
      const partitions = (steps: ReadonlyArray<Cell>) => steps.map((step) => step.partition)
      assert.deepStrictEqual(partitions(yield* store.steps(run)), ["1", "2", "0"])
      assert.deepStrictEqual(partitions(yield* store.steps(run, { states: ["failed"] })), ["0"])
      assert.deepStrictEqual(partitions(yield* store.steps(run, { states: ["materialized"], limit: 1 })), ["1"])
      yield* materialize(run, [computed(a, at(9))])
      const steps = yield* store.steps(run)
      assert.deepStrictEqual(partitions(steps), ["1", "2", "0"])
      assert.isTrue(steps.every((step) => step.state === "materialized"))
    }))

    test("keeps the materializations of a cell, newest first", Effect.gen(function*() {
      const { run, store } = yield* started
      const next = yield* store.createRun(request, "one")
      yield* materialize(run, [computed(a, { finishedAt: new Date(1_000) })])
      yield* materialize(next, [computed(a, { finishedAt: new Date(2_000) }), computed(b)])
      const found = yield* store.materializations(a, { limit: 5 })
      assert.deepStrictEqual(found.map((step) => step.run), [next, run])
      assert.lengthOf(yield* store.materializations(a, { limit: 1 }), 1)
      assert.lengthOf(yield* store.materializations(c, { limit: 5 }), 0)
    }))

    test("keeps attempts, events and checks as they were recorded", Effect.gen(function*() {
      const { run, store } = yield* started
      const attempt = (number: number) => ({
        ...a, attempt: number, startedAt: new Date(0), finishedAt: new Date(5), error: "ApiError", message: "503"
      })
      yield* store.recordAttempts(run, [attempt(1), attempt(2)])
      yield* store.recordAttempts(run, [])
      assert.deepStrictEqual(yield* store.attempts(run), [attempt(1), attempt(2)])
      const events = [
        { type: "run_started", at: new Date(1), message: "3 steps" },
        { type: "lease_lost", at: new Date(2), asset: "nhl/games", partition: "0", message: "taken over" }
      ] as const
      yield* store.recordEvents(run, events)
      assert.deepStrictEqual(yield* store.events(run), events)
      const check = {
        ...a, check: "has a team", severity: "error", passed: false, message: "2 rows", at: new Date(3),
        examples: [{ player: 8, team: null }]
      } as const
      yield* store.recordChecks(run, [check])
      yield* store.recordChecks(null, [check])
      assert.deepStrictEqual(yield* store.checks(run), [check])
    }))

    test("keeps dynamic keys in the order first added: by hand, by source, replaced, removed", Effect.gen(function*() {
      const { run, store } = yield* started
      const live = Effect.map(store.dynamicKeys(["game", "city"]), (sets) => [...sets.get("game") ?? []])
      const give = (cell: Cell, keys: ReadonlyArray<string>) =>
        Effect.andThen(
          store.claim(run, "one", [cell]),
          store.commit({
            ...commitOf(run, "one", [computed(cell)]),
            keys: () => [{ set: "game", source: cell.partition, keys }]
          })
        )
      yield* give(a, ["g9", "g1"])
      yield* store.addKeys("game", ["g5", "g1"])
      yield* give(b, ["g1", "g2"])
      assert.deepStrictEqual(yield* live, [
        { key: "g9", sources: ["0"] },
        { key: "g1", sources: ["0", "1"] },
        { key: "g5", sources: [] },
        { key: "g2", sources: ["1"] }
      ])
      yield* give(a, ["g3"])
      assert.deepStrictEqual((yield* live).map(({ key }) => key), ["g1", "g5", "g2", "g3"])
      yield* store.removeKeys("game", ["g1", "g5", "g7"])
      assert.deepStrictEqual((yield* live).map(({ key }) => key), ["g2", "g3"])
      yield* give(a, [])
      yield* give(b, ["g9"])
      assert.deepStrictEqual(yield* live, [{ key: "g9", sources: ["1"] }])
      assert.deepStrictEqual((yield* store.dynamicKeys(["city"])).get("city"), [])
    }))

    test("takes no keys from a commit that fails", Effect.gen(function*() {
      const { run, store } = yield* started
      yield* store.claim(run, "one", [a])
      yield* Effect.exit(store.commit({
        ...commitOf(run, "one", [computed(a)]),
        write: Effect.fail("no"),
        keys: () => [{ set: "game", source: "0", keys: ["g1"] }]
      }))
      assert.deepStrictEqual((yield* store.dynamicKeys(["game"])).get("game"), [])
    }))
  })
}
