/** `sluice backfill --dry-run`: how much there is to do, how long it may take, and what stands in the way. */
import { Effect } from "effect"
import * as Backfill from "../../engine/backfill/Backfill.ts"
import * as Estimate from "../../engine/backfill/Estimate.ts"
import * as Overrides from "../../engine/limit/Overrides.ts"
import type { AssetGraph } from "../../engine/graph/AssetGraph.ts"
import * as PartitionSet from "../../engine/partition/PartitionSet.ts"
import { BackfillStore } from "../../engine/record/BackfillStore.ts"
import type { RunRequest } from "../../engine/record/Run.ts"
import * as Keys from "../Keys.ts"
import * as Screen from "../terminal/Screen.ts"
import { out } from "../terminal/Style.ts"
import * as Table from "../terminal/Table.ts"
import * as Text from "../terminal/Text.ts"

/** Writes nothing, and asks nobody but the store. */
export const print = Effect.fn("DryRun.print")(function*(graph: AssetGraph, request: RunRequest, json: boolean) {
  const planned = yield* Backfill.plan(graph, request)
  const { plan } = planned
  const timings = yield* (yield* BackfillStore).timings(plan.steps.flatMap(({ assets }) => assets))
  const overrides = yield* Overrides.current
  const estimate = Estimate.make(computations(graph, request, plan, overrides), timings, request.concurrency)
  if (json) Screen.prettyJson(toJson(planned, estimate))
  else show(planned, estimate, request)
})

const computations = (
  graph: AssetGraph,
  request: RunRequest,
  plan: Backfill.Planned["plan"],
  overrides: Overrides.Overrides
): ReadonlyArray<Estimate.Planned> =>
  plan.steps.map(({ assets, cells }) => {
    const computation = graph.assets.get(assets[0]!)?.computation
    const own = computation?.batch
    return {
      assets,
      partitions: PartitionSet.size(cells),
      // An asset that takes one partition at a time goes on doing so.
      batch: own === undefined ? 1 : request.backfill?.batch ?? own,
      concurrency: computation?.concurrency,
      limits: (computation?.limits ?? []).map(({ calls, limit }) => {
        const { rate } = Overrides.apply(limit, overrides)
        return { name: limit.name, spacingMillis: rate.perMillis / rate.calls, calls }
      })
    }
  })

/** With what the rate limits say, where there are any. */
const columns = (isLimited: boolean): ReadonlyArray<Table.Column> => [
  { title: "asset" },
  { title: "cells", align: "right" },
  { title: "calls", align: "right" },
  { title: "a call", align: "right" },
  { title: "at once", align: "right" },
  ...(isLimited ? [{ title: "its limit" }] : []),
  { title: "about", align: "right" },
  { title: "partitions", flexible: true }
]

const show = ({ notes, plan, snapshot }: Backfill.Planned, estimate: Estimate.Estimate, request: RunRequest): void => {
  const isLimited = estimate.computations.some(({ limit }) => limit !== undefined)
  const rows = plan.steps.flatMap(({ assets, cells }, i) => {
    const { calls, limit, millis, slots, timing } = estimate.computations[i]!
    return assets.map((asset, place) => [
      asset,
      Text.count(PartitionSet.size(cells)),
      ...(place > 0 ? Array.from({ length: isLimited ? 5 : 4 }, () => "") : [
        Text.count(calls),
        timing === undefined ? "?" : timing.millis < 1 ? "<1 ms" : Text.duration(timing.millis),
        Text.count(slots),
        ...(isLimited ? [limit === undefined ? "" : `${limit.name}: ${Text.duration(limit.millis)}`] : []),
        millis === undefined ? "?" : Text.duration(millis)
      ]),
      Keys.describe(snapshot.space(asset), cells)
    ])
  })
  if (rows.length > 0) Screen.lines([...Table.lines(columns(isLimited), rows), ""])
  section(out.yellow("Skipped: an upstream cell is neither stored nor planned"), plan.blocked.map(({ asset, cells, upstream }) => [
    asset,
    Text.plural(PartitionSet.size(cells), "cell"),
    `needs ${upstream}`,
    Keys.describe(snapshot.space(asset), cells)
  ]))
  section("Planned later, when their partition keys are known", plan.later.map(({ asset, source }) => [asset, `keys from ${source}`]))
  section("Notes", notes.map((note) => [note]))
  const { calls, cells, millis, unknown } = estimate
  const more = plan.later.length > 0 ? ", and more later" : ""
  const fresh = plan.fresh > 0 ? `, ${Text.count(plan.fresh)} fresh or left alone` : ""
  Screen.line(`${Text.plural(cells, "cell")} in ${Text.plural(calls, "call")}${fresh}${more}. Nothing was changed.`)
  if (cells === 0) return
  const slots = `with ${Text.plural(request.concurrency, "step")} at once in one process`
  const without = unknown.length === 0 ? "" : `, without ${unknown.length <= 3 ? unknown.join(", ") : Text.plural(unknown.length, "asset")}`
  Screen.line(
    millis === undefined
      ? "How long it takes is not known: none of this was materialized before."
      : `About ${Text.duration(millis)} ${slots}, by how long calls took lately${isLimited ? " and what rate limits allow" : ""}${without}${unknown.length === 0 ? "" : ", never materialized before"}.`
  )
}

const section = (title: string, rows: ReadonlyArray<ReadonlyArray<string>>): void => {
  if (rows.length === 0) return
  const most = Math.max(...rows.map((row) => row.length))
  const plain = Array.from({ length: most }, (_, i): Table.Column => ({ title: "", flexible: i === most - 1 && most > 1 }))
  Screen.lines([title, ...Table.lines(plain, rows, { indent: 2 }), ""])
}

const toJson = ({ notes, plan }: Backfill.Planned, estimate: Estimate.Estimate) => ({
  cells: estimate.cells,
  calls: estimate.calls,
  millis: estimate.millis ?? null,
  computations: estimate.computations.map(({ assets, calls, cells, limit, millis, slots, timing }) => ({
    assets, cells, calls, slots, callMillis: timing?.millis ?? null, limit: limit ?? null, millis: millis ?? null
  })),
  untimed: estimate.unknown,
  blocked: plan.blocked.map(({ asset, cells, upstream }) => ({ asset, cells: PartitionSet.size(cells), upstream })),
  later: plan.later,
  fresh: plan.fresh,
  notes
})
