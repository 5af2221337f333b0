import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { project, weather } from "../fixture.ts"

describe("sluice partitions", () => {
  it.live("adds and removes keys of a dynamic set, lists them, and refuses sets that an asset fills", () =>
    Effect.gen(function*() {
      const { run } = yield* project(weather)
      const added = yield* run(["partitions", "add", "salad/city", "Oslo", "Bergen", "Oslo"])
      assert.strictEqual(added.stdout, "Added 2 keys to salad/city, which has 2 keys now.\n", added.stderr)
      const again = yield* run(["partitions", "add", "salad/city", "Oslo", "Tromsø"])
      assert.strictEqual(again.stdout, "Added 1 key to salad/city, which has 3 keys now.\n")
      assert.strictEqual((yield* run(["partitions", "salad/weather", "--keys"])).stdout, "Oslo\nBergen\nTromsø\n")
      assert.strictEqual((yield* run(["materialize", "salad", "--partition", "Oslo"])).code, 0)
      const listed = yield* run(["partitions", "salad/weather", "--json"])
      assert.deepStrictEqual(
        JSON.parse(listed.stdout).map((row: Record<string, unknown>) => [row["partition"], row["state"]]),
        [["Oslo", "fresh"], ["Bergen", "missing"], ["Tromsø", "missing"]]
      )
      const typo = yield* run(["partitions", "remove", "salad/city", "Bergn"])
      assert.deepStrictEqual([typo.code, typo.stderr], [2, "error: salad/city has no key \"Bergn\". Did you mean \"Bergen\"?\n"])
      const removed = yield* run(["partitions", "remove", "salad/city", "Bergen"])
      assert.strictEqual(removed.stdout, "Removed 1 key from salad/city, which has 2 keys now.\n")
      const wrong = yield* run(["materialize", "salad", "--partition", "Osloo"])
      assert.strictEqual(wrong.code, 2)
      assert.match(wrong.stderr, /did you mean "Oslo"\?/i)
    }))
})
