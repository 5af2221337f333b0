/** The evaluation of an automation as a tree: each part of the condition with what is true of it. */
import type { Evaluated } from "../engine/automation/Evaluation.ts"
import type { Truth } from "../engine/automation/Truth.ts"
import { type Condition, describe } from "../engine/definition/Automation.ts"
import * as PartitionSet from "../engine/partition/PartitionSet.ts"
import type { Snapshot } from "../engine/plan/Snapshot.ts"
import { upstreamOf } from "../engine/plan/Staleness.ts"
import * as Keys from "./Keys.ts"
import { out } from "./terminal/Style.ts"
import * as Text from "./terminal/Text.ts"

/** What is looked at of an asset: all of its cells, or some of them. */
type Looked = PartitionSet.PartitionSet

const composed: ReadonlySet<Condition["_tag"]> = new Set(["And", "Or", "AnyUpstream", "AllUpstream", "Since", "Newly"])

/** A part whose words stand in one line, without those of its parts. */
const isPlain = (condition: Condition): boolean =>
  condition._tag === "Not" ? isPlain(condition.of) : !composed.has(condition._tag)

const wordsOf = (condition: Condition): string => {
  switch (condition._tag) {
    case "And":
      return "all of these"
    case "Or":
      return "one of these"
    case "AnyUpstream":
      return "some of what it reads"
    case "AllUpstream":
      return "all of what it reads"
    case "Newly":
      return "newly"
    case "Since":
      return condition.reset === undefined ? "since this, until asked for" : "since the first of these, until the second"
    case "Not":
      return isPlain(condition.of) ? describe(condition) : `not ${wordsOf(condition.of)}`
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

export const lines = (snapshot: Snapshot, { asked, left, truth }: Evaluated, point: PartitionSet.Point | undefined): ReadonlyArray<string> => {
  const space = snapshot.space(truth.asset)
  const looked = point === undefined ? space.all : PartitionSet.fromPoints(point.length, [point])
  const told: Array<string> = []
  const tell = (part: Truth, of: Looked, depth: number): void => {
    const isTrue = PartitionSet.intersection(part.cells, of)
    const isOther = part.asset !== truth.asset
    const name = isOther ? `${part.asset}: ${wordsOf(part.condition)}` : wordsOf(part.condition)
    const keys = isOther || point === undefined ? Keys.describe(snapshot.space(part.asset), isTrue, 2) : ""
    const count = point === undefined || (isOther && PartitionSet.size(of) !== 1)
      ? `  ${Text.count(PartitionSet.size(isTrue))} of ${Text.count(PartitionSet.size(of))}${keys === "" ? "" : `: ${keys}`}`
      : ""
    const mark = PartitionSet.isEmpty(isTrue) ? out.red("✗") : out.green("✓")
    told.push(`${"  ".repeat(depth + 1)}${mark} ${name}${out.dim(count)}`)
    for (const below of partsOf(part)) tell(below, lookedIn(snapshot, below, part, of), depth + 1)
  }
  tell(truth, looked, 0)
  const verdicts = [
    ...left.map(({ cells, why }) => ({ cells: PartitionSet.intersection(cells, looked), words: `not asked for: ${why}` })),
    { cells: PartitionSet.intersection(asked, looked), words: "asked for by the next evaluation of a daemon" }
  ].filter(({ cells }) => !PartitionSet.isEmpty(cells))
  const ends = verdicts.map(({ cells, words }) =>
    point === undefined ? `${Text.plural(PartitionSet.size(cells), "cell")} ${words}: ${Keys.describe(space, cells)}`.replace(/: $/, "") : words)
  return [...told, "", ...(ends.length === 0 ? ["  nothing to ask for"] : ends.map((end) => `  ${end}`))]
}

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
