import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { escapes, project, weather } from "../fixture.ts"

describe("sluice status", () => {
  it.live("draws one asset, and a line and a bar for each of several", () =>
    Effect.gen(function*() {
      const { run } = yield* project(weather)
      const none = yield* run(["status", "weather/readings"])
      assert.include(none.stdout, "5 cells · 5 missing 100%", none.stderr)
      yield* run(["materialize", "weather/readings"], { env: { FAIL: "2024-03-04" } })
      const one = yield* run(["status", "weather/readings"])
      assert.include(one.stdout, "5 cells · 4 fresh 80.0% · 1 failed 20.0%")
      assert.match(one.stdout, /Mon.*✗/, "2024-03-04 is a Monday")
      assert.notMatch(one.stdout, escapes)
      const several = yield* run(["status", "weather"])
      assert.match(several.stdout, /weather\/readings +■{19}✗{5} +5 +80\.0% +4 fresh, 1 failed/)
      assert.match(several.stdout, /weather\/summary +·{24} +5 +0% +5 missing/)
      yield* run(["materialize", "weather/summary", "--partitions", "2024-03-01..2024-03-02"])
      yield* run(["materialize", "weather/readings", "--partition", "2024-03-01", "--force"], { env: { OFFSET: "1" } })
      assert.include((yield* run(["status", "weather/summary"])).stdout, "1 fresh 20.0% · 1 stale 20.0% · 3 missing 60.0%")
      const salad = yield* run(["status", "salad/weather"])
      assert.deepStrictEqual([salad.code, salad.stderr], [0, ""])
      assert.include(salad.stdout, "0 cells")
    }))

  it.live("--json gives counts, by the keys of a dimension too", () =>
    Effect.gen(function*() {
      const { run } = yield* project(weather)
      yield* run(["materialize", "weather/readings", "--partitions", "2024-03-01..2024-03-02"])
      const one = JSON.parse((yield* run(["status", "weather/readings", "--json"])).stdout)
      assert.deepStrictEqual(one, { asset: "weather/readings", exact: true, cells: 5, fresh: 2, stale: 0, running: 0, failed: 0, missing: 3, by: null, freshness: null })
      const several = JSON.parse((yield* run(["status", "weather", "--json"])).stdout)
      assert.deepStrictEqual(several.map(({ asset, fresh }: Record<string, unknown>) => [asset, fresh]), [
        ["weather/readings", 2], ["weather/summary", 0], ["weather/warmest", 0]
      ])
    }))

  it.live("refuses what it cannot draw", () =>
    Effect.gen(function*() {
      const { run } = yield* project(weather)
      const wrong: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
        [["status"], "\"sluice status\" needs <selection>."],
        [["status", "weather", "--by", "day"], "--by day is for one asset, and the selection has 3: name one of them."],
        [["status", "weather/readings", "--by", "day"], "weather/readings cannot be shown by day: it is not a product of dimensions: leave --by out."],
        [["status", "waether"], "Did you mean \"weather\"?"]
      ]
      for (const [args, sentence] of wrong) {
        const { code, stderr, stdout } = yield* run(args)
        assert.deepStrictEqual([code, stdout], [2, ""])
        assert.include(stderr.split("\n")[0], sentence)
      }
    }))
})
