/** Mappings cell by cell: who reads whom is a table of yes and no, to which the mappings on sets are held. */
import { assert } from "@effect/vitest"
import { DateTime } from "effect"
import * as Mapping from "../../../engine/partition/PartitionMapping.ts"
import type * as Partitions from "../../../engine/partition/Partitions.ts"
import * as PartitionSet from "../../../engine/partition/PartitionSet.ts"
import * as PartitionSpace from "../../../engine/partition/PartitionSpace.ts"
import type { Calendar } from "../../../engine/partition/TimeWindows.ts"
import type * as Generator from "./generator.ts"

/** A cell in one dimension; lists have no time. */
export interface Part {
  readonly key: string
  readonly position: number
  readonly calendar: Calendar | undefined
  readonly start: number
  readonly end: number
}

export interface Cell {
  readonly point: PartitionSet.Point
  readonly key: string
  /** The part of the dimension of that name; the one without a name is "". */
  readonly at: (name: string) => Part
  /** Its place among all cells, from the first and from the last. */
  readonly place: number
  readonly fromLast: number
}

export type Reads = (down: Cell, up: Cell) => boolean

export const cellsOf = (space: PartitionSpace.PartitionSpace): ReadonlyArray<Cell> => {
  const points = Array.from(PartitionSet.points(space.all))
  return points.map((point, place) => {
    const parts = new Map(space.dimensions.map((dimension, i): readonly [string, Part] => {
      const position = point[i]!
      const calendar = dimension.partitions._tag === "TimeWindows" ? dimension.partitions.calendar : undefined
      return [dimension.name ?? "", {
        key: dimension.keyAt(position),
        position,
        calendar,
        start: calendar?.startOf(position) ?? 0,
        end: calendar?.startOf(position + 1) ?? 0
      }]
    }))
    const at = (name: string) => parts.get(name) ?? assert.fail(`no dimension "${name}"`)
    return { point, key: space.keyAt(point), at, place, fromLast: points.length - 1 - place }
  })
}

/** The same key. */
export const same = (down: string, up = down): Reads => (d, u) => d.at(down).key === u.at(up).key

/** Both have some time in common; a window that has no time has none with any other. */
const overlap = (d: Part, calendar: Calendar, position: number): boolean =>
  d.calendar?.id === calendar.id
    ? d.position === position
    : Math.max(d.start, calendar.startOf(position)) < Math.min(d.end, calendar.startOf(position + 1))

/** The upstream window is `from` to `to` places after one that overlaps. */
export const shifted = (from: number, to: number, down: string, up = down): Reads => (d, u) => {
  const { calendar, position } = u.at(up)
  for (let by = from; by <= to; by++) if (overlap(d.at(down), calendar!, position - by)) return true
  return false
}

export const overlaps = (down: string, up = down): Reads => shifted(0, 0, down, up)

export const always: Reads = () => true

export const both = (...all: ReadonlyArray<Reads>): Reads => (d, u) => all.every((reads) => reads(d, u))

export const spaceOf = (partitions: Partitions.Any, now: string, dynamicKeys: PartitionSpace.ResolveOptions["dynamicKeys"]) =>
  PartitionSpace.resolve(partitions, { now: DateTime.makeUnsafe(now), dynamicKeys })

/** Every law that a mapping between two spaces has to keep; gives how many pairs of cells read each other. */
export const holds = (
  mapping: Mapping.Mapping,
  down: PartitionSpace.PartitionSpace,
  up: PartitionSpace.PartitionSpace,
  reads: Reads,
  random: Generator.Generator,
  what: string
): number => {
  const [ds, us] = [cellsOf(down), cellsOf(up)]
  const directions = [
    { name: "upstream", go: Mapping.upstream, of: down, to: up, from: ds, onto: us, reads },
    { name: "downstream", go: Mapping.downstream, of: up, to: down, from: us, onto: ds, reads: (u: Cell, d: Cell) => reads(d, u) }
  ] as const
  let pairs = 0
  for (const { from, go, name, of, onto, reads, to } of directions) {
    const image = (set: PartitionSet.PartitionSet) => go(mapping, down, up, set)
    const setOf = (cells: ReadonlyArray<Cell>) => PartitionSet.fromPoints(of.all.dimensions, cells.map((cell) => cell.point))
    const none = PartitionSet.empty(to.all.dimensions)
    const agree = (set: PartitionSet.PartitionSet, expected: PartitionSet.PartitionSet, law: () => string) => {
      if (PartitionSet.equals(set, expected)) return
      const keys = (some: PartitionSet.PartitionSet) => Array.from(PartitionSet.points(some), to.keyAt)
      assert.deepStrictEqual(keys(set), keys(expected), `${what}: ${name} ${law()}`)
      assert.deepStrictEqual(set, expected, `${what}: ${name} ${law()}, in its form`)
    }

    const model = from.map((cell) =>
      PartitionSet.fromPoints(to.all.dimensions, onto.filter((other) => reads(cell, other)).map((other) => other.point)))
    from.forEach((cell, i) => {
      agree(image(setOf([cell])), model[i]!, () => `of ${cell.key}`)
      if (name === "upstream") pairs += PartitionSet.size(model[i]!)
    })
    const united = (places: Iterable<number>) => PartitionSet.unionAll(to.all.dimensions, [none, ...Array.from(places, (i) => model[i]!)])

    agree(image(PartitionSet.empty(of.all.dimensions)), none, () => "of nothing")
    agree(image(of.all), united(from.keys()), () => "of all")
    const around = PartitionSet.product(of.dimensions.map(({ all }) => PartitionSet.unionAll(1, [all, PartitionSet.fromRanges(
      PartitionSet.ranges(all).map((range) => ({ from: range.from - 3, to: range.to + 3 }))
    )])))
    agree(image(around), united(from.keys()), () => "of all and what does not exist")
    agree(image(PartitionSet.difference(around, of.all)), none, () => "of what does not exist")
    for (let round = 0; round < 3 && from.length > 0; round++) {
      const density = random.whole(1, 4)
      const places = Array.from(from.keys()).filter(() => random.whole(0, density) === 0)
      const some = image(setOf(places.map((i) => from[i]!)))
      agree(some, united(places), () => "of some")
      const one = random.whole(0, from.length - 1)
      const more = image(setOf([...places, one].map((i) => from[i]!)))
      assert.isTrue(PartitionSet.isSubset(some, more), `${what}: ${name} of more has more`)
      agree(more, PartitionSet.union(some, model[one]!), () => "of a union")
    }
  }
  return pairs
}
