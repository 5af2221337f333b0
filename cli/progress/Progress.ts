/** What is known of a run while it goes on, by asset: the state behind every way of showing it. */
import type { Observation } from "../../engine/run/Observer.ts"
import * as PartitionSet from "../../engine/partition/PartitionSet.ts"
import type { Cell } from "../../engine/record/Step.ts"

export interface AssetProgress {
  readonly asset: string
  planned: number
  materialized: number
  unchanged: number
  failed: number
  skipped: number
  running: number
  rows: number
  /** Elements that cells with a checkpoint have done in this run. */
  records: number
  /** Milliseconds of the monotonic clock; undefined: nothing has begun. */
  began: number | undefined
  ended: number | undefined
  /** Its cells are planned once this asset has given their keys. */
  waitsFor: string | undefined
}

export interface Progress {
  run: number | undefined
  readonly began: number
  /** In the order of the plan. */
  readonly assets: ReadonlyMap<string, AssetProgress>
  /** Takes an observation in; gives the asset that it ended, if it did. */
  readonly observe: (observation: Observation) => AssetProgress | undefined
  /** Cells that ended each second, over the last ten seconds or since the beginning. */
  readonly rate: () => number
}

export const ended = (asset: AssetProgress): number =>
  asset.materialized + asset.unchanged + asset.failed + asset.skipped

export const emptyOf = (asset: string): AssetProgress => ({
  asset, planned: 0, materialized: 0, unchanged: 0, failed: 0, skipped: 0, running: 0, rows: 0, records: 0,
  began: undefined, ended: undefined, waitsFor: undefined
})

export interface Totals {
  readonly planned: number
  readonly ended: number
  readonly failed: number
  readonly isOpen: boolean
}

/** Sums of all assets; `isOpen`: more cells will be planned. */
export const totals = (progress: Progress): Totals => {
  let [planned, done, failed, isOpen] = [0, 0, 0, false]
  for (const asset of progress.assets.values()) {
    planned += asset.planned
    done += ended(asset)
    failed += asset.failed
    isOpen ||= asset.waitsFor !== undefined
  }
  return { planned, ended: done, failed, isOpen }
}

const rateWindowMillis = 10_000

export const make = (): Progress => {
  const began = performance.now()
  const assets = new Map<string, AssetProgress>()
  let done = 0
  let samples: Array<{ readonly at: number; readonly done: number }> = [{ at: began, done: 0 }]

  const of = (asset: string): AssetProgress => {
    const known = assets.get(asset)
    if (known !== undefined) return known
    const made = emptyOf(asset)
    assets.set(asset, made)
    return made
  }

  const end = (cell: Cell, count: (asset: AssetProgress) => void): AssetProgress | undefined => {
    const asset = of(cell.asset)
    const now = performance.now()
    asset.began ??= now
    if (asset.running > 0) asset.running--
    count(asset)
    done++
    if (now - samples[samples.length - 1]!.at >= 500) {
      samples.push({ at: now, done })
      samples = samples.filter((sample, i) => now - sample.at <= rateWindowMillis || i === samples.length - 1)
    }
    if (ended(asset) < asset.planned) return undefined
    asset.ended = now
    return asset
  }

  const progress: Progress = {
    run: undefined,
    began,
    assets,
    rate: () => {
      const first = samples[0]!
      const millis = performance.now() - first.at
      return millis < 500 ? 0 : (done - first.done) / (millis / 1000)
    },
    observe: (observation) => {
      switch (observation._tag) {
        case "RunStarted":
          progress.run = observation.run
          return undefined
        case "Planned": {
          for (const asset of assets.values()) asset.waitsFor = undefined
          for (const step of observation.plan.steps) {
            for (const key of step.assets) of(key).planned += PartitionSet.size(step.cells)
          }
          for (const { asset, cells } of observation.plan.blocked) of(asset).planned += PartitionSet.size(cells)
          for (const { asset, source } of observation.plan.later) of(asset).waitsFor = source
          return undefined
        }
        case "StepStarted": {
          const asset = of(observation.cell.asset)
          asset.running++
          asset.began ??= performance.now()
          return undefined
        }
        case "Progressed":
          of(observation.cell.asset).records += observation.records
          return undefined
        case "StepMaterialized":
          return end(observation.cell, (asset) => {
            asset.materialized++
            asset.rows += observation.rows
          })
        case "StepUnchanged":
          return end(observation.cell, (asset) => void asset.unchanged++)
        case "StepFailed":
          return end(observation.cell, (asset) => void asset.failed++)
        case "StepSkipped":
          return end(observation.cell, (asset) => void asset.skipped++)
        default:
          return undefined
      }
    }
  }
  return progress
}
