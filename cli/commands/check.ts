/** `sluice check`: the definitions are valid, and what is stored is what the checks say. */
import { Effect } from "effect"
import * as Selection from "../../engine/graph/Selection.ts"
import * as PartitionSet from "../../engine/partition/PartitionSet.ts"
import * as Snapshot from "../../engine/plan/Snapshot.ts"
import * as CheckRunner from "../../engine/run/CheckRunner.ts"
import * as IoManagers from "../../engine/run/IoManagers.ts"
import { HookStore } from "../../engine/record/HookStore.ts"
import * as CheckSummary from "../../engine/record/CheckSummary.ts"
import type { CheckResult } from "../../engine/record/Step.ts"
import * as Hooking from "../Hooking.ts"
import * as Hooks from "../Hooks.ts"
import * as Live from "../Live.ts"
import * as Summary from "../progress/Summary.ts"
import * as Project from "../Project.ts"
import { exitCodes, Unfinished } from "../Refusal.ts"
import * as Schedules from "../Schedules.ts"
import * as Sensors from "../Sensors.ts"
import * as Screen from "../terminal/Screen.ts"
import { out } from "../terminal/Style.ts"
import * as Text from "../terminal/Text.ts"

export const check = Effect.fn("cli.check")(function*(input: {
  readonly selection: ReadonlyArray<string>
  readonly json: boolean
}) {
  const project = yield* Project.load
  const { graph } = project
  const selection = input.selection.length === 0 ? "*" : input.selection.join(" ")
  const selected = graph.assets.size === 0 ? [] : yield* Effect.fromResult(Selection.select(graph, selection))
  if (input.selection.length === 0) yield* startersFit(project)
  yield* Effect.gen(function*() {
    yield* IoManagers.validate(graph, selected, Live.ioOf)
    yield* IoManagers.fits(graph, selected, Live.ioOf)
    const checks = graph.checks.filter((candidate) => selected.includes(candidate.asset.key))
    const snapshot = yield* Snapshot.load(graph, new Set(checks.map((candidate) => candidate.asset.key)))
    const results: Array<CheckResult> = []
    const unstored: Array<string> = []
    for (const candidate of checks) {
      const stored = storedKeys(snapshot, candidate.asset.key)
      if (stored.length === 0) unstored.push(`${candidate.asset.key}  ${candidate.name}`)
      else {
        results.push(...yield* CheckRunner.run(candidate, stored, { graph, io: Live.ioOf, run: null, checked: () => {} }))
      }
    }
    if (results.length > 0) yield* (yield* HookStore).noteChecks(CheckSummary.of(results))
    yield* tell({ results, selected, unstored }, input.json)
  }).pipe(Hooking.afterwards(project), Effect.provide(Live.everything(project)), Effect.provide(Live.store(project)))
})

/** Schedules, sensors and hooks, as a daemon would refuse them when it starts. */
const startersFit = Effect.fnUntraced(function*(project: Project.Project) {
  yield* Schedules.fit(project, (yield* Schedules.all(project)).values())
  yield* Sensors.all(project)
  yield* Hooks.all(project)
})

interface Checked {
  readonly selected: ReadonlyArray<string>
  readonly results: ReadonlyArray<CheckResult>
  /** Checks of assets of which nothing is stored. */
  readonly unstored: ReadonlyArray<string>
}

/** Prints what the checks found; fails where one of severity error did not pass. */
const tell = Effect.fnUntraced(function*({ results, selected, unstored }: Checked, json: boolean) {
  const failed = new Set(results.filter((result) => !result.passed && result.severity === "error").map(nameOf))
  const warned = new Set(results.filter((result) => !result.passed && result.severity === "warn").map(nameOf))
  if (json) Screen.prettyJson(results)
  else {
    Screen.line(`${out.green("✓")} ${Text.plural(selected.length, "asset")} well defined`)
    Screen.lines(Summary.checks(CheckSummary.of(results)))
    Screen.lines(unstored.map((name) => out.dim(`  · ${name}: nothing is stored yet`)))
    const passed = new Set(results.map(nameOf)).size - failed.size - warned.size
    Screen.line(Text.listing([
      `${Text.plural(passed, "check")} passed`,
      failed.size > 0 ? out.red(`${Text.count(failed.size)} failed`) : "",
      warned.size > 0 ? out.yellow(`${Text.count(warned.size)} warned`) : "",
      unstored.length > 0 ? `${Text.count(unstored.length)} without data` : ""
    ]))
  }
  if (failed.size > 0) return yield* new Unfinished({ exitCode: exitCodes.failed })
})

const storedKeys = (snapshot: Snapshot.Snapshot, asset: string): ReadonlyArray<string> =>
  Array.from(PartitionSet.points(snapshot.materialized(asset)), snapshot.space(asset).keyAt)

const nameOf = (result: CheckResult): string => `${result.asset}\n${result.check}`
