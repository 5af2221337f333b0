/** `sluice list`: assets by group, with the states of their cells. */
import { Effect } from "effect"
import type { Any } from "../../engine/definition/Asset.ts"
import * as Selection from "../../engine/graph/Selection.ts"
import * as Partitions from "../../engine/partition/Partitions.ts"
import * as Snapshot from "../../engine/plan/Snapshot.ts"
import * as Ages from "../Ages.ts"
import * as CellStates from "../CellStates.ts"
import * as Live from "../Live.ts"
import * as Project from "../Project.ts"
import * as Screen from "../terminal/Screen.ts"
import { out } from "../terminal/Style.ts"
import * as Table from "../terminal/Table.ts"
import * as Text from "../terminal/Text.ts"

interface Listed {
  readonly asset: Any
  readonly states: CellStates.CellStates
  readonly aged: Ages.Aged | undefined
}

const columns: ReadonlyArray<Table.Column> = [
  { title: "asset" },
  { title: "partitions", flexible: true },
  { title: "cells", align: "right" },
  { title: "fresh", align: "right" },
  { title: "stale", align: "right" },
  { title: "failed", align: "right" },
  { title: "missing", align: "right" },
  { title: "materialized" }
]

export const list = Effect.fn("cli.list")(function*(input: {
  readonly selection: ReadonlyArray<string>
  readonly json: boolean
}) {
  const project = yield* Project.load
  const { graph } = project
  const selection = input.selection.length === 0 ? "*" : input.selection.join(" ")
  if (graph.assets.size === 0) return Screen.note("The pipelines of main.ts have no assets.")
  const selected = yield* Effect.fromResult(Selection.select(graph, selection))
  const snapshot = yield* Effect.provide(
    Effect.flatMap(Snapshot.load(graph, selected), (loaded) => CellStates.detail(loaded, selected)),
    Live.store(project)
  )
  const listed = selected.flatMap((key): ReadonlyArray<Listed> => {
    const asset = graph.assets.get(key)
    return asset === undefined ? [] : [{ asset, states: CellStates.of(snapshot, key), aged: Ages.of(snapshot, asset) }]
  })
  if (input.json) return Screen.prettyJson(listed.map(toJson))
  // Groups stay in the order in which the data flows into them.
  const groups = Map.groupBy(listed, ({ asset }) => asset.group)
  const rows = Array.from(groups.values()).flatMap((members) => members.map(row))
  const [header, ...body] = Table.lines(columns, rows, { indent: 2 })
  Screen.lines([header!])
  for (const [group, members] of groups) {
    Screen.lines([out.bold(group), ...body.splice(0, members.length)])
  }
})

const row = ({ aged, asset, states }: Listed): ReadonlyArray<string> => [
  asset.key,
  asset.partitions._tag === "Unpartitioned" ? "" : Partitions.describe(asset.partitions),
  Text.count(states.total),
  number(states, "fresh", out.green),
  number(states, "stale", out.yellow),
  number(states, "failed", out.red),
  number(states, "missing", (text) => text),
  (states.lastMaterialized === undefined ? out.dim("never") : Text.ago(states.lastMaterialized)) + (aged?.isTooOld === true ? out.red(", too old") : "")
]

const number = (states: CellStates.CellStates, state: CellStates.State, colour: (text: string) => string): string => {
  const n = CellStates.count(states, state)
  return n === 0 ? out.dim("·") : colour(Text.count(n))
}

const toJson = ({ aged, asset, states }: Listed) => ({
  asset: asset.key,
  group: asset.group,
  description: asset.description ?? null,
  partitions: Partitions.describe(asset.partitions),
  cells: states.total,
  fresh: CellStates.count(states, "fresh"),
  stale: CellStates.count(states, "stale"),
  failed: CellStates.count(states, "failed"),
  missing: CellStates.count(states, "missing"),
  lastMaterialized: states.lastMaterialized ?? null,
  freshness: aged === undefined ? null : Ages.toJson(aged)
})
