/** `sluice backfills` and `sluice backfill show`: the list of backfills, and one of them. */
import { Effect } from "effect"
import { BackfillStore, type BackfillSummary, type Participant, type ProgressKind } from "../../engine/record/BackfillStore.ts"
import { RunStore } from "../../engine/record/RunStore.ts"
import { cellName } from "../../engine/record/Step.ts"
import * as Activity from "../backfill/Activity.ts"
import * as Pace from "../backfill/Pace.ts"
import * as Wording from "../backfill/Wording.ts"
import * as CallTable from "../CallTable.ts"
import * as Live from "../Live.ts"
import * as PartlyDone from "../PartlyDone.ts"
import { nextOf } from "../progress/BackfillSummary.ts"
import { bar } from "../progress/BlockView.ts"
import * as EventLines from "../progress/EventLines.ts"
import * as Summary from "../progress/Summary.ts"
import * as Project from "../Project.ts"
import * as Screen from "../terminal/Screen.ts"
import { out, state as colourOf } from "../terminal/Style.ts"
import * as Table from "../terminal/Table.ts"
import * as Text from "../terminal/Text.ts"
import { toJson } from "./backfill.ts"

const percent = (part: number, whole: number): string =>
  whole === 0 ? "" : part === whole ? "100%" : part === 0 ? "0%" : `${Math.min(99.9, Math.max(0.1, 100 * part / whole)).toFixed(1)}%`

const amount = (n: number, colour: (text: string) => string = (text) => text): string => n === 0 ? out.dim("·") : colour(Text.count(n))

const isTaking = (one: Participant): boolean => one.alive && one.leftAt === null

export const backfills = Effect.fn("cli.backfills")(function*(input: { readonly limit: number; readonly json: boolean }) {
  const project = yield* Project.load
  const found = yield* Effect.flatMap(BackfillStore, (store) => store.backfills({ limit: input.limit })).pipe(
    Effect.provide(Live.store(project))
  )
  if (input.json) return Screen.prettyJson(found.map(toJson))
  if (found.length === 0) return Screen.line("There are no backfills yet: sluice backfill starts one.")
  const hasNames = found.some(({ name }) => name !== null)
  Screen.lines(Table.lines(
    [
      { title: "id", align: "right" },
      ...(hasNames ? [{ title: "name" }] : []),
      { title: "state" },
      { title: "selection", flexible: true },
      { title: "done", align: "right" },
      { title: "planned", align: "right" },
      { title: "", align: "right" },
      { title: "failed", align: "right" },
      { title: "rate", align: "right" },
      { title: "took", align: "right" },
      { title: "started" },
      { title: "processes", align: "right" }
    ],
    found.map((one) => {
      const name = Wording.stateOf(one)
      const ended = Wording.done(one)
      const millis = Pace.millisOf(one)
      return [
        String(one.id),
        ...(hasNames ? [Text.printable(one.name ?? "")] : []),
        colourOf(out, name === "paused" ? "stale" : name)(name),
        Wording.asked(one.request),
        amount(ended),
        Text.count(one.planned),
        percent(ended, one.planned),
        amount(one.failed, out.red),
        millis === undefined || millis === 0 || ended === 0 ? "" : Text.rate(ended * 1000 / millis),
        millis === undefined ? "" : Text.duration(millis),
        Text.ago(one.startedAt),
        amount(one.participants.filter(isTaking).length)
      ]
    })
  ))
})

interface AssetRow extends Record<ProgressKind, number> {
  readonly asset: string
}

const byAsset = (
  counts: ReadonlyArray<{ readonly asset: string; readonly kind: ProgressKind; readonly cells: number }>,
  order: ReadonlyArray<string>
): ReadonlyArray<AssetRow> => {
  const rows = new Map<string, { -readonly [K in keyof AssetRow]: AssetRow[K] }>()
  for (const { asset, cells, kind } of counts) {
    const row = rows.get(asset) ?? { asset, planned: 0, materialized: 0, unchanged: 0, failed: 0, skipped: 0 }
    row[kind] += cells
    rows.set(asset, row)
  }
  // As the data flows; assets that the project does not have any more come last.
  const place = (asset: string) => order.includes(asset) ? order.indexOf(asset) : order.length
  return Array.from(rows.values()).sort((a, b) => place(a.asset) - place(b.asset))
}

export const show = Effect.fn("cli.backfill.show")(function*(input: { readonly id: number; readonly json: boolean }) {
  const project = yield* Project.load
  const { id } = input
  const { activity, assets, calls, checks, events, found, partly } = yield* Effect.gen(function*() {
    const store = yield* BackfillStore
    const records = yield* RunStore
    const found = yield* store.backfill(id)
    return {
      found,
      assets: byAsset(yield* store.counts(id), Array.from(project.graph.assets.keys())),
      activity: yield* Activity.of(id),
      checks: yield* records.checkSummaries(id),
      calls: yield* records.calls(id),
      events: yield* records.events(id),
      partly: (yield* PartlyDone.of(project.graph, project.graph.assets.keys())).filter(({ run }) => run === id)
    }
  }).pipe(Effect.provide(Live.store(project)))
  const pace = Pace.of(found, activity.lastMinute)
  if (input.json) {
    return Screen.prettyJson({
      ...toJson(found),
      open: found.planned - Wording.done(found),
      assets: assets.map((row) => ({ ...row, open: row.planned - Wording.done(row) })),
      pace: pace === undefined ? null : { perSecond: pace.perSecond, over: pace.over, millisLeft: pace.millisLeft ?? null },
      errors: activity.errors,
      tries: activity.tries,
      partly: partly.map(PartlyDone.toJson),
      checks,
      ...CallTable.toJson(calls),
      events
    })
  }
  header(found, pace)
  section("Assets", assetLines(assets))
  section("Partly done", PartlyDone.lines(partly))
  section("Processes", processLines(found.participants))
  section("Failed", Activity.lines(activity.errors, 10))
  section("Tried again", activity.tries.map(({ asset, at, attempt, error, partition }) =>
    `  ${Text.printable(cellName({ asset, partition }))}  ${out.dim(`attempt ${attempt + 1} at ${Text.moment(at)}, after ${Text.printable(error)}`)}`))
  section("Checks", Summary.checks(checks))
  section("Calls", CallTable.lines(calls))
  section("Events", EventLines.of(events))
  const next = nextOf(found)
  if (next.length > 0) Summary.next(next)
})

const section = (title: string, lines: ReadonlyArray<string>): void => {
  if (lines.length > 0) Screen.lines(["", out.bold(title), ...lines])
}

const header = (found: BackfillSummary, pace: Pace.Pace | undefined): void => {
  const name = Wording.stateOf(found)
  const millis = Pace.millisOf(found)
  const title = found.name === null ? "" : `  ${Text.printable(found.name)}`
  Screen.line(`${out.bold(`Backfill ${found.id}`)}  ${colourOf(out, name === "paused" ? "stale" : name)(name)}${title}  ${Wording.asked(found.request)}`)
  Screen.line(out.dim(
    [
      `started ${Text.moment(found.startedAt)}, ${Text.ago(found.startedAt)}`,
      millis === undefined ? "" : `${found.finishedAt === null ? "for" : "took"} ${Text.duration(millis)}`
    ].filter((part) => part !== "").join(" · ")
  ))
  if (found.stopReason !== null) Screen.line(out.red(Text.oneLine(`Stopped: ${found.stopReason}`)))
  const ended = Wording.done(found)
  if (found.retrying !== null && found.finishedAt === null) {
    const others = found.planned - ended - found.retrying
    Screen.line(`Only what had failed is tried again: ${Text.plural(found.retrying, "cell")} to do, ${Text.count(others)} left as before.`)
  }
  Screen.line()
  Screen.line(
    `${bar({ done: ended, failed: found.failed, planned: found.planned }, 40)}  ` +
      `${Text.count(ended)} of ${Text.plural(found.planned, "cell")} ${percent(ended, found.planned)}`
  )
  if (pace !== undefined) Screen.line(Pace.describe(pace))
}

const assetLines = (rows: ReadonlyArray<AssetRow>): ReadonlyArray<string> =>
  rows.length === 0 ? [] : Table.lines(
    [
      { title: "asset" },
      { title: "" },
      { title: "planned", align: "right" },
      { title: "materialized", align: "right" },
      { title: "unchanged", align: "right" },
      { title: "failed", align: "right" },
      { title: "skipped", align: "right" },
      { title: "open", align: "right" }
    ],
    rows.map((row) => [
      row.asset,
      bar({ done: Wording.done(row), failed: row.failed, planned: row.planned }, 12),
      Text.count(row.planned),
      amount(row.materialized),
      amount(row.unchanged),
      amount(row.failed, out.red),
      amount(row.skipped, out.yellow),
      amount(row.planned - Wording.done(row))
    ]),
    { indent: 2 }
  )

const mostProcesses = 10

const processLines = (participants: ReadonlyArray<Participant>): ReadonlyArray<string> => {
  if (participants.length === 0) return []
  // Those that take part come first, then those that left last.
  const sorted = participants.toSorted((a, b) =>
    Number(isTaking(b)) - Number(isTaking(a)) || (b.leftAt ?? b.joinedAt).getTime() - (a.leftAt ?? a.joinedAt).getTime())
  const left = sorted.length - mostProcesses
  return [
    ...Table.lines(
      [{ title: "node" }, { title: "process", align: "right" }, { title: "" }, { title: "running", align: "right" }, { title: "joined" }],
      sorted.slice(0, mostProcesses).map((one) => [
        Text.printable(one.host),
        String(one.pid),
        isTaking(one) ? out.green("alive") : one.leftAt === null ? out.red("lost") : out.dim("left"),
        isTaking(one) ? amount(one.running) : "",
        Text.ago(one.joinedAt)
      ]),
      { indent: 2 }
    ),
    ...(left > 0 ? [out.dim(`    and ${Text.plural(left, "more", "more")} that left`)] : [])
  ]
}
