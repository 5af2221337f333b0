/**
 * Which upstream cells the cells of a space read by a function of keys, and back. The function is asked once a downstream
 * cell for all questions of the second kind: asked for each of them, 2,000 steps took 7 s to end, 25 s for 4,000.
 */
import * as PartitionKey from "./PartitionKey.ts"
import * as PartitionSet from "./PartitionSet.ts"
import type { PartitionSpace } from "./PartitionSpace.ts"

/** The upstream keys of a downstream key, both as users write them. */
export type Keys = (key: unknown) => Iterable<unknown>

/** The cells of the upstream keys that exist; a cell may come twice. */
export const upstream = (
  keys: Keys,
  down: PartitionSpace,
  up: PartitionSpace,
  point: PartitionSet.Point
): ReadonlyArray<PartitionSet.Point> => {
  const found: Array<PartitionSet.Point> = []
  for (const key of keys(down.userKeyAt(point))) {
    const text = PartitionKey.toText(up.partitions, key)
    // `positionOf` would look for what may have been meant: 1 ms for each key that 4,000 others do not have.
    const cell = text._tag === "Success" ? up.everPositionOf(text.success) : undefined
    if (cell !== undefined && PartitionSet.has(up.all, cell)) found.push(cell)
  }
  return found
}

/** The downstream cells that read any of the upstream cells of `changed`. */
export const downstream = (
  keys: Keys,
  down: PartitionSpace,
  up: PartitionSpace,
  changed: PartitionSet.PartitionSet
): PartitionSet.PartitionSet => {
  const { cells, readers } = indexOf(keys, down, up)
  const found = PartitionSet.size(changed) < readers.size
    ? Array.from(PartitionSet.points(changed), (point) => readers.get(point.join())?.places ?? [])
    : Array.from(readers.values(), ({ cell, places }) => PartitionSet.has(changed, cell) ? places : [])
  const read = PartitionSet.fromRanges(found.flat())
  return PartitionSet.fromPoints(down.dimensions.length, Array.from(PartitionSet.points(read), ([i]) => cells[i!]!))
}

/** A range of places in the list of downstream cells. */
interface Place {
  readonly from: number
  to: number
}

interface Index {
  readonly cells: ReadonlyArray<PartitionSet.Point>
  /** By upstream cell; ranges, so that a cell that all read takes as little room as one that few read. */
  readonly readers: ReadonlyMap<string, { readonly cell: PartitionSet.Point; readonly places: Array<Place> }>
}

// Spaces are resolved once a snapshot, so an index lives as long as its snapshot.
const indexes = new WeakMap<Keys, WeakMap<PartitionSpace, WeakMap<PartitionSpace, Index>>>()

const indexOf = (keys: Keys, down: PartitionSpace, up: PartitionSpace): Index => {
  const byDown = indexes.get(keys) ?? new WeakMap<PartitionSpace, WeakMap<PartitionSpace, Index>>()
  const byUp = byDown.get(down) ?? new WeakMap<PartitionSpace, Index>()
  const index = byUp.get(up) ?? makeIndex(keys, down, up)
  indexes.set(keys, byDown.set(down, byUp.set(up, index)))
  return index
}

const makeIndex = (keys: Keys, down: PartitionSpace, up: PartitionSpace): Index => {
  const cells = Array.from(PartitionSet.points(down.all))
  const readers = new Map<string, { readonly cell: PartitionSet.Point; readonly places: Array<Place> }>()
  for (const [i, point] of cells.entries()) {
    for (const cell of upstream(keys, down, up, point)) {
      const name = cell.join()
      const known = readers.get(name)
      const last = known?.places.at(-1)
      if (known === undefined) readers.set(name, { cell, places: [{ from: i, to: i }] })
      else if (last !== undefined && last.to >= i - 1) last.to = i
      else known.places.push({ from: i, to: i })
    }
  }
  return { cells, readers }
}
