/**
 * Which cells of the selected assets a target means: by dates, by dimension, by keys and their places. All limits hold
 * together; an asset without a dimension that a limit speaks of takes what follows from what it reads.
 */
import { Result, Schema } from "effect"
import * as PartitionSet from "../partition/PartitionSet.ts"
import type { PartitionSpace } from "../partition/PartitionSpace.ts"
import type { Target } from "../record/Backfill.ts"
import { didYouMean } from "../Suggestion.ts"
import * as KeyLimit from "./KeyLimit.ts"
import { fromUpstream, type Restriction } from "./Restriction.ts"
import type { Snapshot } from "./Snapshot.ts"
import * as WindowLimit from "./WindowLimit.ts"

/** The target means nothing for the selected assets. The message is one sentence for the user. */
export class TargetError extends Schema.TaggedError<TargetError>()("TargetError", { message: Schema.String }) {}

export interface Restricted {
  readonly restriction: Restriction
  /** Sentences for the user: what was cut off, and which assets are left out. */
  readonly notes: ReadonlyArray<string>
}

/** An asset that has partitions. */
interface Owner {
  readonly asset: string
  readonly space: PartitionSpace
}

/** What one limit says of the assets that have the dimension it speaks of. */
interface Limit {
  readonly cells: ReadonlyMap<string, PartitionSet.PartitionSet>
  /** Half sentences. */
  readonly notes: ReadonlyArray<{ readonly asset: string; readonly text: string }>
}

type Limited = Result.Result<Limit, TargetError>

/**
 * The cells asked for, by asset. Keys that are not known, dates that are none and places beyond the end are refused, and
 * so is a limit that fits none of the assets; a range of which a part exists is cut, which a note tells.
 */
export const restrict = (
  snapshot: Snapshot,
  selected: ReadonlyArray<string>,
  target: Target
): Result.Result<Restricted, TargetError> =>
  Result.gen(function*() {
    const owners = ownersOf(snapshot, selected)
    const { end, from, keys, last, limit, partitions, start, to, where } = target
    const limits: Array<Limit> = []
    if (partitions !== null) limits.push(yield* byExpression(owners, partitions))
    if (from !== null || to !== null || last !== null) limits.push(yield* byTime(owners, target, snapshot.now.epochMilliseconds))
    for (const [name, values] of Object.entries(where)) limits.push(yield* byDimension(owners, name, values))
    if (keys !== null || start !== null || end !== null || limit !== null) limits.push(yield* byKeys(owners, target))
    const spread = limits.map(({ cells }) => withDownstream(snapshot, owners, cells))
    const restriction = new Map(selected.map((asset) => [asset, snapshot.space(asset).all]))
    const notes = limits.flatMap((one) => one.notes)
    for (const { asset, space } of owners) {
      const sets = spread.flatMap((cells) => cells.get(asset) ?? [])
      if (limits.length > 0 && sets.length === 0) {
        notes.push({ asset, text: "nothing that was asked for is one of its dimensions or follows from what it reads, so it is left out" })
        restriction.set(asset, PartitionSet.empty(space.all.dimensions))
      } else restriction.set(asset, sets.reduce(PartitionSet.intersection, space.all))
    }
    return { restriction, notes: sentences([...notes, ...keyless(owners, selected, notes)]) }
  })

const ownersOf = (snapshot: Snapshot, selected: ReadonlyArray<string>): ReadonlyArray<Owner> =>
  selected.flatMap((asset): ReadonlyArray<Owner> => {
    const space = snapshot.space(asset)
    return space.partitions._tag === "Unpartitioned" ? [] : [{ asset, space }]
  })

/** Sentences on selected assets that have no partitions yet, and which asset gives them. */
export const withoutKeys = (snapshot: Snapshot, selected: ReadonlyArray<string>): ReadonlyArray<string> =>
  sentences(keyless(ownersOf(snapshot, selected), selected, []))

/** Assets that have no partitions, since their keys come from an asset that gave none and is not selected. */
const keyless = (owners: ReadonlyArray<Owner>, selected: ReadonlyArray<string>, told: Limit["notes"]): Limit["notes"] =>
  owners.flatMap(({ asset, space }) => {
    if (told.some((note) => note.asset === asset)) return []
    const text = space.dimensions.map(({ partitions }, index) =>
      partitions._tag === "Dynamic" && partitions.from !== undefined && selected.includes(partitions.from)
        ? undefined
        : KeyLimit.emptiness({ space, index })).find((why) => why !== undefined)
    return text === undefined ? [] : [{ asset, text }]
  })

/** What follows downstream from the cells of a limit. */
const withDownstream = (
  snapshot: Snapshot,
  owners: ReadonlyArray<Owner>,
  direct: ReadonlyMap<string, PartitionSet.PartitionSet>
): Restriction => {
  const chosen = new Map<string, PartitionSet.PartitionSet>()
  for (const { asset } of owners) {
    const cells = direct.get(asset) ?? fromUpstream(snapshot, asset, chosen)
    if (cells !== undefined) chosen.set(asset, cells)
  }
  return chosen
}

const byExpression = (owners: ReadonlyArray<Owner>, expression: string): Limited => {
  const cells = new Map<string, PartitionSet.PartitionSet>()
  let refusal: string | undefined
  for (const { asset, space } of owners) {
    const parsed = space.parse(expression, asset)
    if (Result.isSuccess(parsed)) cells.set(asset, parsed.success)
    else refusal ??= parsed.failure.message
  }
  return refusal !== undefined && cells.size === 0 ? refused(refusal) : Result.succeed({ cells, notes: [] })
}

const byTime = (owners: ReadonlyArray<Owner>, target: Target, now: number): Limited => {
  const option = WindowLimit.optionOf(target)
  const some = collect()
  for (const { asset, space } of owners) {
    const times = space.dimensions.flatMap((dimension, index) => KeyLimit.isTime(dimension) ? [{ dimension, index }] : [])
    const [time, other] = times
    if (time === undefined) continue
    if (other !== undefined) {
      const names = times.map(({ dimension }) => dimension.name ?? "")
      return refused(`${asset} has several time windows, ${list(names)}, and ${option} does not say which: write --where ${names[0]}=A..B.`)
    }
    some.add(asset, space, Result.map(
      WindowLimit.windows(time.dimension, time.dimension.partitions, target, now),
      ({ notes, positions }) => ({ cells: KeyLimit.box({ space, index: time.index }, positions), notes })
    ))
  }
  return some.limit(`None of the selected assets has time windows, so that ${option} means nothing: select one that has, or leave it out.`)
}

const byDimension = (owners: ReadonlyArray<Owner>, name: string, values: ReadonlyArray<string>): Limited => {
  const places = owners.flatMap(({ asset, space }) => {
    const index = space.dimensions.findIndex((dimension) => KeyLimit.namesOf(dimension).includes(name))
    return index < 0 ? [] : [{ asset, place: { space, index } }]
  })
  if (places.length === 0) {
    const names = Array.from(new Set(owners.flatMap(({ space }) => space.dimensions.map((one) => KeyLimit.namesOf(one)[0]!))))
    const there = names.length === 0 ? "they have no partitions" : `there ${names.length === 1 ? "is" : "are"} ${list(names)}`
    return refused(`No selected asset has a dimension "${name}": ${there}.${didYouMean(name, names)}`)
  }
  return byFound(places, `--where ${name}`, (place) => KeyLimit.ofValues(KeyLimit.dimensionOf(place), values))
}

const byKeys = (owners: ReadonlyArray<Owner>, target: Target): Limited => {
  const { keys } = target
  const option = [keys === null ? "" : "--param-list", KeyLimit.placeOption(target)].filter((text) => text !== "").join(" ")
  const why = KeyLimit.refusal(target) ?? (keys?.length === 0 ? "--param-list names no key" : undefined)
  if (why !== undefined) return refused(sentence(why))
  const places: Array<Placed> = []
  for (const { asset, space } of owners) {
    const place = KeyLimit.parameterOf(space)
    if (Result.isFailure(place)) {
      return refused(
        `${asset} has several dimensions, ${list(place.failure)}, and ${option} does not say which: write --where ${place.failure[0]}=….`
      )
    }
    if (place.success !== undefined) places.push({ asset, place: place.success })
  }
  if (places.length === 0) {
    return refused(`None of the selected assets has keys other than time windows, so that ${option} means nothing: leave it out.`)
  }
  return byFound(places, option, (place) => {
    const dimension = KeyLimit.dimensionOf(place)
    return keys === null ? { positions: dimension.all, unknown: new Map<string, string>() } : KeyLimit.ofKeys(dimension, keys)
  }, target)
}

interface Placed {
  readonly asset: string
  readonly place: KeyLimit.Place
}

/** The keys found in each dimension; one that is in none is refused. */
const byFound = (
  places: ReadonlyArray<Placed>,
  option: string,
  find: (place: KeyLimit.Place) => KeyLimit.Found,
  limit: KeyLimit.PlaceLimit = { start: null, end: null, limit: null }
): Limited => {
  const [first] = places
  const empty = places.map(({ place }) => KeyLimit.emptiness(place))
  if (first !== undefined && empty.every((why) => why !== undefined)) return refused(sentence(empty[0]!))
  const found = places.map((placed) => ({ ...placed, ...find(placed.place) }))
  const nowhere = Array.from(found[0]?.unknown ?? []).filter(([text]) => found.every(({ unknown }) => unknown.has(text)))
  if (first !== undefined && nowhere.length > 0) return refused(unknownKeys(first, nowhere))
  const some = collect()
  for (const { asset, place, positions } of found) {
    const there = PartitionSet.size(positions)
    const result = there === 0
      ? Result.fail(KeyLimit.emptiness(place) ?? `${option} names no key of it`)
      : (limit.start ?? 0) >= there
      ? Result.fail(`--param-start ${limit.start} is beyond the end, ${KeyLimit.title(place, asset)} has ${there} keys, the first at 0`)
      : Result.succeed({ cells: KeyLimit.box(place, KeyLimit.slice(positions, limit)), notes: [] })
    some.add(asset, place.space, result)
  }
  return some.limit(`${option} fits none of the selected assets.`)
}

/** So many wrong keys are named; the others are counted. */
const named = 5

const unknownKeys = ({ asset, place }: Placed, unknown: ReadonlyArray<readonly [string, string]>): string => {
  const where = KeyLimit.title(place, asset)
  const [text, reason] = unknown[0]!
  const near = reason === "" ? KeyLimit.nearest(KeyLimit.dimensionOf(place), text) : undefined
  const why = near !== undefined
    ? `did you mean "${near}"?`
    : reason || `it has ${PartitionSet.size(KeyLimit.dimensionOf(place).all)} others`
  if (unknown.length === 1) return sentence(`"${text}" is not a key of ${where}: ${why}`)
  const texts = unknown.slice(0, named).map(([key]) => `"${key}"`)
  const more = unknown.length > named ? [`${unknown.length - named} more`] : []
  const hint = near === undefined ? "" : ` (for the first, did you mean "${near}"?)`
  return `${unknown.length} keys are not keys of ${where}: ${list([...texts, ...more])}${hint}.`
}

/** Gathers what a limit says of each asset. Where it fits some, the others are left out with a note. */
const collect = () => {
  const cells = new Map<string, PartitionSet.PartitionSet>()
  const notes: Array<Limit["notes"][number]> = []
  const failures: Array<{ readonly asset: string; readonly why: string }> = []
  const add = (
    asset: string,
    space: PartitionSpace,
    result: Result.Result<{ readonly cells: PartitionSet.PartitionSet; readonly notes: ReadonlyArray<string> }, string>
  ) => {
    if (Result.isSuccess(result)) notes.push(...result.success.notes.map((text) => ({ asset, text })))
    else failures.push({ asset, why: result.failure })
    cells.set(asset, Result.isSuccess(result) ? result.success.cells : PartitionSet.empty(space.all.dimensions))
  }
  const limit = (unfit: string): Limited => {
    const [first] = failures
    if (first !== undefined && failures.length === cells.size) return refused(sentence(`${first.asset}: ${first.why}`))
    if (cells.size === 0) return refused(unfit)
    return Result.succeed({
      cells,
      notes: [...notes, ...failures.map(({ asset, why }) => ({ asset, text: `it is left out, since ${why}` }))]
    })
  }
  return { add, limit }
}

const refused = (message: string): Result.Result<never, TargetError> => Result.fail(new TargetError({ message }))

const sentence = (text: string): string => `${text}${/[.?]$/.test(text) ? "" : "."}`

const list = (words: ReadonlyArray<string>): string =>
  words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`

/** So many assets are named with a note that holds for all of them. */
const namedAssets = 3

const sentences = (notes: Limit["notes"]): ReadonlyArray<string> =>
  Array.from(Map.groupBy(notes, ({ text }) => text), ([text, members]) => {
    const assets = Array.from(new Set(members.map(({ asset }) => asset)))
    const more = assets.length > namedAssets ? [`${assets.length - namedAssets} more`] : []
    return sentence(`${list([...assets.slice(0, namedAssets), ...more])}: ${text}`)
  })
