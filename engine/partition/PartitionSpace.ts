/** Partitions resolved at a moment: which cells exist, with their keys and values. */
import { type DateTime, Result } from "effect"
import * as PartitionKey from "./PartitionKey.ts"
import { dimensionsOf, type Partitions } from "./Partitions.ts"
import * as PartitionSet from "./PartitionSet.ts"
import * as SpaceDimension from "./SpaceDimension.ts"

export interface PartitionSpace<out P = unknown, out K = unknown> {
  readonly partitions: Partitions<P, K>
  /** None when unpartitioned, one unless it is a product. */
  readonly dimensions: ReadonlyArray<SpaceDimension.SpaceDimension>
  /** All cells that exist. */
  readonly all: PartitionSet.PartitionSet
  /** The text key of a cell; `""` for the one of an unpartitioned asset. */
  readonly keyAt: (point: PartitionSet.Point) => string
  /** The cell of a text key, when it exists. */
  readonly positionOf: (key: string, owner?: string) => Result.Result<PartitionSet.Point, PartitionKey.PartitionKeyError>
  /** The cell of a text key that exists or existed, such as that of a removed dynamic key; undefined: it is unknown. */
  readonly everPositionOf: (key: string) => PartitionSet.Point | undefined
  /** What `run` sees of a cell. */
  readonly valueAt: (point: PartitionSet.Point) => P
  /** The key of a cell as a user writes it. */
  readonly userKeyAt: (point: PartitionSet.Point) => K
  /**
   * The cells that a text selects: a key, a range `A..B`, `A..` or `..B` (inclusive), a comma list of these, `*` or
   * `all`, `latest`; for products these for each dimension, `date=2024-01-01..,region=eu,us` (dimensions not named are
   * selected whole) or `2024-01-01..|eu`.
   */
  readonly parse: (text: string, owner: string) => Result.Result<PartitionSet.PartitionSet, PartitionKey.PartitionKeyError>
}

export interface ResolveOptions {
  readonly now: DateTime.Utc
  /** All keys that a dynamic set ever had, in the order in which they were added. */
  readonly dynamicKeys: SpaceDimension.DynamicKeys
}

/** The space of the partitions at a moment. */
export const resolve = <P, K>(partitions: Partitions<P, K>, options: ResolveOptions): PartitionSpace<P, K> => {
  const dimensions = dimensionsOf(partitions).map((dimension) =>
    SpaceDimension.resolve(dimension.name, dimension.partitions, options.now, options.dynamicKeys)
  )
  const all = PartitionSet.product(dimensions.map((dimension) => dimension.all))
  const only = dimensions.length === 1 && partitions._tag !== "Product" ? dimensions[0] : undefined

  const partsAt = (point: PartitionSet.Point) => dimensions.map((dimension, i) => dimension.keyAt(point[i]!))

  const keyAt = only === undefined
    ? (point: PartitionSet.Point) => PartitionKey.join(partitions, partsAt(point))
    : (point: PartitionSet.Point) => only.keyAt(point[0]!)

  const pointOf = (key: string): Result.Result<PartitionSet.Point, string> =>
    Result.flatMap(PartitionKey.parts(partitions, key), (parts) =>
      Result.all(dimensions.map((dimension, i) => inDimension(dimension, dimension.positionOf(parts[i]!)))))

  const everPositionOf = (key: string): PartitionSet.Point | undefined => {
    const parts = PartitionKey.parts(partitions, key)
    if (Result.isFailure(parts)) return undefined
    const point: Array<number> = []
    for (const [i, dimension] of dimensions.entries()) {
      const position = dimension.everPositionOf(parts.success[i] ?? "")
      if (position === undefined) return undefined
      point.push(position)
    }
    return point
  }

  const valueAt = (point: PartitionSet.Point): P => {
    const value = only !== undefined
      ? only.valueAt(point[0]!)
      : partitions._tag === "Product"
      ? Object.fromEntries(dimensions.map((dimension, i) => [dimension.name, dimension.valueAt(point[i]!)]))
      : undefined
    // The definition that gave the dimensions gave P as well; it is never for an unpartitioned asset.
    return value as P
  }

  const parse = (text: string): Result.Result<PartitionSet.PartitionSet, string> => {
    const word = PartitionKey.trimmed(text)
    for (const key of new Set([text, word])) {
      const exact = pointOf(key)
      if (Result.isSuccess(exact)) return Result.succeed(PartitionSet.fromPoints(dimensions.length, [exact.success]))
    }
    if (word === "") return Result.fail("the text is empty, write a key, a range A..B or *")
    if (word === "*" || word === "all") return Result.succeed(all)
    if (dimensions.length === 0) {
      return word === "latest" ? Result.succeed(all) : Result.fail("it has no partitions, leave the key out")
    }
    const byName = PartitionKey.named(partitions, text)
    if (byName === undefined) return parseList(text)
    const named = Result.flatMap(byName, (found) =>
      ofDimensions(dimensions.map((dimension) => [dimension, found.get(dimension.name!) ?? ["*"]])))
    if (Result.isSuccess(named)) return named
    // The first key of a list may look like a name: "a=b|eu,c|us".
    const listed = parseList(text)
    return Result.isSuccess(listed) ? listed : named
  }

  const parseList = (text: string): Result.Result<PartitionSet.PartitionSet, string> => {
    const items = PartitionKey.split(text, ",")
    return Result.map(
      Result.all(items.map((item) => {
        const text = PartitionKey.trimmed(item)
        const parsed = parseItem(text)
        // Blanks around an item are its own only where it means nothing without them.
        const exact = Result.isFailure(parsed) && text !== item ? parseItem(item) : parsed
        const found = Result.isSuccess(exact) ? exact : parsed
        return items.length === 1 ? found : at(text, found)
      })),
      (sets) => PartitionSet.unionAll(dimensions.length, sets)
    )
  }

  const parseItem = (item: string): Result.Result<PartitionSet.PartitionSet, string> => {
    if (only !== undefined) return parseDimension(only, item)
    if (item === "latest") {
      const byTime = dimensions.some((dimension) => dimension.partitions._tag === "TimeWindows")
      return ofDimensions(dimensions.map((dimension) => [
        dimension,
        [!byTime || dimension.partitions._tag === "TimeWindows" ? "latest" : "*"]
      ]))
    }
    const parts = PartitionKey.split(item, "|")
    return parts.length === dimensions.length
      ? ofDimensions(dimensions.map((dimension, i) => [dimension, [parts[i]!]]))
      // The one who splits keys knows how they are written.
      : Result.flatMap(pointOf(item), (point) => Result.succeed(PartitionSet.fromPoints(dimensions.length, [point])))
  }

  const explained = <A>(result: Result.Result<A, string>, key: string, owner: string) =>
    Result.mapError(result, (reason) => PartitionKey.failure(partitions, key, owner, reason))

  return {
    partitions,
    dimensions,
    all,
    keyAt,
    positionOf: (key, owner = PartitionKey.someAsset) => explained(pointOf(key), key, owner),
    everPositionOf,
    valueAt,
    userKeyAt: (point) => PartitionKey.fromParts(partitions, partsAt(point)),
    parse: (text, owner) => explained(parse(text), text, owner)
  }
}

const inDimension = <A>(dimension: SpaceDimension.SpaceDimension, result: Result.Result<A, string>) =>
  dimension.name === undefined ? result : Result.mapError(result, (reason) => `${dimension.name}: ${reason}`)

/** Names the part of the text that a failure is about. */
const at = <A>(part: string, result: Result.Result<A, string>) =>
  Result.mapError(result, (reason) => `at "${part.trim()}" ${reason}`)

/** The product of what each dimension selects. */
const ofDimensions = (
  selected: ReadonlyArray<readonly [SpaceDimension.SpaceDimension, ReadonlyArray<string>]>
): Result.Result<PartitionSet.PartitionSet, string> =>
  Result.map(
    Result.all(selected.map(([dimension, items]) =>
      Result.map(
        Result.all(items.map((item) => inDimension(dimension, parseDimension(dimension, item)))),
        (sets) => PartitionSet.unionAll(1, sets)
      )
    )),
    PartitionSet.product
  )

/** A key, a range, `*`, `all` or `latest` of one dimension. */
export const parseDimension = (
  dimension: SpaceDimension.SpaceDimension,
  item: string
): Result.Result<PartitionSet.PartitionSet, string> => {
  const text = PartitionKey.trimmed(item)
  const single = keyOf(dimension, item, text)
  if (Result.isSuccess(single)) return Result.succeed(PartitionSet.range(single.success, single.success))
  if (text === "*" || text === "all") return Result.succeed(dimension.all)
  if (text === "latest") {
    return PartitionSet.isEmpty(dimension.all)
      ? Result.fail("none exists yet, so there is no latest")
      : Result.succeed(PartitionSet.takeLast(dimension.all, 1))
  }
  let failed: Result.Result<PartitionSet.PartitionSet, string> | undefined
  // Keys may hold ".." themselves: the first place that leaves a key on both sides is the one meant.
  for (const dots of placesOfDots(text)) {
    const found = parseRange(dimension, text.slice(0, dots), text.slice(dots + 2))
    if (Result.isSuccess(found)) return found
    failed ??= found
  }
  return failed ?? Result.fail(single.failure)
}

/** Where two dots stand of which the first has no `\` before it. */
const placesOfDots = (text: string): ReadonlyArray<number> =>
  Array.from(text.matchAll(/\\.|\.(?=\.)/gs), (found) => found[0] === "." ? found.index : -1).filter((place) => place >= 0)

/** The position of a key with its marks; where it is none, that of the same key with or without the blanks around it. */
const keyOf = (dimension: SpaceDimension.SpaceDimension, text: string, other: string): Result.Result<number, string> => {
  const found = dimension.positionOf(PartitionKey.unescape(text))
  if (Result.isSuccess(found) || text === other) return found
  const second = dimension.positionOf(PartitionKey.unescape(other))
  return Result.isSuccess(second) ? second : found
}

/** The position of a key at an end of a range, where blanks mean nothing unless a key is meant that has them. */
const endOf = (dimension: SpaceDimension.SpaceDimension, text: string): Result.Result<number, string> =>
  at(text, keyOf(dimension, PartitionKey.trimmed(text), text))

const parseRange = (
  dimension: SpaceDimension.SpaceDimension,
  first: string,
  last: string
): Result.Result<PartitionSet.PartitionSet, string> =>
  Result.flatMap(
    Result.all([
      first === "" ? Result.succeed(Number.NEGATIVE_INFINITY) : endOf(dimension, first),
      last === "" ? Result.succeed(Number.POSITIVE_INFINITY) : endOf(dimension, last)
    ]),
    ([from, to]) =>
      from <= to
        ? Result.succeed(PartitionSet.intersection(PartitionSet.range(from, to), dimension.all))
        : Result.fail(`the range ends before it begins, write ${last}..${first}`)
  )
