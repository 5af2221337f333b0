/** `sluice explain`: whether a cell is fresh and why, with the versions of its upstream that it read and that are now. */
import { Effect } from "effect"
import type { Edge } from "../../engine/graph/AssetGraph.ts"
import * as PartitionSet from "../../engine/partition/PartitionSet.ts"
import * as Snapshot from "../../engine/plan/Snapshot.ts"
import { upstreamOf } from "../../engine/plan/Staleness.ts"
import type { StoredCell } from "../../engine/record/RunStore.ts"
import { cellName, type InputVersion } from "../../engine/record/Step.ts"
import * as Address from "../Address.ts"
import * as ByProducts from "../ByProducts.ts"
import * as CellStates from "../CellStates.ts"
import * as Keys from "../Keys.ts"
import * as Live from "../Live.ts"
import * as Summary from "../progress/Summary.ts"
import * as Project from "../Project.ts"
import * as Screen from "../terminal/Screen.ts"
import { out, state as colourOf } from "../terminal/Style.ts"
import * as Table from "../terminal/Table.ts"
import * as Text from "../terminal/Text.ts"

/** So many failed cells are told by their errors; the others are only counted. */
const explainedFailures = 1000

export const explain = Effect.fn("cli.explain")(function*(input: { readonly asset: string }) {
  const project = yield* Project.load
  const word = Address.split(input.asset)
  const asset = yield* Address.asset(project.graph, word.asset)
  yield* Effect.gen(function*() {
    const snapshot = yield* Snapshot.load(project.graph, [asset.key])
    const space = snapshot.space(asset.key)
    if (word.partition === undefined && asset.partitions._tag !== "Unpartitioned") {
      const { failed } = snapshot.sets(asset.key)
      const known = yield* Snapshot.detail(snapshot, new Map([[asset.key, PartitionSet.take(failed, explainedFailures)]]))
      return explainAll(yield* CellStates.detail(known, [asset.key]), asset.key)
    }
    const keys = PartitionSet.points(space.all).take(10_000).map(space.keyAt)
    const point = yield* Address.cell(space, asset.key, word.partition ?? "", keys)
    const cell = PartitionSet.fromPoints(point.length, [point])
    explainCell(yield* Snapshot.detail(snapshot, new Map([[asset.key, cell]])), asset.key, point)
  }).pipe(Effect.provide(Live.store(project)))
})

const explainAll = (snapshot: Snapshot.Snapshot, asset: string): void => {
  const states = CellStates.of(snapshot, asset)
  const space = snapshot.space(asset)
  Screen.line(`${out.bold(asset)}  ${Text.plural(states.total, "cell")}`)
  if (states.total === 0) return Screen.line(out.dim("  It has no partitions yet."))
  Screen.lines(["", ...Table.lines(
    [{ title: "state" }, { title: "cells", align: "right" }, { title: "why", flexible: true }, { title: "partitions", flexible: true }],
    states.classes.map(({ cells, reason, state }) => [
      colourOf(out, state)(state),
      Text.count(PartitionSet.size(cells)),
      reason ?? why(snapshot, asset, state),
      Keys.describe(space, cells, 2)
    ]),
    { indent: 2 }
  )])
  const example = states.classes.find(({ state }) => state !== "fresh" && state !== "missing")
  const first = example === undefined ? undefined : PartitionSet.firstPoint(example.cells)
  if (first !== undefined) {
    Summary.next([[`npx sluice explain ${Text.shellWord(`${asset}@${space.keyAt(first)}`)}`, "tells one in detail"]])
  }
}

const why = (snapshot: Snapshot.Snapshot, asset: string, state: CellStates.State): string =>
  state === "fresh" ? "up to date" : state === "missing" ? ByProducts.reason(snapshot, asset) ?? "never materialized" : ""

const explainCell = (snapshot: Snapshot.Snapshot, asset: string, point: PartitionSet.Point): void => {
  const partition = snapshot.space(asset).keyAt(point)
  const cell = snapshot.cells(asset).get(partition)
  const { reason, state } = CellStates.ofCell(snapshot, asset, point, cell)
  const because = reason === undefined ? "" : `: ${reason}`
  Screen.line(`${out.bold(cellName({ asset, partition }))}  ${colourOf(out, state)(state)}${because}`)
  const codeVersion = snapshot.graph.assets.get(asset)?.codeVersion ?? ""
  const facts: Array<ReadonlyArray<string>> = []
  if (cell?.materializedAt !== undefined) {
    const by = cell.materializedBy === undefined ? "" : ` by run ${cell.materializedBy}`
    facts.push(["materialized", `${Text.moment(cell.materializedAt)}, ${Text.ago(cell.materializedAt)}${by}`])
  }
  if (cell?.dataVersion !== undefined) facts.push(["version", String(cell.dataVersion)])
  if (cell !== undefined && (cell.codeVersion !== "" || codeVersion !== "")) {
    facts.push(["code version", cell.codeVersion === codeVersion ? quoted(codeVersion) : `${quoted(cell.codeVersion)}, now ${quoted(codeVersion)}`])
  }
  if (facts.length > 0) Screen.lines(Table.lines([{ title: "" }, { title: "", flexible: true }], facts, { indent: 2 }))
  const edges = snapshot.graph.upstream(asset)
  if (edges.length > 0) Screen.lines(["", ...upstreamLines(snapshot, edges, point, cell)])
  if (state !== "fresh") {
    const option = partition === "" ? "" : ` --partition ${Text.shellWord(partition)}`
    Summary.next([[`npx sluice materialize ${asset}${option}`, "makes it fresh"]])
  }
}

const quoted = (codeVersion: string): string => codeVersion === "" ? "none" : `"${codeVersion}"`

const upstreamLines = (
  snapshot: Snapshot.Snapshot,
  edges: ReadonlyArray<Edge>,
  point: PartitionSet.Point,
  cell: StoredCell | undefined
): ReadonlyArray<string> => {
  const rows = edges.map((edge) => {
    const set = upstreamOf(snapshot, edge, PartitionSet.fromPoints(point.length, [point]))
    const now = snapshot.versions(edge.upstream, set)
    const read = cell?.dataVersion === undefined ? undefined : cell.inputs[edge.input]
    return [edge.input, edge.upstream, versions(read), versions(now), verdict(snapshot, edge, set, read, now)]
  })
  return Table.lines(
    [{ title: "input" }, { title: "upstream" }, { title: "read" }, { title: "now" }, { title: "", flexible: true }],
    rows,
    { indent: 2 }
  )
}

/** One cell by its version, several by their number and newest version. */
const versions = (version: Omit<InputVersion, "asset"> | undefined): string =>
  version === undefined ? "–" : version.count === 0 ? "nothing" : version.count === 1
    ? `version ${version.max}`
    : `${Text.count(version.count)} cells, newest ${version.max}`

/** What the cell would see that it has not seen: which upstream cells are newer, and how many are absent. */
const verdict = (
  snapshot: Snapshot.Snapshot,
  edge: Edge,
  set: PartitionSet.PartitionSet,
  read: InputVersion | undefined,
  now: Omit<InputVersion, "asset">
): string => {
  const space = snapshot.space(edge.upstream)
  const absent = PartitionSet.size(PartitionSet.difference(set, snapshot.materialized(edge.upstream)))
  const absentText = absent === 0 ? "" : `${Text.count(absent)} not materialized`
  if (read === undefined) return absentText
  if (read.count === now.count && read.sum === now.sum) return Text.listing(["same", absentText])
  const stored = snapshot.cells(edge.upstream)
  const newer = PartitionSet.fromPoints(
    space.all.dimensions,
    PartitionSet.points(set).filter((p) => (stored.get(space.keyAt(p))?.dataVersion ?? 0) > read.max)
  )
  const keys = Keys.describe(space, newer)
  const newerText = PartitionSet.isEmpty(newer) ? "other cells" : keys === "" ? "newer" : `newer: ${keys}`
  return Text.listing([newerText, absentText])
}
