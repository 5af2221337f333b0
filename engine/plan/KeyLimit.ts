/** Which keys of a dimension are meant: by name, or by their places in the order of all keys. */
import { Result } from "effect"
import * as Partitions from "../partition/Partitions.ts"
import * as PartitionSet from "../partition/PartitionSet.ts"
import { parseDimension, type PartitionSpace } from "../partition/PartitionSpace.ts"
import type { SpaceDimension } from "../partition/SpaceDimension.ts"
import type { Target } from "../record/Backfill.ts"
import { closest } from "../Suggestion.ts"

/** One dimension of an asset's partitions. */
export interface Place {
  readonly space: PartitionSpace
  readonly index: number
}

export const dimensionOf = ({ index, space }: Place): SpaceDimension => space.dimensions[index]!

const lastPart = (name: string): string => name.slice(name.lastIndexOf("/") + 1)

/** The names by which `--where` knows a dimension; the first one is its own. */
export const namesOf = (dimension: SpaceDimension): ReadonlyArray<string> => {
  if (dimension.name !== undefined) return [dimension.name]
  const { partitions } = dimension
  switch (partitions._tag) {
    case "TimeWindows":
      return ["date", "time", "key"]
    case "Fixed":
      return ["key"]
    case "Dynamic":
      return Array.from(new Set([lastPart(partitions.name), partitions.name, "key"]))
  }
}

/** The cells whose position in the dimension is one of these. */
export const box = ({ index, space }: Place, positions: PartitionSet.PartitionSet): PartitionSet.PartitionSet =>
  PartitionSet.intersection(
    PartitionSet.product(space.dimensions.map((dimension, i) => i === index ? positions : dimension.all)),
    space.all
  )

/**
 * The dimension of an asset's parameters: the dynamic one, else the only one that is not time. Undefined: it has none;
 * a failure names several.
 */
export const parameterOf = (space: PartitionSpace): Result.Result<Place | undefined, ReadonlyArray<string>> => {
  const places = space.dimensions.map((dimension, index) => ({ tag: dimension.partitions._tag, place: { space, index } }))
  const dynamic = places.filter(({ tag }) => tag === "Dynamic")
  const candidates = dynamic.length > 0 ? dynamic : places.filter(({ tag }) => tag !== "TimeWindows")
  return candidates.length > 1
    ? Result.fail(candidates.map(({ place }) => namesOf(dimensionOf(place))[0]!))
    : Result.succeed(candidates[0]?.place)
}

/** What a dimension is called in a sentence about its keys. */
export const title = (place: Place, asset: string): string => {
  const { name, partitions } = dimensionOf(place)
  return partitions._tag === "Dynamic" ? partitions.name : name === undefined ? asset : `the dimension ${name} of ${asset}`
}

/** Why a dynamic set has no key, and what to do; undefined where keys exist. */
export const emptiness = (place: Place): string | undefined => {
  const { all, partitions } = dimensionOf(place)
  if (partitions._tag !== "Dynamic" || !PartitionSet.isEmpty(all)) return undefined
  return partitions.from === undefined
    ? `none of ${partitions.name} exists yet: add keys with \`sluice partitions add ${partitions.name} KEY…\``
    : `none of ${partitions.name} exists yet: materialize ${partitions.from} first`
}

/** Keys that were found, and those that were not with the reason. */
export interface Found {
  readonly positions: PartitionSet.PartitionSet
  readonly unknown: ReadonlyMap<string, string>
}

const find = (texts: Iterable<string>, parse: (text: string) => Result.Result<PartitionSet.PartitionSet, string>): Found => {
  const sets: Array<PartitionSet.PartitionSet> = []
  const unknown = new Map<string, string>()
  for (const text of texts) {
    const parsed = parse(text)
    if (Result.isSuccess(parsed)) sets.push(parsed.success)
    else unknown.set(text, parsed.failure)
  }
  return { positions: PartitionSet.unionAll(1, sets), unknown }
}

/** Values of `--where`: keys, ranges `A..B`, `*`. A key as it stands comes before what else the text may mean. */
export const ofValues = (dimension: SpaceDimension, values: ReadonlyArray<string>): Found =>
  find(values, (value) =>
    Result.match(exact(dimension, value), {
      onSuccess: (found) => Result.succeed(found),
      onFailure: () => parseDimension(dimension, value)
    }))

/** Keys as they stand, every character their own. */
export const ofKeys = (dimension: SpaceDimension, keys: Iterable<string>): Found =>
  find(new Set(keys), (key) => exact(dimension, key))

// `positionOf` would look for what was meant, for each wrong key of a long list anew.
const exact = (dimension: SpaceDimension, key: string): Result.Result<PartitionSet.PartitionSet, string> => {
  const position = dimension.everPositionOf(key)
  return position !== undefined && PartitionSet.has(dimension.all, [position])
    ? Result.succeed(PartitionSet.range(position, position))
    : Result.fail("")
}

export type PlaceLimit = Pick<Target, "start" | "end" | "limit">

/** The limit by places as its options are written. */
export const placeOption = ({ end, limit, start }: PlaceLimit): string =>
  [start === null ? "" : `--param-start ${start}`, end === null ? "" : `--param-end ${end}`, limit === null ? "" : `--param-limit ${limit}`]
    .filter((option) => option !== "").join(" ")

/** Why the limit means nothing, whatever the keys are; undefined when it does. */
export const refusal = ({ end, limit, start }: PlaceLimit): string | undefined => {
  if (start !== null && start < 0) return `--param-start ${start} is below 0, the place of the first key`
  if (limit !== null) return limit < 1 ? `--param-limit ${limit} takes no key: write 1 or more` : undefined
  if (end === null || end > (start ?? 0)) return undefined
  return start === null
    ? `--param-end ${end} takes no key: write 1 or more`
    : `--param-start ${start} is not before --param-end ${end}, and the end is not taken: write an end after the start`
}

/** Those of the positions, in their order, from the place `start` (0 is the first) up to `end`, or `limit` of them. */
export const slice = (
  positions: PartitionSet.PartitionSet,
  { end, limit, start }: PlaceLimit
): PartitionSet.PartitionSet => {
  const first = start ?? 0
  const until = limit === null ? end ?? Number.POSITIVE_INFINITY : first + limit
  return PartitionSet.difference(PartitionSet.take(positions, until), PartitionSet.take(positions, first))
}

/** The known key nearest to a wrong one; among very many it is not looked for. */
export const nearest = (dimension: SpaceDimension, key: string): string | undefined =>
  dimension.partitions._tag === "TimeWindows" || PartitionSet.size(dimension.all) > searchedKeys
    ? undefined
    : closest(key, PartitionSet.points(dimension.all).map(([position]) => dimension.keyAt(position!)), 1)[0]

// Each candidate costs about a microsecond.
const searchedKeys = 200_000

/** Whether a dimension's windows are of time. */
export const isTime = (dimension: SpaceDimension): dimension is SpaceDimension & { readonly partitions: Partitions.TimeWindows } =>
  dimension.partitions._tag === "TimeWindows"
