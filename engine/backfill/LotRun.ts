/** Executes one lot: plans its cells as they stand now, runs the plan, checks what it gave, and says what needed nothing. */
import { Effect, Result } from "effect"
import type { Any } from "../definition/Asset.ts"
import type { IoManager } from "../definition/Io.ts"
import * as Partitions from "../partition/Partitions.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import * as Plan from "../plan/Plan.ts"
import * as Snapshot from "../plan/Snapshot.ts"
import type { BackfillOptions } from "../record/Backfill.ts"
import type { Lot } from "../record/BackfillStore.ts"
import type { AssetSet } from "../record/CellSets.ts"
import type { RunStoreError } from "../record/RunStore.ts"
import * as CheckRunner from "../run/CheckRunner.ts"
import type { Observer } from "../run/Observer.ts"
import { patiently } from "../run/Patience.ts"
import type { Recorder } from "../run/Recorder.ts"
import * as Stage from "../run/Stage.ts"

export interface LotOptions<R> {
  readonly run: number
  readonly worker: string
  readonly executes: Effect.Effect<boolean, RunStoreError>
  readonly heldSince: () => number
  readonly concurrency: number
  readonly options: BackfillOptions
  readonly shared: Stage.Shared
  readonly io: (asset: Any) => Effect.Effect<IoManager, never, R>
  readonly recorder: Recorder
  readonly observer: Observer
  /** Cells that failed or were skipped in this backfill: what reads them is skipped. */
  readonly broken: (asset: string) => PartitionSet.PartitionSet
}

/** The cells of the lot that turned out to need nothing, for each asset of its computation. */
export const execute = <R>(snapshot: Snapshot.Snapshot, lot: Lot, options: LotOptions<R>) =>
  Effect.gen(function*() {
    const { graph } = snapshot
    const assets = Snapshot.siblings(graph, lot.asset)
    // A key that was removed since it was planned needs nothing.
    const cells = PartitionSet.intersection(lot.cells, snapshot.space(lot.asset).all)
    const asked = new Map(assets.map((asset) => [asset, cells]))
    const now = yield* patiently(Snapshot.narrow(snapshot, asked))
    const forced = options.options.only.includes("fresh")
    const plan = Plan.make({
      snapshot: now,
      selected: assets,
      restriction: asked,
      force: forced,
      // It was planned: only what has become fresh meanwhile is left out.
      only: forced ? ["missing", "stale", "failed", "fresh"] : ["missing", "stale", "failed"],
      ended: () => undefined,
      broken: options.broken
    })
    const materialized = new Map<string, Array<string>>(assets.map((asset) => [asset, []]))
    const ended: Array<string> = []
    const observer: Observer = (observation) => {
      switch (observation._tag) {
        case "StepMaterialized":
          materialized.get(observation.cell.asset)?.push(observation.cell.partition)
          if (observation.cell.asset === lot.asset) ended.push(observation.cell.partition)
          break
        case "StepFailed":
        case "StepSkipped":
          if (observation.cell.asset === lot.asset) ended.push(observation.cell.partition)
      }
      options.observer(observation)
    }
    const { batch, order } = options.options
    yield* Stage.execute({
      ...options,
      plan,
      snapshot: now,
      observer,
      shared: { ...options.shared, place: { lane: lot.asset, rank: lot.number } },
      order,
      ...(batch === null ? {} : { batch })
    })
    yield* options.recorder.flush
    yield* check(graph, graph.checks.filter((one) => one.over !== "asset"), materialized, options)
    const { all, partitions, positionOf } = snapshot.space(lot.asset)
    // As nearly always: reading the keys back would take longer than planning the lot.
    if (new Set(ended).size === PartitionSet.size(lot.cells)) return []
    const points = ended.flatMap((key) => {
      const point = positionOf(key)
      return Result.isSuccess(point) ? [point.success] : []
    })
    const unchanged = PartitionSet.difference(lot.cells, PartitionSet.fromPoints(all.dimensions, points))
    if (PartitionSet.isEmpty(unchanged)) return []
    const numbering = Partitions.numbering(partitions)
    return assets.map((asset): AssetSet => ({ asset, numbering, cells: unchanged }))
  })

/** Runs checks on the cells given by asset, and tells those that did not pass. */
export const check = <R>(
  graph: Snapshot.Snapshot["graph"],
  checks: Snapshot.Snapshot["graph"]["checks"],
  cells: ReadonlyMap<string, ReadonlyArray<string>>,
  options: Pick<LotOptions<R>, "io" | "observer" | "recorder" | "run">
) =>
  Effect.forEach(checks, (one) =>
    Effect.gen(function*() {
      const results = yield* CheckRunner.run(one, cells.get(one.asset.key) ?? [], {
        graph,
        io: options.io,
        run: options.run,
        checked: (result) => options.observer({ _tag: "Checked", result })
      })
      for (const { asset, at, check: name, message, partition, passed } of results) {
        if (!passed) options.recorder.event({ type: "check_failed", at, asset, partition, message: `${name}: ${message}` })
      }
    }), { discard: true })
