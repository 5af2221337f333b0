/** Spaces and sets of cells by state for the tests of the pictures. */
import { DateTime, Result } from "effect"
import type { State, StateSets } from "../../../cli/grid/Counts.ts"
import * as Grid from "../../../cli/grid/Grid.ts"
import * as Style from "../../../cli/terminal/Style.ts"
import type * as Partitions from "../../../engine/partition/Partitions.ts"
import * as PartitionSet from "../../../engine/partition/PartitionSet.ts"
import * as PartitionSpace from "../../../engine/partition/PartitionSpace.ts"
import type { DynamicKeys } from "../../../engine/partition/SpaceDimension.ts"

export const space = (partitions: Partitions.Any, now: string, dynamicKeys: DynamicKeys = () => []) =>
  PartitionSpace.resolve(partitions, { now: DateTime.makeUnsafe(now), dynamicKeys })

/** Cells by state, each as a user would select them; all others are in the state `rest`. */
export const sets = (
  { all, parse }: PartitionSpace.PartitionSpace,
  selected: Partial<Record<State, string>>,
  rest: State = "missing"
): StateSets => {
  let left = all
  const states = Object.entries(selected).map(([state, text]) => {
    const cells = PartitionSet.intersection(left, Result.getOrThrow(parse(text, "sales")))
    left = PartitionSet.difference(left, cells)
    // The keys of the record are the states that its type names.
    return { state: state as State, cells }
  })
  return { states: [...states, { state: rest, cells: left }] }
}

export const plain = Style.make(false)

/** The picture without colours; a half sentence where there is none. */
export const draw = (
  sets: StateSets,
  space: PartitionSpace.PartitionSpace,
  options: { readonly columns?: number; readonly by?: string } = {}
): ReadonlyArray<string> =>
  Result.match(Grid.draw(sets, space, { ...options, style: plain }), {
    onSuccess: (lines) => lines,
    onFailure: (reason) => [reason]
  })
