import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer, Random, Redacted, type Scope } from "effect"
import { SqlClient } from "effect/sql/SqlClient"
import * as Statement from "effect/sql/Statement"
import { BackfillStore } from "../../engine/record/BackfillStore.ts"
import { LeaseLost, RunStore } from "../../engine/record/RunStore.ts"
import { type Cell, cellName } from "../../engine/record/Step.ts"
import * as PostgresRunStore from "../../storage/PostgresRunStore.ts"
import {
  backfillRequest, cellsOf, commitOf, computed, ended, gather, request, runStoreConformance, worker, written
} from "../conformance/RunStore.ts"
import * as TestDatabase from "../TestDatabase.ts"
import { anotherStore, layer } from "./Server.ts"

runStoreConformance("PostgresRunStore", layer)

/** A client with connections of its own to the same database. */
const anotherClient = Effect.gen(function*() {
  const url = Redacted.make(yield* TestDatabase.url)
  return Context.get(yield* Layer.build(PgClient.layer({ url, maxConnections: 1 })), PgClient.PgClient)
})

const test = <A, E>(
  title: string,
  effect: Effect.Effect<A, E, Layer.Success<typeof layer> | Scope.Scope>
) => it.live(title, () => Effect.asVoid(Effect.provide(effect, layer)))

/** A run, its store and two cells that it holds; and a table for their data. */
const holding = Effect.gen(function*() {
  const store = yield* RunStore
  const sql = yield* PgClient.PgClient
  yield* sql`create table data (partition text primary key)`
  yield* store.startWorker(worker("one"))
  const run = yield* store.createRun(request, "one")
  const cells = cellsOf("nhl/games", 0, 2).map((cell) => computed(cell))
  yield* store.claim(run, "one", cells)
  return { cells, run, sql, store, count: countOf(sql) }
})

const countOf = (sql: PgClient.PgClient) =>
  Effect.map(
    sql<{ data: number; steps: number; versions: number }>`
      select
        (select count(*)::integer from data) as data,
        (select count(*)::integer from sluice.steps) as steps,
        (select count(*)::integer from sluice.cells where data_version is not null) as versions
    `,
    (rows) => rows[0]
  )

const nothing = { data: 0, steps: 0, versions: 0 }

const insert = (cells: ReadonlyArray<Cell>) =>
  Effect.flatMap(SqlClient, (sql) =>
    sql`insert into data select unnest(${cells.map(({ partition }) => partition)}::text[])`)

const randomCells = Effect.fnUntraced(function*(cells: ReadonlyArray<Cell>, most: number) {
  const size = yield* Random.nextIntBetween(1, most)
  return (yield* Random.shuffle(cells)).slice(0, size)
})

describe("a commit in Postgres", () => {
  test("is the transaction that write joins: its rows and the record become visible together", Effect.gen(function*() {
    const { cells, count, run, store } = yield* holding
    const other = yield* anotherClient
    const seen = Effect.map(
      other<{ rows: number }>`select count(*)::integer as rows from data`,
      (rows) => rows[0]?.rows
    )
    let during: number | undefined
    yield* store.commit({
      ...commitOf(run, "one", cells),
      write: Effect.gen(function*() {
        yield* insert(cells)
        during = yield* seen
        return cells.map(() => written())
      })
    })
    assert.strictEqual(during, 0)
    assert.strictEqual(yield* seen, 2)
    assert.deepStrictEqual(yield* count, { data: 2, steps: 2, versions: 2 })
  }))

  test("passes the error of a failing write through and leaves no trace of it", Effect.gen(function*() {
    const { cells, count, run, store } = yield* holding
    const error = yield* Effect.flip(store.commit({
      ...commitOf(run, "one", cells),
      write: Effect.as(Effect.andThen(insert(cells), insert(cells)), cells.map(() => written()))
    }))
    assert.isTrue(error._tag === "SqlError" && error.reason._tag === "UniqueViolation", error.message)
    assert.deepStrictEqual(yield* count, nothing)
    assert.lengthOf(yield* store.commit(commitOf(run, "one", cells)), 2)
  }))

  for (const moment of ["inside write", "after write"] as const) {
    test(`loses its connection ${moment}: transient, nothing recorded, works again`, Effect.gen(function*() {
      const { cells, count, run, sql, store } = yield* holding
      const other = yield* anotherClient
      const error = yield* Effect.flip(store.commit({
        ...commitOf(run, "one", cells),
        write: Effect.gen(function*() {
          yield* insert(cells.slice(0, 1))
          const [backend] = yield* sql<{ pid: number }>`select pg_backend_pid() as pid`
          yield* other`select pg_terminate_backend(${backend?.pid ?? 0}, 5000)`
          if (moment === "inside write") yield* insert(cells.slice(1))
          return cells.map(() => written())
        })
      }))
      assert.strictEqual(error._tag, "RunStoreError")
      assert.isTrue(error._tag === "RunStoreError" && error.transient, error.message)
      assert.deepStrictEqual(yield* count, nothing)
      const claimed = yield* store.claim(run, "one", cells)
      assert.isTrue(claimed.cells.every((cell) => cell.granted && cell.version === undefined))
      yield* store.commit({
        ...commitOf(run, "one", cells),
        write: Effect.as(insert(cells), cells.map(() => written()))
      })
      assert.deepStrictEqual(yield* count, { data: 2, steps: 2, versions: 2 })
    }))
  }

  test("of a holder that was taken over writes nothing", Effect.gen(function*() {
    const { cells, count, run, sql, store } = yield* holding
    yield* sql`update sluice.workers set expires_at = now() - interval '1 second'`
    const successor = yield* anotherStore
    yield* successor.startWorker(worker("two"))
    const next = yield* successor.createRun(request, "two")
    assert.isTrue((yield* successor.claim(next, "two", cells.slice(1))).cells[0]?.granted)
    const error = yield* Effect.flip(store.commit({
      ...commitOf(run, "one", cells),
      write: Effect.as(Effect.orDie(insert(cells)), cells.map(() => written()))
    }))
    assert.instanceOf(error, LeaseLost)
    assert.deepStrictEqual(error.cells, cellsOf("nhl/games", 1, 2))
    assert.deepStrictEqual(yield* count, nothing)
  }))
})

describe("the work for a batch in Postgres", () => {
  test("is a handful of statements however many cells it has", Effect.gen(function*() {
    const { run, store } = yield* holding
    let statements = 0
    const counted = Effect.provideService(Statement.CurrentTransformer, (statement) =>
      Effect.sync(() => {
        statements++
        return statement
      }))
    const cells = cellsOf("nhl/games", 0, 5_000).map((cell) => computed(cell))
    const keys = () => cells.map(({ partition }) => ({ set: "game", source: partition, keys: [`a${partition}`], replaces: true }))
    yield* counted(store.claim(run, "one", cells))
    assert.strictEqual(statements, 1)
    yield* counted(store.commit({ ...commitOf(run, "one", cells), keys }))
    // Lock, run, cells, steps, sets, and five for keys that are new.
    assert.strictEqual(statements, 1 + 10)
    yield* store.claim(run, "one", cells)
    statements = 0
    yield* counted(store.commit({ ...commitOf(run, "one", cells), keys }))
    // Three for keys that are not.
    assert.strictEqual(statements, 8)
  }))
})

describe("claims in Postgres", () => {
  test("grant each of 1,000 cells once to two workers that race over 200 random batches", Effect.gen(function*() {
    const cells = cellsOf("nhl/games", 0, 1_000)
    const stores = [yield* anotherStore, yield* anotherStore]
    const owner = new Map<string, string>()
    const race = Effect.fnUntraced(function*(store: RunStore["Service"], id: string) {
      yield* store.startWorker(worker(id))
      const run = yield* store.createRun(request, id)
      const batch = Effect.gen(function*() {
        const asked = yield* randomCells(cells, 100)
        const claimed = yield* store.claim(run, id, asked)
        for (const [place, cell] of asked.entries()) {
          if (claimed.cells[place]?.granted !== true) continue
          assert.strictEqual(owner.get(cellName(cell)) ?? id, id)
          owner.set(cellName(cell), id)
        }
      })
      yield* Effect.forEach(Array.from({ length: 100 }), () => batch, { concurrency: 4 })
      const rest = yield* store.claim(run, id, cells)
      for (const [place, cell] of cells.entries()) {
        if (rest.cells[place]?.granted !== true) continue
        assert.strictEqual(owner.get(cellName(cell)) ?? id, id)
        owner.set(cellName(cell), id)
      }
    })
    yield* Effect.all(stores.map((store, place) => race(store, `worker ${place}`)), { concurrency: 2 })
    assert.strictEqual(owner.size, 1_000)
  }))

  test("commits, failures and releases of random batches never deadlock and never overlap", Effect.gen(function*() {
    const cells = cellsOf("nhl/games", 0, 60)
    const stores = [yield* anotherStore, yield* anotherStore, yield* anotherStore]
    const held = new Map<string, string>()
    const versions = new Map<string, number>()
    const race = Effect.fnUntraced(function*(store: RunStore["Service"], id: string) {
      yield* store.startWorker(worker(id))
      const run = yield* store.createRun(request, id)
      for (let round = 0; round < 70; round++) {
        const asked = yield* randomCells(cells, 40)
        const claimed = yield* store.claim(run, id, asked)
        const granted = asked.filter((_, place) => claimed.cells[place]?.granted === true)
        for (const cell of granted) {
          assert.isUndefined(held.get(cellName(cell)))
          held.set(cellName(cell), id)
        }
        const third = Math.ceil(granted.length / 3)
        for (const cell of granted) held.delete(cellName(cell))
        const steps = yield* store.commit({
          ...commitOf(run, id, granted.slice(0, third).map((cell) => computed(cell))),
          keys: () => granted.slice(0, third).map(({ partition }) => ({
            set: "game", source: partition, keys: [`g${round % 7}`, `g${round % 5}`], replaces: round % 3 > 0
          }))
        })
        for (const step of steps) {
          assert.isAbove(step.dataVersion ?? 0, versions.get(cellName(step)) ?? 0)
          versions.set(cellName(step), step.dataVersion ?? 0)
        }
        yield* store.endSteps(run, id, granted.slice(third, 2 * third).map((cell) => ended(cell, "failed")), gather)
        yield* store.release(run, id, granted.slice(2 * third))
      }
    })
    yield* Effect.all(stores.map((store, place) => race(store, `worker ${place}`)), { concurrency: 3 })
  }))

  test("let a pause and a cancel through while eight processes claim without a break, and none after them", Effect.gen(function*() {
    const backfills = yield* BackfillStore
    const store = yield* RunStore
    yield* store.startWorker(worker("one"))
    const run = yield* backfills.create(backfillRequest, [], [], "one")
    // The pause or cancel that stands at the moment, by number; 0: none.
    let held = 0
    let granted = 0
    let late = 0
    const busy = Effect.fnUntraced(function*(place: number) {
      const own = yield* anotherStore
      const id = `worker ${place}`
      yield* own.startWorker(worker(id))
      yield* backfills.join(run, id)
      const cells = cellsOf(`nhl/x${place}`, 0, 5).map((cell) => computed(cell))
      const once = Effect.gen(function*() {
        const heldBefore = held
        const claimed = yield* own.claim(run, id, cells)
        // Refused in a pause that is over when the claim asks how the run stands, it says "running" too.
        if (!claimed.cells.every((cell) => cell.granted)) return
        granted++
        // A claim that was asked for in a pause may come to its turn after it.
        if (heldBefore !== 0 && held === heldBefore) late++
        yield* own.commit(commitOf(run, id, cells))
      })
      return yield* Effect.forkChild(Effect.forever(once))
    })
    const fibers = yield* Effect.forEach(Array.from({ length: 8 }, (_, i) => i), busy)
    for (let trial = 0; trial < 5; trial++) {
      const before = granted
      yield* Effect.repeat(Effect.sleep(5), { until: () => granted > before + 20 })
      yield* backfills.pause(run)
      held = trial + 1
      yield* Effect.sleep(30)
      held = 0
      yield* backfills.unpause(run)
    }
    yield* store.cancelRun(run)
    held = 6
    yield* Effect.sleep(50)
    assert.strictEqual(late, 0)
    for (const fiber of fibers) {
      const exit = fiber.pollUnsafe()
      assert.isUndefined(exit, String(exit))
    }
    yield* Fiber.interruptAll(fibers)
  }))

  test("are never granted after cancelRun has returned, whenever it comes", Effect.gen(function*() {
    const store = yield* RunStore
    const other = yield* anotherStore
    const sql = yield* PgClient.PgClient
    yield* store.startWorker(worker("one"))
    // Until the cancel has fallen between the claims a few times: anything else tests nothing.
    let between = 0
    for (let trial = 0; between < 10; trial++) {
      const run = yield* store.createRun(request, "one")
      const cells = cellsOf(`trial/${trial}`, 0, 200)
      const claims = yield* Effect.forkChild(
        Effect.forEach(
          Array.from({ length: 20 }, (_, place) => cells.slice(place * 10, place * 10 + 10)),
          (batch) => store.claim(run, "one", batch),
          { concurrency: 4 }
        )
      )
      yield* Effect.sleep(yield* Random.nextBetween(0, 12))
      yield* other.cancelRun(run)
      const claimed = Effect.map(
        sql<{ cells: number }>`select count(*)::integer as cells from sluice.cells where asset = ${`trial/${trial}`}`,
        (rows) => rows[0]?.cells ?? -1
      )
      const then = yield* claimed
      const granted = (yield* Fiber.join(claims)).flatMap(({ cells }) => cells).filter((cell) => cell.granted).length
      assert.strictEqual(yield* claimed, then)
      assert.strictEqual(granted, then)
      if (then > 0 && then < 200) between++
    }
  }))
})

describe("a run store whose database goes away", () => {
  it.live("says that another try is no use when it was dropped", () =>
    Effect.gen(function*() {
      const store = yield* Effect.provide(anotherStore, TestDatabase.layer)
      const error = yield* Effect.flip(store.heartbeat("one"))
      assert.match(error.message, /could not renew the lease of the worker one: database ".*" does not exist/)
      assert.isFalse(error.transient)
      const cells = cellsOf("nhl/games", 0, 2).map((cell) => computed(cell))
      const one = yield* Effect.flip(store.commit(commitOf(1, "one", cells.slice(0, 1))))
      assert.match(one.message, /could not commit 1 cell of run 1: database/)
      const two = yield* Effect.flip(store.commit(commitOf(1, "one", cells)))
      assert.match(two.message, /could not commit 2 cells of run 1: database/)
    }).pipe(Effect.scoped))

  it.live("says that another try may succeed when nobody listens", () =>
    Effect.gen(function*() {
      const nobody = PgClient.layer({ url: Redacted.make("postgres://nobody@127.0.0.1:1/none") })
      const error = yield* Effect.flip(Layer.build(Layer.provide(PostgresRunStore.layer, nobody)))
      assert.isTrue(error._tag === "RunStoreError" && error.transient, error.message)
    }).pipe(Effect.scoped))

  test("survives that all its connections are cut", Effect.gen(function*() {
    const { run, sql, store } = yield* holding
    const other = yield* anotherClient
    const calls = yield* Effect.forkChild(
      Effect.forEach(cellsOf("nhl/games", 0, 300), (cell) => Effect.exit(store.claim(run, "one", [cell])), {
        concurrency: 5
      })
    )
    for (let cut = 0; cut < 5; cut++) {
      yield* Effect.sleep(10)
      yield* other`
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid()
      `
    }
    const failures = (yield* Fiber.join(calls)).filter(Exit.isFailure)
    for (const { cause } of failures) {
      for (const reason of cause.reasons) {
        assert.isTrue(reason._tag === "Fail" && reason.error.transient, String(cause))
      }
    }
    assert.isTrue(yield* Effect.retry(store.heartbeat("one"), { times: 20 }))
    assert.lengthOf(yield* sql`select 1 as one`, 1)
  }))
})
