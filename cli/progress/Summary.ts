/** How a run ended: what was done, what failed and why, and what to do next. */
import type { Ended, RunReport } from "../../engine/run/Executor.ts"
import * as CheckSummary from "../../engine/record/CheckSummary.ts"
import { cellName } from "../../engine/record/Step.ts"
import * as Screen from "../terminal/Screen.ts"
import { out, state } from "../terminal/Style.ts"
import * as Text from "../terminal/Text.ts"
import * as Progress from "./Progress.ts"

const maxFailures = 5
const maxReasons = 5

/** The settings that were given for this command, without their values, which may be secrets. */
export const again = (run: number, settings: ReadonlyArray<string>): string =>
  `npx sluice run resume ${run}${settings.map((name) => ` --set ${name}=…`).join("")}`

export const print = (report: RunReport, progress: Progress.Progress, settings: ReadonlyArray<string>): void => {
  const rows = Array.from(progress.assets.values()).reduce((sum, asset) => sum + asset.rows, 0)
  const { failed, skipped } = countsOf(progress, report)
  const parts = Text.listing([
    `${Text.count(report.materialized)} materialized${report.materialized > 0 ? ` (${Text.plural(rows, "row")})` : ""}`,
    report.unchanged > 0 ? `${Text.count(report.unchanged)} unchanged` : "",
    report.fresh > 0 ? `${Text.count(report.fresh)} fresh` : "",
    failed > 0 ? out.red(`${Text.count(failed)} failed`) : "",
    skipped > 0 ? out.yellow(`${Text.count(skipped)} skipped`) : ""
  ])
  const colour = state(out, report.state)
  Screen.line(`${colour(`${mark(report)} Run ${report.run} ${report.state}`)} in ${Text.duration(report.millis)}: ${parts}`)
  const lines = [...failures(report.failed, failed), ...reasons(report.skipped), ...checks(CheckSummary.of(report.checks))]
  if (lines.length > 0) Screen.lines(["", ...lines])
  const resume = again(report.run, settings)
  if (report.state === "cancelled") next([[resume, "goes on with it"]])
  if (report.state === "failed") {
    const retry = failed + skipped > 0 ? [[resume, "tries again what failed"] as const] : []
    next([[`npx sluice run show ${report.run}`, "tells what became of each step"], ...retry])
  }
}

/** What to do next: commands, and what each does. */
export const next = (commands: ReadonlyArray<readonly [command: string, what: string]>): void => {
  const width = Math.max(...commands.map(([command]) => command.length))
  Screen.lines(["", ...commands.map(([command, what]) => out.dim(`  ${command.padEnd(width)}    ${what}`))])
}

const mark = (report: RunReport): string => report.state === "succeeded" ? "✓" : report.state === "failed" ? "✗" : "–"

/** The report lists the first thousand; the progress has counted all. */
const countsOf = (progress: Progress.Progress, report: RunReport) => {
  let [failed, skipped] = [0, 0]
  for (const asset of progress.assets.values()) {
    failed += asset.failed
    skipped += asset.skipped
  }
  return { failed: Math.max(failed, report.failed.length), skipped: Math.max(skipped, report.skipped.length) }
}

const failures = (failed: ReadonlyArray<Ended>, total: number): ReadonlyArray<string> => [
  ...failed.slice(0, maxFailures).map(({ cell, reason }) => `  ${out.red("✗")} ${cellName(cell)}  ${Text.fault(reason)}`),
  ...(total > maxFailures ? [out.dim(`    and ${Text.count(total - maxFailures)} more failed`)] : [])
]

const reasons = (skipped: ReadonlyArray<Ended>): ReadonlyArray<string> => {
  const grouped = Map.groupBy(skipped, ({ cell, reason }) => `${cell.asset}\n${reason}`)
  const lines = Array.from(grouped.values(), (members) => {
    const [first] = members
    const name = members.length === 1 ? cellName(first!.cell) : `${first!.cell.asset} (${Text.count(members.length)})`
    return `  ${out.yellow("–")} ${name}  skipped: ${Text.fault(first!.reason)}`
  })
  const left = lines.length - maxReasons
  return left > 0 ? [...lines.slice(0, maxReasons), out.dim(`    and ${Text.plural(left, "more group")} skipped`)] : lines
}

/** One line for each check: passed ones as a count, those that failed with what they found. */
export const checks = (summaries: ReadonlyArray<CheckSummary.CheckSummary>): ReadonlyArray<string> =>
  summaries.map(({ asset, check, failed, firstFailure, passed, severity }) => {
    if (firstFailure === null) {
      const over = passed > 1 ? ` (${Text.plural(passed, "cell")})` : ""
      return `  ${out.green("✓")} ${asset}  ${check}${out.dim(over)}`
    }
    const sign = severity === "error" ? out.red("✗") : out.yellow("!")
    const where = firstFailure.partition === "" ? "" : ` at ${firstFailure.partition}`
    const more = failed > 1 ? ` and in ${Text.plural(failed - 1, "more cell")}` : ""
    return `  ${sign} ${asset}  ${check}: ${Text.oneLine(firstFailure.message)}${where}${more}`
  })
