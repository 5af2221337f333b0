/** What becomes of steps: notes how each ended, tells the observer, and releases or skips the steps that waited for it. */
import * as Partitions from "../partition/Partitions.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import type { Blocked } from "../plan/Plan.ts"
import type { Snapshot } from "../plan/Snapshot.ts"
import { describe, upstreamOf } from "../plan/Staleness.ts"
import type { Failure } from "./Failure.ts"
import type { Observer } from "./Observer.ts"
import type { Recorder } from "./Recorder.ts"
import type { Tries } from "./Retrying.ts"
import type { ClaimedCell, StepEnd } from "../record/RunStore.ts"
import { type Cell, cellName, type Step } from "../record/Step.ts"
import { cellsOf, type PlannedStep, type Ready, type StepTable } from "./StepTable.ts"

export interface SettlementOptions {
  readonly run: number
  readonly table: StepTable
  readonly snapshot: Snapshot
  readonly observer: Observer
  readonly recorder: Recorder
  /** A step may start. */
  readonly ready: (index: number) => void
  /** Something ended: look again. */
  readonly changed: () => void
}

export interface Settlement {
  readonly release: (released: ReadonlyArray<Ready>) => void
  readonly committed: (step: PlannedStep, records: ReadonlyArray<Step>) => void
  /** Nothing had to be done. */
  readonly unchanged: (step: PlannedStep, reason: string) => void
  readonly fail: (step: PlannedStep, failure: Failure, tries: Tries | undefined) => void
  /** Takes over what another run has made of a cell. */
  readonly adopt: (cell: Cell, stored: ClaimedCell) => void
  /** Skips the cells that the plan could not include. */
  readonly blocked: (blocked: ReadonlyArray<Blocked>) => void
}

export const make = (options: SettlementOptions): Settlement => {
  const { observer, recorder, snapshot, table } = options
  const codeVersion = (asset: string) => snapshot.graph.assets.get(asset)?.codeVersion ?? ""
  const windows = (asset: string) => Partitions.windowsOf(snapshot.space(asset).partitions)

  const record = (
    cell: Cell,
    end: Pick<StepEnd, "state" | "reason" | "error" | "errorClass" | "transient">,
    tries?: Tries
  ) => {
    const at = new Date()
    recorder.end({
      ...cell,
      ...end,
      attempts: tries?.attempts ?? 0,
      startedAt: tries?.startedAt ?? at,
      finishedAt: at,
      codeVersion: codeVersion(cell.asset),
      inputs: {},
      metadata: {}
    })
  }
  const skipCell = (cell: Cell, reason: string) => {
    record(cell, { state: "skipped", reason, error: null, errorClass: null, transient: null })
    observer({ _tag: "StepSkipped", cell, reason })
  }

  const release = (released: ReadonlyArray<Ready>) => {
    // First in first out: partitions start in their order.
    const open = Array.from(released)
    for (let at = 0; at < open.length; at++) {
      const { index, skip } = open[at]!
      if (skip === undefined) {
        options.ready(index)
        continue
      }
      for (const cell of cellsOf(table.step(index))) skipCell(cell, skip)
      // Not spread into one call: the readers of one step may be more than a call takes arguments.
      for (const next of table.end(index, "was skipped")) open.push(next)
    }
    options.changed()
  }

  return {
    release,
    committed: (step, records) => {
      for (const { asset, codeVersion, dataVersion, finishedAt, inputs, partition, rows, startedAt } of records) {
        snapshot.update(asset, partition, {
          dataVersion: dataVersion ?? undefined,
          codeVersion,
          windows: windows(asset),
          inputs,
          materializedAt: finishedAt,
          materializedBy: options.run,
          failed: false,
          error: null
        })
        const millis = finishedAt.getTime() - startedAt.getTime()
        observer({ _tag: "StepMaterialized", cell: { asset, partition }, rows: rows ?? 0, millis })
      }
      release(table.end(step.index))
    },
    unchanged: (step, reason) => {
      for (const cell of cellsOf(step)) observer({ _tag: "StepUnchanged", cell, reason })
      release(table.end(step.index))
    },
    fail: (step, failure, tries) => {
      const { message, name, transient } = failure
      const end = { state: "failed", error: `${name}: ${message}`, errorClass: name, transient } as const
      for (const cell of cellsOf(step)) {
        record(cell, { ...end, reason: describe(step.reason) }, tries)
        recorder.event({ type: "step_failed", at: new Date(), ...cell, message: failure.message })
        observer({ _tag: "StepFailed", cell, failure })
      }
      release(table.end(step.index, "failed"))
    },
    adopt: (cell, { codeVersion, inputs, version }) =>
      snapshot.update(cell.asset, cell.partition, {
        dataVersion: version,
        codeVersion,
        inputs,
        materializedAt: new Date(),
        materializedBy: undefined,
        failed: false,
        error: null
      }),
    blocked: (blocked) => {
      // Upstream first: what reads a blocked asset is blocked by that, not by a selection.
      const skipped = new Set(blocked.map((entry) => entry.asset))
      for (const { asset, broken, cells, upstream } of blocked) {
        const { keyAt } = snapshot.space(asset)
        for (const point of PartitionSet.points(cells)) {
          const reason = broken !== undefined
            ? `${brokenName(snapshot, asset, upstream, point, broken)} failed or was skipped`
            : skipped.has(upstream)
            ? `${upstream} was skipped`
            : `${upstream} has no data for it and is not selected`
          skipCell({ asset, partition: keyAt(point) }, reason)
        }
      }
    }
  }
}

/** The name of the first broken upstream cell that a cell reads. */
const brokenName = (
  snapshot: Snapshot,
  asset: string,
  upstream: string,
  point: PartitionSet.Point,
  broken: PartitionSet.PartitionSet
): string => {
  const { keyAt } = snapshot.space(upstream)
  for (const edge of snapshot.graph.upstream(asset)) {
    if (edge.upstream !== upstream || edge.partial) continue
    const read = upstreamOf(snapshot, edge, PartitionSet.fromPoints(point.length, [point]))
    for (const found of PartitionSet.points(PartitionSet.intersection(read, broken))) {
      return cellName({ asset: upstream, partition: keyAt(found) })
    }
  }
  return upstream
}
