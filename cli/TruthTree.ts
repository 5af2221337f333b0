/** The evaluation of an automation as a tree: each part of the condition with what is true of it, and what follows. */
import type { Evaluated } from "../engine/automation/Evaluation.ts"
import { absent, type Truth } from "../engine/automation/Truth.ts"
import { type Condition, describe, title } from "../engine/definition/Condition.ts"
import * as PartitionSet from "../engine/partition/PartitionSet.ts"
import type { Snapshot } from "../engine/plan/Snapshot.ts"
import { upstreamOf } from "../engine/plan/Staleness.ts"
import { cellName } from "../engine/record/Step.ts"
import * as Keys from "./Keys.ts"
import { out } from "./terminal/Style.ts"
import * as Text from "./terminal/Text.ts"

/** What is looked at of an asset: all of its cells, or some of them. */
type Looked = PartitionSet.PartitionSet

const composed: ReadonlySet<Condition["_tag"]> = new Set(["And", "Or", "AnyUpstream", "AllUpstream", "Since", "Newly"])

/** A part whose words stand in one line, without those of its parts. */
const isPlain = (condition: Condition): boolean =>
  condition._tag === "Not" ? isPlain(condition.of) : !composed.has(condition._tag)

const isOfUpstream = (condition: Condition): boolean => condition._tag === "AnyUpstream" || condition._tag === "AllUpstream"

const wordsOf = (condition: Condition): string => {
  switch (condition._tag) {
    case "And":
      return "all of these"
    case "Or":
      return "any of these"
    case "AnyUpstream":
      return isPlain(condition.of) ? describe(condition) : "something it reads is"
    case "AllUpstream":
      return isPlain(condition.of) ? describe(condition) : "all it reads is"
    case "Newly":
      return "newly"
    case "Since":
      return condition.reset === undefined ? "since this, until asked for" : "since the first of these, until the second"
    case "Not": {
      const { of } = condition
      if (isPlain(of) || (of._tag === "AnyUpstream" && isPlain(of.of))) return describe(condition)
      return of._tag === "AnyUpstream" ? "nothing it reads is" : `not ${wordsOf(of)}`
    }
    default:
      return describe(condition)
  }
}

/** The parts that are told below; what a plain `not` says is said. */
const partsOf = (truth: Truth): ReadonlyArray<Truth> => {
  if (isPlain(truth.condition)) return []
  const [only] = truth.parts
  return truth.condition._tag === "Not" && only !== undefined ? partsOf(only) : truth.parts
}

/** Of the cells that are looked at, those which the part is about: upstream, those that they read. */
const lookedIn = (snapshot: Snapshot, part: Truth, above: Truth, looked: Looked): Looked => {
  if (part.asset === above.asset) return looked
  const edges = snapshot.graph.upstream(above.asset).filter(({ upstream }) => upstream === part.asset)
  return PartitionSet.unionAll(part.cells.dimensions, edges.map((edge) => upstreamOf(snapshot, edge, looked)))
}

const isNone = PartitionSet.isEmpty

/** The name of the one cell, or of the asset. */
const nameOf = (snapshot: Snapshot, asset: string, cells: Looked): string => {
  const point = PartitionSet.size(cells) === 1 ? PartitionSet.firstPoint(cells) : undefined
  return point === undefined ? asset : cellName({ asset, partition: snapshot.space(asset).keyAt(point) })
}

/** `3 of 18: 2026-11-25..2026-11-27`; all and none need no names. */
const countOf = (snapshot: Snapshot, asset: string, some: Looked, of: Looked): string => {
  const keys = PartitionSet.equals(some, of) ? "" : Keys.describe(snapshot.space(asset), some, 2)
  return `${Text.count(PartitionSet.size(some))} of ${Text.count(PartitionSet.size(of))}${keys === "" ? "" : `: ${keys}`}`
}

/** What is not stored of what cells need. */
const absentLines = (snapshot: Snapshot, asset: string, cells: Looked): ReadonlyArray<string> =>
  snapshot.graph.upstream(asset).flatMap((edge) => {
    const missing = absent(snapshot, edge, cells)
    if (isNone(missing)) return []
    const needed = upstreamOf(snapshot, edge, cells)
    return PartitionSet.size(needed) === 1
      ? `${nameOf(snapshot, edge.upstream, needed)} is not stored`
      : `${edge.upstream}: not stored  ${countOf(snapshot, edge.upstream, missing, needed)}`
  })

const nextTick = ({ now }: Snapshot, condition: Condition): string => {
  const next = condition._tag === "Cron" ? condition.cron.moments(now.epochMilliseconds + 1).next().value : undefined
  return next === undefined ? "" : `, the next in ${Text.duration(next.instant - now.epochMilliseconds)}`
}

const isOfBlocked = (condition: Condition): boolean =>
  condition._tag === "Blocked" || (condition._tag === "Not" && isOfBlocked(condition.of))

export const lines = (snapshot: Snapshot, evaluated: Evaluated, point: PartitionSet.Point | undefined): ReadonlyArray<string> => {
  const { truth } = evaluated
  const looked = point === undefined ? snapshot.space(truth.asset).all : PartitionSet.fromPoints(point.length, [point])
  const told: Array<string> = []
  const tell = (part: Truth, of: Looked, depth: number): void => {
    const isTrue = PartitionSet.intersection(part.cells, of)
    const isOther = part.asset !== truth.asset
    const isOne = PartitionSet.size(of) === 1
    const name = isOther ? `${nameOf(snapshot, part.asset, of)}: ${wordsOf(part.condition)}` : wordsOf(part.condition)
    const mark = isNone(isTrue) ? out.red("✗") : PartitionSet.equals(isTrue, of) ? out.green("✓") : out.yellow("◐")
    const indent = "  ".repeat(depth + 1)
    const count = isOne ? "" : `  ${countOf(snapshot, part.asset, isTrue, of)}`
    told.push(`${indent}${mark} ${name}${out.dim(`${nextTick(snapshot, part.condition)}${count}`)}`)
    if (isOfBlocked(part.condition)) told.push(...absentLines(snapshot, part.asset, of).map((line) => `${indent}    ${line}`))
    // That nothing upstream is so is said in one line.
    const isAllSaid = part.condition._tag === "Not" && isOfUpstream(part.condition.of) && PartitionSet.equals(isTrue, of)
    for (const below of isAllSaid ? [] : partsOf(part)) tell(below, lookedIn(snapshot, below, part, of), depth + 1)
  }
  tell(truth, looked, 0)
  return [...told, "", ...verdictOf(snapshot, evaluated, looked).map((line) => `  ${line}`)]
}

/** What becomes of the cells that are looked at. */
const verdictOf = (snapshot: Snapshot, { asked, left, truth }: Evaluated, looked: Looked): ReadonlyArray<string> => {
  const isOne = PartitionSet.size(looked) === 1
  const verdicts = [
    ...left.map(({ cells, why }) => ({ cells: PartitionSet.intersection(cells, looked), words: `not asked for: ${why}` })),
    { cells: PartitionSet.intersection(asked, looked), words: "asked for by the next evaluation of a daemon" }
  ].filter(({ cells }) => !isNone(cells))
  if (verdicts.length > 0) {
    const space = snapshot.space(truth.asset)
    return verdicts.map(({ cells, words }) =>
      isOne ? words : `${Text.plural(PartitionSet.size(cells), "cell")} ${words}: ${Keys.describe(space, cells)}`)
  }
  if (!isOne) return ["no cell is asked for"]
  const wrong = falseParts(truth, looked).map(title)
  return [`not asked for, because ${wrong.length === 1 ? "this is" : "these are"} false: ${wrong.join("; ")}`]
}

/** The parts that would all have to be true as well. */
const falseParts = (truth: Truth, looked: Looked): ReadonlyArray<Condition> =>
  !isNone(PartitionSet.intersection(truth.cells, looked))
    ? []
    : truth.condition._tag === "And"
    ? truth.parts.flatMap((part) => falseParts(part, looked))
    : [truth.condition]

export interface TruthJson {
  readonly condition: string
  readonly asset: string
  readonly true: number
  readonly of: number
  readonly parts: ReadonlyArray<TruthJson>
}

export const toJson = (snapshot: Snapshot, { asked, left, truth }: Evaluated, point: PartitionSet.Point | undefined) => {
  const space = snapshot.space(truth.asset)
  const looked = point === undefined ? space.all : PartitionSet.fromPoints(point.length, [point])
  const size = (cells: PartitionSet.PartitionSet) => PartitionSet.size(PartitionSet.intersection(cells, looked))
  const tell = (part: Truth, of: Looked): TruthJson => ({
    condition: describe(part.condition),
    asset: part.asset,
    true: PartitionSet.size(PartitionSet.intersection(part.cells, of)),
    of: PartitionSet.size(of),
    parts: part.parts.map((below) => tell(below, lookedIn(snapshot, below, part, of)))
  })
  return {
    truth: tell(truth, looked),
    asked: size(asked),
    left: left.map(({ cells, why }) => ({ why, cells: size(cells) })).filter(({ cells }) => cells > 0)
  }
}
