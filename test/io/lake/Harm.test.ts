/** Lakes under harm: files that are touched by hand, writers that die, are frozen, are too late. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Stored } from "../../../engine/definition/Io.ts"
import * as Rows from "../../../engine/definition/Rows.ts"
import { Lake } from "../../../io/lake/Lake.ts"
import * as Transaction from "../../../io/warehouse/Transaction.ts"
import * as TestDatabase from "../../TestDatabase.ts"
import { days, Row, rowsOf } from "./days.ts"
import { expire, filesIn, folder, lakeAt, within } from "./place.ts"

const asset: Stored = { key: "nhl/games", output: Rows.of(Schema.Struct({ id: Schema.Int }), { key: ["id"] }), partitioned: true }
const cell = (partition: string, value: unknown) => ({ asset, partition, value })

const setUp = Effect.gen(function*() {
  const lake = yield* Lake
  yield* lake.prepare(asset)
  const load = Effect.map(lake.load({ asset, partitions: "all" }), ({ values }) => values)
  return { lake, load, stage: (partition: string, value: unknown) => lake.stage?.(cell(partition, value)) ?? Effect.void }
})

describe("Lake under harm", () => {
  for (const format of ["parquet", "csv", "ndjson"] as const) {
    it.effect(`tells ${format} files that were removed, cut off, or written over by hand`, () =>
      within({ format }, (root) =>
        Effect.gen(function*() {
          const { lake, load } = yield* setUp
          yield* lake.write([cell("a", [{ id: 1 }, { id: 2 }])])
          const [name = ""] = filesIn(root)
          const file = path.join(root, name)
          const whole = fs.readFileSync(file)
          const told = (reading: Effect.Effect<unknown, { readonly message: string }>, what: string) =>
            Effect.map(Effect.flip(reading), ({ message }) => {
              assert.include(message, `The file of nhl/games, partition a`)
              assert.include(message, name)
              assert.include(message, what)
              assert.include(message, "`sluice materialize nhl/games --force --partitions 'a'`")
            })
          fs.writeFileSync(file, whole.subarray(0, whole.length - 3))
          yield* told(load, `was cut off: it has ${whole.length - 3} bytes, and was written with ${whole.length}`)
          yield* told(Stream.runDrain(lake.stream({ asset, partitions: ["a"] })), "was cut off")
          fs.writeFileSync(file, Buffer.alloc(whole.length, "x"))
          yield* told(load, "cannot be read")
          fs.rmSync(file)
          yield* told(load, "is not there any more")
          yield* lake.write([cell("a", [{ id: 1 }])])
          assert.deepStrictEqual(yield* load, [{ id: 1 }])
        })))
  }

  it.effect("shows nothing of what was staged and never committed, and removes it later", () =>
    within({}, (root) =>
      Effect.gen(function*() {
        const { lake, load, stage } = yield* setUp
        const sql = yield* SqlClient.SqlClient
        yield* lake.write([cell("a", [{ id: 1 }])])
        yield* stage("a", [{ id: 2 }])
        yield* Effect.flip(sql.withTransaction(Effect.andThen(lake.write([cell("a", [{ id: 3 }])]), Effect.fail("rolled back"))))
        assert.deepStrictEqual(yield* load, [{ id: 1 }])
        assert.strictEqual(filesIn(root).length, 3)
        yield* expire
        yield* lake.prepare(asset)
        assert.strictEqual(filesIn(root).length, 1)
        assert.deepStrictEqual(yield* sql`select from sluice_lake.loose_files`, [])
        assert.deepStrictEqual(yield* load, [{ id: 1 }])
      })))

  it.effect("takes no file that the sweep has taken: the late writer is refused, the cell keeps what it has", () =>
    within({}, (root) =>
      Effect.gen(function*() {
        const { lake, load, stage } = yield* setUp
        yield* lake.write([cell("a", [{ id: 1 }]), cell("b", [{ id: 5 }])])
        const [late, early] = [yield* stage("a", [{ id: 2 }]), yield* stage("b", [{ id: 6 }])]
        const sql = yield* SqlClient.SqlClient
        // The sweep has condemned the file, and dies before it removes it.
        yield* sql`update sluice_lake.loose_files set condemned = true where path like '%partition=a%'`
        const refused = yield* Effect.flip(lake.write([cell("a", late), cell("b", early)]))
        assert.include(refused.message, "was removed before it was recorded")
        assert.strictEqual(refused.partition, "a")
        assert.deepStrictEqual(yield* load, [{ id: 1 }, { id: 5 }])
        yield* lake.prepare(asset)
        yield* lake.write([cell("b", early)])
        assert.deepStrictEqual(yield* load, [{ id: 1 }, { id: 6 }])
        assert.strictEqual(filesIn(root).filter((name) => name.includes("partition=a")).length, 1)
      })))

  it.effect("tells who reads slowly that a file was replaced meanwhile: another try reads the new one", () =>
    within({ keepReplaced: 0 }, () =>
      Effect.gen(function*() {
        const { lake, load } = yield* setUp
        yield* lake.write([cell("a", [{ id: 1 }]), cell("b", [{ id: 2 }])])
        const slow = Stream.mapEffect(lake.stream({ asset, partitions: "all" }), ({ partition }) =>
          partition === "a" ? Effect.andThen(lake.write([cell("b", [{ id: 3 }])]), lake.prepare(asset)) : Effect.void)
        const error = yield* Effect.flip(Stream.runDrain(slow))
        assert.match(error.message, /^The file of nhl\/games, partition b was replaced, and removed before it was read; try again/)
        assert.isTrue(error.transient)
        assert.deepStrictEqual(yield* load, [{ id: 1 }, { id: 3 }])
      })))

  it.live("removes a large backlog to its end, and waits for nobody who holds a part of it", () =>
    within({}, () =>
      Effect.gen(function*() {
        const { lake } = yield* setUp
        const sql = yield* SqlClient.SqlClient
        yield* sql`insert into sluice_lake.loose_files select 'gone/' || n, now() - interval '1 second' from generate_series(1, 1100) as n`
        const left = Effect.map(sql<{ readonly path: string }>`select path from sluice_lake.loose_files`, (rows) => rows.map(({ path }) => path))
        const held = Effect.andThen(
          sql`select from sluice_lake.loose_files where path = 'gone/7' for update`,
          Effect.andThen(Transaction.outside(sql, lake.prepare(asset)), Effect.repeat(Transaction.outside(sql, left), { until: ({ length }) => length <= 1 }))
        )
        assert.deepStrictEqual(yield* sql.withTransaction(held), ["gone/7"])
        yield* lake.prepare(asset)
        assert.deepStrictEqual(yield* left, [])
      })))

  it.effect("a stream that fails leaves no file", () =>
    within({}, (root) =>
      Effect.gen(function*() {
        const { load, stage } = yield* setUp
        const rows = Stream.fromIterable(Array.from({ length: 60_000 }, (_, id) => ({ id })))
        yield* Effect.flip(stage("a", Stream.concat(rows, Stream.fail(new Error("gone")))))
        assert.deepStrictEqual(filesIn(root), [])
        assert.deepStrictEqual(yield* load, [])
        assert.deepStrictEqual(yield* (yield* SqlClient.SqlClient)`select from sluice_lake.loose_files`, [])
      })))

  it.live("killed, frozen and resumed: the rows are those of an undisturbed run, and no other file stays", () =>
    Effect.gen(function*() {
      const root = yield* folder
      const url = yield* TestDatabase.url
      const log = path.join(root, "log")
      fs.writeFileSync(log, "")
      const own = path.join(import.meta.dirname, "..", "..", "..", "node_modules", ".bin", "node")
      const run = () => {
        const child = spawn(fs.existsSync(own) ? own : process.execPath, [path.join(import.meta.dirname, "program.ts"), root, log, "resume"], {
          env: { ...process.env, DATABASE_URL: url }, stdio: ["ignore", "pipe", "inherit"]
        })
        let out = ""
        child.stdout.on("data", (chunk) => out += String(chunk))
        const ended = new Promise<string>((resolve) => child.on("close", () => resolve(out)))
        return { child, ended }
      }
      const until = Effect.fnUntraced(function*(pid: number | undefined, lines: number) {
        while (fs.readFileSync(log, "utf8").split("\n").filter((line) => line.startsWith(`${pid} `)).length < lines) yield* Effect.sleep(10)
      })
      const killed = run()
      yield* until(killed.child.pid, 8)
      killed.child.kill("SIGKILL")
      yield* Effect.promise(() => killed.ended)
      const frozen = run()
      yield* Effect.addFinalizer(() => Effect.sync(() => frozen.child.kill("SIGKILL")))
      yield* until(frozen.child.pid, 8)
      const sql = yield* SqlClient.SqlClient
      // A transaction that is open while the process is frozen would keep its locks.
      for (;;) {
        frozen.child.kill("SIGSTOP")
        yield* Effect.sleep(20)
        const open = yield* sql`select pid from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'`
        if (open.length === 0) break
        frozen.child.kill("SIGCONT")
        yield* Effect.sleep(5)
      }
      const successor = run()
      assert.deepInclude(JSON.parse(yield* Effect.promise(() => successor.ended)), { state: "succeeded", failed: [] })
      const recorded = sql<{ readonly path: string }>`select asset, partition, path, size::text, rows::text from sluice_lake.files order by 1, 2`
      const then = yield* recorded
      frozen.child.kill("SIGCONT")
      assert.strictEqual(JSON.parse(yield* Effect.promise(() => frozen.ended)).error, "RunUnavailable")
      assert.deepStrictEqual(yield* recorded, then)
      const of: Stored = { key: days.key, output: Rows.of(Row, { key: ["id"] }), partitioned: true }
      const io = yield* Layer.build(lakeAt(root))
      yield* expire
      yield* Effect.gen(function*() {
        const lake = yield* Lake
        yield* lake.prepare(of)
        const { values } = yield* lake.load({ asset: of, partitions: "all" })
        assert.deepStrictEqual(values, days.partitions.flatMap(rowsOf))
      }).pipe(Effect.provide(io))
      const left = filesIn(path.join(root, "lake")).filter((name) => name.endsWith(".parquet"))
      assert.deepStrictEqual(left, then.map((file) => file.path).sort())
    }).pipe(Effect.scoped, Effect.provide(TestDatabase.layer)), 30_000)
})
