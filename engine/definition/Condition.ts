/** The conditions of automation: plain data, a statement that is true or false of each cell, and its words. */
import type { Zone } from "../partition/Zone.ts"
import type { Cron } from "../schedule/Cron.ts"
import * as Span from "../Span.ts"

export type Condition =
  | { readonly _tag: "Missing" | "Stale" | "Failed" | "Stored" | "InProgress" | "Blocked" | "Source" }
  | { readonly _tag: "Cron"; readonly cron: Cron; readonly zone: Zone }
  | { readonly _tag: "LastPartitions"; readonly count: number }
  | { readonly _tag: "LastTime" | "OlderThan"; readonly millis: number }
  | { readonly _tag: "And" | "Or"; readonly of: ReadonlyArray<Condition> }
  | { readonly _tag: "Not" | "AnyUpstream" | "AllUpstream" | "Newly"; readonly of: Condition }
  /** Without `reset`: until the cell is asked for. */
  | { readonly _tag: "Since"; readonly of: Condition; readonly reset: Condition | undefined }

/** A condition in words that stand alone. */
export const title = (condition: Condition): string => describe(condition).replace(/^\((.*)\)$/, "$1")

/** A condition in words. Equal conditions have equal words. */
export const describe = (condition: Condition): string => {
  switch (condition._tag) {
    case "Missing":
    case "Stale":
    case "Failed":
    case "Stored":
      return condition._tag.toLowerCase()
    case "InProgress":
      return "in progress"
    case "Blocked":
      return "blocked"
    case "Source":
      return "a source"
    case "Cron":
      return `a tick of ${condition.cron.text} in ${condition.zone.name}`
    case "LastPartitions":
      return `in the last ${condition.count === 1 ? "partition" : `${condition.count} partitions`}`
    case "LastTime":
      return `in the last ${Span.exact(condition.millis)}`
    case "OlderThan":
      return `older than ${Span.exact(condition.millis)}`
    case "And":
    case "Or":
      return `(${condition.of.map(describe).join(condition._tag === "And" ? " and " : " or ")})`
    case "Not":
      return condition.of._tag === "AnyUpstream" ? `nothing it reads is ${describe(condition.of.of)}` : `not ${describe(condition.of)}`
    case "AnyUpstream":
      return `something it reads is ${describe(condition.of)}`
    case "AllUpstream":
      return `all it reads is ${describe(condition.of)}`
    case "Newly":
      return `newly ${describe(condition.of)}`
    case "Since":
      return `since ${describe(condition.of)}, until ${condition.reset === undefined ? "asked for" : describe(condition.reset)}`
  }
}

/** The parts of a condition of one kind, wherever they are in it. */
export const partsOf = <Tag extends Condition["_tag"]>(condition: Condition, tag: Tag): ReadonlyArray<Part<Tag>> => {
  const isOne = (part: Condition): part is Part<Tag> => part._tag === tag
  return [condition].filter(isOne).concat(within(condition).flatMap((part) => partsOf(part, tag)))
}

type Part<Tag extends Condition["_tag"]> = Condition & { readonly _tag: Tag }

const within = (condition: Condition): ReadonlyArray<Condition> => {
  switch (condition._tag) {
    case "And":
    case "Or":
      return condition.of
    case "Not":
    case "AnyUpstream":
    case "AllUpstream":
    case "Newly":
      return [condition.of]
    case "Since":
      return [condition.of, ...condition.reset === undefined ? [] : [condition.reset]]
    default:
      return []
  }
}
