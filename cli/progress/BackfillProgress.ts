/**
 * What is known of a backfill while this process takes part: the cells of all its processes by asset, as the engine tells
 * it a few times a second, and beside that what this process sees of its own steps.
 */
import type { Progress as Told } from "../../engine/backfill/Backfill.ts"
import type { Observation } from "../../engine/run/Observer.ts"
import { done } from "../backfill/Wording.ts"
import * as Text from "../terminal/Text.ts"
import * as Progress from "./Progress.ts"

export interface BackfillProgress extends Progress.Progress {
  readonly state: () => Told["state"]
  /** More cells will be planned, once their keys are known. */
  readonly isOpen: () => boolean
  /** Takes in how the backfill stands; gives the assets that have ended since the last time. */
  readonly absorb: (told: Told) => ReadonlyArray<Progress.AssetProgress>
  /** How many cells of an asset this process has materialized. */
  readonly here: (asset: string) => number
  /** The asset whose cells take longest here; undefined where there is no choice. */
  readonly slowest: () => string | undefined
}

const rateWindowMillis = 10_000

interface Sample {
  readonly at: number
  readonly done: number
}

export const make = (now: () => number = () => performance.now()): BackfillProgress => {
  const began = now()
  const assets = new Map<string, Progress.AssetProgress>()
  const times = new Map<string, { millis: number; steps: number }>()
  /** When the last step of an asset ended here; the store is looked at a while later. */
  const lastEnds = new Map<string, number>()
  let state: Told["state"] = "running"
  let isOpen = false
  let samples: ReadonlyArray<Sample> = []

  const of = (asset: string): Progress.AssetProgress => {
    const known = assets.get(asset)
    if (known !== undefined) return known
    const made = Progress.emptyOf(asset)
    assets.set(asset, made)
    return made
  }

  const sample = (total: number) => {
    const at = now()
    const last = samples[samples.length - 1]
    // Retried cells are open again: what was done before says nothing of the rate.
    if (last !== undefined && total < last.done) samples = []
    samples = [...samples.filter((one) => at - one.at <= rateWindowMillis), { at, done: total }]
  }

  const progress: BackfillProgress = {
    run: undefined,
    began,
    assets,
    state: () => state,
    isOpen: () => isOpen,
    rate: () => {
      const first = samples[0]
      const last = samples[samples.length - 1]
      if (first === undefined || last === undefined || last.at - first.at < 500) return 0
      return (last.done - first.done) * 1000 / (last.at - first.at)
    },
    here: (asset) => times.get(asset)?.steps ?? 0,
    slowest: () => {
      const means = Array.from(times, ([asset, { millis, steps }]) => ({ asset, mean: millis / steps }))
      return means.length < 2 ? undefined : means.reduce((a, b) => b.mean > a.mean ? b : a).asset
    },
    absorb: (told) => {
      progress.run = told.id
      state = told.state
      isOpen = told.isOpen
      const ended: Array<Progress.AssetProgress> = []
      for (const counts of told.assets) {
        // What was done before this process took part is no news.
        const isKnown = samples.length > 0
        const asset = of(counts.asset)
        const before = Progress.ended(asset)
        const { failed, materialized, planned, skipped, unchanged } = counts
        Object.assign(asset, { planned, materialized, unchanged, failed, skipped })
        asset.running = told.running.get(counts.asset) ?? 0
        const after = done(counts)
        if (asset.running > 0 || (isKnown && after > before)) asset.began ??= now()
        if (after < planned) asset.ended = undefined
        else if (asset.ended === undefined) {
          asset.ended = lastEnds.get(asset.asset) ?? now()
          if (asset.began !== undefined) ended.push(asset)
        }
      }
      sample(told.assets.reduce((sum, counts) => sum + done(counts), 0))
      return ended
    },
    observe: (observation: Observation) => {
      switch (observation._tag) {
        case "RunStarted":
          progress.run = observation.run
          return undefined
        case "StepStarted":
          of(observation.cell.asset).began ??= now()
          return undefined
        case "StepMaterialized": {
          const { cell: { asset }, millis, rows } = observation
          lastEnds.set(asset, now())
          of(asset).rows += rows
          const time = times.get(asset) ?? { millis: 0, steps: 0 }
          times.set(asset, { millis: time.millis + millis, steps: time.steps + 1 })
          return undefined
        }
        default:
          return undefined
      }
    }
  }
  return progress
}

/** `backfill 7 · 12,400 of 100,000 cells · 9,800/s · 9 s left · 3 failures · slowest nhl/live_feed` */
export const footer = (progress: BackfillProgress): string => {
  const { ended, failed, planned } = Progress.totals(progress)
  const isOpen = progress.isOpen()
  const rate = progress.rate()
  const isPaused = progress.state() === "paused"
  const left = rate > 0 && !isOpen && !isPaused && planned > ended ? `${Text.duration((planned - ended) / rate * 1000)} left` : ""
  const slowest = progress.slowest()
  return [
    progress.run === undefined ? "" : `backfill ${progress.run}`,
    isPaused ? "paused" : "",
    `${Text.count(ended)} of ${Text.count(planned)}${isOpen ? " or more" : ""} cells`,
    rate > 0 && !isPaused ? Text.rate(rate) : "",
    left,
    failed > 0 ? Text.plural(failed, "failure") : "",
    slowest === undefined || planned === ended ? "" : `slowest ${slowest}`
  ].filter((part) => part !== "").join(" · ")
}
