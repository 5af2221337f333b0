import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as PartitionSet from "../../../engine/partition/PartitionSet.ts"
import * as Generator from "./generator.ts"

type Model = ReadonlySet<string>

const width = 6

const randomPoints = (random: Generator.Generator, dimensions: number): Array<PartitionSet.Point> =>
  Array.from({ length: random.whole(0, random.pick([0, 4, 40, 200])) }, () =>
    Array.from({ length: dimensions }, () => random.whole(-1, width)))

const modelOf = (points: Iterable<PartitionSet.Point>): Model => new Set(Array.from(points, (point) => point.join(",")))

const agrees = (set: PartitionSet.PartitionSet, model: Model, law: string) => {
  assert.deepStrictEqual(modelOf(PartitionSet.points(set)), model, law)
  assert.strictEqual(PartitionSet.size(set), model.size, `${law}: size`)
  canonical(set, law)
}

const canonical = (set: PartitionSet.PartitionSet, law: string): void => {
  for (const [i, { from, rest, to }] of set.segments.entries()) {
    assert.isTrue(from <= to, law)
    assert.strictEqual(rest === undefined, set.dimensions <= 1, law)
    if (rest !== undefined) {
      assert.isAbove(rest.segments.length, 0, law)
      canonical(rest, law)
    }
    const next = set.segments[i + 1]
    if (next === undefined) continue
    assert.isTrue(to < next.from, law)
    if (next.from === to + 1) assert.notDeepEqual(rest, next.rest, `${law}: neighbours with equal rests merge`)
  }
}

describe("PartitionSet", () => {
  for (const dimensions of [0, 1, 2, 3]) {
    it(`is a set algebra in ${dimensions} dimensions`, () => {
      const random = Generator.make(dimensions + 1)
      for (let round = 0; round < 150; round++) {
        const [x, y, z] = [0, 1, 2].map(() => randomPoints(random, dimensions))
        const [a, b, c] = [x!, y!, z!].map((points) => PartitionSet.fromPoints(dimensions, points))
        const [ma, mb] = [modelOf(x!), modelOf(y!)]
        const universe = PartitionSet.product(Array.from({ length: dimensions }, () => PartitionSet.range(-1, width)))
        const not = (set: PartitionSet.PartitionSet) => PartitionSet.difference(universe, set)

        agrees(a!, ma, "fromPoints")
        agrees(PartitionSet.union(a!, b!), new Set([...ma, ...mb]), "union")
        agrees(PartitionSet.intersection(a!, b!), new Set([...ma].filter((p) => mb.has(p))), "intersection")
        agrees(PartitionSet.difference(a!, b!), new Set([...ma].filter((p) => !mb.has(p))), "difference")
        assert.strictEqual(PartitionSet.isSubset(a!, b!), [...ma].every((p) => mb.has(p)))
        assert.strictEqual(PartitionSet.equals(a!, b!), [...ma].every((p) => mb.has(p)) && ma.size === mb.size)

        assert.deepStrictEqual(PartitionSet.union(a!, b!), PartitionSet.union(b!, a!))
        assert.deepStrictEqual(PartitionSet.intersection(a!, b!), PartitionSet.intersection(b!, a!))
        const allThree = PartitionSet.union(PartitionSet.union(a!, b!), c!)
        assert.deepStrictEqual(allThree, PartitionSet.union(a!, PartitionSet.union(b!, c!)))
        assert.deepStrictEqual(allThree, PartitionSet.unionAll(dimensions, [a!, b!, c!]))
        assert.deepStrictEqual(not(PartitionSet.union(a!, b!)), PartitionSet.intersection(not(a!), not(b!)))
        assert.deepStrictEqual(not(PartitionSet.intersection(a!, b!)), PartitionSet.union(not(a!), not(b!)))
        assert.deepStrictEqual(not(not(a!)), a!)

        for (const point of PartitionSet.points(universe)) {
          assert.strictEqual(PartitionSet.has(a!, point), ma.has(point.join(",")))
        }
        const stored: unknown = JSON.parse(JSON.stringify(PartitionSet.toJson(a!)))
        assert.deepStrictEqual(Result.getOrThrow(PartitionSet.fromJson(stored)), a!)
      }
    })

    it(`lists, takes and projects in ${dimensions} dimensions`, () => {
      const random = Generator.make(dimensions + 10)
      for (let round = 0; round < 100; round++) {
        const set = PartitionSet.fromPoints(dimensions, randomPoints(random, dimensions))
        const listed = [...PartitionSet.points(set)]
        const sorted = listed.toSorted((p, q) => p.map((x, i) => x - q[i]!).find((d) => d !== 0) ?? 0)
        assert.deepStrictEqual(listed, sorted)
        assert.deepStrictEqual([...PartitionSet.points(set, { order: "descending" })], listed.toReversed())
        assert.deepStrictEqual(PartitionSet.firstPoint(set), listed[0])
        assert.deepStrictEqual(PartitionSet.lastPoint(set), listed[listed.length - 1])
        const n = random.whole(0, listed.length + 1)
        assert.deepStrictEqual(PartitionSet.take(set, n), PartitionSet.fromPoints(dimensions, listed.slice(0, n)))
        const tail = listed.slice(Math.max(0, listed.length - n))
        assert.deepStrictEqual(PartitionSet.takeLast(set, n), PartitionSet.fromPoints(dimensions, tail))
        const kept = Array.from({ length: dimensions }, (_, i) => i).filter(() => random.whole(0, 1) === 1)
        if (random.whole(0, 1) === 1) kept.reverse()
        assert.deepStrictEqual(
          PartitionSet.project(set, kept),
          PartitionSet.fromPoints(kept.length, listed.map((point) => kept.map((dimension) => point[dimension]!)))
        )
      }
    })
  }

  it("multiplies sets", () => {
    const random = Generator.make(3)
    for (let round = 0; round < 50; round++) {
      const [x, y] = [randomPoints(random, 1), randomPoints(random, 2)]
      const set = PartitionSet.product([PartitionSet.fromPoints(1, x), PartitionSet.unit, PartitionSet.fromPoints(2, y)])
      agrees(set, modelOf(x.flatMap((p) => y.map((q) => [...p, ...q]))), "product")
    }
    assert.deepStrictEqual(PartitionSet.product([]), PartitionSet.unit)
  })

  it("reads positions and ranges in any order, repeated or overlapping", () => {
    const segments = [{ from: 1, to: 3 }, { from: 7, to: 7 }]
    assert.deepStrictEqual(PartitionSet.fromPositions([7, 3, 1, 2, 2, 7]).segments, segments)
    assert.deepStrictEqual(PartitionSet.fromPositions(new Set([1, 2, 3, 7])).segments, segments)
    const ranges = [{ from: 7, to: 7 }, { from: 2, to: 3 }, { from: 1, to: 2 }, { from: 9, to: 8 }]
    assert.deepStrictEqual(PartitionSet.fromRanges(ranges).segments, segments)
    assert.deepStrictEqual(PartitionSet.ranges(PartitionSet.range(5, 4)), [])
  })

  it("keeps a million positions in order as one segment, and JSON compact", () => {
    let set = PartitionSet.empty(1)
    for (let position = 0; position < 1_000_000; position++) {
      set = PartitionSet.union(set, PartitionSet.range(position, position))
    }
    assert.deepStrictEqual(set, PartitionSet.range(0, 999_999))
    assert.strictEqual(JSON.stringify(PartitionSet.toJson(set)), "[1,[[0,999999]]]")
    const table = PartitionSet.product([PartitionSet.range(0, 5), PartitionSet.fromPositions([1, 2, 9])])
    assert.strictEqual(JSON.stringify(PartitionSet.toJson(table)), "[2,[[0,5,[[1,2],9]]]]")
  })

  it("refuses JSON that is no set", () => {
    const garbage = [
      null, 7, [], [1], [1, [[3, 1]]], [1, [5, 4]], [1, [1, 1]], [1, ["1"]], [1, [0.5]], [2, [1]], [1, [[0, 1, [2]]]],
      [2, [[0, 1, []]]], [0, [1]], [-1, []], { dimensions: 1 }
    ]
    for (const json of garbage) {
      const read = PartitionSet.fromJson(json)
      assert.isTrue(Result.isFailure(read), JSON.stringify(json))
      if (Result.isFailure(read)) assert.match(read.failure, /^This is not a set of partitions in JSON: /)
    }
  })
})
