import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as PartitionSet from "../../../engine/partition/PartitionSet.ts"
import * as Generator from "./generator.ts"

type Set_ = PartitionSet.PartitionSet

const { difference, equals, intersection, isSubset, union } = PartitionSet

const low = -2
const high = 3

/** The cells of a space as text, and back: what a set is compared with. */
const cellsOf = (dimensions: number): ReadonlyArray<string> =>
  Array.from({ length: dimensions }).reduce<ReadonlyArray<string>>(
    (cells) => cells.flatMap((cell) => Array.from({ length: high - low + 1 }, (_, i) => [...cell === "" ? [] : [cell], low + i].join(","))),
    [""]
  )

const pointOf = (cell: string): PartitionSet.Point => cell === "" ? [] : cell.split(",").map(Number)

const setOf = (dimensions: number, cells: Iterable<string>): Set_ => PartitionSet.fromPoints(dimensions, Array.from(cells, pointOf))

const modelOf = (set: Set_): ReadonlySet<string> => new Set(Array.from(PartitionSet.points(set), (point) => point.join(",")))

/** Sets of single cells, of long ranges, of boxes, and of boxes with holes. */
const randomCells = (random: Generator.Generator, dimensions: number, universe: ReadonlyArray<string>): ReadonlySet<string> => {
  const box = () => {
    const bounds = Array.from({ length: dimensions }, () => {
      const from = random.whole(low, high)
      return [from, random.whole(from, high)] as const
    })
    return universe.filter((cell) => pointOf(cell).every((x, i) => x >= bounds[i]![0] && x <= bounds[i]![1]))
  }
  const some = (one: number) => universe.filter(() => random.whole(1, one) === 1)
  return new Set(random.pick<() => ReadonlyArray<string>>([
    () => [], () => universe, () => some(12), () => some(2), box, () => [...box(), ...box()],
    () => box().filter(() => random.whole(1, 5) > 1),
    () => {
      const hole = new Set(box())
      return universe.filter((cell) => !hole.has(cell))
    }
  ])())
}

const segments = (set: Set_): number =>
  set.segments.reduce((sum, { rest }) => sum + 1 + (rest === undefined ? 0 : segments(rest)), 0)

for (const dimensions of [0, 1, 2, 3, 4]) {
  describe(`sets in ${dimensions} dimensions`, () => {
    const universe = cellsOf(dimensions)
    const whole = setOf(dimensions, universe)
    const none = PartitionSet.empty(dimensions)
    const not = (set: Set_) => difference(whole, set)
    const rounds = [20, 120, 120, 50, 12][dimensions]!

    const each = (seed: number, law: (a: Set_, b: Set_, c: Set_, models: ReadonlyArray<ReadonlySet<string>>) => void) => {
      const random = Generator.make(seed * 10 + dimensions)
      for (let round = 0; round < rounds; round++) {
        const models = [0, 1, 2].map(() => randomCells(random, dimensions, universe))
        const [a, b, c] = models.map((model) => setOf(dimensions, model))
        law(a!, b!, c!, models)
      }
    }

    // Equal sets have equal structure, so a law is an equality of structures.
    const laws: Record<string, (a: Set_, b: Set_, c: Set_) => readonly [Set_, Set_]> = {
      "union is commutative": (a, b) => [union(a, b), union(b, a)],
      "intersection is commutative": (a, b) => [intersection(a, b), intersection(b, a)],
      "union is associative": (a, b, c) => [union(union(a, b), c), union(a, union(b, c))],
      "intersection is associative": (a, b, c) => [intersection(intersection(a, b), c), intersection(a, intersection(b, c))],
      "union distributes": (a, b, c) => [union(a, intersection(b, c)), intersection(union(a, b), union(a, c))],
      "intersection distributes": (a, b, c) => [intersection(a, union(b, c)), union(intersection(a, b), intersection(a, c))],
      "difference distributes over the left": (a, b, c) => [difference(union(a, b), c), union(difference(a, c), difference(b, c))],
      "De Morgan, union": (a, b) => [not(union(a, b)), intersection(not(a), not(b))],
      "De Morgan, intersection": (a, b) => [not(intersection(a, b)), union(not(a), not(b))],
      "a difference of a union": (a, b, c) => [difference(a, union(b, c)), difference(difference(a, b), c)],
      "a difference of an intersection": (a, b, c) => [difference(a, intersection(b, c)), union(difference(a, b), difference(a, c))],
      "difference is the intersection with what the other has not": (a, b) => [difference(a, b), intersection(a, not(b))],
      "not twice": (a) => [not(not(a)), a],
      "absorption of the intersection": (a, b) => [union(a, intersection(a, b)), a],
      "absorption of the union": (a, b) => [intersection(a, union(a, b)), a],
      "union is idempotent": (a) => [union(a, setOf(dimensions, modelOf(a))), a],
      "intersection is idempotent": (a) => [intersection(a, setOf(dimensions, modelOf(a))), a],
      "without itself nothing is left": (a) => [difference(a, setOf(dimensions, modelOf(a))), none],
      "nothing adds nothing": (a) => [union(a, none), a],
      "nothing has nothing in common": (a) => [intersection(a, none), none],
      "without nothing all is left": (a) => [difference(a, none), a],
      "nothing without a set is nothing": (a) => [difference(none, a), none],
      "the whole takes all in": (a) => [union(a, whole), whole],
      "a set and the rest": (a) => [union(a, not(a)), whole],
      "a set and the rest have nothing in common": (a) => [intersection(a, not(a)), none],
      "in three parts": (a, b) => [union(union(difference(a, b), intersection(a, b)), difference(b, a)), union(a, b)],
      "unionAll": (a, b, c) => [PartitionSet.unionAll(dimensions, [a, b, none, c, a]), union(a, union(b, c))]
    }

    it(`keep ${Object.keys(laws).length} laws`, () => {
      let seed = 1
      for (const [name, law] of Object.entries(laws)) {
        each(seed++, (a, b, c) => {
          const [left, right] = law(a, b, c)
          assert.deepStrictEqual(left, right, name)
          assert.isTrue(equals(left, right), name)
        })
      }
    })

    it("have what sets of texts have", () => {
      each(50, (a, b, _, [ma, mb]) => {
        const inB = (cell: string) => mb!.has(cell)
        assert.deepStrictEqual(modelOf(union(a, b)), new Set([...modelOf(a), ...modelOf(b)]))
        assert.deepStrictEqual(modelOf(union(a, b)).size, new Set([...ma!, ...mb!]).size)
        for (const [set, model] of [
          [a, [...ma!]], [union(a, b), [...ma!, ...[...mb!].filter((cell) => !ma!.has(cell))]], [intersection(a, b), [...ma!].filter(inB)],
          [difference(a, b), [...ma!].filter((cell) => !inB(cell))]
        ] as const) {
          assert.deepStrictEqual(modelOf(set), new Set(model))
          assert.strictEqual(PartitionSet.size(set), model.length)
          assert.strictEqual(PartitionSet.isEmpty(set), model.length === 0)
          // The form is the one that the cells give, in whatever order they come.
          assert.deepStrictEqual(set, setOf(dimensions, model.toReversed()))
        }
        for (const cell of universe) assert.strictEqual(PartitionSet.has(a, pointOf(cell)), ma!.has(cell))
        assert.isFalse(PartitionSet.has(a, [...pointOf(universe[0]!), 0]))
        if (dimensions > 0) {
          assert.isFalse(PartitionSet.has(a, pointOf(universe[0]!).map(() => low - 1)))
          assert.isFalse(PartitionSet.has(a, pointOf(universe[0]!).map(() => high + 1)))
        }
      })
    })

    it("are subsets of each other as their cells are", () => {
      each(51, (a, b, _, [ma, mb]) => {
        assert.strictEqual(isSubset(a, b), [...ma!].every((cell) => mb!.has(cell)))
        assert.strictEqual(isSubset(a, b), equals(union(a, b), b))
        assert.strictEqual(isSubset(a, b), equals(intersection(a, b), a))
        assert.strictEqual(equals(a, b), isSubset(a, b) && isSubset(b, a))
        assert.isTrue(isSubset(intersection(a, b), a) && isSubset(a, union(a, b)) && isSubset(difference(a, b), a))
        assert.isTrue(isSubset(none, a) && isSubset(a, whole))
      })
    })

    it("list their points in order, forward and back, and take the first and the last", () => {
      const random = Generator.make(60 + dimensions)
      each(52, (a, _, __, [ma]) => {
        const ordered = [...ma!].map(pointOf).sort((p, q) => p.map((x, i) => x - q[i]!).find((d) => d !== 0) ?? 0)
        assert.deepStrictEqual([...PartitionSet.points(a)], ordered)
        assert.deepStrictEqual([...PartitionSet.points(a, { order: "descending" })], ordered.toReversed())
        assert.deepStrictEqual([PartitionSet.firstPoint(a), PartitionSet.lastPoint(a)], [ordered[0], ordered.at(-1)])
        for (const n of [-1, 0, 1, random.whole(0, ordered.length), ordered.length, ordered.length + 7, 2.5]) {
          const count = Math.max(0, Math.floor(n))
          assert.deepStrictEqual(PartitionSet.take(a, n), PartitionSet.fromPoints(dimensions, ordered.slice(0, count)))
          const tail = ordered.slice(Math.max(0, ordered.length - count))
          assert.deepStrictEqual(PartitionSet.takeLast(a, n), PartitionSet.fromPoints(dimensions, tail))
          assert.deepStrictEqual(union(PartitionSet.take(a, n), PartitionSet.takeLast(a, ordered.length - count)), a)
        }
      })
    })

    it("are seen in some of their dimensions, in any order", () => {
      const random = Generator.make(70 + dimensions)
      each(53, (a, b, _, [ma]) => {
        const order = Array.from({ length: dimensions }, (_, i) => i)
        for (let i = order.length - 1; i > 0; i--) {
          const j = random.whole(0, i)
          ;[order[i], order[j]] = [order[j]!, order[i]!]
        }
        const kept = order.slice(0, random.whole(0, dimensions))
        const seen = (model: Iterable<string>) =>
          PartitionSet.fromPoints(kept.length, Array.from(model, (cell) => kept.map((dimension) => pointOf(cell)[dimension]!)))
        assert.deepStrictEqual(PartitionSet.project(a, kept), seen(ma!), kept.join())
        assert.deepStrictEqual(PartitionSet.project(union(a, b), kept), union(PartitionSet.project(a, kept), PartitionSet.project(b, kept)))
        const back = order.map((_, i) => order.indexOf(i))
        assert.deepStrictEqual(PartitionSet.project(PartitionSet.project(a, order), back), a)
      })
    })

    it("multiply, and are what is seen of a product", () => {
      each(54, (a, b) => {
        const both = PartitionSet.product([a, b])
        assert.strictEqual(both.dimensions, 2 * dimensions)
        assert.strictEqual(PartitionSet.size(both), PartitionSet.size(a) * PartitionSet.size(b))
        const first = Array.from({ length: dimensions }, (_, i) => i)
        const nothing = PartitionSet.isEmpty(a) || PartitionSet.isEmpty(b)
        assert.deepStrictEqual(PartitionSet.project(both, first), nothing ? none : a)
        assert.deepStrictEqual(PartitionSet.project(both, first.map((i) => i + dimensions)), nothing ? none : b)
        const [p, q] = [PartitionSet.firstPoint(a), PartitionSet.lastPoint(b)]
        if (p !== undefined && q !== undefined) assert.isTrue(PartitionSet.has(both, [...p, ...q]))
        assert.deepStrictEqual(PartitionSet.product([a, PartitionSet.unit, b]), both)
        assert.deepStrictEqual(PartitionSet.product([PartitionSet.product([a, b]), b]), PartitionSet.product([a, PartitionSet.product([b, b])]))
      })
    })

    it("come back from JSON as they were", () => {
      each(55, (a) => {
        const stored: unknown = JSON.parse(JSON.stringify(PartitionSet.toJson(a)))
        assert.deepStrictEqual(Result.getOrThrow(PartitionSet.fromJson(stored)), a)
      })
    })
  })
}

describe("large sets cost what their segments cost", () => {
  const year = 365
  const days = PartitionSet.range(0, 100 * year - 1)
  const calls = PartitionSet.range(0, 999_999)
  const cube = PartitionSet.product([days, calls, PartitionSet.range(0, 999)])

  it("a box of any size is one segment a dimension", () => {
    assert.strictEqual(segments(cube), 3)
    assert.strictEqual(PartitionSet.size(cube), 100 * year * 1e9)
    assert.strictEqual(JSON.stringify(PartitionSet.toJson(cube)), "[3,[[0,36499,[[0,999999,[[0,999]]]]]]]")
  })

  it("holes cost a few segments each, and are closed again", () => {
    const hole = PartitionSet.product([PartitionSet.range(7, 7), PartitionSet.range(500, 599), PartitionSet.range(0, 999)])
    const rest = difference(cube, hole)
    assert.strictEqual(segments(rest), 3 + 2 + 4 + 2)
    assert.strictEqual(PartitionSet.size(rest), PartitionSet.size(cube) - 100_000)
    assert.deepStrictEqual(union(rest, hole), cube)
    assert.deepStrictEqual(difference(cube, rest), hole)
    const turned = difference(PartitionSet.product([calls, days]), PartitionSet.project(hole, [1, 0]))
    assert.deepStrictEqual(PartitionSet.project(rest, [1, 0]), turned)
  })

  it("take and takeLast cut a few segments", () => {
    const half = PartitionSet.size(cube) / 2 + 12_345_678_901
    const [first, last] = [PartitionSet.take(cube, half), PartitionSet.takeLast(cube, PartitionSet.size(cube) - half)]
    assert.strictEqual(PartitionSet.size(first), half)
    assert.isAtMost(segments(first), 9)
    assert.isAtMost(segments(last), 9)
    assert.deepStrictEqual(union(first, last), cube)
    assert.isTrue(PartitionSet.isEmpty(intersection(first, last)))
  })

  it("one of many with holes is found without a look at the others", () => {
    // Segments that count how often they are read.
    let looks = 0
    const many = PartitionSet.fromPositions(Array.from({ length: 100_000 }, (_, i) => 2 * i))
    const watched: Set_ = {
      dimensions: 1,
      segments: new Proxy(many.segments, {
        get: (target, property, receiver) => {
          if (typeof property === "string" && /^\d+$/.test(property)) looks++
          return Reflect.get(target, property, receiver)
        }
      })
    }
    const one = PartitionSet.range(131_072, 131_073)
    assert.deepStrictEqual(intersection(one, watched), PartitionSet.range(131_072, 131_072))
    assert.deepStrictEqual(intersection(watched, one), PartitionSet.range(131_072, 131_072))
    assert.isFalse(isSubset(one, watched))
    assert.isTrue(PartitionSet.has(watched, [131_072]))
    assert.isBelow(looks, 250)
  })

  it("many sets unite to one segment where they touch", () => {
    const random = Generator.make(99)
    const parts = Array.from({ length: 500 }, (_, i) => PartitionSet.product([PartitionSet.range(i, i), calls]))
      .map((part) => ({ part, key: random.whole(0, 1e9) })).sort((a, b) => a.key - b.key).map(({ part }) => part)
    assert.deepStrictEqual(PartitionSet.unionAll(2, parts), PartitionSet.product([PartitionSet.range(0, 499), calls]))
  })
})
