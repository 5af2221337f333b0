/** Keys as lines: what is printed is read again as the same keys. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Result } from "effect"
import * as KeyLines from "../../cli/KeyLines.ts"
import * as Partitions from "../../engine/partition/Partitions.ts"
import * as PartitionSet from "../../engine/partition/PartitionSet.ts"
import * as PartitionSpace from "../../engine/partition/PartitionSpace.ts"

const now = DateTime.makeUnsafe("2024-06-01T00:00:00Z")
const keys = [
  "#x", "# x", "#", " begins", "\\begins", "\\#c", "a\\", "a,b", "a\\,b", "a|b", "a\\|b", "..", "*", "latest", "plain",
  " sp ", "ends ", "a,b ", " "
]

const spaceOf = (partitions: Partitions.Any, keys: ReadonlyArray<string>) =>
  PartitionSpace.resolve(partitions, { now, dynamicKeys: () => keys })

/** The keys that a space finds in what was printed of some. */
const through = (space: PartitionSpace.PartitionSpace, wanted: ReadonlyArray<string>): ReadonlyArray<string> => {
  const text = wanted.map((key) => KeyLines.line(space.partitions, key)).join("\n")
  const found = space.parse(KeyLines.expression(KeyLines.read(text)), "asset")
  return Result.isSuccess(found) ? Array.from(PartitionSet.points(found.success), space.keyAt) : [found.failure.message]
}

describe("KeyLines", () => {
  const one = Partitions.dynamic("set")
  const two = Partitions.product({ set: one, region: Partitions.fixed(["eu", "us"]) })

  it("each key comes back alone, whatever it is made of", () => {
    for (const key of keys) assert.deepStrictEqual(through(spaceOf(one, keys), [key]), [key])
  })

  it("many keys come back together", () => {
    assert.deepStrictEqual(through(spaceOf(one, keys), keys), keys)
    const product = spaceOf(two, keys)
    const ofProduct = Array.from(PartitionSet.points(product.all), product.keyAt)
    assert.deepStrictEqual(through(product, ofProduct), ofProduct)
  })

  it("comments, empty lines and blanks around keys mean nothing", () => {
    assert.deepStrictEqual(KeyLines.read("# days\n\n  2024-03-01\t\r\n\t\n   # more\n2024-03-02  "), ["2024-03-01", "2024-03-02"])
  })
})
