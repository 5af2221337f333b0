/** Counts what happens in a run, and remembers which cells it has ended: what its report says, what planning must know. */
import { Result } from "effect"
import * as PartitionSet from "../partition/PartitionSet.ts"
import type * as Plan from "../plan/Plan.ts"
import type * as Snapshot from "../plan/Snapshot.ts"
import type { Observation, Observer } from "./Observer.ts"
import type { RunState } from "../record/Run.ts"
import type { Cell, CheckResult } from "../record/Step.ts"

export interface Ended {
  readonly cell: Cell
  readonly reason: string
}

export interface RunReport {
  readonly run: number
  readonly state: Exclude<RunState, "running">
  readonly materialized: number
  /** Planned, but the data turned out to be there. */
  readonly unchanged: number
  /** Asked for and needing nothing. */
  readonly fresh: number
  readonly failed: ReadonlyArray<Ended>
  readonly skipped: ReadonlyArray<Ended>
  readonly checks: ReadonlyArray<CheckResult>
  readonly millis: number
}

/** Failed and skipped steps beyond this are counted in the store but not listed in the report. */
const maxListed = 1000

export interface Tally {
  readonly observe: Observer
  readonly planned: (fresh: number) => void
  readonly endedBefore: (cell: Cell) => void
  /** What planning has to know of the cells that the run has ended. */
  readonly cells: (snapshot: Snapshot.Snapshot) => Required<Pick<Plan.PlanOptions, "ended" | "broken" | "before">>
  readonly materializedOf: (asset: string) => ReadonlyArray<string>
  readonly report: (run: number, finished: boolean) => RunReport
}

/** Passes on to `observer` what it is told. */
export const make = (observer: Observer): Tally => {
  const began = performance.now()
  const ended = new Map<string, Array<string>>()
  const broken = new Map<string, Array<string>>()
  const before = new Map<string, Array<string>>()
  const materialized = new Map<string, Array<string>>()
  const failed: Array<Ended> = []
  const skipped: Array<Ended> = []
  const checks: Array<CheckResult> = []
  let unchanged = 0
  let count = 0
  let fresh = 0
  const note = (map: Map<string, Array<string>>, { asset, partition }: Cell) => {
    const list = map.get(asset)
    if (list === undefined) map.set(asset, [partition])
    else list.push(partition)
  }
  const observe = (observation: Observation) => {
    switch (observation._tag) {
      case "StepMaterialized":
        count++
        note(ended, observation.cell)
        note(materialized, observation.cell)
        break
      case "StepUnchanged":
        unchanged++
        note(ended, observation.cell)
        break
      case "StepFailed":
        note(ended, observation.cell)
        note(broken, observation.cell)
        if (failed.length < maxListed) failed.push({ cell: observation.cell, reason: observation.failure.message })
        break
      case "StepSkipped":
        note(ended, observation.cell)
        note(broken, observation.cell)
        if (skipped.length < maxListed) skipped.push({ cell: observation.cell, reason: observation.reason })
        break
      case "Checked":
        checks.push(observation.result)
        break
    }
    observer(observation)
  }
  return {
    observe,
    planned: (stage) => {
      fresh = stage
    },
    endedBefore: (cell) => {
      note(before, cell)
      // They are checked once more: the run may have been lost before its checks.
      note(materialized, cell)
    },
    cells: (snapshot) => {
      const setOf = (map: ReadonlyMap<string, ReadonlyArray<string>>) => (asset: string) => {
        const partitions = map.get(asset)
        if (partitions === undefined) return undefined
        const { all, positionOf } = snapshot.space(asset)
        const points = partitions.flatMap((partition) => {
          const point = positionOf(partition)
          return Result.isSuccess(point) ? [point.success] : []
        })
        return PartitionSet.fromPoints(all.dimensions, points)
      }
      return { ended: setOf(ended), broken: setOf(broken), before: setOf(before) }
    },
    materializedOf: (asset) => Array.from(new Set(materialized.get(asset))),
    report: (run, finished) => {
      const isBroken = failed.length > 0 || skipped.length > 0 || checks.some((c) => !c.passed && c.severity === "error")
      return {
        run,
        state: !finished ? "cancelled" : isBroken ? "failed" : "succeeded",
        materialized: count,
        unchanged,
        fresh,
        failed,
        skipped,
        checks,
        millis: performance.now() - began
      }
    }
  }
}
