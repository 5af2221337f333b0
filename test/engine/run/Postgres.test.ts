import { assert, describe, it } from "@effect/vitest"
import { PgClient } from "@effect/sql-pg"
import { Effect, Exit, Fiber, Layer, Schema, Stream } from "effect"
import { Asset, Document, Documents, Executor, Partitions, Rows, RunStore, Warehouse } from "../../../index.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import * as TestDatabase from "../../TestDatabase.ts"
import { type Asked, graphWith, requestOf, story } from "./harness.ts"

const services = Layer.mergeAll(PostgresRunStore.layer, Warehouse.layer, Documents.layer).pipe(
  Layer.provideMerge(TestDatabase.layerMigrated)
)
type Io = Warehouse | Documents

const start = (assets: ReadonlyArray<Asset.Any>, asked: Asked = {}) =>
  Executor.start(graphWith<Io>(assets), requestOf({ concurrency: 16, ...asked }), asked.observer === undefined ? {} : { observer: asked.observer })

const Figure = Schema.Struct({ id: Schema.String, n: Schema.Number })
const cellsOf = (count: number) => Partitions.fixed(Array.from({ length: count }, (_, i) => `c${String(i).padStart(3, "0")}`))

/** One row a cell, and what was computed, in order. */
const figures = (
  count: number,
  options: {
    readonly key?: string
    readonly wait?: number
    readonly mode?: "replace" | "append"
    readonly rows?: (key: string) => ReadonlyArray<typeof Figure.Type>
    readonly streams?: boolean
  } = {}
) => {
  const computed: Array<string> = []
  const rowsOf = options.rows ?? ((key: string) => [{ id: key, n: Number(key.slice(1)) }])
  const asset = Asset.make(options.key ?? "test/figures", {
    partitions: cellsOf(count),
    output: options.mode === "append" ? Rows.of(Figure, { mode: "append" }) : Rows.of(Figure, { key: ["id"] }),
    io: Warehouse,
    run: (_, key) =>
      Effect.sync(() => {
        computed.push(key)
        return rowsOf(key)
      }).pipe(
        Effect.delay(options.wait ?? 0),
        Effect.map((rows): ReadonlyArray<typeof Figure.Type> | Stream.Stream<typeof Figure.Type> =>
          options.streams === true ? Stream.fromIterable(rows) : rows)
      )
  })
  return { asset, computed }
}

const count = (from: string) =>
  Effect.gen(function*() {
    const sql = yield* PgClient.PgClient
    const rows = yield* sql.unsafe<{ readonly count: number }>(`select count(*)::integer as count from ${from}`)
    return rows[0]?.count
  })

const failOn = (table: string, when: string) =>
  Effect.gen(function*() {
    const sql = yield* PgClient.PgClient
    yield* sql.unsafe(`create function public.refuse() returns trigger language plpgsql as $$ begin raise exception 'refused'; end $$`)
    yield* sql.unsafe(`create trigger refuse before insert or update on ${table} for each row when (${when}) execute function public.refuse()`)
  })

describe("Runs on Postgres", () => {
  it.live("rows and their record commit together: whichever fails, nothing of either is there", () =>
    Effect.gen(function*() {
      const { asset } = figures(20)
      const body = Asset.make("test/body", {
        inputs: { asset },
        output: Document.of(Schema.Struct({ n: Schema.Number })),
        io: Documents,
        run: ({ asset }) => Effect.succeed({ n: asset.length })
      })
      const good = yield* start([body])
      assert.include(good, { state: "succeeded", materialized: 21 })
      yield* failOn("sluice.steps", "new.partition = 'c007' and new.state = 'materialized'")
      const { asset: again } = figures(20, { rows: (key) => [{ id: key, n: -1 }] })
      const report = yield* start([again], { force: true })
      assert.include(report, { state: "failed", materialized: 19 })
      assert.deepStrictEqual(report.failed.map(({ cell }) => cell.partition), ["c007"])
      assert.strictEqual(yield* count("test.figures where n = -1"), 19)
      assert.strictEqual(yield* count("test.figures where id = 'c007' and n = 7"), 1)
      const store = yield* RunStore.RunStore
      const [step] = yield* store.materializations({ asset: "test/figures", partition: "c007" }, { limit: 1 })
      assert.strictEqual(step?.run, good.run)
      const sql = yield* PgClient.PgClient
      yield* sql`drop function public.refuse() cascade`
      yield* failOn("test.figures", "new.id = 'c009'")
      const { asset: third } = figures(20, { rows: (key) => [{ id: key, n: -2 }] })
      const data = yield* start([third], { force: true })
      assert.deepStrictEqual(data.failed.map(({ cell }) => cell.partition), ["c009"])
      assert.strictEqual(yield* count("test.figures where id = 'c009' and n = -1"), 1)
      assert.strictEqual((yield* store.materializations({ asset: "test/figures", partition: "c009" }, { limit: 9 })).length, 2)
    }).pipe(Effect.provide(services)))

  it.live("one bad row among 500 cells fails its own cell, and the rest are there", () =>
    Effect.gen(function*() {
      const rows = (key: string): ReadonlyArray<typeof Figure.Type> => {
        switch (key) {
          // The same key as in another cell, a text that no column takes, a value of another type.
          case "c111":
            return [{ id: "c010", n: 1 }]
          case "c222":
            return [{ id: "nul \0 byte", n: 1 }]
          case "c333":
            return [{ id: "c333", n: "text" as unknown as number }]
          default:
            return [{ id: key, n: 1 }]
        }
      }
      const { asset, computed } = figures(500, { rows })
      const report = yield* start([asset], { concurrency: 250 })
      assert.deepStrictEqual(report.failed.map(({ cell }) => cell.partition).toSorted(), ["c111", "c222", "c333"])
      assert.include(report, { state: "failed", materialized: 497 })
      for (const { reason } of report.failed) assert.match(reason, /test\/figures/)
      assert.strictEqual(yield* count("test.figures"), 497)
      assert.strictEqual(yield* count("test.figures where id = 'c010' and _partition = 'c010'"), 1)
      assert.strictEqual(yield* count("sluice.steps where state = 'materialized'"), 497)
      assert.strictEqual(yield* count("sluice.cell_states where state = 'running'"), 0)
      assert.strictEqual(computed.length, 500)
      // Repaired, just the three run.
      const { asset: repaired, computed: second } = figures(500)
      assert.include(yield* start([repaired]), { state: "succeeded", materialized: 3 })
      assert.deepStrictEqual(second.toSorted(), ["c111", "c222", "c333"])
    }).pipe(Effect.provide(services)))

  it.live("outputs of one computation in two IO managers are committed together", () =>
    Effect.gen(function*() {
      const Body = Schema.Struct({ id: Schema.String })
      const pair = Asset.makeMany("test/pair", {
        partitions: cellsOf(6),
        outputs: {
          rows: { output: Rows.of(Figure, { key: ["id"] }), io: Warehouse },
          body: { output: Document.of(Body), io: Documents }
        },
        run: (_, key) =>
          Effect.succeed({
            rows: [{ id: key, n: 1 }],
            body: { id: key === "c003" ? 3 as unknown as string : key }
          })
      })
      const report = yield* start([pair.rows, pair.body])
      assert.deepStrictEqual(report.failed.map(({ cell }) => `${cell.asset} ${cell.partition}`), [
        "test/pair/rows c003",
        "test/pair/body c003"
      ])
      assert.strictEqual(report.materialized, 10)
      assert.strictEqual(yield* count(`test_pair.rows`), 5)
      assert.strictEqual(yield* count("sluice_documents.documents"), 5)
    }).pipe(Effect.provide(services)))

  for (const streams of [false, true]) {
    it.live(`interrupted in mid-run${streams ? " with streams" : ""}: no partial rows, claims given back, resumed without redoing`, () =>
      Effect.gen(function*() {
        const { asset, computed } = figures(200, { wait: 5, streams, rows: (key) => [{ id: `${key}a`, n: 1 }, { id: `${key}b`, n: 2 }] })
        const { of, observer } = story()
        const fiber = yield* Effect.forkChild(start([asset], { observer }))
        while (of("materialized").length < 60) yield* Effect.sleep(2)
        yield* Fiber.interrupt(fiber)
        const store = yield* RunStore.RunStore
        const [run] = yield* store.runs({ limit: 1 })
        assert.strictEqual(run?.state, "cancelled")
        const done = (yield* store.steps(run?.id ?? 0)).map((step) => step.partition)
        assert.isBelow(done.length, 200)
        assert.strictEqual(yield* count("test.figures"), done.length * 2)
        assert.strictEqual(yield* count("sluice.cell_states where state = 'running'"), 0)
        const before = computed.length
        const report = yield* Executor.resume(graphWith<Io>([asset]), run?.id ?? 0)
        assert.include(report, { state: "succeeded", materialized: 200 - done.length })
        assert.deepStrictEqual(computed.slice(before).filter((key) => done.includes(key)), [])
        assert.strictEqual(yield* count("test.figures"), 400)
        assert.strictEqual(yield* count("sluice.steps where state = 'materialized'"), 200)
      }).pipe(Effect.provide(services)))
  }

  it.live("cancelled from elsewhere: stops, and when cancel has returned no step starts any more", () =>
    Effect.gen(function*() {
      const { asset } = figures(500, { wait: 20 })
      const { of, observer } = story()
      const fiber = yield* Effect.forkChild(start([asset], { observer }))
      while (of("materialized").length < 30) yield* Effect.sleep(5)
      const store = yield* RunStore.RunStore
      const [run] = yield* store.runs({ limit: 1 })
      const summary = yield* Executor.cancel(run?.id ?? 0)
      const started = of("started").length
      assert.strictEqual(summary.state, "cancelled")
      const report = yield* Fiber.join(fiber)
      assert.strictEqual(report.state, "cancelled")
      yield* Effect.sleep(200)
      assert.strictEqual(of("started").length, started)
      assert.isBelow(started, 500)
      assert.strictEqual(yield* count("test.figures"), report.materialized)
      assert.strictEqual(yield* count("sluice.cell_states where state = 'running'"), 0)
    }).pipe(Effect.provide(services)))

  it.live("a row that an upsert moves to another partition makes the readers of the first stale", () =>
    Effect.gen(function*() {
      const days = Partitions.fixed(["d1", "d2", "d3"])
      let day = "d1"
      const games = Asset.make("test/games", {
        partitions: days,
        output: Rows.of(Figure, { key: ["id"], mode: "upsert" }),
        io: Warehouse,
        run: (_, key) => Effect.succeed(key === day ? [{ id: "g1", n: 1 }] : [])
      })
      const copies = Asset.make("test/copies", {
        partitions: days,
        inputs: { games },
        output: Rows.of(Figure),
        io: Warehouse,
        run: ({ games }) => Effect.succeed(games)
      })
      yield* start([copies])
      day = "d2"
      yield* start([copies], { select: "test/games", partitions: "d2", force: true })
      const { plan } = yield* Executor.plan(graphWith<Io>([copies]), requestOf({}))
      assert.deepStrictEqual(plan.steps.map(({ assets }) => assets), [["test/copies"]])
      assert.strictEqual(plan.fresh, 4)
      const { of, observer } = story()
      yield* start([copies], { observer })
      assert.sameMembers(of("materialized"), ["test/copies@d1", "test/copies@d2"])
      assert.strictEqual(yield* count("test.copies"), 1)
      assert.strictEqual(yield* count("test.copies where _partition = 'd2'"), 1)
    }).pipe(Effect.provide(services)))

  for (const mode of ["append", "upsert", "replace"] as const) {
    it.live(`keys of a dynamic set ${mode === "replace" ? "leave" : "stay"} with the rows of a source of mode ${mode}`, () =>
      Effect.gen(function*() {
        let ids = ["g1", "g2"]
        const games = Asset.make("test/games", {
          output: Rows.of(Figure, mode === "append" ? { mode } : { key: ["id"], mode }),
          io: Warehouse,
          run: () => Effect.sync(() => ids.map((id) => ({ id, n: 1 })))
        })
        const feed = Asset.make("test/feed", {
          partitions: Partitions.dynamic("test/game", { from: games, key: (row) => row.id }),
          output: Rows.of(Figure, { key: ["id"] }),
          io: Warehouse,
          run: (_, key) => Effect.succeed([{ id: String(key), n: 1 }])
        })
        yield* start([feed])
        ids = ["g3"]
        yield* start([feed], { force: true })
        const store = yield* RunStore.RunStore
        const live = (yield* store.dynamicKeys(["test/game"])).get("test/game")?.filter(({ live }) => live).map(({ key }) => key)
        assert.deepStrictEqual(live, mode === "replace" ? ["g3"] : ["g1", "g2", "g3"])
      }).pipe(Effect.provide(services)))
  }

  for (const streams of [false, true]) {
    it.live(`connections cut in mid-run${streams ? " with streams" : ""}: the rows are right in the end, nothing twice`, () =>
      Effect.gen(function*() {
        const { asset, computed } = figures(300, { wait: 3, mode: "append", streams, key: "test/appended" })
        const { of, observer } = story()
        const fiber = yield* Effect.forkChild(Effect.exit(start([asset], { observer })))
        const sql = yield* PgClient.PgClient
        for (const at of [10, 60, 110, 160, 210]) {
          while (of("materialized").length < at && fiber.pollUnsafe() === undefined) yield* Effect.sleep(2)
          yield* Effect.ignoreCause(sql`
            select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid()
          `)
        }
        const exit = yield* Fiber.join(fiber)
        const store = yield* RunStore.RunStore
        const [run] = yield* store.runs({ limit: 1 })
        const failed = Exit.isFailure(exit) || exit.value.state !== "succeeded"
        assert.isFalse(Exit.isFailure(exit) && Exit.hasDies(exit), String(exit))
        if (failed) {
          assert.include(yield* Executor.resume(graphWith<Io>([asset]), run?.id ?? 0), { state: "succeeded" })
        }
        assert.strictEqual(yield* count("test.appended"), 300)
        assert.strictEqual(yield* count("(select distinct id, _partition from test.appended) as cells"), 300)
        assert.strictEqual(yield* count("sluice.steps where state = 'materialized'"), 300)
        assert.isAtLeast(computed.length, 300)
        assert.isFalse(failed, "a cut connection is waited for")
      }).pipe(Effect.provide(services)))
  }

  it.effect("two assets in one table are refused before anything runs, also where one of them is not asked for", () =>
    Effect.gen(function*() {
      const one = figures(1, { key: "a/b/figures" })
      const other = figures(1, { key: "a_b/figures" })
      const apart = figures(1, { key: "c/figures" })
      const message = /^a\/b\/figures and a_b\/figures would both be stored in the table "a_b"\."figures": rename one of them/
      const assets = [one.asset, apart.asset, other.asset]
      for (const select of ["*", "a/b/figures", "a_b/figures"]) {
        const error = yield* Effect.flip(start(assets, { select }))
        assert.strictEqual(error._tag, "UnfitIo")
        assert.match(error.message, message)
      }
      assert.deepStrictEqual([...one.computed, ...other.computed], [])
      yield* start(assets, { select: "c/figures" })
      assert.deepStrictEqual(apart.computed, ["c000"])
    }).pipe(Effect.provide(services)))
})
