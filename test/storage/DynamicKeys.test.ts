/** Partition keys in Postgres: dense positions, whoever adds keys at the same time. */
import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, type Layer, type Scope } from "effect"
import { RunStore } from "../../engine/record/RunStore.ts"
import { cellsOf, commitOf, computed, request, worker } from "../conformance/RunStore.ts"
import { seeded } from "../conformance/Random.ts"
import { anotherStore, layer } from "./Server.ts"

const test = <A, E>(title: string, effect: Effect.Effect<A, E, Layer.Success<typeof layer> | Scope.Scope>) =>
  it.live(title, () => Effect.asVoid(Effect.provide(effect, layer)))

const sets = ["a", "b", "c"]

describe("partition keys in Postgres", () => {
  test("get dense positions and keep them while six processes add and remove them in several sets", Effect.gen(function*() {
    const stores = yield* Effect.forEach(Array.from({ length: 6 }), () => anotherStore)
    const seen = new Map<string, number>()
    const check = Effect.fnUntraced(function*(store: RunStore["Service"]) {
      for (const [set, keys] of yield* store.dynamicKeys(sets)) {
        assert.deepStrictEqual(keys.map(({ position }) => position), keys.map((_, i) => i))
        for (const { key, position } of keys) {
          assert.strictEqual(seen.get(`${set} ${key}`) ?? position, position)
          seen.set(`${set} ${key}`, position)
        }
      }
    })
    const busy = Effect.fnUntraced(function*(store: RunStore["Service"], place: number) {
      const random = seeded(place)
      const id = `worker ${place}`
      yield* store.startWorker(worker(id))
      const run = yield* store.createRun(request, id)
      const some = () => Array.from({ length: random.int(0, 12) }, () => `k${random.int(0, 300)}`)
      for (let round = 0; round < 50; round++) {
        const cell = cellsOf("nhl/games", place, place + 1)[0]!
        const kind = random.int(0, 3)
        if (kind === 0) yield* store.addKeys(random.pick(["a", "b", "c"]), some())
        else if (kind === 1) yield* store.removeKeys(random.pick(["a", "b", "c"]), some())
        else {
          yield* store.claim(run, id, [cell])
          yield* store.commit({
            ...commitOf(run, id, [computed(cell)]),
            // Sets in any order: locks must not follow it.
            keys: () => (random.next() < 0.5 ? sets : sets.toReversed()).map((set) => ({
              set, source: cell.partition, keys: some(), replaces: random.next() < 0.5
            }))
          })
        }
        if (round % 5 === 0) yield* check(store)
      }
    })
    yield* Effect.all(stores.map(busy), { concurrency: 6 })
    yield* check(yield* RunStore)
    assert.isAbove(seen.size, 600)
  }))

  test("wait for nobody where none is new, and leave no gap behind a commit that failed", Effect.gen(function*() {
    const store = yield* RunStore
    const other = yield* anotherStore
    yield* store.startWorker(worker("one"))
    const run = yield* store.createRun(request, "one")
    const cell = computed(cellsOf("nhl/games", 0, 1)[0]!)
    yield* store.claim(run, "one", [cell])
    yield* store.addKeys("a", ["x", "y"])
    const holding = yield* Deferred.make<void>()
    const end = yield* Deferred.make<void>()
    const sql = yield* PgClient.PgClient
    const failing = yield* Effect.forkChild(Effect.exit(sql.withTransaction(Effect.gen(function*() {
      yield* store.addKeys("a", ["lost"])
      yield* Deferred.succeed(holding, undefined)
      yield* Deferred.await(end)
      return yield* Effect.fail("no")
    }))))
    yield* Deferred.await(holding)
    yield* other.addKeys("a", ["y", "x"])
    yield* other.addKeys("b", ["free"])
    yield* other.commit({ ...commitOf(run, "one", [cell]), keys: () => [{ set: "a", source: "0", keys: ["y"], replaces: true }] })
    const waiting = yield* Effect.forkChild(other.addKeys("a", ["z"]))
    yield* Effect.repeat(
      sql<{ n: number }>`select count(*)::integer as n from pg_locks where not granted`,
      { until: ([row]) => row!.n > 0 }
    )
    yield* Deferred.succeed(end, undefined)
    yield* Fiber.join(failing)
    yield* Fiber.join(waiting)
    const found = (yield* store.dynamicKeys(["a"])).get("a")
    assert.deepStrictEqual(found?.map(({ key, position }) => [key, position]), [["x", 0], ["y", 1], ["z", 2]])
  }))

  test("are a hundred thousand in one call", Effect.gen(function*() {
    const store = yield* RunStore
    const keys = Array.from({ length: 100_000 }, (_, i) => `game ${(i * 7919) % 100_000}`)
    yield* store.addKeys("a", keys)
    yield* store.addKeys("a", ["one more", ...keys])
    const found = (yield* store.dynamicKeys(["a"])).get("a") ?? []
    assert.deepStrictEqual(found.map(({ key }) => key), [...keys, "one more"])
    assert.isTrue(found.every(({ live, position }, i) => live && position === i))
  }))
})
