/** `sluice status`: how much of an asset is fresh, stale, failed and missing, as a picture. */
import { Effect, Result } from "effect"
import type { AssetGraph } from "../../engine/graph/AssetGraph.ts"
import * as Selection from "../../engine/graph/Selection.ts"
import * as PartitionSet from "../../engine/partition/PartitionSet.ts"
import * as Snapshot from "../../engine/plan/Snapshot.ts"
import { doubtful, upstreamOf } from "../../engine/plan/Staleness.ts"
import { BackfillStore, type BackfillSummary } from "../../engine/record/BackfillStore.ts"
import * as Wording from "../backfill/Wording.ts"
import * as Ages from "../Ages.ts"
import * as CellStates from "../CellStates.ts"
import * as Bar from "../grid/Bar.ts"
import * as Counts from "../grid/Counts.ts"
import * as Glyph from "../grid/Glyph.ts"
import * as Grid from "../grid/Grid.ts"
import * as Live from "../Live.ts"
import * as PartlyDone from "../PartlyDone.ts"
import * as Project from "../Project.ts"
import { Refusal } from "../Refusal.ts"
import * as Screen from "../terminal/Screen.ts"
import { out } from "../terminal/Style.ts"
import * as Table from "../terminal/Table.ts"
import * as Text from "../terminal/Text.ts"

/** As wide as a terminal that is not there. */
const columnsElsewhere = 100
const barWidth = 24
/** Reading records takes 7 µs and 0.5 kB each, comparing them in the store 2 to 3 µs: seconds for a million cells, which only `--exact` asks for. */
const mostRecords = 20_000
/** Backfills that are alive are among the last ones. */
const lastBackfills = 20

interface Listed {
  readonly asset: string
  readonly states: CellStates.CellStates
  /** Whether cells that are stale because of newer upstream data are told from fresh ones. */
  readonly exact: boolean
}

/** How many records have to be read to tell the fresh cells from those whose upstream has changed. */
const recordsOf = (snapshot: Snapshot.Snapshot, asset: string): number => {
  const cells = doubtful(snapshot, asset, snapshot.space(asset).all)
  if (PartitionSet.isEmpty(cells)) return 0
  const edges = snapshot.graph.upstream(asset)
  return edges.reduce((sum, edge) => sum + PartitionSet.size(upstreamOf(snapshot, edge, cells)), PartitionSet.size(cells))
}

export const status = Effect.fn("cli.status")(function*(input: {
  readonly selection: ReadonlyArray<string>
  readonly by: string | undefined
  readonly exact: boolean
  readonly json: boolean
}) {
  const project = yield* Project.load
  const { graph } = project
  const selected = yield* Effect.fromResult(Selection.select(graph, input.selection.join(" ")))
  const [only, more] = selected
  if (input.by !== undefined && more !== undefined) {
    const message = `--by ${input.by} is for one asset, and the selection has ${selected.length}: name one of them.`
    return yield* new Refusal({ message })
  }
  const { alive, exact, partly, snapshot } = yield* Effect.gen(function*() {
    const loaded = yield* Snapshot.load(graph, selected)
    const backfills = yield* (yield* BackfillStore).backfills({ limit: lastBackfills })
    const exact = new Set(selected.filter((asset) => input.exact || recordsOf(loaded, asset) <= mostRecords))
    const partly = yield* PartlyDone.of(graph, selected)
    return { alive: backfills.filter(isAlive), exact, partly, snapshot: yield* CellStates.detail(loaded, exact) }
  }).pipe(Effect.provide(Live.store(project)))
  const ages = selected.flatMap((key) => {
    const asset = graph.assets.get(key)
    return (asset && Ages.of(snapshot, asset)) ?? []
  })
  const listed = selected.map((asset): Listed => {
    const records = exact.has(asset)
    return { asset, states: CellStates.of(snapshot, asset, { records }), exact: records }
  })
  if (only === undefined) return Screen.line("The selection has no assets.")
  if (more !== undefined) return input.json ? Screen.prettyJson(listed.map((one) => ({ ...toJson(one), freshness: ageJson(ages, one.asset) }))) : several(listed, ages)

  const space = snapshot.space(only)
  const sets = setsOf(listed[0]!.states)
  const explained = <A>(drawn: Result.Result<A, string>) =>
    Effect.fromResult(Result.mapError(drawn, (why) => new Refusal({ message: `${only} cannot be shown by ${input.by}: ${why.replace(/[.?]$/, "")}${why.endsWith("?") ? "?" : "."}` })))
  if (input.json) {
    const counts = yield* explained(Grid.toJson(sets, space, { by: input.by }))
    return Screen.prettyJson({ asset: only, exact: exact.has(only), ...counts, freshness: ageJson(ages, only) })
  }
  const columns = Table.terminalWidth() ?? columnsElsewhere
  const lines = yield* explained(Grid.draw(sets, space, { columns, by: input.by, style: out }))
  Screen.line(out.bold(only))
  Screen.lines(lines)
  Screen.lines(ages.map((aged) => `${Ages.describe(aged)}: it may be ${Ages.limit(aged)}`))
  Screen.lines(running(graph, only, alive))
  if (partly.length > 0) Screen.lines(["", "Partly done", ...PartlyDone.lines(partly)])
  tellInexact(listed)
})

const isAlive = ({ lost, state }: BackfillSummary): boolean => !lost && (state === "running" || state === "paused")

const setsOf = ({ classes }: CellStates.CellStates): Counts.StateSets => ({ states: classes })

const countsOf = (states: CellStates.CellStates): Counts.Counts => Counts.of(setsOf(states))

const toJson = ({ asset, exact, states }: Listed) => ({ asset, exact, ...Counts.toJson(countsOf(states)) })

const ageJson = (ages: ReadonlyArray<Ages.Aged>, asset: string) => {
  const aged = ages.find((one) => one.asset === asset)
  return aged === undefined ? null : Ages.toJson(aged)
}

const tellInexact = (listed: ReadonlyArray<Listed>): void => {
  const some = listed.filter(({ exact }) => !exact).map(({ asset }) => asset)
  if (some.length === 0) return
  const names = some.length <= 3 ? some.join(", ") : Text.plural(some.length, "asset")
  Screen.lines(["", out.dim(`Cells of ${names} that are stale only because their upstream has newer data count as fresh here: --exact tells them apart.`)])
}

/** One line for each asset: a bar and its counts. */
const several = (listed: ReadonlyArray<Listed>, ages: ReadonlyArray<Ages.Aged>): void => {
  const rows = listed.map(({ asset, states }) => {
    const counts = countsOf(states)
    const parts = Counts.states.filter((state) => counts[state] > 0).map((state) => `${Text.count(counts[state])} ${state}`)
    const line = Bar.line(counts, barWidth, out)
    return [asset, line === "" ? " ".repeat(barWidth) : line, Text.count(states.total), Counts.percent(counts.fresh, states.total), Text.listing([...parts, ages.some((aged) => aged.asset === asset && aged.isTooOld) ? out.red("too old") : ""])]
  })
  Screen.lines(Table.lines(
    [{ title: "asset" }, { title: "" }, { title: "cells", align: "right" }, { title: "fresh", align: "right" }, { title: "", flexible: true }],
    rows
  ))
  const all = Counts.fromList(Counts.states.map((state) => listed.reduce((sum, { states }) => sum + countsOf(states)[state], 0)))
  Screen.lines(["", ...Glyph.legend(all, Table.terminalWidth() ?? columnsElsewhere, out, { shaded: false })])
  tellInexact(listed)
}

/** The backfills that are at work on the asset. */
const running = (graph: AssetGraph, asset: string, alive: ReadonlyArray<BackfillSummary>): ReadonlyArray<string> => {
  const own = alive.filter(({ request }) =>
    Result.match(Selection.select(graph, request.selection), { onFailure: () => false, onSuccess: (keys) => keys.includes(asset) }))
  if (own.length === 0) return []
  return [
    "",
    ...own.map((one) => {
      const steps = one.participants.filter(({ alive, leftAt }) => alive && leftAt === null).reduce((sum, { running }) => sum + running, 0)
      return out.dim(`backfill ${one.id} is ${Wording.stateOf(one)}: ${Text.plural(steps, "step")} under way, ${Text.count(Wording.done(one))} of ${Text.plural(one.planned, "cell")} done`)
    })
  ]
}
