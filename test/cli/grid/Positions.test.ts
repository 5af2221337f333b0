import { assert, describe, it } from "@effect/vitest"
import * as Picture from "../../../cli/grid/Picture.ts"
import * as Positions from "../../../cli/grid/Positions.ts"
import * as Partitions from "../../../engine/partition/Partitions.ts"
import * as PartitionSet from "../../../engine/partition/PartitionSet.ts"
import * as Generator from "../../engine/partition/generator.ts"
import { space } from "./sets.ts"

const region = Partitions.fixed(["north", "south", "east"])
const month = Partitions.monthly({ start: "2022-01-01", end: "2022-03-01" })
const game = Partitions.fixed(Array.from({ length: 30 }, (_, i) => `g${i}`))

const dimensionsOf = (partitions: Partitions.Any) => space(partitions, "2024-10-01T12:00:00Z")

describe("positions", () => {
  it("are cut into equally many, over holes", () => {
    const random = Generator.make(5)
    for (let round = 0; round < 200; round++) {
      const all = PartitionSet.fromPositions(Array.from({ length: random.whole(0, 60) }, () => random.whole(-20, 80)))
      const positions = Array.from(PartitionSet.points(all), ([position]) => position!)
      const each = random.whole(1, 9)
      const expected = Array.from({ length: Math.ceil(positions.length / each) }, (_, i) => {
        const held = positions.slice(i * each, (i + 1) * each)
        return { from: held[0]!, to: held.at(-1)! }
      })
      assert.deepStrictEqual(Positions.chunks(all, each), expected)
    }
  })

  it("are rows of the smallest dimension that is not time, along time or the largest other", () => {
    const byTime = dimensionsOf(Partitions.product({ month, game, region }))
    assert.deepStrictEqual([Positions.rowDimension(byTime), Positions.columnDimension(byTime, 2)], [2, 0])
    assert.strictEqual(Positions.columnDimension(byTime, 0), 1)
    const keys = dimensionsOf(Partitions.product({ region, game }))
    assert.deepStrictEqual([Positions.rowDimension(keys), Positions.columnDimension(keys, 0)], [0, 1])
    const times = dimensionsOf(Partitions.product({ made: month, sold: month }))
    assert.deepStrictEqual([Positions.rowDimension(times), Positions.columnDimension(times, 1)], [1, 0])
    const single = dimensionsOf(Partitions.product({ region }))
    assert.deepStrictEqual([Positions.rowDimension(single), Positions.columnDimension(single, 0)], [undefined, undefined])
  })
})

describe("rulers", () => {
  it("leave out labels that touch their successor or leave the width", () => {
    const labels = [{ column: 0, text: "Jan" }, { column: 2, text: "Feb" }, { column: 6, text: "Mar" }, { column: 10, text: "Apr" }]
    assert.strictEqual(Picture.ruler(labels, 13), "  Feb Mar Apr")
    assert.strictEqual(Picture.ruler(labels, 12), "  Feb Mar")
  })
})
