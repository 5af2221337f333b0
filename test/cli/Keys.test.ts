import { assert, describe, it } from "@effect/vitest"
import { DateTime } from "effect"
import * as Keys from "../../cli/Keys.ts"
import * as Partitions from "../../engine/partition/Partitions.ts"
import * as PartitionSet from "../../engine/partition/PartitionSet.ts"
import * as PartitionSpace from "../../engine/partition/PartitionSpace.ts"

const now = DateTime.makeUnsafe("2024-06-01T00:00:00Z")
const space = (partitions: Partitions.Any) =>
  PartitionSpace.resolve(partitions, { now, dynamicKeys: () => ["c", "a", "b", "e"] })

describe("sets of partitions in keys", () => {
  const days = space(Partitions.daily({ start: "2024-03-01", end: "2024-04-01" }))
  const at = (...positions: ReadonlyArray<number>) => {
    const first = PartitionSet.firstPoint(days.all)![0]!
    return PartitionSet.fromPositions(positions.map((position) => first + position))
  }

  it("are ranges of time windows, and what is left out is counted", () => {
    assert.strictEqual(Keys.describe(days, days.all), "2024-03-01..2024-03-31")
    assert.strictEqual(Keys.describe(days, at(0, 2, 3, 5, 6, 7)), "2024-03-01, 2024-03-03, 2024-03-04, 2024-03-06..2024-03-08")
    assert.strictEqual(Keys.describe(days, at(0, 2, 4, 6, 7), 2), "2024-03-01, 2024-03-03 and 3 more")
    assert.strictEqual(Keys.describe(days, at()), "")
  })

  it("are single keys where their order means nothing", () => {
    const dynamic = space(Partitions.dynamic("set"))
    assert.strictEqual(Keys.describe(dynamic, dynamic.all), "c, a, b and 1 more")
    const both = space(Partitions.product({ day: Partitions.daily({ start: "2024-03-01", end: "2024-03-03" }), set: Partitions.dynamic("set") }))
    assert.strictEqual(Keys.describe(both, both.all, 1), "2024-03-01|c and 7 more")
    assert.strictEqual(Keys.describe(space(Partitions.none), PartitionSet.unit), "")
  })
})
