/** Keys of dynamic partitions. */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { Cell } from "../../../engine/record/Step.ts"
import { a, b, commitOf, computed, started, type Test } from "./Records.ts"

export const keys = (test: Test): void => {
  test("keeps dynamic keys in the order first added: by hand, by source, replaced, removed", Effect.gen(function*() {
    const { run, store } = yield* started
    const live = Effect.map(store.dynamicKeys(["game", "city"]), (sets) => [...sets.get("game") ?? []])
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
    yield* give(b, ["g8"], false)
    yield* give(b, ["g9", "g7"], false)
    const kept = ["g9", "g8", "g7"].map((key) => ({ key, sources: ["1"] }))
    assert.sameDeepMembers([...yield* live], kept)
    yield* give(b, ["g8"])
    assert.deepStrictEqual(yield* live, kept.slice(1, 2))
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
