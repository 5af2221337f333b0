import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Context, Deferred, Effect, Fiber, Layer, Redacted, type Scope } from "effect"
import * as Statement from "effect/sql/Statement"
import * as PartitionSet from "../../engine/partition/PartitionSet.ts"
import { BackfillStore } from "../../engine/record/BackfillStore.ts"
import { RunStore } from "../../engine/record/RunStore.ts"
import * as PostgresRunStore from "../../storage/PostgresRunStore.ts"
import {
  begun, cells, end, games, gather, Known, materialize, refusal, request, stats, textOf
} from "../conformance/backfill-store/Records.ts"
import { backfillStoreConformance } from "../conformance/BackfillStore.ts"
import { seeded } from "../conformance/Random.ts"
import { cellsOf, computed, worker, written } from "../conformance/RunStore.ts"
import * as TestDatabase from "../TestDatabase.ts"

const layer = Layer.provideMerge(PostgresRunStore.layer, TestDatabase.layerMigrated)

backfillStoreConformance("PostgresRunStore", layer)

const test = <A, E>(
  title: string,
  effect: Effect.Effect<A, E, Layer.Success<typeof layer> | Scope.Scope>
) => it.live(title, () => Effect.asVoid(Effect.provide(effect, layer)), 60_000)

/** The stores as another process has them: with connections of its own to the same database. */
const another = Effect.gen(function*() {
  const url = Redacted.make(yield* TestDatabase.url)
  const client = Layer.fresh(PgClient.layer({ url, maxConnections: 2 }))
  const context = yield* Layer.build(Layer.provideMerge(PostgresRunStore.layer, client))
  return {
    context: Context.pick(RunStore, BackfillStore)(context),
    runs: Context.get(context, RunStore),
    store: Context.get(context, BackfillStore),
    sql: Context.get(context, PgClient.PgClient)
  }
})

describe("lots in Postgres", () => {
  for (const seed of [1, 2, 3]) {
    test(`of six processes that die never overlap, and every cell is done once (seed ${seed})`, Effect.gen(function*() {
      const random = seeded(seed)
      const all = 400
      const { store: first, runs } = yield* begun
      const id = yield* first.create(request, [cells(games, 0, all - 1)], [], "one")
      yield* first.leave(id, "one")
      yield* runs.startWorker(worker("keeper"))
      yield* first.join(id, "keeper")

      // What the processes know to be true: who has which lot, and what is done.
      const held = new Map<number, { readonly worker: string; readonly cells: PartitionSet.PartitionSet }>()
      const given = new Map<number, number>()
      let done = PartitionSet.empty(1)
      let deaths = 0
      let orphaned = PartitionSet.empty(1)

      const life = Effect.fnUntraced(function*(process: number) {
        const { context, runs, sql, store } = yield* another
        const known = new Known()
        let name = ""
        let isNew = true
        const start = Effect.gen(function*() {
          name = `p${process}-${deaths}-${Math.floor(random.next() * 1e9)}`
          yield* runs.startWorker(worker(name))
          yield* store.join(id, name)
        })
        yield* start
        for (;;) {
          const size = random.int(1, 25)
          const lots = yield* store.take(id, name, known.since, (look) => {
            known.absorb(look)
            const open = known.open(look, games)
            const one = PartitionSet.take(open, size)
            const other = PartitionSet.take(PartitionSet.difference(open, one), 3)
            return [one, other].filter((set) => !PartitionSet.isEmpty(set)).map((set) => (
              { asset: games, numbering: "numbers", cells: set }
            ))
          })
          for (const lot of lots) {
            const again = PartitionSet.intersection(lot.cells, done)
            assert.isTrue(PartitionSet.isEmpty(again), `given out though done: ${textOf(again)}`)
            for (const [number, other] of held) {
              const both = PartitionSet.intersection(lot.cells, other.cells)
              const overlap = `lot ${lot.number} of ${name} and ${number} of ${other.worker}: ${textOf(both)}`
              assert.isTrue(PartitionSet.isEmpty(both), overlap)
            }
            held.set(lot.number, { worker: name, cells: lot.cells })
            for (const [point] of PartitionSet.points(lot.cells)) given.set(point!, (given.get(point!) ?? 0) + 1)
          }
          if (lots.length === 0) {
            if (PartitionSet.size(known.of("materialized", games)) === all) return known
            yield* Effect.sleep(random.int(1, 10))
            continue
          }
          yield* Effect.sleep(random.int(0, 4))
          // Each process dies with the first lots that it gets, and later now and then.
          if (isNew || random.next() < 0.2) {
            isNew = false
            for (const { cells, number } of lots) {
              held.delete(number)
              orphaned = PartitionSet.union(orphaned, cells)
            }
            deaths++
            if (random.next() < 0.5) yield* runs.stopWorker(name)
            else yield* sql`update sluice.workers set expires_at = now() - interval '1 second' where id = ${name}`
            yield* start
            continue
          }
          for (const { cells, number } of lots) {
            // Some give back what they have not done.
            if (random.next() < 0.8) {
              for (const { from, to } of PartitionSet.ranges(cells)) {
                yield* Effect.provide(materialize(id, name, games, from, to), context)
              }
              done = PartitionSet.union(done, cells)
            }
            held.delete(number)
            yield* store.endLots(id, name, [number], [])
          }
        }
      })

      const known = yield* Effect.all([0, 1, 2, 3, 4, 5].map(life), { concurrency: 6 })
      assert.isAbove(deaths, 0)
      assert.strictEqual(textOf(done), `0-${all - 1}`)
      for (const [point] of PartitionSet.points(orphaned)) assert.isAbove(given.get(point!) ?? 0, 1)
      const fresh = new Known()
      fresh.absorb(yield* first.look(id, null))
      for (const one of known) {
        one.absorb(yield* first.look(id, one.since))
        assert.deepStrictEqual(one.text, fresh.text)
      }
      const steps = yield* runs.steps(id)
      assert.lengthOf(steps, all)
      assert.deepInclude(yield* first.backfill(id), { planned: all, materialized: all })
    }))
  }

  test("are taken in a handful of statements, and a look is one", Effect.gen(function*() {
    const { id, store } = yield* begun
    let statements = 0
    const counted = Effect.provideService(Statement.CurrentTransformer, (statement) =>
      Effect.sync(() => {
        statements++
        return statement
      }))
    yield* counted(store.look(id, null))
    assert.strictEqual(statements, 1)
    yield* counted(store.take(id, "one", null, () => [cells(games, 0, 9), cells(stats, 0, 9)]))
    // Lock, free, count, look, insert.
    assert.strictEqual(statements, 1 + 5)
  }))
})

describe("retries in Postgres", () => {
  test("count what they open again, also what failed at that very moment", Effect.gen(function*() {
    const { id, store } = yield* begun
    const { sql } = yield* another
    yield* end(id, "one", "failed", games, 0, 1)
    // The retry waits where it deletes, and others record meanwhile.
    const isLocked = yield* Deferred.make<void>()
    const retried = yield* Effect.forkScoped(Effect.andThen(Deferred.await(isLocked), store.retryFailed(id)))
    yield* sql.withTransaction(Effect.gen(function*() {
      yield* sql`lock table sluice.backfill_sets in share row exclusive mode`
      yield* Deferred.succeed(isLocked, undefined)
      const isWaiting = sql`select from pg_locks where not granted and relation = 'sluice.backfill_sets'::regclass`
      while ((yield* isWaiting).length === 0) yield* Effect.sleep(5)
      yield* sql`
        insert into sluice.backfill_sets (run, asset, numbering, kind, partitions, cells)
        select run, ${stats}, numbering, 'skipped', partitions, cells
        from sluice.backfill_sets
        where run = ${id} and kind = 'failed'
      `
    }))
    assert.deepStrictEqual(yield* Fiber.join(retried), { failed: 2, skipped: 2 })
    assert.deepInclude(yield* store.backfill(id), { failed: 0, skipped: 0 })
  }))
})

describe("looks in Postgres", () => {
  test("miss nothing of a transaction that began before others and is committed after them", Effect.gen(function*() {
    const { id, store } = yield* begun
    const slow = yield* another
    yield* Effect.provide(slow.runs.claim(id, "one", cellsOf(games, 0, 3)), slow.context)
    const writing = yield* Deferred.make<void>()
    const go = yield* Deferred.make<void>()
    const commit = yield* Effect.forkChild(slow.runs.commit({
      run: id, worker: "one", cells: cellsOf(games, 0, 3).map((cell) => computed(cell)), gather, keys: () => [],
      write: Effect.gen(function*() {
        yield* Deferred.succeed(writing, undefined)
        yield* Deferred.await(go)
        return [written(), written(), written()]
      })
    }))
    yield* Deferred.await(writing)
    const known = new Known()
    known.absorb(yield* store.look(id, null))
    yield* materialize(id, "one", games, 10, 19)
    known.absorb(yield* store.look(id, known.since))
    assert.strictEqual(textOf(known.of("materialized", games)), "10-19")
    yield* materialize(id, "one", games, 20, 29)
    known.absorb(yield* store.look(id, known.since))
    // Not again what it knew, though the oldest open transaction is older than all of it.
    assert.strictEqual(known.told, 1)
    yield* Deferred.succeed(go, undefined)
    yield* Fiber.join(commit)
    known.absorb(yield* store.look(id, known.since))
    assert.strictEqual(known.told, 1)
    assert.strictEqual(textOf(known.of("materialized", games)), "0-2 10-29")
  }))

  test("add up to what is there, whoever overtakes whom, merges or tries again", Effect.gen(function*() {
    const random = seeded(7)
    const { store, runs } = yield* begun
    const id = yield* store.create(request, [cells(games, 0, 1_999), cells(stats, 0, 1_999)], [], "one")
    const writers = yield* Effect.all(Array.from({ length: 6 }, () => another))
    let writing = writers.length
    const write = Effect.fnUntraced(function*(writer: Effect.Success<typeof another>, place: number) {
      for (let round = 0; round < 130; round++) {
        const at = place * 300 + round * 2
        const asset = random.pick([games, stats])
        const dice = random.next()
        if (dice < 0.15) yield* Effect.provide(end(id, "one", "failed", asset, at, at), writer.context)
        else if (dice < 0.3) yield* writer.store.endLots(id, "one", [], [cells(asset, at, at + 1)])
        else {
          const batch = cellsOf(asset, at, at + 2)
          yield* writer.runs.claim(id, "one", batch)
          yield* writer.runs.commit({
            run: id, worker: "one", cells: batch.map((cell) => computed(cell)), gather, keys: () => [],
            write: Effect.as(Effect.sleep(random.next() < 0.1 ? random.int(5, 60) : 0), batch.map(() => written()))
          })
        }
        // 780 changes and more: they are merged once or twice.
        if (random.next() < 0.05) yield* writer.store.take(id, "one", null, () => [])
        if (random.next() < 0.01) yield* Effect.ignore(writer.store.retryFailed(id))
      }
      writing--
    })
    const poll = Effect.fnUntraced(function*(millis: number) {
      const known = new Known()
      while (writing > 0) {
        known.absorb(yield* store.look(id, known.since))
        yield* Effect.sleep(millis)
      }
      known.absorb(yield* store.look(id, known.since))
      return known
    })
    const [pollers] = yield* Effect.all([
      Effect.all([0, 3, 25].map(poll), { concurrency: 3 }),
      Effect.all(writers.map(write), { concurrency: 6 })
    ], { concurrency: 2 })
    const full = new Known()
    full.absorb(yield* store.look(id, null))
    for (const known of pollers) assert.deepStrictEqual(known.text, full.text)
    const expected = new Map((yield* store.counts(id)).map(({ asset, cells, kind }) => [`${kind} ${asset}`, cells]))
    const steps = yield* runs.steps(id, { states: ["materialized"] })
    assert.strictEqual(
      (expected.get(`materialized ${games}`) ?? 0) + (expected.get(`materialized ${stats}`) ?? 0),
      steps.length
    )
    const sql = yield* PgClient.PgClient
    const [rows] = yield* sql<{ readonly count: number; readonly wrong: number }>`
      select count(*)::integer as count,
        count(*) filter (where cells = 0)::integer as wrong
      from sluice.backfill_sets where run = ${id}
    `
    assert.isBelow(rows?.count ?? 0, 700)
    assert.strictEqual(rows?.wrong, 0)
  }))

  test("count the cells of merged rows", Effect.gen(function*() {
    const { id, store } = yield* begun
    const sql = yield* PgClient.PgClient
    for (let round = 0; round < 510; round++) {
      yield* store.endLots(id, "one", [], [cells(games, round % 50, round % 50 + 1)])
    }
    yield* store.take(id, "one", null, () => [])
    const rows = yield* sql<{ readonly kind: string; readonly cells: number }>`
      select kind, cells from sluice.backfill_sets where run = ${id} order by kind, asset
    `
    assert.deepStrictEqual(
      rows.map((row) => [row.kind, row.cells]),
      [["planned", 100], ["planned", 100], ["unchanged", 51]]
    )
  }))

  test("say so when a set was changed by hand", Effect.gen(function*() {
    const { id, store } = yield* begun
    const sql = yield* PgClient.PgClient
    for (const garbage of ["no json", "[1,[[5,2]]]", "{}"]) {
      yield* sql`update sluice.backfill_sets set partitions = ${garbage} where run = ${id}`
      const asked: ReadonlyArray<Effect.Effect<unknown, { readonly _tag: string; readonly message: string }>> = [
        store.look(id, null), store.backfill(id), store.counts(id), store.take(id, "one", null, () => [])
      ]
      for (const refused of asked) {
        assert.match(yield* refusal(refused), /RunStoreError: .* could not read a set of cells: .*changed by hand\?/)
      }
    }
  }))
})

describe("pausing, joining and ending in Postgres", () => {
  test("pausing is final: no claim is granted after it has returned, whenever it comes", Effect.gen(function*() {
    const { id, runs } = yield* begun
    const other = yield* another
    const random = seeded(11)
    const sql = yield* PgClient.PgClient
    // Until the pause has fallen between the claims a few times: anything else tests nothing.
    let between = 0
    for (let trial = 0; between < 10; trial++) {
      const asset = `trial/${trial}`
      const asked = cellsOf(asset, 0, 200)
      const claims = yield* Effect.forkChild(Effect.forEach(
        Array.from({ length: 20 }, (_, place) => asked.slice(place * 10, place * 10 + 10)),
        (batch) => runs.claim(id, "one", batch),
        { concurrency: 4 }
      ))
      yield* Effect.sleep(random.int(0, 12))
      yield* other.store.pause(id)
      const claimed = Effect.map(
        sql<{ cells: number }>`select count(*)::integer as cells from sluice.cells where asset = ${asset}`,
        (rows) => rows[0]?.cells ?? -1
      )
      const then = yield* claimed
      const granted = (yield* Fiber.join(claims)).flatMap(({ cells }) => cells).filter((cell) => cell.granted).length
      assert.strictEqual(yield* claimed, then)
      assert.strictEqual(granted, then)
      if (then > 0 && then < 200) between++
      yield* other.store.unpause(id)
      assert.strictEqual((yield* runs.claim(id, "one", asked.slice(0, 1))).standing, "running")
    }
  }))

  test("ending by Ctrl-C never leaves a process behind that has just joined", Effect.gen(function*() {
    const { id, store } = yield* begun
    const other = yield* another
    const random = seeded(13)
    const seen = new Set<boolean>()
    for (let trial = 0; trial < 60 || seen.size < 2; trial++) {
      const [finished] = yield* Effect.all([
        Effect.delay(store.finish(id, "one", "cancelled"), random.int(0, 2)),
        Effect.delay(other.store.join(id, "two"), random.int(0, 2))
      ], { concurrency: 2 })
      seen.add(finished)
      // Whoever was first: it did not end, or it was opened again.
      assert.deepInclude(yield* store.backfill(id), { state: "running", lost: false })
      yield* store.join(id, "one")
      yield* store.leave(id, "two")
    }
  }))

  test("six processes that join, pause, cancel and retry neither deadlock nor contradict each other", Effect.gen(function*() {
    const random = seeded(5)
    const { id, runs, store } = yield* begun
    const live = yield* Effect.all(Array.from({ length: 6 }, () => another))
    const meddle = Effect.fnUntraced(function*(one: Effect.Success<typeof another>, place: number) {
      const name = `meddler ${place}`
      yield* one.runs.startWorker(worker(name))
      for (let round = 0; round < 60; round++) {
        const at = place * 100 + round
        const refusable: ReadonlyArray<Effect.Effect<unknown, { readonly _tag: string; readonly message: string }>> = [
          one.store.join(id, name), one.store.leave(id, name), one.store.pause(id), one.store.unpause(id),
          one.store.retryFailed(id), one.store.finish(id, name, random.pick(["cancelled", "failed"])),
          one.runs.cancelRun(id), one.store.stop(id, "enough"), one.store.report(id, name, round),
          one.store.take(id, name, null, () => [cells(games, at, at)]),
          one.runs.claim(id, name, cellsOf(games, at, at + 3)),
          Effect.provide(end(id, name, "failed", games, at, at), one.context),
          one.store.endLots(id, name, [], [cells(stats, at, at)]),
          one.store.backfill(id)
        ]
        yield* random.pick([refusable[0]!, ...refusable]).pipe(
          // The only refusals are those that the user is to read.
          Effect.catchIf((error) => error._tag === "RunUnavailable", () => Effect.void)
        )
      }
      yield* one.store.leave(id, name)
    })
    yield* Effect.all(live.map(meddle), { concurrency: 6 })
    yield* store.leave(id, "one")
    const summary = yield* store.backfill(id)
    assert.strictEqual(summary.lost, summary.state === "running" || summary.state === "paused")
    assert.isTrue(summary.participants.every((one) => one.leftAt !== null))
    assert.strictEqual(summary.finishedAt === null, summary.lost)
    assert.deepStrictEqual((yield* store.look(id, null)).lots, [])
    yield* Effect.ignore(runs.cancelRun(id))
    assert.include(["cancelled", "failed"], (yield* store.backfill(id)).state)
  }))
})
