/** Keys of dynamic partitions. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { Cell } from "../../../engine/record/Step.ts"
import { a, b, commitOf, computed, started, type Test } from "./Records.ts"

export const keys = (test: Test): void => {
  test("keeps dynamic keys in the order first added: by hand, by source, replaced, removed", Effect.gen(function*() {
    const { run, store } = yield* started
    const known = Effect.map(store.dynamicKeys(["game", "city"]), (sets) => [...sets.get("game") ?? []])
    const live = Effect.map(known, (keys) => keys.filter(({ live }) => live))
    const give = (cell: Cell, keys: ReadonlyArray<string>, replaces = true) =>
      Effect.andThen(
        store.claim(run, "one", [cell]),
        store.commit({
          ...commitOf(run, "one", [computed(cell)]),
          keys: () => [{ set: "game", source: cell.partition, keys, replaces }]
        })
      )
    yield* give(a, ["g9", "g1"])
    yield* store.addKeys("game", ["g5", "g1"])
    yield* give(b, ["g1", "g2"])
    assert.deepStrictEqual(yield* known, [
      { key: "g9", position: 0, live: true, sources: ["0"] },
      { key: "g1", position: 1, live: true, sources: ["0", "1"] },
      { key: "g5", position: 2, live: true, sources: [] },
      { key: "g2", position: 3, live: true, sources: ["1"] }
    ])
    yield* give(a, ["g3"])
    assert.deepStrictEqual((yield* live).map(({ key }) => key), ["g1", "g5", "g2", "g3"])
    yield* store.removeKeys("game", ["g1", "g5", "g7"])
    assert.deepStrictEqual((yield* live).map(({ key }) => key), ["g2", "g3"])
    yield* give(a, [])
    yield* give(b, ["g9"])
    assert.deepStrictEqual(yield* live, [{ key: "g9", position: 0, live: true, sources: ["1"] }])
    const order = ["g9", "g1", "g5", "g2", "g3"]
    assert.deepStrictEqual((yield* known).map(({ key, position }) => [key, position]), order.map((key, i) => [key, i]))
    assert.deepStrictEqual((yield* store.dynamicKeys(["city"])).get("city"), [])
    yield* give(b, ["g8"], false)
    yield* give(b, ["g9", "g7"], false)
    const kept = ["g9", "g8", "g7"].map((key, i) => ({ key, position: [0, 5, 6][i]!, live: true, sources: ["1"] }))
    assert.deepStrictEqual(yield* live, kept)
    yield* give(b, ["g8"])
    assert.deepStrictEqual(yield* live, kept.slice(1, 2))
  }))

  test("adds no key with a line break or another control character, nor those beside it", Effect.gen(function*() {
    const { store } = yield* started
    for (const key of ["a\nb", "a\u0000", "\tb", "a\u007fb"]) {
      const { message, transient } = yield* Effect.flip(store.addKeys("city", ["oslo", key]))
      assert.match(message, /cannot be a partition key, because it has a line break or another control character/)
      assert.notInclude(message, key)
      assert.isFalse(transient)
    }
    assert.deepStrictEqual((yield* store.dynamicKeys(["city"])).get("city"), [])
    yield* store.addKeys("city", ["Ærø", "a b", "a\\nb"])
    assert.lengthOf((yield* store.dynamicKeys(["city"])).get("city") ?? [], 3)
  }))

  test("gives a key its old place back, and numbers new ones without gaps", Effect.gen(function*() {
    const { store } = yield* started
    const places = Effect.map(store.dynamicKeys(["city"]), (sets) =>
      sets.get("city")!.map(({ key, live, position }) => `${position} ${key} ${live}`))
    yield* store.addKeys("city", ["oslo", "bern", "oslo", "rome"])
    yield* store.removeKeys("city", ["bern"])
    yield* store.addKeys("other", ["x"])
    yield* store.addKeys("city", ["lima", "rome", "cork"])
    assert.deepStrictEqual(yield* places, ["0 oslo true", "1 bern false", "2 rome true", "3 lima true", "4 cork true"])
    yield* store.addKeys("city", ["bern", "zug"])
    yield* store.addKeys("city", [])
    const [, bern, , , , zug] = yield* places
    assert.deepStrictEqual([bern, zug], ["1 bern true", "5 zug true"])
    assert.deepStrictEqual((yield* store.dynamicKeys(["other"])).get("other")?.map(({ position }) => position), [0])
    assert.strictEqual((yield* store.dynamicKeys([])).size, 0)
  }))

  test("takes no keys from a commit that fails", Effect.gen(function*() {
    const { run, store } = yield* started
    yield* store.claim(run, "one", [a])
    yield* Effect.exit(store.commit({
      ...commitOf(run, "one", [computed(a)]),
      write: Effect.fail("no"),
      keys: () => [{ set: "game", source: "0", keys: ["g1"], replaces: true }]
    }))
    assert.deepStrictEqual((yield* store.dynamicKeys(["game"])).get("game"), [])
  }))
}
