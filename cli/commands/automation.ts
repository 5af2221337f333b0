/** `sluice automation list`, `explain` and `simulate`. */
import { DateTime, Effect, Result } from "effect"
import * as Evaluation from "../../engine/automation/Evaluation.ts"
import * as Round from "../../engine/automation/Round.ts"
import * as Simulation from "../../engine/automation/Simulation.ts"
import * as World from "../../engine/automation/World.ts"
import * as Automations from "../../engine/daemon/Automations.ts"
import { describe, title } from "../../engine/definition/Condition.ts"
import * as LocalTime from "../../engine/partition/LocalTime.ts"
import * as PartitionSet from "../../engine/partition/PartitionSet.ts"
import { dayMillis } from "../../engine/partition/Zone.ts"
import * as Snapshot from "../../engine/plan/Snapshot.ts"
import { type AutomationStanding, AutomationStore } from "../../engine/record/AutomationStore.ts"
import { RunStore } from "../../engine/record/RunStore.ts"
import * as Address from "../Address.ts"
import * as CellStates from "../CellStates.ts"
import * as Counts from "../grid/Counts.ts"
import * as TruthTree from "../TruthTree.ts"
import * as Keys from "../Keys.ts"
import * as Live from "../Live.ts"
import * as Project from "../Project.ts"
import { Refusal } from "../Refusal.ts"
import * as Screen from "../terminal/Screen.ts"
import { out, state as colour } from "../terminal/Style.ts"
import * as Table from "../terminal/Table.ts"
import * as Text from "../terminal/Text.ts"

const none = new Refusal({ message: "No asset has automation: give one `automation: Automation.eager`, or another." })

const subjects = (project: Project.Project) => {
  const found = Evaluation.automated(project.graph)
  return found.length === 0 ? Effect.fail(none) : Effect.succeed(found)
}

/** `running`, `stopped`, or `new`: no daemon has evaluated it yet. */
const stateOf = (standing: AutomationStanding | undefined): string =>
  standing === undefined || standing.version === 0 ? "new" : standing.running ? "running" : "stopped"

export const list = Effect.fn("cli.automation.list")(function*(input: { readonly json: boolean }) {
  const project = yield* Project.load
  const all = yield* subjects(project)
  const rows = yield* Effect.gen(function*() {
    const store = yield* AutomationStore
    const { standings } = yield* store.standings(all.map(({ asset }) => asset))
    return yield* Effect.forEach(all, ({ asset, automation }) =>
      Effect.map(store.asks([asset], { limit: 1 }), ([last]) => ({ asset, automation, last, standing: standings.get(asset) })))
  }).pipe(Effect.provide(Live.store(project)))
  if (input.json) {
    return Screen.prettyJson(rows.map(({ asset, automation, last, standing }) => ({
      asset,
      name: automation.name,
      state: stateOf(standing),
      condition: describe(automation.when),
      atMost: automation.atMost,
      order: automation.order,
      evaluated: standing?.state === undefined ? null : new Date(standing.state.at),
      last: last ?? null
    })))
  }
  Screen.lines(Table.lines(
    [{ title: "asset" }, { title: "state" }, { title: "at most", align: "right" }, { title: "last" }, { title: "cells", align: "right" }, { title: "run", align: "right" }, { title: "" }, { title: "asks for", flexible: true }],
    rows.map(({ asset, automation, last, standing }) => [
      asset,
      colour(out, stateOf(standing))(stateOf(standing)),
      Text.count(automation.atMost),
      last === undefined ? out.dim("·") : Text.ago(last.at),
      last === undefined ? "" : Text.count(last.cells),
      last === undefined ? "" : String(last.run),
      last === undefined ? "" : colour(out, last.runState)(last.runState),
      automation.name
    ])
  ))
})

const lacking = (key: string) => new Refusal({ message: `${key} has no automation: a daemon asks for it only by schedules and sensors.` })

export const explain = Effect.fn("cli.automation.explain")(function*(input: { readonly asset: string; readonly json: boolean }) {
  const project = yield* Project.load
  const word = Address.split(input.asset)
  const { computation: { automation }, key } = yield* Address.asset(project.graph, word.asset)
  if (automation === undefined) return yield* lacking(key)
  const asset = Snapshot.siblings(project.graph, key)[0]!
  yield* Effect.gen(function*() {
    const { standings, ...known } = yield* Automations.standing(project.graph)
    const { broken, evaluated, snapshot } = yield* Round.evaluate({ ...known, reading: Round.fromStore })
    const found = evaluated.get(asset)
    if (found === undefined) return yield* broken.get(asset) ?? Effect.void
    const space = snapshot.space(asset)
    const point = word.partition === undefined && space.dimensions.length > 0
      ? undefined
      : yield* Address.cell(space, key, word.partition ?? "", PartitionSet.points(space.all).take(10_000).map(space.keyAt))
    const daemons = yield* (yield* AutomationStore).attending
    if (input.json) return Screen.prettyJson({ ...TruthTree.toJson(snapshot, found, point), daemons })
    Screen.line(`${out.bold(input.asset)}  ${point === undefined ? yield* statesOf(snapshot, asset) : yield* cellOf(snapshot, asset, point)}`)
    const bound = `at most ${Text.plural(automation.atMost, "cell")} at once, the ${automation.order} first`
    Screen.line(out.dim(`  ${Text.listing([automation.name === title(automation.when) ? undefined : automation.name, bound])}`))
    Screen.lines(["", ...TruthTree.lines(snapshot, found, point)])
    if (standings.get(asset)?.running === false) Screen.note(`It is stopped: no daemon asks for it until \`sluice automation start ${asset}\`.`)
    Screen.note(daemonsText(daemons))
  }).pipe(Effect.provide(Live.store(project)))
})

/** Nothing is asked for where nobody evaluates. */
const daemonsText = (daemons: ReadonlyArray<string>): string =>
  daemons.length === 0
    ? "No daemon is up that evaluates automation: nothing is asked for until `sluice daemon` runs."
    : `Evaluated by ${daemons.length === 1 ? "the daemon" : "the daemons"} ${daemons.join(", ")}.`

export const setRunning = Effect.fn("cli.automation.setRunning")(function*(input: { readonly asset: string; readonly running: boolean }) {
  const project = yield* Project.load
  const { computation: { automation }, key } = yield* Address.asset(project.graph, input.asset)
  if (automation === undefined) return yield* lacking(key)
  const asset = Snapshot.siblings(project.graph, key)[0]!
  yield* Effect.flatMap(AutomationStore, (store) => store.setRunning(asset, input.running)).pipe(Effect.provide(Live.store(project)))
  Screen.line(input.running
    ? `The automation of ${asset} is running: a daemon asks for what its condition says.`
    : `The automation of ${asset} is stopped: no daemon asks for it until \`sluice automation start ${asset}\`.`)
})

/** `failed: the shop is closed`, of one cell. */
const cellOf = (snapshot: Snapshot.Snapshot, asset: string, point: PartitionSet.Point) =>
  Effect.map(Snapshot.detail(snapshot, new Map([[asset, PartitionSet.fromPoints(point.length, [point])]])), (known) => {
    const { reason, state } = CellStates.ofCell(known, asset, point, known.cells(asset).get(known.space(asset).keyAt(point)))
    return `${colour(out, state)(state)}${reason === undefined ? "" : `: ${reason}`}`
  })

/** `18 cells · 14 fresh · 4 stale`, of an asset. */
const statesOf = (snapshot: Snapshot.Snapshot, asset: string) =>
  Effect.map(CellStates.detail(snapshot, [asset]), (known) => {
    const counts = Counts.of({ states: CellStates.of(known, asset).classes })
    const parts = Counts.states.filter((state) => counts[state] > 0).map((state) => colour(out, state)(`${Text.count(counts[state])} ${state}`))
    return [Text.plural(Counts.total(counts), "cell"), ...parts].join(out.dim(" · "))
  })

/** All records are in memory. */
const mostCells = 200_000

export const simulate = Effect.fn("cli.automation.simulate")(function*(input: {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly limit: number
  readonly json: boolean
}) {
  const project = yield* Project.load
  yield* subjects(project)
  const { graph } = project
  const given = input.from === undefined ? undefined : yield* instantOf(input.from, "--from", false)
  const until = input.to === undefined ? undefined : yield* instantOf(input.to, "--to", true)
  const found = yield* Effect.gen(function*() {
    const store = yield* RunStore
    const { snapshot, states } = yield* Automations.standing(graph)
    const now = snapshot.now.epochMilliseconds
    const from = given ?? now
    const to = until ?? from + 7 * dayMillis
    if (to < from) return yield* new Refusal({ message: `"${input.to ?? ""}" of --to is before the beginning: let it be later.` })
    const assets = [...graph.assets.keys()]
    const stored = assets.reduce((sum, asset) => sum + PartitionSet.size(snapshot.sets(asset).materialized), 0)
    if (stored > mostCells) {
      const message = `${Text.count(stored)} cells are stored, and a simulation holds at most ${Text.count(mostCells)} in memory: ` +
        "`sluice automation explain ASSET` tells what would be asked for now."
      return yield* new Refusal({ message })
    }
    const cells = yield* store.cells(new Map(assets.map((asset) => [asset, "all"])))
    const sets = new Map(assets.map((asset) => [asset, snapshot.sets(asset)]))
    const keySets = new Set(assets.flatMap((asset) => snapshot.space(asset).dimensions.flatMap(({ partitions }) =>
      partitions._tag === "Dynamic" ? [partitions.name] : [])))
    const dynamicKeys = new Map(Array.from(keySets, (set) => [set, snapshot.dynamicKeys(set)]))
    const world = World.make(graph, { cells, sets, dynamicKeys })
    // What was evaluated later than it begins would be of the future.
    return yield* Simulation.run(graph, world, { from, to, states: from < now ? new Map() : states, limit: input.limit + 1 })
  }).pipe(Effect.provide(Live.store(project)))
  const shown = found.slice(0, input.limit)
  if (input.json) {
    return Screen.prettyJson(shown.map(({ asset, at, cells, space }) => ({
      at, asset, cells: PartitionSet.size(cells), partitions: Keys.describe(space, cells, 20)
    })))
  }
  if (shown.length === 0) return Screen.line("Nothing would be asked for in that span.")
  Screen.lines(Table.lines(
    [{ title: "UTC" }, { title: "asset" }, { title: "cells", align: "right" }, { title: "partitions", flexible: true }],
    shown.map(({ asset, at, cells, space }) => [
      DateTime.formatIso(at).replace(/\.\d+Z$/, "Z"), asset, Text.count(PartitionSet.size(cells)), Keys.describe(space, cells)
    ])
  ))
  if (found.length > shown.length) Screen.note(`There are more: --limit ${input.limit * 10} shows them.`)
})

/** A time of UTC; a day or month means its beginning, or its end. */
const instantOf = (text: string, option: string, isEnd: boolean): Effect.Effect<number, Refusal> =>
  Result.match(LocalTime.parse(text), {
    onFailure: (why) =>
      Effect.fail(new Refusal({ message: `"${text}" of ${option} is not a time (${why}): write one like 2026-03-29 or 2026-03-29T01:30.` })),
    onSuccess: ({ local, precision }) => {
      const end = new Date(local)
      if (precision === "month") end.setUTCMonth(end.getUTCMonth() + 1)
      if (precision === "day") end.setTime(end.getTime() + dayMillis)
      return Effect.succeed(isEnd && precision !== "time" ? end.getTime() - 1 : local)
    }
  })
