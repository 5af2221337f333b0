/** How the positions of one downstream dimension relate to those of one upstream dimension, range by range. */
import { Result } from "effect"
import { describe, equals, type OneDimension } from "./Partitions.ts"
import * as PartitionSet from "./PartitionSet.ts"
import type { SpaceDimension } from "./SpaceDimension.ts"
import type { Calendar } from "./TimeWindows.ts"

export interface Range {
  readonly from: number
  readonly to: number
}

/** The related ranges of a range; they may overlap and leave what exists. */
export type RangeRelation = (range: Range) => ReadonlyArray<Range>

/** The same key; or the upstream windows from `from` to `to` places after those that overlap. */
export type Relation =
  | { readonly _tag: "Same" }
  | { readonly _tag: "Windows"; readonly from: number; readonly to: number }

export interface DimensionLink {
  readonly down: number
  readonly up: number
  readonly relation: Relation
  /** Whether a downstream position reads one upstream position. */
  readonly one: boolean
}

type Named = { readonly name: string | undefined; readonly partitions: OneDimension }

const overlap: Relation = { _tag: "Windows", from: 0, to: 0 }

/** The relation that follows from both definitions; the failure is a half sentence. */
const natural = (down: OneDimension, up: OneDimension): Result.Result<Relation, string> => {
  if (down._tag === "TimeWindows" && up._tag === "TimeWindows") return checked(overlap, down, up)
  if (equals(down, up)) return Result.succeed({ _tag: "Same" })
  return Result.fail(`${describe(down)} and ${describe(up)} are cut differently`)
}

const checked = (relation: Relation, down: OneDimension, up: OneDimension): Result.Result<Relation, string> => {
  const both = down._tag === "TimeWindows" && up._tag === "TimeWindows" ? { down, up } : undefined
  if (relation._tag === "Windows") {
    if (both === undefined) return Result.fail("only time windows can be mapped by window")
    if (both.down.calendar.zone.id !== both.up.calendar.zone.id) {
      return Result.fail(`the time zones ${both.down.timezone} and ${both.up.timezone} differ`)
    }
  } else if (both !== undefined ? both.down.calendar.family !== both.up.calendar.family : down._tag !== up._tag) {
    return Result.fail(`${describe(down)} and ${describe(up)} do not have the same keys`)
  }
  return Result.succeed(relation)
}

/** Whether each downstream position reads one upstream position. */
const isOne = (relation: Relation, down: OneDimension, up: OneDimension): boolean =>
  relation._tag === "Same" || (relation.from === 0 && relation.to === 0 && down._tag === "TimeWindows" &&
    up._tag === "TimeWindows" && down.calendar.family === up.calendar.family)

const linked = (downs: ReadonlyArray<Named>, ups: ReadonlyArray<Named>, down: number, up: number, relation: Relation) => ({
  down,
  up,
  relation,
  one: isOne(relation, downs[down]!.partitions, ups[up]!.partitions)
})

type Links = Result.Result<ReadonlyArray<DimensionLink | undefined>, string>

/**
 * Both sides have the same dimensions; `wanted` holds for the time windows among them where it speaks of windows, and
 * for all of them otherwise. A single time dimension meets the one time dimension of a product.
 */
export const parallel = (downs: ReadonlyArray<Named>, ups: ReadonlyArray<Named>, wanted: Relation): Links => {
  if (downs.length !== ups.length || downs.some((dimension) => ups.every((up) => up.name !== dimension.name))) {
    return Result.fail("they do not have the same dimensions")
  }
  const links = Result.all(ups.map((upstream, up) => {
    const down = downs.findIndex((dimension) => dimension.name === upstream.name)
    const apart = wanted._tag === "Windows" && ups.length > 1 && upstream.partitions._tag !== "TimeWindows"
    return Result.map(
      checked(apart ? { _tag: "Same" } : wanted, downs[down]!.partitions, upstream.partitions),
      (relation) => linked(downs, ups, down, up, relation)
    )
  }))
  return Result.filterOrFail(
    links,
    (all) => wanted._tag === "Same" || all.some((one) => one.relation._tag === "Windows"),
    () => "there are no time windows to map by window"
  )
}

/** Both sides agree in the dimensions of the same name, or a dimension without a name in the one that is cut alike. */
export const shared = (
  downs: ReadonlyArray<Named>,
  ups: ReadonlyArray<Named>,
  names: ReadonlyArray<string> | undefined
): Links => {
  const unknown = names?.find((name) => [...downs, ...ups].every((dimension) => dimension.name !== name))
  if (unknown !== undefined) return Result.fail(`neither has a dimension "${unknown}"`)
  const wanted = (name: string | undefined) => names === undefined || name === undefined || names.includes(name)
  const links: Array<DimensionLink | undefined> = []
  for (const [up, upstream] of ups.entries()) {
    const named = downs.findIndex((dimension) => dimension.name !== undefined && dimension.name === upstream.name)
    if (named >= 0) {
      if (!wanted(upstream.name)) {
        links.push(undefined)
        continue
      }
      const relation = natural(downs[named]!.partitions, upstream.partitions)
      if (Result.isFailure(relation)) return Result.fail(`in the dimension "${upstream.name}" ${relation.failure}`)
      links.push(linked(downs, ups, named, up, relation.success))
      continue
    }
    const candidates = downs.flatMap((dimension, down) => {
      const met = dimension.name !== undefined && upstream.name !== undefined
      const relation = met || !wanted(dimension.name) || !wanted(upstream.name)
        ? undefined
        : Result.getOrUndefined(natural(dimension.partitions, upstream.partitions))
      return relation === undefined ? [] : [linked(downs, ups, down, up, relation)]
    })
    const same = candidates.filter((one) => equals(downs[one.down]!.partitions, upstream.partitions))
    const best = same.length > 0 ? same : candidates
    if (best.length > 1) {
      const name = downs[best[0]!.down]!.name
      return Result.fail(`several dimensions fit: name one with Mapping.project(["${name}"])`)
    }
    links.push(best[0])
  }
  const used = links.flatMap((one) => one === undefined ? [] : [one.down])
  if (used.length === 0) return Result.fail(apart(downs, ups) ?? "they share no dimension")
  if (new Set(used).size < used.length) {
    return Result.fail("several dimensions fit: name one with Mapping.project")
  }
  return Result.succeed(links)
}

/** Why dimensions that could have met by their cut do not: the two time windows if there are such, or the only two. */
const apart = (downs: ReadonlyArray<Named>, ups: ReadonlyArray<Named>): string | undefined => {
  const pairs = downs.flatMap((down) => ups.map((up) => ({ down, up })))
    .filter(({ down, up }) => down.name === undefined || up.name === undefined)
  const pair = pairs.length === 1
    ? pairs[0]
    : pairs.find(({ down, up }) => down.partitions._tag === "TimeWindows" && up.partitions._tag === "TimeWindows")
  const relation = pair && natural(pair.down.partitions, pair.up.partitions)
  return relation !== undefined && Result.isFailure(relation) ? relation.failure : undefined
}

/** From a range of downstream positions to the upstream ranges they read. */
export const toUpstream = (relation: Relation, down: SpaceDimension, up: SpaceDimension): RangeRelation => {
  if (relation._tag === "Same") return sameKeys(down, up)
  return overlapping(down, up, ({ from, to }) => ({ from, to }), (range) => ({
    from: range.from + relation.from,
    to: range.to + relation.to
  }))
}

/**
 * From a range of upstream positions to the downstream ranges that read them: d reads u when
 * first(d) + from <= u <= last(d) + to, so when d overlaps one of the windows u - to to u - from.
 */
export const toDownstream = (relation: Relation, down: SpaceDimension, up: SpaceDimension): RangeRelation => {
  if (relation._tag === "Same") return sameKeys(up, down)
  return overlapping(up, down, (range) => ({
    from: range.from - relation.to,
    to: range.to - relation.from
  }), (range) => range)
}

/** The windows of `to` that overlap those of a range of `from`; shifted before, in its own places, and after. */
const overlapping = (
  from: SpaceDimension,
  to: SpaceDimension,
  before: (range: Range) => Range,
  after: (range: Range) => Range
): RangeRelation => {
  const source = calendarOf(from)
  const target = calendarOf(to)
  if (source === undefined || target === undefined) return () => []
  if (source.id === target.id) return (range) => [after(before(range))]
  return (range) => {
    const shifted = before(range)
    const start = source.startOf(shifted.from)
    const end = source.startOf(shifted.to + 1)
    if (start >= end) return []
    return withoutEmpty(target, { from: positionAt(target, start), to: positionAt(target, end - 1) }).map(after)
  }
}

/** A day that a zone skipped has no time in common with any window, whatever windows are around it. */
const withoutEmpty = (calendar: Calendar, range: Range): ReadonlyArray<Range> => {
  const empty = calendar.empty?.().filter((position) => position >= range.from && position <= range.to) ?? []
  if (empty.length === 0) return [range]
  return [...empty, range.to + 1].map((position, i) => ({ from: i === 0 ? range.from : empty[i - 1]! + 1, to: position - 1 }))
}

const calendarOf = (dimension: SpaceDimension): Calendar | undefined =>
  dimension.partitions._tag === "TimeWindows" ? dimension.partitions.calendar : undefined

// The ticks of a cron calendar end at ±Infinity, which is no instant of another calendar.
const positionAt = (calendar: Calendar, instant: number): number =>
  Number.isFinite(instant) ? calendar.positionAt(instant) : instant

/** The positions with the same keys. Calendars of one family differ by a shift; lists in another order key by key. */
const sameKeys = (from: SpaceDimension, to: SpaceDimension): RangeRelation => {
  if (equals(from.partitions, to.partitions)) return (range) => [range]
  const source = calendarOf(from)
  const target = calendarOf(to)
  if (source !== undefined && target !== undefined) {
    return overlapping(from, to, (same) => same, (same) => same)
  }
  return (range) =>
    Array.from(PartitionSet.points(PartitionSet.range(range.from, range.to)), ([position]) =>
      to.everPositionOf(from.keyAt(position!))
    ).flatMap((found) => found === undefined ? [] : [{ from: found, to: found }])
}
