import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Queue, type Schema, type Scope, Stream } from "effect"
import { Schema as S } from "effect"
import { appendFileSync, mkdtempSync, mkdirSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { Sensor } from "../../../index.ts"
import { ObjectStore } from "../../../resources/objects/ObjectStore.ts"
import * as TestDatabase from "../../TestDatabase.ts"

/** What a sensor reports, as it comes; the cursor after the last of it. */
const observed = Effect.fnUntraced(function*<R>(sensor: Sensor.Sensor<R>, cursor: Schema.Json = null) {
  const reports = yield* Queue.unbounded<Sensor.Reported>()
  const fiber = yield* Effect.forkScoped(Stream.runForEach(sensor.observe(cursor), (report) => Queue.offer(reports, report)))
  let last = cursor
  /** The keys of the next report that has any. */
  const next = Effect.gen(function*() {
    for (;;) {
      const { asked, cursor } = yield* Queue.take(reports)
      last = cursor
      if (asked.length > 0) return asked.map(({ key }) => key)
    }
  }).pipe(Effect.timeout("5 seconds"))
  return { next, reports, stop: Fiber.interrupt(fiber), cursor: () => last }
})

const inFolder = <A, E>(test: (root: string) => Effect.Effect<A, E, ObjectStore | Scope.Scope>) =>
  Effect.gen(function*() {
    const root = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(path.join(tmpdir(), "sluice-sensor-"))),
      (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
    )
    yield* Effect.provide(test(root), ObjectStore.layer({ root }))
  }).pipe(Effect.scoped)

describe("files that are observed", () => {
  // The next listing would be in a minute: what comes before is told by the file system.
  const files = (glob: string, settled = "50 millis" as const) =>
    Sensor.make("files", { ...Sensor.files(glob, { every: "1 minute", settled }), request: (_, key) => ({ key: key.split(" ")[0]! }) })

  it.live("are found when they come, each version once, whatever their time", () =>
    inFolder((root) =>
      Effect.gen(function*() {
        const file = (name: string) => path.join(root, "inbox", name)
        mkdirSync(path.join(root, "inbox"))
        writeFileSync(file("a.csv"), "1")
        writeFileSync(file("a.txt"), "1")
        const first = yield* observed(files("inbox/*.csv"))
        assert.deepStrictEqual(yield* first.next, ["inbox/a.csv"])
        writeFileSync(file("b.csv.part"), "2")
        utimesSync(file("b.csv.part"), 0, 0)
        renameSync(file("b.csv.part"), file("b.csv"))
        assert.deepStrictEqual(yield* first.next, ["inbox/b.csv"])
        writeFileSync(file("a.csv"), "changed")
        assert.deepStrictEqual(yield* first.next, ["inbox/a.csv"])
        yield* first.stop
        // While nobody looks.
        rmSync(file("a.csv"))
        writeFileSync(file("c.csv"), "3")
        const second = yield* observed(files("inbox/*.csv"), first.cursor())
        assert.deepStrictEqual(yield* second.next, ["inbox/c.csv"])
        assert.sameMembers(Object.keys(second.cursor() as object), ["inbox/b.csv", "inbox/c.csv"])
      })))

  it.live("are found below folders that are new, and when they are whole", () =>
    inFolder((root) =>
      Effect.gen(function*() {
        mkdirSync(path.join(root, "in"))
        const all = yield* observed(files("in/"))
        yield* Effect.sleep(50)
        mkdirSync(path.join(root, "in", "deep"))
        const file = path.join(root, "in", "deep", "x")
        for (let i = 0; i < 8; i++) {
          appendFileSync(file, "more")
          yield* Effect.sleep(20)
        }
        assert.deepStrictEqual(yield* all.next, ["in/deep/x"])
        assert.strictEqual(yield* Queue.size(all.reports), 0)
      })))

  it.live("are found in a folder that is not there yet", () =>
    inFolder((root) =>
      Effect.gen(function*() {
        const later = yield* observed(Sensor.make("files", { ...Sensor.files("later/*", { every: "50 millis", settled: "10 millis" }) }))
        yield* Effect.sleep(60)
        mkdirSync(path.join(root, "later"))
        writeFileSync(path.join(root, "later", "x"), "1")
        assert.lengthOf(yield* later.next, 1)
      })))
})

const test = <A, E>(title: string, effect: Effect.Effect<A, E, PgClient.PgClient | Scope.Scope>) =>
  it.live(title, () => Effect.asVoid(Effect.scoped(effect)).pipe(Effect.provide(TestDatabase.layer)))

const table = Effect.gen(function*() {
  const sql = yield* PgClient.PgClient
  yield* sql.unsafe("create schema shop")
  yield* sql.unsafe("create table shop.wishes (id integer generated always as identity primary key, day date, version integer default 1)")
  yield* sql.unsafe("insert into shop.wishes (day) values ('2026-03-01')")
  return sql
})

const row = S.Struct({ id: S.Int, day: S.String, version: S.Int })

describe("rows that are observed", () => {
  test("none is lost to a transaction that commits late, nor one in a savepoint", Effect.gen(function*() {
    const sql = yield* table
    const sensor = Sensor.make("rows", Sensor.rows({ table: "shop.wishes", row, key: ({ id }) => String(id), every: "20 millis" }))
    const one = yield* observed(sensor)
    assert.deepStrictEqual(yield* one.next, ["1"])
    const isIn = yield* Queue.unbounded<void>()
    const mayCommit = yield* Queue.unbounded<void>()
    const late = yield* Effect.forkScoped(sql.withTransaction(Effect.gen(function*() {
      yield* sql.unsafe("select txid_current()")
      yield* sql.withTransaction(sql.unsafe("insert into shop.wishes (day) values ('2026-03-02')"))
      yield* Queue.offer(isIn, undefined)
      yield* Queue.take(mayCommit)
    })))
    yield* Queue.take(isIn)
    yield* sql.unsafe("insert into shop.wishes (day) values ('2026-03-03')")
    // Others may come again, where an older transaction is open on the server.
    while (!(yield* one.next).includes("3")) continue
    yield* Effect.sleep(100)
    yield* Queue.offer(mayCommit, undefined)
    yield* Fiber.join(late)
    const keys = new Set<string>()
    while (!keys.has("2")) for (const key of yield* one.next) keys.add(key)
    yield* one.stop
    yield* sql.unsafe("insert into shop.wishes (day) values ('2026-03-04')")
    const two = yield* observed(sensor, one.cursor())
    while (!keys.has("4")) for (const key of yield* two.next) keys.add(key)
  }))

  test("are told by a channel; updates are found where the key says so, and what is there may be passed over", Effect.gen(function*() {
    const sql = yield* table
    const sensor = Sensor.make("rows", Sensor.rows({
      table: "shop.wishes", row, key: ({ id, version }) => `${id} ${version}`, channel: "wishes", every: "1 minute", existing: false
    }))
    const { next, reports } = yield* observed(sensor)
    yield* Queue.take(reports)
    yield* Effect.sleep(100)
    yield* sql.unsafe("update shop.wishes set version = 2")
    yield* sql.unsafe("notify wishes")
    while (!(yield* next).includes("1 2")) continue
  }))

  test("that are not what was declared, or a table that is none, fail in a sentence", Effect.gen(function*() {
    yield* table
    const wrong = Sensor.make("rows", Sensor.rows({ table: "shop.wishes", row: S.Struct({ id: S.String }), key: ({ id }) => id }))
    const failure = yield* Effect.flip(Stream.runDrain(wrong.observe(null)))
    assert.include(failure.message, "string")
    const none = Sensor.make("rows", Sensor.rows({ table: "shop.none", row, key: ({ id }) => String(id) }))
    assert.include((yield* Effect.flip(Stream.runDrain(none.observe(null)))).message, "shop.none")
  }))
})

describe("notifications that are observed", () => {
  test("are requests of their own, also when their payloads are equal", Effect.gen(function*() {
    const sql = yield* PgClient.PgClient
    const payloads: Array<string> = []
    const sensor = Sensor.make("told", {
      ...Sensor.notify("my channel"),
      request: (payload) => {
        payloads.push(payload)
        return {}
      }
    })
    const { cursor, next, reports } = yield* observed(sensor)
    yield* Queue.take(reports)
    yield* sql`select pg_notify('my channel', 'same')`
    yield* sql`select pg_notify('my channel', 'same')`
    assert.deepStrictEqual([...yield* next, ...yield* next], ["1", "2"])
    assert.deepStrictEqual([payloads, cursor()], [["same", "same"], 2])
  }))
})
