/** How a backfill ended, or how it stands when this process leaves it: counts, what failed and why, what to do next. */
import type { BackfillReport } from "../../engine/backfill/Backfill.ts"
import * as Activity from "../backfill/Activity.ts"
import * as Wording from "../backfill/Wording.ts"
import * as Screen from "../terminal/Screen.ts"
import { out, state } from "../terminal/Style.ts"
import * as Text from "../terminal/Text.ts"
import type * as Progress from "./Progress.ts"
import * as Summary from "./Summary.ts"

const maxErrors = 5

export const counts = ({ failed, materialized, skipped, unchanged }: Wording.Counts, rows = 0): string =>
  Text.listing([
    `${Text.count(materialized)} materialized${rows > 0 ? ` (${Text.plural(rows, "row")})` : ""}`,
    unchanged > 0 ? `${Text.count(unchanged)} unchanged` : "",
    failed > 0 ? out.red(`${Text.count(failed)} failed`) : "",
    skipped > 0 ? out.yellow(`${Text.count(skipped)} skipped`) : ""
  ])

export const print = (
  report: BackfillReport,
  errors: ReadonlyArray<Activity.Group>,
  progress: Progress.Progress,
  settings: ReadonlyArray<string>
): void => {
  const { finishedAt, id, planned, startedAt } = report
  const name = Wording.stateOf(report)
  const others = report.participants.length > 1
  const rows = others ? 0 : Array.from(progress.assets.values()).reduce((sum, asset) => sum + asset.rows, 0)
  const open = planned - Wording.done(report)
  const took = finishedAt === null ? report.millis : finishedAt.getTime() - startedAt.getTime()
  const mark = name === "succeeded" ? "✓" : name === "failed" ? "✗" : "–"
  const left = open > 0 ? `, ${Text.count(open)} open` : ""
  Screen.line(`${state(out, name)(`${mark} Backfill ${id} ${name}`)} in ${Text.duration(took)}: ${counts(report, rows)}${left}`)
  if (Wording.isRetried(report)) {
    const left = open === 0 ? "what was not planned yet is left" : `${Text.plural(open, "open cell")} ${open === 1 ? "is" : "are"} left as before`
    Screen.line(`Only what had failed was tried again: ${left}, and \`${Wording.command("resume", id, settings)}\` goes on.`)
  } else if (report.stopReason !== null) Screen.line(Text.oneLine(`Stopped: ${report.stopReason}`))
  const lines = [...Activity.lines(errors, maxErrors), ...Summary.checks(report.checks)]
  if (lines.length > 0) Screen.lines(["", ...lines])
  const next = nextOf(report, settings)
  if (next.length > 0) Summary.next(next)
}

/** What to do next about a backfill, by how it stands. */
export const nextOf = (
  backfill: Pick<BackfillReport, "cancelRequested" | "failed" | "id" | "lost" | "planned" | "skipped" | "state"> & Wording.Counts,
  settings: ReadonlyArray<string> = []
): ReadonlyArray<readonly [command: string, what: string]> => {
  const { failed, id, skipped } = backfill
  const name = Wording.stateOf(backfill)
  const open = backfill.planned - Wording.done(backfill)
  const show = [Wording.command("show", id), "tells how it stands"] as const
  const resume = [Wording.command("resume", id, settings), "goes on with it"] as const
  const retry = failed + skipped > 0 ? [[Wording.command("retry-failed", id, settings), "tries again what failed"] as const] : []
  switch (name) {
    case "succeeded":
      return []
    case "cancelling":
      return [show]
    case "running":
      return [
        [Wording.command("join", id, settings), "helps, here or on another machine"],
        [Wording.command("pause", id), "starts nothing new until it is resumed"],
        ...retry
      ]
    case "failed":
      return [show, ...retry, ...(open > 0 ? [resume] : [])]
    default:
      return [resume, ...retry]
  }
}
