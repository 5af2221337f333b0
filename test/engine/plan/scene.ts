/** Assets and records of cells for tests of plans. */
import { Effect } from "effect"
import { Asset, type Input, type Partitions, Rows } from "../../../index.ts"
import * as Snapshot from "../../../engine/plan/Snapshot.ts"
import type { StoredCell } from "../../../engine/record/RunStore.ts"
import { Store, Value } from "../assets.ts"

/** An asset of rows that computes nothing. */
export const rows = (key: string, options: {
  readonly partitions?: Partitions.Partitions<unknown, unknown>
  readonly inputs?: Record<string, Asset.Any | Input.Input<unknown, unknown>>
  readonly codeVersion?: string
}) =>
  Asset.make(key, {
    ...options,
    output: Rows.of(Value),
    io: Store,
    run: () => Effect.succeed([])
  })

export const cell = (dataVersion: number | undefined, more: Partial<StoredCell> = {}): StoredCell => ({
  dataVersion,
  codeVersion: "",
  inputs: {},
  materializedAt: new Date(0),
  materializedBy: 1,
  failed: false,
  error: null,
  ...more
})

/** The input of a cell that has read these versions of an asset. */
export const read = (input: string, asset: string, ...versions: ReadonlyArray<number>): Pick<StoredCell, "inputs"> => ({
  inputs: { [input]: { asset, count: versions.length, sum: versions.reduce(Snapshot.add, 0), max: Math.max(...versions) } }
})
