/** The ways of showing a backfill while this process takes part: a block that redraws, plain lines, or JSON lines. */
import type { Progress as Told } from "../../engine/backfill/Backfill.ts"
import type { Observation } from "../../engine/run/Observer.ts"
import { cellName } from "../../engine/record/Step.ts"
import * as Screen from "../terminal/Screen.ts"
import * as Text from "../terminal/Text.ts"
import * as BackfillProgress from "./BackfillProgress.ts"
import * as BlockView from "./BlockView.ts"
import { ending, lineEveryMillis, maxFailures } from "./LineView.ts"
import type { View } from "./View.ts"

export interface BackfillView extends View {
  readonly progress: BackfillProgress.BackfillProgress
  readonly told: (progress: Told) => void
}

export const block = (): BackfillView => {
  const progress = BackfillProgress.make()
  return {
    ...BlockView.make(progress, () => BackfillProgress.footer(progress)),
    progress,
    told: (told) => void progress.absorb(told)
  }
}

/** `verb`: what this process did with the backfill. */
export const plain = (verb: "started" | "joined"): BackfillView => {
  const progress = BackfillProgress.make()
  let failures = 0
  let state: Told["state"] = "running"
  const timer = setInterval(() => Screen.line(BackfillProgress.footer(progress)), lineEveryMillis)
  return {
    progress,
    observer: (observation) => {
      progress.observe(observation)
      if (observation._tag === "RunStarted") Screen.line(`backfill ${observation.run} ${verb}`)
      if (observation._tag === "StepFailed" && ++failures <= maxFailures) {
        Screen.line(`failed ${cellName(observation.cell)}: ${Text.fault(observation.failure.message)}`)
      }
      if (observation._tag === "Noticed") Screen.line(Text.oneLine(observation.notice.message))
    },
    told: (told) => {
      for (const asset of progress.absorb(told)) Screen.line(ending(asset, progress.here(asset.asset)))
      if (told.state === "paused" && state !== "paused") Screen.line(`backfill ${told.id} is paused`)
      if (told.state === "running" && state === "paused") Screen.line(`backfill ${told.id} goes on`)
      state = told.state
    },
    close: () => clearInterval(timer)
  }
}

/** Progress lines are at least so far apart. */
const jsonEveryMillis = 1000

/** The steps that end well are in the counts of the progress: a line for each of a million would be read by nobody. */
export const json = (): BackfillView => {
  const progress = BackfillProgress.make()
  const reserved = Screen.reserve()
  const say = (value: Readonly<Record<string, unknown>>) => reserved.json({ at: new Date(), ...value })
  let told = Number.NEGATIVE_INFINITY
  let state: Told["state"] = "running"
  return {
    progress,
    observer: (observation) => {
      progress.observe(observation)
      const value = toJson(observation)
      if (value !== undefined) say(value)
    },
    told: (now) => {
      progress.absorb(now)
      const at = performance.now()
      if (at - told < jsonEveryMillis && now.state === state) return
      told = at
      state = now.state
      const { id, isOpen, assets, running } = now
      say({ event: "Progress", backfill: id, state, isOpen, assets: assets.map((one) => ({ ...one, running: running.get(one.asset) ?? 0 })) })
    },
    json: reserved.json,
    close: reserved.release
  }
}

const toJson = (observation: Observation): Readonly<Record<string, unknown>> | undefined => {
  const event = observation._tag
  switch (observation._tag) {
    case "RunStarted":
      return { event: "BackfillStarted", backfill: observation.run }
    case "AttemptFailed":
    case "StepFailed":
    case "StepSkipped": {
      const { _tag: _, cell, ...rest } = observation
      return { event, ...cell, ...rest }
    }
    case "Checked":
      return { event, ...observation.result }
    case "Noticed":
      return { event, ...observation.notice }
    default:
      return undefined
  }
}
