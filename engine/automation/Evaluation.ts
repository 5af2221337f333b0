/**
 * The evaluation of an automation: its definition, what is stored, what the evaluation before left and the time → the
 * cells asked for, with the truth of each part. A pure function, of all cells of the asset at once.
 */
import type { Automation } from "../definition/Automation.ts"
import { type Condition, describe, partsOf } from "../definition/Condition.ts"
import type { AssetGraph } from "../graph/AssetGraph.ts"
import * as Partitions from "../partition/Partitions.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import { type Cells, siblings, type Snapshot } from "../plan/Snapshot.ts"
import { doubtful } from "../plan/Staleness.ts"
import type { Asked as Before, State } from "../record/AutomationState.ts"
import * as Asked from "./Asked.ts"
import { inState, type Moment, tell, type Told, type Truth } from "./Truth.ts"

export interface Subject {
  /** The first asset of its computation. */
  readonly asset: string
  readonly automation: Automation
  readonly before: State | undefined
  /** Cells that automation has asked for in runs that have not ended. */
  readonly open: PartitionSet.PartitionSet
}

/** What can be said without a look at what single cells read. */
export interface Judged extends Told {
  /** The condition is true, and they are not under way. */
  readonly candidates: PartitionSet.PartitionSet
  readonly unfresh: PartitionSet.PartitionSet
  /** The evaluation that saw the last tick. */
  readonly tick: number | null
  /** What was asked for before by what there is now, and is not fresh since; other things read apart. */
  readonly asked: Before
  /** They may read something else by now. */
  readonly mayReadElse: boolean
  /** The cells of which `settle` looks at what they read: to be asked for by `Snapshot.detailUpstream` before. */
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
  /** When an age alone may change what is asked for, in milliseconds since 1970. */
  readonly next: number
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
  const { snapshot } = moment
  const { all, partitions } = snapshot.space(asset)
  const told = tell(moment, asset, automation.when, before)
  const underway = moment.underway(asset)
  const candidates = PartitionSet.difference(told.truth.cells, underway)
  const unfresh = PartitionSet.unionAll(all.dimensions, unfreshStates(snapshot, subject).map((state) => inState(snapshot, asset, state)))
  const tick = told.ticked ? snapshot.now.epochMilliseconds : before?.tick ?? null
  const by = Asked.by(snapshot.graph, asset, hasClock(automation.when) ? tick : null)
  const upstream = Asked.upstream(snapshot, asset)
  const none = { ...Asked.none(all.dimensions), by, upstream }
  const isKnown = before !== undefined && before.numbering === Partitions.numbering(partitions) && before.asked.by === by
  // Cells that are fresh may be asked for again; those under way may not be fresh yet.
  const asked = isKnown ? Asked.within(before.asked, PartitionSet.unionAll(all.dimensions, [unfresh, open, underway])) : none
  const mayReadElse = upstream === null || asked.upstream !== upstream
  const room = automation.atMost - PartitionSet.size(open)
  const first = take(automation, PartitionSet.difference(candidates, asked.cells), room)
  const looked = mayReadElse ? PartitionSet.union(asked.cells, first) : first
  return { ...told, candidates, unfresh, tick, asked: { ...asked, upstream }, mayReadElse, looked }
}

/** Time may make it true. */
const hasClock = (condition: Condition): boolean =>
  partsOf(condition, "Cron").length + partsOf(condition, "OlderThan").length > 0

/** Where the condition does not ask for stale cells, their records were not read: they count as fresh. */
const unfreshStates = (snapshot: Snapshot, subject: Subject) =>
  wanted(snapshot, subject).has(subject.asset) ? ["Missing", "Stale", "Failed"] as const : ["Missing", "Failed"] as const

export const settle = (moment: Moment, subject: Subject, judged: Judged): Evaluated => {
  const { asset, automation, open } = subject
  const { snapshot } = moment
  const { candidates, tick, truth, unfresh } = judged
  const now = snapshot.now.epochMilliseconds
  const reads = Asked.reading(snapshot, asset)
  const kept = judged.mayReadElse ? Asked.where(judged.asked, (point, before) => reads(point) === before) : judged.asked
  const free = PartitionSet.difference(candidates, kept.cells)
  const asked = take(automation, PartitionSet.intersection(free, judged.looked), automation.atMost - PartitionSet.size(open))
  const next = Asked.and(kept, asked, reads)
  const remembered = new Map(judged.remembered)
  for (const key of judged.untilAsked) remembered.set(key, PartitionSet.difference(remembered.get(key)!, asked))
  const left: ReadonlyArray<Left> = [
    { why: "in progress", cells: PartitionSet.difference(truth.cells, candidates) },
    { why: "asked before, and nothing changed since", cells: PartitionSet.intersection(candidates, kept.cells) },
    { why: "over the limit", cells: PartitionSet.difference(free, asked) }
  ]
  return {
    truth,
    left: left.filter(({ cells }) => !PartitionSet.isEmpty(cells)),
    asked,
    fresh: PartitionSet.difference(asked, unfresh),
    state: {
      at: now,
      tick,
      crons: partsOf(automation.when, "Cron").map(describe),
      numbering: Partitions.numbering(snapshot.space(asset).partitions),
      // Of nothing, what stands upstream is not worth a record each time that it changes.
      asked: PartitionSet.isEmpty(next.cells) ? Asked.none(next.cells.dimensions) : next,
      remembered
    },
    next: judged.next
  }
}

const take = ({ order }: Automation, cells: PartitionSet.PartitionSet, count: number): PartitionSet.PartitionSet =>
  order === "newest" ? PartitionSet.takeLast(cells, Math.max(0, count)) : PartitionSet.take(cells, Math.max(0, count))
