/**
 * A cell with a checkpoint: goes on from its last position, and commits rows and position together as its stream flows.
 */
import { Effect, Option, Schema } from "effect"
import type { Any } from "../definition/Asset.ts"
import { storedOf } from "../definition/Asset.ts"
import type { Checkpoint as Definition } from "../definition/Checkpoint.ts"
import type { CellName, IoError, IoManager, PartialRows } from "../definition/Io.ts"
import * as Partitions from "../partition/Partitions.ts"
import type { Snapshot } from "../plan/Snapshot.ts"
import type { Checkpoint, Place } from "../record/Checkpoint.ts"
import type { Event } from "../record/Event.ts"
import { type LeaseLost, RunStore, type RunStoreError } from "../record/RunStore.ts"
import type { InputVersion } from "../record/Step.ts"
import type { Observer } from "./Observer.ts"
import { patiently } from "./Patience.ts"
import { cellsOf, type PlannedStep } from "./StepTable.ts"

export interface ResumingOptions<R> {
  readonly snapshot: Snapshot
  readonly run: number
  readonly worker: string
  readonly io: (asset: Any) => Effect.Effect<IoManager, never, R>
  readonly event: (event: Event) => void
  readonly observer: Observer
}

/** One output of the computation and where its rows are put aside. */
export interface Output {
  readonly name: string
  readonly cell: CellName
  readonly partial: PartialRows
}

/** A cell about to be computed. */
export interface Resumed {
  readonly step: PlannedStep
  readonly definition: Definition<unknown>
  readonly place: Place
  readonly basis: string
  readonly outputs: ReadonlyArray<Output>
  /** How far it is; undefined: at the beginning. */
  readonly last: Checkpoint | undefined
  /** The position to go on from, as `run` receives it. */
  readonly from: unknown
}

export type ResumeError = IoError | RunStoreError | LeaseLost

/** Positions as they are stored. */
export const codecOf = (definition: Definition<unknown>) => Schema.toCodecJson(definition.position)

/** Finds out where the cell goes on; what is no good any more is removed. */
export const resume = <R>(
  step: PlannedStep,
  inputs: Readonly<Record<string, InputVersion>>,
  options: ResumingOptions<R>
): Effect.Effect<Resumed | undefined, ResumeError, R | RunStore> =>
  Effect.gen(function*() {
    const { graph } = options.snapshot
    const { computation } = graph.assets.get(step.planned.assets[0]!)!
    const { checkpoint: definition } = computation
    if (definition === undefined) return undefined
    const store = yield* RunStore
    const place = { computation: computation.key, partition: step.partition }
    const outputs = yield* outputsOf(computation.outputs(), step.partition, options)
    const begin = { step, definition, place, outputs, basis: basisOf(step, inputs, options.snapshot), last: undefined, from: undefined }
    const last = yield* patiently(store.checkpoint(place))
    if (last === undefined) return begin

    const tell = (message: string) =>
      options.event({ type: "checkpoint", at: new Date(), asset: step.planned.assets[0]!, partition: step.partition, message })
    const decoded = Schema.decodeUnknownOption(codecOf(definition))(last.position)
    const fault = last.basis !== begin.basis
      ? "its code or what it reads has changed"
      : step.reason._tag === "Forced" && last.run !== options.run
      ? "this was asked for"
      : Option.isNone(decoded)
      ? "its position does not fit the schema"
      : (yield* isWhole(outputs, last))
      ? undefined
      : "the rows that were put aside are not there"
    if (fault === undefined) {
      tell(`goes on after ${last.records} records`)
      return { ...begin, last, from: Option.getOrUndefined(decoded) }
    }
    yield* patiently(store.commitCheckpoint({
      run: options.run,
      worker: options.worker,
      cells: cellsOf(step),
      place,
      after: last.id,
      next: undefined,
      write: Effect.forEach(outputs, ({ cell, partial }) => partial.discard(cell), { discard: true })
    }))
    tell(`starts anew after ${last.records} records, because ${fault}`)
    return begin
  })

/** The outputs of a computation at a partition. */
export const outputsOf = <R>(
  assets: Readonly<Record<string, Any>>,
  partition: string,
  { io }: Pick<ResumingOptions<R>, "io">
): Effect.Effect<ReadonlyArray<Output>, never, R> =>
  Effect.forEach(Object.entries(assets), ([name, asset]) =>
    Effect.gen(function*() {
      const { partial } = yield* io(asset)
      // Asked before the run began, see `IoManagers.validate`.
      if (partial === undefined) return yield* Effect.die(new Error(`${asset.io.key} keeps no rows of cells that are not whole`))
      return { name, cell: { asset: storedOf(asset), partition }, partial }
    }))

/**
 * What a position is good for: the same code, the same inputs, the same window of time, and cells that nobody has materialized since. Claiming a
 * cell tells which version it has, so that this holds whatever was planned.
 */
const basisOf = (step: PlannedStep, inputs: Readonly<Record<string, InputVersion>>, snapshot: Snapshot): string =>
  JSON.stringify({
    // What comes by the way may come for a part of the cell.
    cells: step.planned.assets.filter((asset) => !snapshot.graph.assets.get(asset)!.byProduct).toSorted().map((asset) => [
      asset,
      snapshot.graph.assets.get(asset)!.codeVersion,
      snapshot.cells(asset).get(step.partition)?.dataVersion ?? null,
      ...Partitions.calendars(snapshot.space(asset).partitions)
    ]),
    inputs: Object.entries(inputs).sort(([a], [b]) => a < b ? -1 : 1).map(([name, { asset, count, sum }]) => [name, asset, count, sum])
  })

/** Whether the rows are there that the checkpoint was committed with. Upserts put fewer aside where keys come twice. */
const isWhole = (outputs: ReadonlyArray<Output>, last: Checkpoint) =>
  Effect.map(
    Effect.forEach(outputs, ({ cell, partial }) =>
      Effect.map(patiently(partial.count(cell)), (found) => {
        const rows = last.rows[cell.asset.key] ?? 0
        const { output } = cell.asset
        return output._tag === "Rows" && output.mode === "upsert" ? found <= rows && (found > 0 || rows === 0) : found === rows
      })),
    (whole) => whole.every((one) => one)
  )
