/** The states of cells as sets in Postgres, where commits, failures, readers and compactions come at the same time. */
import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, type Layer, type Scope } from "effect"
import type { Numbering } from "../../engine/record/CellSets.ts"
import { RunStore } from "../../engine/record/RunStore.ts"
import {
  all, cellsOf, comparable, commitOf, computed, ended, fromCells, gather, numbered, request, worker, written
} from "../conformance/RunStore.ts"
import { seeded } from "../conformance/Random.ts"
import { anotherStore, layer } from "./Server.ts"

const test = <A, E>(title: string, effect: Effect.Effect<A, E, Layer.Success<typeof layer> | Scope.Scope>) =>
  it.live(title, () => Effect.asVoid(Effect.provide(effect, layer)))

const assets = ["nhl/x", "nhl/y", "nhl/z"]
const asked: ReadonlyMap<string, Numbering> = new Map(assets.map((asset) => [asset, numbered]))

const agree = Effect.gen(function*() {
  const store = yield* RunStore
  for (const [asset, sets] of yield* store.cellSets(asked)) {
    assert.deepStrictEqual(comparable(sets), yield* fromCells(asset), asset)
  }
})

const rows = Effect.flatMap(PgClient.PgClient, (sql) =>
  Effect.map(
    sql<{ deltas: number; bases: number; marks: number }>`
      select
        (count(*) filter (where not is_base))::integer as deltas,
        (count(*) filter (where is_base))::integer as bases,
        (select count(*) from sluice.numberings)::integer as marks
      from sluice.cell_sets
    `,
    ([found]) => found!
  ))

/** A worker that commits, fails and gives back random cells of all assets. */
const work = Effect.fnUntraced(function*(store: RunStore["Service"], id: string, seed: number, rounds: number) {
  const random = seeded(seed)
  yield* store.startWorker(worker(id))
  const run = yield* store.createRun(request, id)
  for (let round = 0; round < rounds; round++) {
    const cells = assets.flatMap((asset) => {
      const from = random.int(0, 80)
      return cellsOf(asset, from, from + random.int(0, 10))
    })
    const claimed = yield* store.claim(run, id, cells)
    const granted = cells.filter((_, place) => claimed.cells[place]?.granted === true)
    const kept = granted.filter(() => random.next() < 0.6)
    const failed = granted.filter((cell) => !kept.includes(cell))
    yield* store.commit(commitOf(run, id, kept.map((cell) =>
      computed(cell, { codeVersion: random.pick(["v1", "v1", "v2", "v3"]) }))))
    yield* store.endSteps(run, id, failed.map((cell) => ended(cell, "failed")), gather)
  }
})

describe("sets of cells in Postgres", () => {
  test("say what the cells say after eight workers and two readers that fold and compact at once", Effect.gen(function*() {
    const reader = yield* anotherStore
    const second = yield* anotherStore
    const stores = yield* Effect.forEach(Array.from({ length: 8 }), () => anotherStore)
    for (let quiet = 0; quiet < 4; quiet++) {
      const read = (store: RunStore["Service"]) =>
        Effect.forkChild(Effect.forever(Effect.andThen(store.cellSets(asked), Effect.sleep(1))))
      const readers = [yield* read(reader), yield* read(second)]
      yield* Effect.all(
        stores.map((store, place) => work(store, `worker ${quiet} ${place}`, 100 * quiet + place, 25)),
        { concurrency: 8 }
      )
      yield* Fiber.interruptAll(readers)
      yield* agree
    }
    yield* agree
    const { bases, deltas } = yield* rows
    // Three assets with three bases and failed cells: whoever read has kept the log short.
    assert.isAtMost(deltas, 3 * 64)
    assert.isAbove(bases, 0)
    assert.isAtMost(bases, 3 * 4)
  }))

  test("are made anew while commits are under way, and lose none of them", Effect.gen(function*() {
    const sql = yield* PgClient.PgClient
    const reader = yield* anotherStore
    const stores = yield* Effect.forEach(Array.from({ length: 4 }), () => anotherStore)
    const rebuild = Effect.gen(function*() {
      yield* sql`update sluice.numberings set numbering = 'of yesterday'`
      yield* reader.cellSets(asked)
    })
    yield* reader.cellSets(asked)
    const rebuilds = yield* Effect.forkChild(Effect.forever(Effect.andThen(rebuild, Effect.sleep(2))))
    yield* Effect.all(stores.map((store, place) => work(store, `worker ${place}`, 900 + place, 40)), { concurrency: 4 })
    yield* Fiber.interrupt(rebuilds)
    yield* agree
    yield* sql`update sluice.numberings set numbering = 'of yesterday'`
    yield* agree
  }))

  test("hold a commit that was open while they were made anew or compacted", Effect.gen(function*() {
    const sql = yield* PgClient.PgClient
    const store = yield* RunStore
    const other = yield* anotherStore
    yield* store.startWorker(worker("one"))
    const run = yield* store.createRun(request, "one")
    const cells = cellsOf("nhl/x", 0, 80).map((cell) => computed(cell))
    yield* store.claim(run, "one", cells)
    yield* agree
    // More rows than are kept: the next reader compacts.
    for (const cell of cells.slice(0, 70)) yield* store.commit(commitOf(run, "one", [cell]))
    for (const how of ["compacted", "made anew"] as const) {
      const again = cells.slice(0, 3).map((cell) => ({ ...cell, codeVersion: how }))
      yield* store.claim(run, "one", again)
      const gathered = yield* Deferred.make<void>()
      const seen = yield* Deferred.make<void>()
      // `keys` is asked before the log is written; the log of this commit is then open until the end of its keys.
      const lock = yield* Effect.forkChild(sql.withTransaction(Effect.gen(function*() {
        yield* sql`lock table sluice.partition_key_sources in exclusive mode`
        yield* Deferred.succeed(gathered, undefined)
        yield* Deferred.await(seen)
      })))
      yield* Deferred.await(gathered)
      const commit = yield* Effect.forkChild(store.commit({
        ...commitOf(run, "one", again),
        keys: () => [{ set: "game", source: "0", keys: ["g1"], replaces: true }]
      }))
      // Until the commit waits for the table, with its rows of the log written.
      yield* Effect.repeat(
        sql<{ n: number }>`select count(*)::integer as n from pg_locks where not granted`,
        { until: ([row]) => row!.n > 0 }
      )
      if (how === "made anew") yield* sql`delete from sluice.numberings`
      const before = yield* rows
      yield* other.cellSets(asked)
      const after = yield* rows
      assert.isTrue(how === "made anew" ? after.marks === 3 : before.deltas > 64 && after.deltas === 0, how)
      yield* Deferred.succeed(seen, undefined)
      yield* Fiber.join(lock)
      assert.lengthOf(yield* Fiber.join(commit), 3)
      yield* agree
      assert.strictEqual((yield* rows).deltas, 1)
    }
  }))

  test("are found in a database from before there were any", Effect.gen(function*() {
    const sql = yield* PgClient.PgClient
    yield* sql`
      insert into sluice.cells (asset, partition, data_version, materialized_at, materialized_by, code_version, inputs, failed)
      select
        'nhl/x', i, i, now(), 1, 'v' || i % 3,
        case when i % 2 = 0 then jsonb_build_object('d', jsonb_build_object('asset', 'nhl/days', 'count', i, 'sum', i, 'max', i)) end,
        i % 7 = 0
      from generate_series(1, 3000) as i
    `
    yield* sql`insert into sluice.cells (asset, partition, failed, error) values ('nhl/y', '4', true, 'no'), ('nhl/y', 'x', true, 'no')`
    yield* sql`insert into sluice.cells (asset, partition, data_version, code_version) values ('nhl/z', 'removed', 9999, 'v1')`
    yield* agree
    assert.strictEqual((yield* rows).marks, 3)
    assert.isTrue((yield* (yield* RunStore).cellSets(asked)).get("nhl/z")?.strays)
    yield* agree
  }))

  test("are still read where nothing can be written", Effect.gen(function*() {
    const sql = yield* PgClient.PgClient
    const store = yield* RunStore
    yield* store.startWorker(worker("one"))
    const run = yield* store.createRun(request, "one")
    yield* agree
    for (const cell of cellsOf("nhl/x", 0, 70).map((cell) => computed(cell))) {
      yield* store.claim(run, "one", [cell])
      yield* store.commit(commitOf(run, "one", [cell]))
    }
    yield* sql`alter table sluice.cell_sets add constraint nothing check (not is_base)`
    yield* agree
    assert.strictEqual((yield* rows).deltas, 70)
    yield* sql`alter table sluice.cell_sets drop constraint nothing`
    yield* agree
    assert.deepStrictEqual(yield* rows, { deltas: 0, bases: 1, marks: 3 })
  }))

  test("are one row a commit, asset and basis, whatever the number of cells", Effect.gen(function*() {
    const store = yield* RunStore
    yield* store.startWorker(worker("one"))
    const run = yield* store.createRun(request, "one")
    const cells = assets.flatMap((asset) => cellsOf(asset, 0, 500)).map((cell) => computed(cell))
    yield* store.claim(run, "one", cells)
    yield* store.commit({ ...commitOf(run, "one", cells), write: Effect.succeed(cells.map(() => written())) })
    assert.strictEqual((yield* rows).deltas, 3)
    assert.strictEqual((yield* store.cells(all("nhl/x"))).get("nhl/x")?.size, 500)
  }))
})
