/** `sluice partitions`: the partitions of an asset with their states; keys of dynamic sets added and removed by hand. */
import { Effect } from "effect"
import * as KeyText from "../../engine/partition/KeyText.ts"
import * as Partitions from "../../engine/partition/Partitions.ts"
import * as PartitionSet from "../../engine/partition/PartitionSet.ts"
import * as Snapshot from "../../engine/plan/Snapshot.ts"
import { RunStore } from "../../engine/record/RunStore.ts"
import { didYouMean } from "../../engine/Suggestion.ts"
import * as Address from "../Address.ts"
import * as CellStates from "../CellStates.ts"
import * as KeyLines from "../KeyLines.ts"
import * as Live from "../Live.ts"
import * as Project from "../Project.ts"
import { Refusal } from "../Refusal.ts"
import * as Screen from "../terminal/Screen.ts"
import * as Style from "../terminal/Style.ts"
import * as Table from "../terminal/Table.ts"
import * as Text from "../terminal/Text.ts"

export const partitions = Effect.fn("cli.partitions")(function*(input: {
  readonly asset: string
  readonly state: CellStates.State | undefined
  readonly limit: number
  readonly keys: boolean
  readonly json: boolean
}) {
  const project = yield* Project.load
  const asset = yield* Address.asset(project.graph, input.asset)
  if (asset.partitions._tag === "Unpartitioned") {
    return yield* new Refusal({ message: `${asset.key} has no partitions: \`sluice explain ${asset.key}\` tells its state.` })
  }
  const newestFirst = Partitions.dimensionsOf(asset.partitions)[0]?.partitions._tag === "TimeWindows"
  const { chosen, snapshot } = yield* Effect.gen(function*() {
    const loaded = yield* Snapshot.load(project.graph, [asset.key])
    const chosen = yield* inState(loaded, asset.key, input.state)
    if (input.keys) return { chosen, snapshot: loaded }
    const shown = newestFirst ? PartitionSet.takeLast(chosen, input.limit) : PartitionSet.take(chosen, input.limit)
    return { chosen, snapshot: yield* Snapshot.detail(loaded, new Map([[asset.key, shown]])) }
  }).pipe(Effect.provide(Live.store(project)))
  const space = snapshot.space(asset.key)
  const points = PartitionSet.points(chosen, { order: newestFirst ? "descending" : "ascending" })
  const stored = snapshot.cells(asset.key)
  if (input.keys) return Screen.lines(Array.from(points, (point) => KeyLines.line(asset.partitions, space.keyAt(point))))
  const rows = Array.from(points.take(input.limit), (point) => {
    const key = space.keyAt(point)
    const cell = stored.get(key)
    return { key, cell, ...CellStates.ofCell(snapshot, asset.key, point, cell) }
  })
  if (input.json) {
    return Screen.prettyJson(rows.map(({ cell, key, reason, state }) => ({
      partition: key,
      state,
      reason: reason ?? null,
      materializedAt: cell?.materializedAt ?? null,
      dataVersion: cell?.dataVersion ?? null
    })))
  }
  Screen.lines(Table.lines(
    [{ title: "partition" }, { title: "state" }, { title: "materialized" }, { title: "reason", flexible: true }],
    rows.map(({ cell, key, reason, state }) => [
      key,
      Style.state(Style.out, state)(state),
      cell?.materializedAt === undefined ? "" : Text.ago(cell.materializedAt),
      reason ?? ""
    ])
  ))
  const total = PartitionSet.size(chosen)
  const what = `${Text.plural(total, `${input.state === undefined ? "" : `${input.state} `}partition`)} of ${asset.key}`
  Screen.note(Style.err.dim(total > rows.length ? `${Text.count(rows.length)} of ${what}; --limit shows more.` : `${what}.`))
})

/** Those of an asset's cells that are in the state; only to tell fresh from stale ones records are read. */
const inState = (loaded: Snapshot.Snapshot, asset: string, state: CellStates.State | undefined) =>
  Effect.gen(function*() {
    const { all } = loaded.space(asset)
    if (state === undefined) return all
    const isDoubtful = state === "fresh" || state === "stale"
    const { classes } = CellStates.of(isDoubtful ? yield* CellStates.detail(loaded, [asset]) : loaded, asset, { records: isDoubtful })
    return PartitionSet.unionAll(all.dimensions, classes.flatMap((found) => found.state === state ? [found.cells] : []))
  })

/** A dynamic set by name that is filled by hand; one that comes from an asset is refused. */
const setByHand = (project: Project.Project, name: string) => {
  const sets = Array.from(project.graph.assets.values()).flatMap((asset) => Partitions.dynamicSets(asset.partitions))
  const set = sets.find((candidate) => candidate.name === name)
  if (set === undefined) {
    // The set is meant where the asset is named.
    const own = Partitions.dynamicSets(project.graph.assets.get(name)?.partitions ?? Partitions.none).map((s) => s.name)
    const near = own.length > 0 ? ` Those of the asset ${name}: ${own.join(", ")}.` : didYouMean(name, sets.map((s) => s.name))
    const message = `There is no dynamic set of partitions "${name}".${near}`
    return Effect.fail(new Refusal({ message }))
  }
  if (set.from === undefined) return Effect.succeed(set)
  const message = `The keys of ${name} come from the rows of ${set.from}: materialize that asset to change them.`
  return Effect.fail(new Refusal({ message }))
}

interface Keys {
  readonly set: string
  readonly keys: ReadonlyArray<string>
}

export const add = Effect.fn("cli.partitions.add")(function*({ keys, set: name }: Keys) {
  const project = yield* Project.load
  const set = yield* setByHand(project, name)
  if (keys.includes("")) return yield* new Refusal({ message: "A partition key cannot be empty." })
  const refusal = KeyText.refusal(keys)
  if (refusal !== undefined) return yield* new Refusal({ message: refusal })
  const { fresh, total } = yield* Effect.gen(function*() {
    const store = yield* RunStore
    const before = yield* known(store, set.name)
    yield* store.addKeys(set.name, keys)
    return { fresh: new Set(keys).difference(before).size, total: before.union(new Set(keys)).size }
  }).pipe(Effect.provide(Live.store(project)))
  Screen.line(`Added ${Text.plural(fresh, "key")} to ${set.name}, which has ${Text.plural(total, "key")} now.`)
})

export const remove = Effect.fn("cli.partitions.remove")(function*({ keys, set: name }: Keys) {
  const project = yield* Project.load
  const set = yield* setByHand(project, name)
  const left = yield* Effect.gen(function*() {
    const store = yield* RunStore
    const before = yield* known(store, set.name)
    const unknown = keys.find((key) => !before.has(key))
    if (unknown !== undefined) {
      return yield* new Refusal({ message: `${set.name} has no key "${unknown}".${didYouMean(unknown, before)}` })
    }
    yield* store.removeKeys(set.name, keys)
    return before.difference(new Set(keys)).size
  }).pipe(Effect.provide(Live.store(project)))
  Screen.line(`Removed ${Text.plural(new Set(keys).size, "key")} from ${set.name}, which has ${Text.plural(left, "key")} now.`)
})

const known = (store: RunStore["Service"], set: string) =>
  Effect.map(store.dynamicKeys([set]), (sets) => new Set((sets.get(set) ?? []).flatMap(({ key, live }) => live ? [key] : [])))
