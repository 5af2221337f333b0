import { assert, describe, it } from "@effect/vitest"
import * as Bar from "../../../cli/grid/Bar.ts"
import * as Counts from "../../../cli/grid/Counts.ts"
import * as Generator from "../../engine/partition/generator.ts"
import { plain } from "./sets.ts"

describe("bar", () => {
  it("is divided in proportion, and hides no state", () => {
    const counts = { fresh: 999_990, stale: 0, running: 3, failed: 1, missing: 6 }
    assert.strictEqual(Bar.line(counts, 20, plain), `${"■".repeat(17)}►✗·`)
    assert.strictEqual(Bar.line({ fresh: 1, stale: 1, running: 0, failed: 0, missing: 2 }, 8, plain), "■■~~····")
    assert.strictEqual(Bar.line({ fresh: 0, stale: 0, running: 0, failed: 0, missing: 0 }, 8, plain), "")
  })

  it("is as wide as asked", () => {
    const random = Generator.make(1)
    for (let round = 0; round < 500; round++) {
      const counts = Counts.fromList(Counts.states.map(() => random.pick([0, random.whole(0, 5), random.whole(0, 1e6)])))
      const width = random.whole(5, 200)
      const columns = Bar.share(counts, width)
      if (Counts.total(counts) === 0) continue
      assert.strictEqual(columns.reduce((sum, n) => sum + n, 0), width)
      Counts.states.forEach((state, i) => {
        assert.strictEqual(columns[i]! > 0, counts[state] > 0)
        assert.isBelow(Math.abs(columns[i]! - counts[state] / Counts.total(counts) * width), 5)
      })
    }
  })
})

describe("percent", () => {
  it("says all and none only where it is so", () => {
    assert.deepStrictEqual(
      [[0, 5], [5, 5], [1, 3], [1, 1e6], [999_999, 1e6], [0, 0]].map(([part, whole]) => Counts.percent(part!, whole!)),
      ["0%", "100%", "33.3%", "<0.1%", ">99.9%", "0%"]
    )
  })
})
