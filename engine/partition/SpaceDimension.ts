/** One dimension of a partition space: its positions, keys and values at a moment. */
import { DateTime, Result } from "effect"
import { didYouMean } from "../Suggestion.ts"
import type { Dynamic, OneDimension, TimeWindows } from "./Partitions.ts"
import * as PartitionSet from "./PartitionSet.ts"
import * as TimeWindow from "./TimeWindows.ts"

export interface SpaceDimension {
  /** Undefined where there is but one. */
  readonly name: string | undefined
  readonly partitions: OneDimension
  /** The positions that exist: one range or none, with holes where keys of a dynamic set were removed. */
  readonly all: PartitionSet.PartitionSet
  readonly keyAt: (position: number) => string
  /** The failure is a half sentence. */
  readonly positionOf: (key: string) => Result.Result<number, string>
  readonly valueAt: (position: number) => unknown
  /** The position of a key that exists or existed: a window outside of start and end, a removed dynamic key. */
  readonly everPositionOf: (key: string) => number | undefined
}

/** A key that a dynamic set does not have any more; its place is kept. */
export interface Removed {
  readonly removed: string
}

/** Every key that a dynamic set ever had, in the order in which they were added: the place of a key is its position. */
export type DynamicKeys = (name: string) => ReadonlyArray<string | Removed>

export const resolve = (
  name: string | undefined,
  partitions: OneDimension,
  now: DateTime.Utc,
  dynamicKeys: DynamicKeys
): SpaceDimension => {
  switch (partitions._tag) {
    case "TimeWindows":
      return { name, partitions, ...time(partitions, DateTime.toEpochMillis(now)) }
    case "Fixed":
      return { name, partitions, ...list(partitions.keys, listReason(partitions.keys)) }
    case "Dynamic": {
      const keys = dynamicKeys(partitions.name)
      return { name, partitions, ...dynamic(partitions, keys) }
    }
  }
}

type Positions = Omit<SpaceDimension, "name" | "partitions">

const time = (partitions: TimeWindows, now: number): Positions => {
  const { calendar } = partitions
  const { first, last } = TimeWindow.positions(partitions, now)
  const horizon = calendar.startOf(Math.max(first, last) + 2)
  const exists = (position: number): Result.Result<number, string> => {
    if (position >= first && position <= last) return Result.succeed(position)
    if (last < first) {
      return Result.fail(
        first > last + 1 || partitions.endInstant === undefined
          ? `none exists yet, the first is to be "${calendar.key(first)}"`
          : "no window ends before the end"
      )
    }
    return Result.fail(
      position < first
        ? `the first partition is "${calendar.key(first)}"`
        : `the last partition so far is "${calendar.key(last)}"`
    )
  }
  return {
    all: PartitionSet.range(first, last),
    keyAt: calendar.key,
    positionOf: (key) => Result.flatMap(calendar.parse(key, horizon), exists),
    valueAt: (position) => TimeWindow.windowAt(calendar, position),
    everPositionOf: (key) => {
      const position = Result.getOrUndefined(calendar.parse(key, horizon))
      // Ticks of a cron expression before its start and far ahead have no place and no time.
      const known = position !== undefined && Number.isFinite(position) && Number.isFinite(calendar.startOf(position))
      return known ? position : undefined
    }
  }
}

type Keys = ReadonlyArray<string | Removed>

/** Indexes of long lists, made once a list: the keys of a registry are asked for with each plan. */
const indexes = new WeakMap<Keys, ReadonlyMap<string, number>>()

const nameOf = (key: string | Removed): string => typeof key === "string" ? key : key.removed

const indexOf = (keys: Keys): ReadonlyMap<string, number> => {
  const known = indexes.get(keys)
  if (known !== undefined && known.size === keys.length) return known
  const index = new Map(keys.map((key, position) => [nameOf(key), position]))
  indexes.set(keys, index)
  return index
}

const list = (keys: ReadonlyArray<string>, reason: (key: string) => string): Positions => ({
  all: PartitionSet.range(0, keys.length - 1),
  keyAt: (position) => keys[position] ?? "",
  positionOf: (key) => {
    const position = indexOf(keys).get(key)
    return position === undefined ? Result.fail(reason(key)) : Result.succeed(position)
  },
  valueAt: (position) => keys[position],
  everPositionOf: (key) => indexOf(keys).get(key)
})

const dynamic = (partitions: Dynamic, keys: Keys): Positions => {
  const isLive = (key: string | Removed): key is string => typeof key === "string"
  if (keys.every(isLive)) return list(keys, dynamicReason(partitions, keys))
  const reason = dynamicReason(partitions, keys.filter(isLive))
  return {
    all: PartitionSet.fromPositions(keys.flatMap((key, position) => isLive(key) ? [position] : [])),
    // A removed key is still told by its name: what is stored of it has not gone.
    keyAt: (position) => nameOf(keys[position] ?? ""),
    positionOf: (key) => {
      const position = indexOf(keys).get(key)
      return position === undefined || !isLive(keys[position]!) ? Result.fail(reason(key)) : Result.succeed(position)
    },
    valueAt: (position) => nameOf(keys[position] ?? ""),
    everPositionOf: (key) => indexOf(keys).get(key)
  }
}

// Each candidate costs about a microsecond: a million of them would make a typing error wait.
const suggestable = 20_000

const suggestion = (key: string, keys: ReadonlyArray<string>): string =>
  keys.length > suggestable ? "" : didYouMean(key, keys).trimStart().replace(/^D/, "d")

const listReason = (keys: ReadonlyArray<string>) => (key: string): string =>
  suggestion(key, keys) || (keys.length > 8 ? "it is not in the list" : `write one of ${keys.join(", ")}`)

const dynamicReason = (partitions: Dynamic, keys: ReadonlyArray<string>) => (key: string): string =>
  suggestion(key, keys) || (keys.length > 0
    ? `it is not one of the ${keys.length} keys that exist`
    : `none exists yet, ${partitions.from === undefined ? "add keys" : `materialize ${partitions.from}`} first`)
