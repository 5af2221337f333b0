/**
 * Which upstream partitions a partition reads, and back: which downstream partitions read one.
 *
 * Both directions work on ranges of positions and never list cells, except for `from`, which lists them once.
 */
import { Result } from "effect"
import * as DimensionLink from "./DimensionLink.ts"
import * as KeyReads from "./KeyReads.ts"
import { type Any, describe, dimensionsOf, equals } from "./Partitions.ts"
import * as PartitionSet from "./PartitionSet.ts"
import type { PartitionSpace } from "./PartitionSpace.ts"

/** How many upstream partitions a partition reads: exactly one, or any number. */
export type Cardinality = "one" | "many"

export interface Mapping<out C extends Cardinality = Cardinality> {
  readonly _tag: Definition["_tag"]
  readonly "~Cardinality"?: C
}

type Definition =
  | { readonly _tag: "Identity" | "Window" | "All" }
  | { readonly _tag: "Offset"; readonly from: number; readonly to: number }
  | { readonly _tag: "Last"; readonly count: number }
  | { readonly _tag: "Project"; readonly dimensionNames: ReadonlyArray<string> | undefined }
  | { readonly _tag: "From"; readonly keys: KeyReads.Keys }

// Only the constructors of this module make mappings, so the tag tells the rest.
const definition = (mapping: Mapping): Definition => mapping as Definition

const make = <C extends Cardinality>(mapping: Definition): Mapping<C> => mapping

/** The upstream partition of the same key. */
export const identity: Mapping<"one"> = make({ _tag: "Identity" })

/** The upstream time windows that overlap; both time zones must be the same. */
export const window: Mapping<"many"> = make({ _tag: "Window" })

/**
 * The upstream windows from `from` to `to` places after those that overlap: `offset(-1)` is the window before,
 * `offset(-6, 0)` the last seven. Windows that do not exist are left out, so the first partition may read none.
 */
export const offset = (from: number, to: number = from): Mapping<"many"> => {
  if (!Number.isInteger(from) || !Number.isInteger(to) || from > to) {
    throw new Error(`A mapping by offset needs whole numbers in ascending order, not ${from} and ${to}.`)
  }
  return make({ _tag: "Offset", from, to })
}

/** All upstream partitions. */
export const all: Mapping<"many"> = make({ _tag: "All" })

/** The last `count` upstream partitions that exist; of a product, all that are in the last `count` windows. */
export const last = (count: number): Mapping<"many"> => {
  if (!Number.isInteger(count) || count < 1) {
    throw new Error(`A mapping to the last partitions needs 1 or more, not ${count}.`)
  }
  return make({ _tag: "Last", count })
}

/**
 * The upstream partitions that agree in the dimensions both have: by name, or where one side is no product, in the one
 * dimension that is cut alike. Other upstream dimensions are read whole. `dimensionNames` limits which must agree.
 */
export const project = (dimensionNames?: ReadonlyArray<string>): Mapping<"many"> => make({ _tag: "Project", dimensionNames })

/**
 * The upstream keys a function gives; those that do not exist are left out. Keys are strings, or records by dimension
 * for products. The function must give the same keys whenever it is asked: to find the downstream partitions of an
 * upstream one, it is asked for all downstream keys, once a plan.
 */
export const from = <Down = string, Up = string>(keys: (key: Down) => Iterable<Up>): Mapping<"many"> =>
  // The keys come from a space of the asset the mapping was written for: what its type says is what arrives.
  make({ _tag: "From", keys: keys as KeyReads.Keys })

/** The mapping that follows from both definitions; the failure is a sentence that says what to pass instead. */
export const defaultMapping = (downstream: Any, upstream: Any): Result.Result<Mapping, string> => {
  if (upstream._tag === "Unpartitioned" || equals(downstream, upstream)) return Result.succeed(identity)
  if (downstream._tag === "Unpartitioned") return Result.succeed(all)
  const mapping = downstream._tag === "TimeWindows" && upstream._tag === "TimeWindows" ? window : project()
  return validate(mapping, downstream, upstream)
}

/** The mapping itself when it fits both definitions; otherwise a sentence that says why not and what to pass. */
export const validate = (mapping: Mapping, downstream: Any, upstream: Any): Result.Result<Mapping, string> => {
  const { _tag } = mapping
  if (_tag === "All" || _tag === "Last" || _tag === "From") return Result.succeed(mapping)
  return Result.map(link(mapping, downstream, upstream), () => mapping)
}

/** How many upstream partitions each partition reads under the mapping, as far as the definitions tell. */
export const cardinality = (mapping: Mapping, downstream: Any, upstream: Any): Cardinality => {
  const { _tag } = mapping
  if (upstream._tag === "Unpartitioned") return "one"
  if (_tag !== "Identity" && _tag !== "Window" && _tag !== "Project") return "many"
  return Result.match(link(mapping, downstream, upstream), {
    onFailure: () => "many",
    onSuccess: (links) => links.every((one) => one?.one === true) ? "one" : "many"
  })
}

/**
 * The downstream dimensions that decide which upstream cells a cell reads: cells that agree in them read the same. All of
 * them where only a function knows.
 */
export const decisive = (mapping: Mapping, downstream: Any, upstream: Any): ReadonlyArray<number> => {
  const { _tag } = mapping
  if (_tag === "All" || _tag === "Last") return []
  const every = dimensionsOf(downstream).map((_, i) => i)
  return _tag === "From" ? every : Result.match(link(mapping, downstream, upstream), {
    onFailure: () => every,
    onSuccess: (links) => every.filter((i) => links.some((one) => one?.down === i))
  })
}

/** The upstream cells that the cells of `set` read. Throws when the mapping does not fit: `validate` definitions first. */
export const upstream = (
  mapping: Mapping,
  down: PartitionSpace,
  up: PartitionSpace,
  set: PartitionSet.PartitionSet
): PartitionSet.PartitionSet => {
  const known = definition(mapping)
  const read = PartitionSet.intersection(set, down.all)
  if (PartitionSet.isEmpty(read)) return PartitionSet.empty(up.dimensions.length)
  switch (known._tag) {
    case "All":
      return up.all
    case "Last":
      return lastOf(up, known.count)
    case "From":
      return PartitionSet.fromPoints(
        up.dimensions.length,
        PartitionSet.points(read).flatMap((point) => KeyReads.upstream(known.keys, down, up, point))
      )
    default: {
      const links = Result.getOrThrowWith(link(mapping, down.partitions, up.partitions), (reason) => new Error(reason))
      const seen = PartitionSet.project(read, links.flatMap((one) => one === undefined ? [] : [one.down]))
      const image = relate(seen, up, links.map((one) =>
        one && DimensionLink.toUpstream(one.relation, down.dimensions[one.down]!, up.dimensions[one.up]!)))
      return PartitionSet.intersection(image, up.all)
    }
  }
}

/** The downstream cells that read any of the upstream cells of `set`: the inverse of `upstream`. */
export const downstream = (
  mapping: Mapping,
  down: PartitionSpace,
  up: PartitionSpace,
  set: PartitionSet.PartitionSet
): PartitionSet.PartitionSet => {
  const known = definition(mapping)
  const changed = PartitionSet.intersection(set, up.all)
  if (PartitionSet.isEmpty(changed)) return PartitionSet.empty(down.dimensions.length)
  switch (known._tag) {
    case "All":
      return down.all
    case "Last":
      return PartitionSet.isEmpty(PartitionSet.intersection(changed, lastOf(up, known.count)))
        ? PartitionSet.empty(down.dimensions.length)
        : down.all
    case "From":
      return KeyReads.downstream(known.keys, down, up, changed)
    default: {
      const links = Result.getOrThrowWith(link(mapping, down.partitions, up.partitions), (reason) => new Error(reason))
      const byDown = down.dimensions.map((_, i) => links.find((one) => one?.down === i))
      const seen = PartitionSet.project(changed, byDown.flatMap((one) => one === undefined ? [] : [one.up]))
      const image = relate(seen, down, byDown.map((one) =>
        one && DimensionLink.toDownstream(one.relation, down.dimensions[one.down]!, up.dimensions[one.up]!)))
      return PartitionSet.intersection(image, down.all)
    }
  }
}

/** The related cells: each linked dimension of `set` (which has just these, in the order of `to`) by its relation. */
const relate = (
  set: PartitionSet.PartitionSet,
  to: PartitionSpace,
  relations: ReadonlyArray<DimensionLink.RangeRelation | undefined>
): PartitionSet.PartitionSet => {
  const image = (part: PartitionSet.PartitionSet, dimension: number): PartitionSet.PartitionSet => {
    if (dimension === relations.length || PartitionSet.isEmpty(part)) {
      return PartitionSet.isEmpty(part) ? PartitionSet.empty(relations.length - dimension) : PartitionSet.unit
    }
    const relation = relations[dimension]
    if (relation === undefined) return PartitionSet.product([to.dimensions[dimension]!.all, image(part, dimension + 1)])
    return PartitionSet.unionAll(
      relations.length - dimension,
      part.segments.map((segment) =>
        PartitionSet.product([
          PartitionSet.fromRanges(relation(segment)),
          image(segment.rest ?? PartitionSet.unit, dimension + 1)
        ])
      )
    )
  }
  return image(set, 0)
}

/** All cells of the last windows; where there is no time, the last cells. */
const lastOf = (space: PartitionSpace, count: number): PartitionSet.PartitionSet =>
  space.dimensions.some((dimension) => dimension.partitions._tag === "TimeWindows")
    ? PartitionSet.product(space.dimensions.map((dimension) =>
      dimension.partitions._tag === "TimeWindows" ? PartitionSet.takeLast(dimension.all, count) : dimension.all))
    : PartitionSet.takeLast(space.all, count)

/** The link of each upstream dimension to a downstream one; undefined: it is read whole. */
const link = (
  mapping: Mapping,
  downstream: Any,
  upstream: Any
): Result.Result<ReadonlyArray<DimensionLink.DimensionLink | undefined>, string> => {
  const known = definition(mapping)
  const sentence = (reason: string) =>
    `Partitions (${describe(downstream)}) cannot read (${describe(upstream)}): ${reason}. ` +
    "Pass a mapping that fits, for example Mapping.all, or Mapping.from((key) => keys)."
  const downs = dimensionsOf(downstream)
  const ups = dimensionsOf(upstream)
  if (known._tag === "Project") {
    return Result.mapError(DimensionLink.shared(downs, ups, known.dimensionNames), sentence)
  }
  const wanted: DimensionLink.Relation = known._tag === "Offset"
    ? { _tag: "Windows", from: known.from, to: known.to }
    : known._tag === "Window" ? { _tag: "Windows", from: 0, to: 0 } : { _tag: "Same" }
  if (known._tag === "Identity" && ups.length === 0) return Result.succeed([])
  // An identity compares keys as text, and the text of a product's key follows the order of its dimensions.
  if (known._tag === "Identity" && downs.length === ups.length && downs.some(({ name }, i) => name !== ups[i]!.name)) {
    return Result.fail(sentence("their dimensions are not the same in the same order, so that their keys differ"))
  }
  return Result.mapError(DimensionLink.parallel(downs, ups, wanted), sentence)
}
