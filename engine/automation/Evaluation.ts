/**
 * The evaluation of an automation: its definition, what is stored, what the evaluation before left and the time → the
 * cells asked for, with the truth of each part. A pure function, of all cells of the asset at once.
 */
import { type Automation, crons, type Condition } from "../definition/Automation.ts"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import * as Partitions from "../partition/Partitions.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import { type Cells, siblings, type Snapshot } from "../plan/Snapshot.ts"
import { doubtful, inputVersions } from "../plan/Staleness.ts"
import type { Asked, State } from "../record/AutomationState.ts"
import { inState, type Moment, tell, type Told, type Truth } from "./Truth.ts"

export interface Subject {
  /** The first asset of its computation. */
  readonly asset: string
  readonly automation: Automation
  readonly before: State | undefined
  /** Cells that automation has asked for in runs that have not ended. */
  readonly open: PartitionSet.PartitionSet
}

/** What can be said without a look at what single cells have read. */
export interface Judged extends Told {
  /** The condition is true, and they are not under way. */
  readonly candidates: PartitionSet.PartitionSet
  /** Those of them that were asked for before, and are not fresh since. */
  readonly again: PartitionSet.PartitionSet
  /** Cells whose records `settle` looks at: to be asked for by `Snapshot.detail` before. */
  readonly looked: PartitionSet.PartitionSet
}

/** Why cells of which the condition is true are not asked for. */
export interface Left {
  readonly why: "in progress" | "asked before, and nothing changed since" | "over the limit"
  readonly cells: PartitionSet.PartitionSet
}

export interface Evaluated {
  readonly truth: Truth
  readonly left: ReadonlyArray<Left>
  readonly asked: PartitionSet.PartitionSet
  /** Those asked for that are fresh, and so have to be forced. */
  readonly fresh: PartitionSet.PartitionSet
  readonly state: State
}

/** Assets with automation, upstream first: one for each computation. */
export const automated = (graph: AssetGraph): ReadonlyArray<Pick<Subject, "asset" | "automation">> =>
  Array.from(graph.assets.values()).flatMap(({ computation, key }) =>
    computation.automation !== undefined && siblings(graph, key)[0] === key ? [{ asset: key, automation: computation.automation }] : [])

/** The cells whose records `judge` looks at, by asset: to be asked for before. */
export const wanted = (snapshot: Snapshot, { asset, automation }: Pick<Subject, "asset" | "automation">): Cells => {
  const found = new Map<string, PartitionSet.PartitionSet>()
  const look = (asset: string, condition: Condition): void => {
    switch (condition._tag) {
      case "Stale":
        for (const output of siblings(snapshot.graph, asset)) {
          found.set(output, doubtful(snapshot, output, snapshot.space(output).all))
        }
        return
      case "And":
      case "Or":
        return condition.of.forEach((part) => look(asset, part))
      case "Not":
      case "Newly":
        return look(asset, condition.of)
      case "Since":
        look(asset, condition.of)
        return condition.reset === undefined ? undefined : look(asset, condition.reset)
      case "AnyUpstream":
      case "AllUpstream":
        return snapshot.graph.upstream(asset).forEach(({ upstream }) => look(upstream, condition.of))
    }
  }
  look(asset, automation.when)
  return found
}

export const judge = (moment: Moment, subject: Subject): Judged => {
  const { asset, automation, before, open } = subject
  const { all, partitions } = moment.snapshot.space(asset)
  const told = tell(moment, asset, automation.when, before)
  const candidates = PartitionSet.difference(told.truth.cells, moment.underway(asset))
  const asked = before?.numbering === Partitions.numbering(partitions) ? before.asked : []
  const again = PartitionSet.intersection(candidates, PartitionSet.unionAll(all.dimensions, asked.map(({ cells }) => cells)))
  const room = automation.atMost - PartitionSet.size(open)
  const first = take(automation, PartitionSet.difference(candidates, again), room)
  return { ...told, candidates, again, looked: PartitionSet.union(again, first) }
}

export const settle = (moment: Moment, subject: Subject, judged: Judged): Evaluated => {
  const { asset, automation, before, open } = subject
  const { snapshot } = moment
  const { all, partitions } = snapshot.space(asset)
  const { dimensions } = all
  const now = snapshot.now.epochMilliseconds
  const numbering = Partitions.numbering(partitions)
  const earlier = before?.numbering === numbering ? before.asked : []
  const tick = judged.ticked ? now : before?.tick ?? null
  const seen = new Map<string, string>()
  const place = (point: PartitionSet.Point) => point.join()
  const codes = siblings(snapshot.graph, asset).map((output) => snapshot.graph.assets.get(output)?.codeVersion)
  for (const point of PartitionSet.points(judged.looked)) {
    const read = Object.entries(inputVersions(snapshot, asset, point)).map(([input, { asset, count, sum }]) => [input, asset, count, sum])
    seen.set(place(point), JSON.stringify([codes, crons(automation.when).length === 0 ? null : tick, read]))
  }
  const same = PartitionSet.unionAll(dimensions, earlier.map((entry) => {
    const points = PartitionSet.points(PartitionSet.intersection(entry.cells, judged.again))
    return PartitionSet.fromPoints(dimensions, points.filter((point) => seen.get(place(point)) === entry.seen))
  }))
  const free = PartitionSet.difference(judged.candidates, same)
  const asked = take(automation, PartitionSet.intersection(free, judged.looked), automation.atMost - PartitionSet.size(open))
  const bySeen = new Map<string, Array<PartitionSet.Point>>()
  for (const point of PartitionSet.points(asked)) {
    const what = seen.get(place(point))!
    const known = bySeen.get(what)
    if (known === undefined) bySeen.set(what, [point])
    else known.push(point)
  }
  // Where the condition does not ask for stale cells, their records were not read: they count as fresh.
  const states = wanted(snapshot, subject).has(asset) ? ["Missing", "Stale", "Failed"] as const : ["Missing", "Failed"] as const
  const unfresh = PartitionSet.unionAll(dimensions, states.map((state) => inState(snapshot, asset, state)))
  // Cells that are fresh may be asked for again; those under way may not be fresh yet.
  const remaining = PartitionSet.union(unfresh, PartitionSet.union(open, moment.underway(asset)))
  const kept = earlier.map(({ cells, seen }): Asked => ({
    seen, cells: PartitionSet.difference(PartitionSet.intersection(cells, remaining), asked)
  })).filter(({ cells }) => !PartitionSet.isEmpty(cells))
  const added = Array.from(bySeen, ([seen, points]): Asked => ({ seen, cells: PartitionSet.fromPoints(dimensions, points) }))
  const remembered = new Map(judged.remembered)
  for (const key of judged.untilAsked) remembered.set(key, PartitionSet.difference(remembered.get(key)!, asked))
  const left: ReadonlyArray<Left> = [
    { why: "in progress", cells: PartitionSet.difference(judged.truth.cells, judged.candidates) },
    { why: "asked before, and nothing changed since", cells: same },
    { why: "over the limit", cells: PartitionSet.difference(free, asked) }
  ]
  return {
    truth: judged.truth,
    left: left.filter(({ cells }) => !PartitionSet.isEmpty(cells)),
    asked,
    fresh: PartitionSet.difference(asked, unfresh),
    state: { at: now, tick, numbering, asked: [...kept, ...added], remembered }
  }
}

const take = ({ order }: Automation, cells: PartitionSet.PartitionSet, count: number): PartitionSet.PartitionSet =>
  order === "newest" ? PartitionSet.takeLast(cells, Math.max(0, count)) : PartitionSet.take(cells, Math.max(0, count))
