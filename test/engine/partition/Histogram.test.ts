import { assert, describe, it } from "@effect/vitest"
import * as Histogram from "../../../engine/partition/Histogram.ts"
import * as PartitionSet from "../../../engine/partition/PartitionSet.ts"
import * as Generator from "./generator.ts"

/** Coordinates 0 to 7, stretched: near each other they are summed in an array, far apart in a map. */
const randomSet = (random: Generator.Generator, dimensions: number, stretch: number) => {
  const coordinate = () => random.whole(-1, 6) * stretch
  if (random.whole(0, 3) === 0) {
    const range = () => {
      const from = coordinate()
      return PartitionSet.range(from, from + random.whole(0, 4))
    }
    return PartitionSet.unionAll(dimensions, Array.from({ length: 5 }, () =>
      PartitionSet.product(Array.from({ length: dimensions }, range))))
  }
  return PartitionSet.fromPoints(dimensions, Array.from({ length: random.pick([0, 3, 30, 200]) }, () =>
    Array.from({ length: dimensions }, coordinate)))
}

const naive = (set: PartitionSet.PartitionSet, dimension: number): Map<number, number> => {
  const counts = new Map<number, number>()
  for (const point of PartitionSet.points(set)) counts.set(point[dimension]!, (counts.get(point[dimension]!) ?? 0) + 1)
  return counts
}

const entries = (histogram: Histogram.Histogram) =>
  new Map(histogram.flatMap(({ count, from, to }) => Array.from({ length: to - from + 1 }, (_, i) => [from + i, count])))

const canonical = (histogram: Histogram.Histogram) =>
  histogram.forEach(({ count, from, to }, i) => {
    const next = histogram[i + 1]
    assert.isTrue(from <= to && count > 0)
    if (next !== undefined) assert.isTrue(to < next.from && (to + 1 < next.from || count !== next.count))
  })

describe("Histogram", () => {
  for (const dimensions of [1, 2, 3, 4]) {
    it(`counts by each of ${dimensions} dimensions as one who looks at every point`, () => {
      const random = Generator.make(dimensions)
      for (let round = 0; round < 200; round++) {
        const set = randomSet(random, dimensions, random.pick([1, 1000]))
        for (let dimension = 0; dimension < dimensions; dimension++) {
          const histogram = Histogram.countBy(set, dimension)
          canonical(histogram)
          const expected = naive(set, dimension)
          assert.deepStrictEqual(entries(histogram), new Map(Array.from(expected).sort(([a], [b]) => a - b)))
          const inRange = Histogram.counter(histogram)
          for (let k = 0; k < 5; k++) {
            const from = random.whole(-2000, 7000)
            const to = from + random.whole(-1, 3000)
            const points = Array.from(expected).reduce((sum, [at, n]) => sum + (at >= from && at <= to ? n : 0), 0)
            assert.strictEqual(inRange({ from, to }), points)
          }
        }
      }
    })
  }

  for (const dimensions of [2, 3, 4]) {
    it(`counts by two of ${dimensions} dimensions, in positions and buckets`, () => {
      const random = Generator.make(dimensions + 20)
      for (let round = 0; round < 200; round++) {
        const stretch = random.pick([1, 3])
        const set = randomSet(random, dimensions, stretch)
        const row = random.whole(0, dimensions - 1)
        const column = (row + random.whole(1, dimensions - 1)) % dimensions
        const positions = Array.from({ length: 30 }, (_, i) => i - 5).filter(() => random.whole(0, 1) === 1)
        const buckets: Array<Histogram.Range> = []
        for (let from = random.whole(-4, 4); from < 24;) {
          const to = from + random.whole(0, random.pick([0, 2, 9]))
          buckets.push({ from, to })
          from = to + random.whole(1, 3)
        }
        const found = Histogram.cross(set, { dimension: row, positions }, { dimension: column, buckets })
        const expected = positions.map((position) =>
          Float64Array.from(buckets, ({ from, to }) =>
            Array.from(PartitionSet.points(set)).filter((point) =>
              point[row] === position && point[column]! >= from && point[column]! <= to
            ).length))
        assert.deepStrictEqual(found, expected)
      }
    })
  }

  it("lays histograms side by side", () => {
    const random = Generator.make(7)
    for (let round = 0; round < 200; round++) {
      const histograms = [1, 2, 3].map(() => Histogram.countBy(randomSet(random, 2, random.pick([1, 1000])), 0))
      const maps = histograms.map(entries)
      const found = Histogram.align(histograms)
      found.forEach(({ from, to }, i) => assert.isTrue(from <= to && to < (found[i + 1]?.from ?? Number.POSITIVE_INFINITY)))
      const byPosition = new Map(found.flatMap(({ counts, from, to }) =>
        Array.from({ length: to - from + 1 }, (_, i): [number, ReadonlyArray<number>] => [from + i, counts])))
      const positions = Array.from(new Set(maps.flatMap((map) => Array.from(map.keys())))).sort((a, b) => a - b)
      assert.deepStrictEqual(byPosition, new Map(positions.map((at) => [at, maps.map((map) => map.get(at) ?? 0)])))
    }
  })

  it("adds up overlapping bins in any order", () => {
    assert.deepStrictEqual(Histogram.sum([]), [])
    assert.deepStrictEqual(Histogram.sum([{ from: 5, to: 9, count: 2 }, { from: 0, to: 6, count: 1 }, { from: 10, to: 10, count: 2 }]), [
      { from: 0, to: 4, count: 1 },
      { from: 5, to: 6, count: 3 },
      { from: 7, to: 10, count: 2 }
    ])
    const far = [{ from: 0, to: 0, count: 1 }, { from: 1e12, to: 1e12 + 5, count: 3 }]
    assert.deepStrictEqual(Histogram.sum(far.toReversed()), far)
  })

  it("costs segments and not points", () => {
    const huge = PartitionSet.product([PartitionSet.range(0, 1e9), PartitionSet.range(0, 1e3), PartitionSet.range(5, 9)])
    assert.deepStrictEqual(Histogram.countBy(huge, 0), [{ from: 0, to: 1e9, count: 1001 * 5 }])
    assert.deepStrictEqual(Histogram.countBy(huge, 2), [{ from: 5, to: 9, count: (1e9 + 1) * 1001 }])
    const buckets = [{ from: 0, to: 99 }, { from: 100, to: 1e8 - 1 }, { from: 1e8, to: 2e9 }]
    assert.deepStrictEqual(Histogram.cross(huge, { dimension: 2, positions: [4, 5] }, { dimension: 0, buckets }), [
      Float64Array.from([0, 0, 0]),
      Float64Array.from([100 * 1001, (1e8 - 100) * 1001, (9e8 + 1) * 1001])
    ])
  })
})
