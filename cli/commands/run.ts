/** `sluice run show` and `sluice run cancel`. */
import { Effect } from "effect"
import * as CheckSummary from "../../engine/record/CheckSummary.ts"
import { RunStore } from "../../engine/record/RunStore.ts"
import { type Attempt, cellName, type Step } from "../../engine/record/Step.ts"
import * as Executor from "../../engine/run/Executor.ts"
import * as Wording from "../backfill/Wording.ts"
import * as CallTable from "../CallTable.ts"
import * as Live from "../Live.ts"
import * as PartlyDone from "../PartlyDone.ts"
import * as EventLines from "../progress/EventLines.ts"
import * as Summary from "../progress/Summary.ts"
import * as Project from "../Project.ts"
import * as Screen from "../terminal/Screen.ts"
import { out, state } from "../terminal/Style.ts"
import * as Table from "../terminal/Table.ts"
import * as Text from "../terminal/Text.ts"
import * as Backfills from "./backfills.ts"
import { askerOf, millisOf, selectionOf, stateOf, toJson } from "./runs.ts"

/** Lists in the report stop here; --json has all. */
const most = 10

export const show = Effect.fn("cli.run.show")(function*(input: { readonly id: number; readonly json: boolean }) {
  const project = yield* Project.load
  const found = yield* Effect.gen(function*() {
    const store = yield* RunStore
    const run = yield* store.run(input.id)
    if (run.request.backfill !== undefined) return undefined
    return {
      run,
      steps: yield* store.steps(input.id),
      attempts: yield* store.attempts(input.id),
      checks: yield* store.checks(input.id),
      calls: yield* store.calls(input.id),
      events: yield* store.events(input.id),
      partly: (yield* PartlyDone.of(project.graph, project.graph.assets.keys())).filter(({ run }) => run === input.id)
    }
  }).pipe(Effect.provide(Live.store(project)))
  // Its steps may be a million: they are told as sums.
  if (found === undefined) return yield* Backfills.show(input)
  const { attempts, calls, checks, events, partly, run, steps } = found
  if (input.json) {
    return Screen.prettyJson({ ...toJson(run), steps, partly: partly.map(PartlyDone.toJson), attempts, checks, ...CallTable.toJson(calls), events })
  }

  const name = stateOf(run)
  const millis = millisOf(run)
  Screen.line(`${out.bold(`Run ${run.id}`)}  ${state(out, name)(name)}  ${selectionOf(run)}`)
  Screen.line(out.dim(
    [
      `started ${Text.moment(run.startedAt)}, ${Text.ago(run.startedAt)}`,
      millis === undefined ? "" : `${run.finishedAt === null ? "for" : "took"} ${Text.duration(millis)}`,
      `by ${run.worker}`,
      askerOf(run) === undefined ? "" : `asked for by ${askerOf(run)}`
    ].filter((part) => part !== "").join(" · ")
  ))
  section("Steps", assetLines(steps))
  section("Partly done", PartlyDone.lines(partly))
  section("Slowest", slowestLines(steps))
  section("Failed", failedLines(steps.filter((step) => step.state === "failed"), attempts))
  section("Skipped", skippedLines(steps.filter((step) => step.state === "skipped")))
  section("Checks", Summary.checks(CheckSummary.of(checks)))
  section("Calls", CallTable.lines(calls))
  section("Events", EventLines.of(events))
  if (name !== "succeeded" && name !== "running") {
    Summary.next([[Summary.again(run.id, []), "goes on with it"]])
  }
})

const section = (title: string, lines: ReadonlyArray<string>): void => {
  if (lines.length > 0) Screen.lines(["", out.bold(title), ...lines])
}

const millis = (step: Step): number => step.finishedAt.getTime() - step.startedAt.getTime()

/** One row for each asset: how many steps ended how, rows, and how long the middle and the slowest step took. */
const assetLines = (steps: ReadonlyArray<Step>): ReadonlyArray<string> => {
  const byAsset = Map.groupBy(steps, (step) => step.asset)
  if (byAsset.size === 0) return []
  return Table.lines(
    [
      { title: "asset" },
      { title: "materialized", align: "right" },
      { title: "failed", align: "right" },
      { title: "skipped", align: "right" },
      { title: "rows", align: "right" },
      { title: "median", align: "right" },
      { title: "slowest", align: "right" }
    ],
    Array.from(byAsset, ([asset, members]) => {
      const count = (wanted: Step["state"]) => members.filter((step) => step.state === wanted).length
      const ran = members.filter((step) => step.state !== "skipped").map(millis).sort((a, b) => a - b)
      const number = (n: number, colour: (text: string) => string) => n === 0 ? out.dim("·") : colour(Text.count(n))
      return [
        asset,
        number(count("materialized"), (text) => text),
        number(count("failed"), out.red),
        number(count("skipped"), out.yellow),
        Text.count(members.reduce((sum, step) => sum + (step.rows ?? 0), 0)),
        ran.length === 0 ? "" : Text.duration(ran[ran.length >> 1]!),
        ran.length === 0 ? "" : Text.duration(ran[ran.length - 1]!)
      ]
    }),
    { indent: 2 }
  )
}

const slowestLines = (steps: ReadonlyArray<Step>): ReadonlyArray<string> => {
  const slow = steps.filter((step) => step.state !== "skipped").toSorted((a, b) => millis(b) - millis(a)).slice(0, 5)
  if (slow.length < 2) return []
  return Table.lines(
    [{ title: "", align: "right" }, { title: "" }, { title: "", flexible: true }],
    slow.map((step) => [
      Text.duration(millis(step)),
      cellName(step),
      `${step.state === "failed" ? "failed" : Text.plural(step.rows ?? 0, "row")}${
        step.attempts > 1 ? ` after ${step.attempts} attempts` : ""
      } · ${step.reason}`
    ]),
    { indent: 2 }
  )
}

const failedLines = (failed: ReadonlyArray<Step>, attempts: ReadonlyArray<Attempt>): ReadonlyArray<string> => {
  const tries = Map.groupBy(attempts, cellName)
  return [
    ...failed.slice(0, most).flatMap((step) => {
      const message = Text.fault(step.error ?? "failed")
      const own = tries.get(cellName(step)) ?? []
      const times = own.length > 1 ? out.dim(`  (${own.length} attempts)`) : ""
      // The last attempt is the step itself; earlier ones are told where they failed otherwise.
      const others = own.flatMap((attempt) => {
        const text = Text.fault(attempt.message)
        return text === message ? [] : [out.dim(`      attempt ${attempt.attempt} at ${Text.moment(attempt.startedAt)}: ${text}`)]
      })
      return [`  ${out.red("✗")} ${cellName(step)}  ${message}${times}`, ...others]
    }),
    ...more(failed.length)
  ]
}

const skippedLines = (skipped: ReadonlyArray<Step>): ReadonlyArray<string> => {
  const groups = Array.from(Map.groupBy(skipped, (step) => `${step.asset}\n${step.reason}`).values())
  return [
    ...groups.slice(0, most).map((members) => {
      const first = members[0]!
      const name = members.length === 1 ? cellName(first) : `${first.asset} (${Text.plural(members.length, "cell")})`
      return `  ${out.yellow("–")} ${name}  ${first.reason}`
    }),
    ...more(groups.length)
  ]
}

const more = (total: number): ReadonlyArray<string> =>
  total > most ? [out.dim(`    and ${Text.count(total - most)} more (--json lists all)`)] : []

export const cancel = Effect.fn("cli.run.cancel")(function*(input: { readonly id: number }) {
  const project = yield* Project.load
  const { request } = yield* Executor.cancel(input.id).pipe(Effect.provide(Live.store(project)))
  Screen.line(`Run ${input.id} is cancelled.`)
  const again = request.backfill === undefined ? Summary.again(input.id, []) : Wording.command("resume", input.id)
  Summary.next([[again, "goes on with it"]])
})
