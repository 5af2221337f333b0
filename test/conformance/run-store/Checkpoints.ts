/** Checkpoints move with the rows that are put aside, one after the other, and only by who holds the cells. */
import { assert } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber } from "effect"
import type { Checkpoint, CheckpointCommit } from "../../../engine/record/Checkpoint.ts"
import type { Cell } from "../../../engine/record/Step.ts"
import { a, all, b, commitOf, computed, lapse, request, started, startedTwo, type Test, worker } from "./Records.ts"

const place = { computation: "nhl/games", partition: a.partition }

const at = (id: string, run: number, fields: Partial<Checkpoint> = {}): Checkpoint => ({
  ...place,
  id,
  basis: "v1",
  run,
  position: { byte: 4096, names: ["Ø", "\\", null] },
  records: 1000,
  rows: { "nhl/games": 900, "nhl/failed": 100 },
  at: new Date("2026-03-08T10:00:00.000Z"),
  ...fields
})

const moveOf = (
  run: number,
  worker: string,
  after: string | undefined,
  next: Checkpoint | undefined,
  cells: ReadonlyArray<Cell> = [a]
): CheckpointCommit<never, never> => ({ run, worker, cells, place, after, next, write: Effect.void })

export const checkpoints = (test: Test): void => {
  test("moves a checkpoint, keeps the claim, and ends it with its cell", Effect.gen(function*() {
    const { next, run, store } = yield* startedTwo
    yield* store.claim(run, "one", [a])
    assert.isUndefined(yield* store.checkpoint(place))
    yield* store.commitCheckpoint(moveOf(run, "one", undefined, at("1", run)))
    const second = at("2", run, { records: 2_000_000_000_000, position: null })
    yield* store.commitCheckpoint(moveOf(run, "one", "1", second))
    assert.deepStrictEqual(yield* store.checkpoint(place), second)
    assert.deepStrictEqual(yield* store.checkpoints(["nhl/none", "nhl/games"]), [second])
    assert.deepStrictEqual(yield* store.checkpoints(["nhl/none"]), [])
    assert.isFalse((yield* store.claim(next, "two", [a])).cells[0]?.granted)
    assert.strictEqual((yield* store.cells(all("nhl/games"))).get("nhl/games")?.size, 0)
    yield* store.commit(commitOf(run, "one", [computed(a, { checkpoint: { ...place, id: "2" } })]))
    assert.isUndefined(yield* store.checkpoint(place))
  }))

  test("moves only on from the one before; the same a second time changes nothing", Effect.gen(function*() {
    const { run, store } = yield* started
    yield* store.claim(run, "one", [a])
    let written = 0
    const counted = (after: string | undefined, next: Checkpoint | undefined) =>
      store.commitCheckpoint({ ...moveOf(run, "one", after, next), write: Effect.sync(() => void written++) })
    yield* counted(undefined, at("1", run))
    yield* counted(undefined, at("1", run, { records: 7 }))
    assert.deepStrictEqual([written, (yield* store.checkpoint(place))?.records], [1, 1000])
    for (const [after, next] of [[undefined, "3"], ["0", "3"]] as const) {
      const error = yield* Effect.flip(counted(after, at(next, run)))
      assert.deepInclude(error, { _tag: "LeaseLost" })
      assert.match(error.message, /The checkpoint of nhl\/games@0 has moved on meanwhile/)
    }
    const ending = (id: string) => store.commit(commitOf(run, "one", [computed(a, { checkpoint: { ...place, id } })]))
    assert.deepInclude(yield* Effect.flip(ending("0")), { _tag: "LeaseLost" })
    assert.strictEqual((yield* store.cells(all("nhl/games"))).get("nhl/games")?.size, 0)
    yield* counted("1", undefined)
    yield* counted("1", undefined)
    assert.deepStrictEqual([written, yield* store.checkpoint(place)], [2, undefined])
    assert.deepInclude(yield* Effect.flip(ending("1")), { _tag: "LeaseLost" })
  }))

  test("records nothing when the rows cannot be put aside; then works", Effect.gen(function*() {
    const { run, store } = yield* started
    yield* store.claim(run, "one", [a])
    const move = moveOf(run, "one", undefined, at("1", run))
    assert.strictEqual(yield* Effect.flip(store.commitCheckpoint({ ...move, write: Effect.fail("full" as const) })), "full")
    assert.isTrue(Exit.hasDies(yield* Effect.exit(store.commitCheckpoint({ ...move, write: Effect.die(new Error("defect")) }))))
    const late = yield* Effect.timeoutOption(store.commitCheckpoint({ ...move, write: Effect.never }), 50)
    assert.strictEqual(late._tag, "None")
    assert.isUndefined(yield* store.checkpoint(place))
    yield* store.commitCheckpoint(move)
    assert.strictEqual((yield* store.checkpoint(place))?.id, "1")
  }))

  test("is refused to who has lost one of the cells, or the run", Effect.gen(function*() {
    const { store } = yield* started
    yield* store.startWorker(worker("frozen"))
    const run = yield* store.createRun(request, "frozen")
    yield* store.claim(run, "frozen", [a, b])
    yield* store.commitCheckpoint(moveOf(run, "frozen", undefined, at("1", run), [a, b]))
    yield* lapse(store, "frozen")
    const successor = yield* store.resumeRun(run, "one")
    assert.strictEqual(successor.selection, request.selection)
    const lost = yield* Effect.flip(store.commitCheckpoint(moveOf(run, "frozen", "1", at("2", run), [a, b])))
    assert.deepInclude(lost, { _tag: "LeaseLost" })
    assert.isTrue((yield* store.claim(run, "one", [b])).cells[0]?.granted)
    const taken = yield* Effect.flip(store.commitCheckpoint(moveOf(run, "frozen", "1", at("2", run), [a, b])))
    assert.deepInclude(taken, { _tag: "LeaseLost" })
    assert.strictEqual((yield* store.checkpoint(place))?.id, "1")
    yield* store.claim(run, "one", [a])
    yield* store.commitCheckpoint(moveOf(run, "one", "1", at("2", run), [a, b]))
    assert.strictEqual((yield* store.checkpoint(place))?.id, "2")
  }))

  test("is refused to who executes its run, but does not hold the cell", Effect.gen(function*() {
    const { next, run, store } = yield* startedTwo
    yield* store.claim(next, "two", [a])
    let written = false
    const move = { ...moveOf(run, "one", undefined, at("1", run)), write: Effect.sync(() => void (written = true)) }
    assert.match((yield* Effect.flip(store.commitCheckpoint(move))).message, /no longer holds nhl.games/)
    assert.deepStrictEqual([written, yield* store.checkpoint(place)], [false, undefined])
    yield* store.commitCheckpoint(moveOf(next, "two", undefined, at("1", next)))
    const removal = moveOf(run, "one", "1", undefined)
    assert.deepInclude(yield* Effect.flip(store.commitCheckpoint(removal)), { _tag: "LeaseLost" })
    assert.strictEqual((yield* store.checkpoint(place))?.id, "1")
  }))

  test("is refused to who loses the run while the rows are put aside", Effect.gen(function*() {
    const { store } = yield* started
    yield* store.startWorker(worker("frozen"))
    const run = yield* store.createRun(request, "frozen")
    yield* store.claim(run, "frozen", [a])
    yield* lapse(store, "frozen")
    const writing = yield* Deferred.make<void>()
    const lost = yield* Deferred.make<void>()
    const commit = yield* Effect.forkChild(Effect.flip(store.commitCheckpoint({
      ...moveOf(run, "frozen", undefined, at("1", run)),
      write: Effect.andThen(Deferred.succeed(writing, undefined), Deferred.await(lost))
    })))
    yield* Deferred.await(writing)
    yield* store.resumeRun(run, "one")
    yield* Deferred.succeed(lost, undefined)
    assert.match((yield* Fiber.join(commit)).message, new RegExp(`no longer executes run ${run}`))
    assert.isUndefined(yield* store.checkpoint(place))
  }))
}
