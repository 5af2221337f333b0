/** Progress in a pipe or a CI log: a plain line for each asset that ends or fails, and one every few seconds. */
import { cellName } from "../../engine/record/Step.ts"
import { footer } from "./BlockView.ts"
import * as Progress from "./Progress.ts"
import type { View } from "./View.ts"
import * as Screen from "../terminal/Screen.ts"
import * as Text from "../terminal/Text.ts"

export const lineEveryMillis = 5000
/** Failures beyond this are only counted: the summary and `run show` have them. */
export const maxFailures = 10

export const make = (): View => {
  const progress = Progress.make()
  let failures = 0
  const timer = setInterval(() => Screen.line(footer(progress)), lineEveryMillis)
  return {
    progress,
    observer: (observation) => {
      const finished = progress.observe(observation)
      if (observation._tag === "RunStarted") {
        Screen.line(`run ${observation.run} ${observation.resumed ? "resumed" : "started"}`)
      }
      if (observation._tag === "StepFailed" && ++failures <= maxFailures) {
        Screen.line(`failed ${cellName(observation.cell)}: ${Text.oneLine(observation.failure.message)}`)
      }
      if (observation._tag === "Noticed") Screen.line(Text.oneLine(observation.notice.message))
      if (finished !== undefined) Screen.line(ending(finished))
    },
    close: () => clearInterval(timer)
  }
}

/**
 * `nhl/games: 312 materialized (4,120 rows), 2 failed in 1.2 s`. Of the materialized ones `here` are this process's: rows
 * are only known of these, and without any there is no time that they took.
 */
export const ending = (asset: Progress.AssetProgress, here = asset.materialized): string => {
  const own = here >= asset.materialized ? "" : here === 0 ? ", none of them here" : `, ${Text.count(here)} of them here`
  const rows = asset.materialized > 0 ? `${own}${here > 0 ? ` (${Text.plural(asset.rows, "row")})` : ""}` : ""
  const parts = Text.listing([
    asset.materialized > 0 ? `${Text.count(asset.materialized)} materialized${rows}` : "",
    asset.unchanged > 0 ? `${Text.count(asset.unchanged)} unchanged` : "",
    asset.failed > 0 ? `${Text.count(asset.failed)} failed` : "",
    asset.skipped > 0 ? `${Text.count(asset.skipped)} skipped` : ""
  ])
  if (asset.materialized > 0 && here === 0) return `${asset.asset}: ${parts}`
  return `${asset.asset}: ${parts} in ${Text.duration((asset.ended ?? 0) - (asset.began ?? 0))}`
}
