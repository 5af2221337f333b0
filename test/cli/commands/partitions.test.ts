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

  it.live("keys that look like comments or have blanks around them come through a pipe as they are", () =>
    Effect.gen(function*() {
      const { ran, run } = yield* project(weather.replace("run: (_, city) =>", "run: (_, city) => ran(JSON.stringify(city)) ??"))
      const odd = ["#x", " begins", "a\\b", "a,b", "\\#c", "Oslo"]
      yield* run(["partitions", "add", "salad/city", "--", ...odd])
      const { stdout } = yield* run(["partitions", "salad/weather", "--keys"])
      assert.strictEqual(stdout, "\\#x\n\\ begins\na\\\\b\na,b\n\\\\#c\nOslo\n")
      const all = yield* run(["materialize", "salad", "--partition-set", "-"], { input: `# a comment\n\n${stdout}` })
      assert.strictEqual(all.code, 0, all.stderr)
      assert.deepStrictEqual((yield* ran).map((key) => JSON.parse(key)).toSorted(), odd.toSorted())
      yield* run(["partitions", "add", "salad/city", " sp ", "ends "])
      const rest = yield* run(["partitions", "salad/weather", "--keys", "--state", "missing"])
      assert.strictEqual(rest.stdout, "\\ sp\\ \nends\\ \n")
      const one = yield* run(["materialize", "salad", "--partition-set", "-"], { input: "\\ sp\\ \n" })
      assert.strictEqual(one.code, 0, one.stderr)
      assert.strictEqual((yield* ran).at(-1), "\" sp \"")
      const several = yield* run(["materialize", "salad", "--partition-set", "-"], { input: `Oslo\n${rest.stdout}` })
      assert.strictEqual(several.code, 0, several.stderr)
      assert.strictEqual((yield* ran).at(-1), "\"ends \"")
    }))
})
