/** Progress on a terminal: a block of one line for each asset that redraws ten times a second. */
import type { Observer } from "../../engine/run/Observer.ts"
import * as Screen from "../terminal/Screen.ts"
import { out } from "../terminal/Style.ts"
import * as Table from "../terminal/Table.ts"
import * as Text from "../terminal/Text.ts"
import * as Progress from "./Progress.ts"
import type { View } from "./View.ts"

const drawEveryMillis = 100
const barWidth = 24
/** Assets beyond this are summed up, so that the block fits the screen. */
const maxAssets = 20

/** `last` is the line below the assets. */
export const make = (progress: Progress.Progress = Progress.make(), last: () => string = () => footer(progress)): View => {
  const block = Screen.block()
  // Of what resources tell, the last word stands while the run goes on; all of them are in `run show`.
  const noticeLines = () => notice === "" ? [] : [`  ${out.yellow(notice)}`]
  const draw = () => block.draw([...assetLines(progress), ...noticeLines(), `  ${out.dim(last())}`])
  const timer = setInterval(draw, drawEveryMillis)
  let closed = false
  let notice = ""
  const observer: Observer = (observation) => {
    progress.observe(observation)
    if (observation._tag === "Noticed") notice = Text.oneLine(observation.notice.message)
  }
  return {
    observer,
    progress,
    close: () => {
      if (closed) return
      closed = true
      clearInterval(timer)
      const lines = assetLines(progress)
      block.draw(lines.length === 0 ? [] : [...lines, ""])
      block.close()
    }
  }
}

export interface Share {
  readonly done: number
  readonly failed: number
  readonly planned: number
}

/** A bar of halves: as fine as the line can be drawn. */
export const bar = ({ done, failed, planned }: Share, width = barWidth): string => {
  const share = planned === 0 ? 0 : done / planned
  const full = Math.floor(share * width)
  const rest = Math.floor((share * width - full) * 2) === 1 && full < width ? "╸" : ""
  const filled = "━".repeat(full) + rest
  const colour = failed > 0 ? out.red : share === 1 ? out.green : out.cyan
  return colour(filled) + out.dim("─".repeat(width - full - rest.length))
}

const elapsed = (asset: Progress.AssetProgress): string =>
  asset.began === undefined ? "" : Text.duration((asset.ended ?? performance.now()) - asset.began)

const detail = (asset: Progress.AssetProgress): string => {
  if (asset.waitsFor !== undefined) return out.dim(`waits for the keys of ${asset.waitsFor}`)
  return Text.listing([
    asset.failed > 0 ? out.red(`${Text.count(asset.failed)} failed`) : "",
    asset.skipped > 0 ? out.yellow(`${Text.count(asset.skipped)} skipped`) : "",
    asset.running > 0 ? out.dim(`${Text.count(asset.running)} running`) : "",
    asset.running > 0 && asset.records > 0 ? out.dim(Text.plural(asset.records, "record")) : ""
  ])
}

const hidden = (assets: ReadonlyArray<Progress.AssetProgress>) => {
  if (assets.length <= maxAssets) return { shown: assets, left: 0 }
  // What moves is what one looks at.
  const rank = (asset: Progress.AssetProgress) => asset.running > 0 ? 0 : asset.failed > 0 ? 1 : asset.ended === undefined ? 2 : 3
  const kept = new Set(assets.toSorted((a, b) => rank(a) - rank(b)).slice(0, maxAssets))
  return { shown: assets.filter((asset) => kept.has(asset)), left: assets.length - maxAssets }
}

/** One line for each asset: a bar, how many cells have ended, how long it took, and what is wrong or going on. */
export const assetLines = (progress: Progress.Progress): ReadonlyArray<string> => {
  const { shown, left } = hidden(Array.from(progress.assets.values()))
  const rows = shown.map((asset) => [
    asset.asset,
    bar({ done: Progress.ended(asset), failed: asset.failed, planned: asset.planned }),
    `${Text.count(Progress.ended(asset))}/${asset.waitsFor === undefined ? Text.count(asset.planned) : "?"}`,
    elapsed(asset),
    detail(asset)
  ])
  const table = Table.lines(
    [
      { title: "" },
      { title: "" },
      { title: "", align: "right" },
      { title: "", align: "right" },
      { title: "" }
    ],
    rows,
    { indent: 2 }
  )
  return [
    ...table,
    ...(left > 0 ? [out.dim(`  and ${Text.plural(left, "more asset")}`)] : [])
  ]
}

/** `run 3 · 204 of 1,624 cells · 41/s · 27 s left · 12.4 s` */
export const footer = (progress: Progress.Progress): string => {
  const { ended, isOpen, planned } = Progress.totals(progress)
  const rate = progress.rate()
  const left = rate > 0 && !isOpen && planned > ended ? `${Text.duration((planned - ended) / rate * 1000)} left` : ""
  return [
    progress.run === undefined ? "" : `run ${progress.run}`,
    `${Text.count(ended)} of ${Text.count(planned)}${isOpen ? " or more" : ""} cells`,
    rate > 0 ? Text.rate(rate) : "",
    left,
    Text.duration(performance.now() - progress.began)
  ].filter((part) => part !== "").join(" · ")
}
