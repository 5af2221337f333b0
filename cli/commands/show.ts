/** `sluice show`: one asset as it is defined, what is stored of it, and its last materializations. */
import { Effect, Result } from "effect"
import { type Any, storedOf } from "../../engine/definition/Asset.ts"
import { defaultEvery } from "../../engine/definition/Checkpoint.ts"
import type { Entry, Metadata } from "../../engine/definition/Metadata.ts"
import type { AssetGraph, Edge } from "../../engine/graph/AssetGraph.ts"
import { isFrames } from "../../engine/definition/Frames.ts"
import * as Partitions from "../../engine/partition/Partitions.ts"
import * as PartitionSet from "../../engine/partition/PartitionSet.ts"
import * as Snapshot from "../../engine/plan/Snapshot.ts"
import { RunStore } from "../../engine/record/RunStore.ts"
import { cellName } from "../../engine/record/Step.ts"
import * as RowTable from "../../io/warehouse/Table.ts"
import * as Address from "../Address.ts"
import * as CellStates from "../CellStates.ts"
import * as Live from "../Live.ts"
import * as Project from "../Project.ts"
import * as Screen from "../terminal/Screen.ts"
import { out, state as colourOf } from "../terminal/Style.ts"
import * as Table from "../terminal/Table.ts"
import * as Text from "../terminal/Text.ts"

/** The history shown: that of the cells materialized last. */
const lastCells = 3
const lastMaterializations = 5
/** They are looked for among the newest partitions, so that the records of a million cells are not read for them. */
const searchedCells = 10_000

export const show = Effect.fn("cli.show")(function*(input: { readonly asset: string }) {
  const project = yield* Project.load
  const { graph } = project
  const asset = yield* Address.asset(graph, input.asset)
  const { history, snapshot } = yield* Effect.gen(function*() {
    const loaded = yield* Snapshot.load(graph, [asset.key])
    const newest = PartitionSet.takeLast(loaded.materialized(asset.key), searchedCells)
    const known = yield* Snapshot.detail(loaded, new Map([[asset.key, newest]]))
    const snapshot = yield* CellStates.detail(known, [asset.key])
    const store = yield* RunStore
    const latest = Array.from(snapshot.cells(asset.key))
      .filter(([, cell]) => cell.materializedAt !== undefined)
      .sort(([, a], [, b]) => b.materializedAt!.getTime() - a.materializedAt!.getTime())
      .slice(0, lastCells)
    const found = yield* Effect.forEach(latest, ([partition]) =>
      store.materializations({ asset: asset.key, partition }, { limit: lastMaterializations }))
    const history = found.flat().sort((a, b) => b.finishedAt.getTime() - a.finishedAt.getTime()).slice(0, lastMaterializations)
    return { history, snapshot }
  }).pipe(Effect.provide(Live.store(project)))

  Screen.line(out.bold(asset.key))
  if (asset.description !== undefined) Screen.line(asset.description)
  Screen.lines(["", ...pairs(definition(graph, asset))])
  section("Columns", yield* columns(asset))
  section("Upstream", graph.upstream(asset.key).map(upstream(graph)))
  section("Downstream", graph.downstream(asset.key).map((edge) => `  ${edge.downstream}  ${out.dim(`as ${edge.input}`)}`))
  section("Checks", graph.checks.filter((check) => check.asset.key === asset.key).map((check) =>
    `  ${check.name}  ${out.dim(Text.listing([check.severity, check.over === "asset" ? "over all cells" : "of each cell"]))}`))
  const states = CellStates.of(snapshot, asset.key)
  section("State", pairs([
    ["cells", Text.count(states.total)],
    ...(["fresh", "stale", "failed", "missing"] as const).flatMap((state): Array<[string, string]> => {
      const n = CellStates.count(states, state)
      return n === 0 ? [] : [[state, colourOf(out, state)(Text.count(n))]]
    })
  ]))
  section("Last materializations", history.flatMap((step) => [
    `  ${cellName(step)}  ${Text.ago(step.finishedAt)}, run ${step.run}, version ${step.dataVersion ?? "–"}, ${
      Text.plural(step.rows ?? 0, "row")
    } in ${Text.duration(step.finishedAt.getTime() - step.startedAt.getTime())}`,
    ...metadataLines(step.metadata)
  ]))
})

const section = (title: string, lines: ReadonlyArray<string>): void => {
  if (lines.length > 0) Screen.lines(["", out.bold(title), ...lines])
}

const pairs = (facts: ReadonlyArray<readonly [string, string]>): ReadonlyArray<string> => {
  const width = Math.max(0, ...facts.map(([name]) => name.length))
  return facts.map(([name, value]) => `  ${out.dim(name.padEnd(width))}  ${value}`)
}

const storedAs = (output: Any["output"]): string => {
  if (output._tag === "Rows") return `rows, ${output.mode}${output.key.length === 0 ? "" : ` by ${output.key.join(", ")}`}`
  return isFrames(output) ? "sets of frames, each frame in a table of its own" : "one document a cell"
}

const definition = (graph: AssetGraph, asset: Any): ReadonlyArray<readonly [string, string]> => {
  const { computation, output } = asset
  const pipelines = Array.from(graph.pipelines.values()).filter((pipeline) => pipeline.assets.includes(asset))
  const siblings = Object.values(computation.outputs()).filter((other) => other.key !== asset.key)
  const facts: ReadonlyArray<readonly [string, string]> = [
    ["group", asset.group],
    ["pipelines", pipelines.map((pipeline) => pipeline.name).join(", ")],
    ["partitions", Partitions.describe(asset.partitions)],
    ["stores", storedAs(output)],
    ["io", asset.io.key],
    ["tags", Object.entries(asset.tags).map(([tag, value]) => value === "" ? tag : `${tag}=${value}`).join(", ")],
    ["owners", asset.owners.join(", ")],
    ["kinds", asset.kinds.join(", ")],
    ["code version", asset.codeVersion],
    ["retry", computation.retry?.description ?? ""],
    ["at once", computation.concurrency === undefined ? "" : `at most ${Text.plural(computation.concurrency, "cell")}`],
    ["goes on", computation.checkpoint === undefined ? "" : `inside a cell, from every ${Text.plural(computation.checkpoint.every ?? defaultEvery, "record")}`],
    ["together with", siblings.map((other) => other.key).join(", ")],
    ["keys from", graph.keySources(asset.key).map((source) => source.asset).join(", ")]
  ]
  return facts.filter(([, value]) => value !== "")
}

/** The columns of rows as the warehouse makes them; none where the rows do not fit a table. */
const columns = (asset: Any): Effect.Effect<ReadonlyArray<string>> =>
  Effect.gen(function*() {
    if (asset.output._tag !== "Rows") return []
    const table = yield* Effect.result(RowTable.of(storedOf(asset)))
    if (Result.isFailure(table)) return []
    const key = new Set(asset.output.key)
    return Table.lines(
      [{ title: "" }, { title: "" }, { title: "" }],
      table.success.columns.map((column) => [
        column.name,
        out.dim(column.type),
        key.has(column.name) ? "key" : column.nullable ? out.dim("may be null") : ""
      ]),
      { indent: 2 }
    )
  })

/** Which upstream partitions a partition reads, in words. */
const mappings: Readonly<Record<Edge["mapping"]["_tag"], string>> = {
  Identity: "the same partition",
  Window: "the windows it overlaps",
  All: "all partitions",
  Offset: "partitions at an offset",
  Last: "the last partitions",
  Project: "the partitions that share its dimensions",
  From: "partitions chosen by a function"
}

const upstream = (graph: AssetGraph) => (edge: Edge): string => {
  const how = Text.listing([
    `as ${edge.input}`,
    edge.view.name,
    graph.assets.get(edge.upstream)?.partitions._tag === "Unpartitioned" ? "" : mappings[edge.mapping._tag],
    edge.partial ? "also when some are missing" : ""
  ])
  return `  ${edge.upstream}  ${out.dim(how)}`
}

const entryText = (entry: Entry): string => {
  switch (entry.type) {
    case "number":
      return Number.isInteger(entry.value) ? Text.count(entry.value) : String(entry.value)
    case "table":
      return Text.plural(entry.value.length, "row")
    default:
      return Text.oneLine(Text.printable(entry.value))
  }
}

const metadataLines = (metadata: Metadata): ReadonlyArray<string> => {
  const entries = Object.entries(metadata)
  return entries.length === 0 ? [] : [`    ${out.dim(entries.map(([name, entry]) => `${name} ${entryText(entry)}`).join(", "))}`]
}
