/**
 * The states of an asset's cells as sets, where they are alike: what planning, counting and drawing look at. They follow
 * from a log of changes, each of which tells of many cells at once; the records of single cells hold the details.
 */
import * as PartitionSet from "../partition/PartitionSet.ts"
import type { Cell, InputVersion } from "./Step.ts"

export interface CellSets {
  /** Cells that have data. */
  readonly materialized: PartitionSet.PartitionSet
  /** Cells whose last step failed, whether they have data from before or not. */
  readonly failed: PartitionSet.PartitionSet
  /** The materialized cells by what they were computed with (see `basisOf`); disjoint. */
  readonly byBasis: ReadonlyMap<string, PartitionSet.PartitionSet>
  /** Data is stored for partitions that the definition does not know any more, such as a removed fixed key. */
  readonly strays: boolean
  readonly lastMaterialized: Date | undefined
  /** Changes whenever the data of a cell does, and else now and then; absent where that is not known. */
  readonly mark?: string
}

/** A set of cells of one asset, by the positions of a numbering. */
export interface AssetSet {
  readonly asset: string
  readonly numbering: string
  readonly cells: PartitionSet.PartitionSet
}

/** Gives cells as sets, one an asset: the engine knows the positions, the store only the keys. */
export type Gather = (cells: ReadonlyArray<Cell>) => ReadonlyArray<AssetSet>

/** How the cells of an asset are numbered: positions of one numbering keep their meaning for ever. */
export interface Numbering {
  readonly id: string
  readonly dimensions: number
  /** The point of a text key that exists or existed, such as that of a removed dynamic key; undefined: unknown. */
  readonly pointOf: (partition: string) => PartitionSet.Point | undefined
}

/** What became of cells; a later change overrides earlier ones for the cells that it names. */
export type CellChange =
  | { readonly kind: "materialized"; readonly basis: string; readonly at: Date; readonly cells: PartitionSet.PartitionSet }
  | { readonly kind: "failed"; readonly cells: PartitionSet.PartitionSet }
  | { readonly kind: "stray" }

/**
 * What a materialization was computed with, as far as the definition decides it: the version of the code, the upstream
 * asset of each input, and the time windows that keys stand for, where these are known. Cells with another basis than the
 * asset's present one are stale without a look at them.
 */
export const basisOf = (codeVersion: string, inputs: Readonly<Record<string, Pick<InputVersion, "asset">>>, windows = ""): string =>
  JSON.stringify([
    codeVersion,
    ...Object.keys(inputs).sort().map((input) => [input, inputs[input]!.asset]),
    ...(windows === "" ? [] : [windows])
  ])

export interface Basis {
  readonly codeVersion: string
  /** Input name → upstream asset. */
  readonly inputs: ReadonlyMap<string, string>
  /** "": none, or unknown. */
  readonly windows: string
}

export const partsOf = (basis: string): Basis => {
  // Only `basisOf` writes these texts.
  const [codeVersion, ...rest] = JSON.parse(basis) as [string, ...Array<[string, string] | string>]
  const inputs = rest.filter((part) => typeof part !== "string")
  return { codeVersion, inputs: new Map(inputs), windows: rest.find((part) => typeof part === "string") ?? "" }
}

export const empty = (dimensions: number): CellSets => ({
  materialized: PartitionSet.empty(dimensions),
  failed: PartitionSet.empty(dimensions),
  byBasis: new Map(),
  strays: false,
  lastMaterialized: undefined
})

/** The states after all changes, oldest first. Neighbouring changes of one kind are united before they are applied. */
export const fold = (dimensions: number, changes: Iterable<CellChange>): CellSets => {
  const none = PartitionSet.empty(dimensions)
  const byBasis = new Map<string, PartitionSet.PartitionSet>()
  let failed = none
  let strays = false
  let lastMaterialized: Date | undefined
  let open: { readonly kind: "materialized" | "failed"; readonly basis: string; readonly sets: Array<PartitionSet.PartitionSet> } | undefined
  const apply = () => {
    if (open === undefined) return
    const cells = PartitionSet.unionAll(dimensions, open.sets)
    if (open.kind === "failed") failed = PartitionSet.union(failed, cells)
    else {
      failed = PartitionSet.difference(failed, cells)
      for (const [basis, set] of byBasis) if (basis !== open.basis) byBasis.set(basis, PartitionSet.difference(set, cells))
      byBasis.set(open.basis, PartitionSet.union(byBasis.get(open.basis) ?? none, cells))
    }
    open = undefined
  }
  for (const change of changes) {
    if (change.kind === "stray") {
      strays = true
      continue
    }
    const basis = change.kind === "materialized" ? change.basis : ""
    if (change.kind === "materialized" && (lastMaterialized === undefined || change.at > lastMaterialized)) lastMaterialized = change.at
    if (open === undefined || open.kind !== change.kind || open.basis !== basis) {
      apply()
      open = { kind: change.kind, basis, sets: [] }
    }
    open.sets.push(change.cells)
  }
  apply()
  for (const [basis, set] of byBasis) if (PartitionSet.isEmpty(set)) byBasis.delete(basis)
  const materialized = PartitionSet.unionAll(dimensions, Array.from(byBasis.values()))
  return { materialized, failed, byBasis, strays, lastMaterialized }
}

/** The fewest changes from which `fold` gives these sets again. */
export const changesOf = (sets: CellSets): ReadonlyArray<CellChange> => [
  ...Array.from(sets.byBasis, ([basis, cells]): CellChange => ({
    kind: "materialized", basis, cells, at: sets.lastMaterialized ?? new Date(0)
  })),
  ...(PartitionSet.isEmpty(sets.failed) ? [] : [{ kind: "failed", cells: sets.failed } as const]),
  ...(sets.strays ? [{ kind: "stray" } as const] : [])
]
