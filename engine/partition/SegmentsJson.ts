/** Sets of partition positions as JSON: how they are stored and printed. */
import { Result, Schema } from "effect"
import { empty, isEmpty, make, type PartitionSet, push, type Segment, unit } from "./Segments.ts"

/** A level of the JSON form: `7` is one position, `[0, 5]` a range, `[0, 5, level]` a range with its rest. */
type Level = ReadonlyArray<number | readonly [number, number] | readonly [number, number, Level]>

const Level: Schema.Codec<Level> = Schema.Array(Schema.Union([
  Schema.Int,
  Schema.Tuple([Schema.Int, Schema.Int]),
  Schema.Tuple([Schema.Int, Schema.Int, Schema.suspend((): Schema.Codec<Level> => Level)])
]))

/** The JSON form, for example `[1, [[0, 5], 7]]`: the number of dimensions, then the segments. */
export const Json = Schema.Tuple([Schema.Int, Level])
export type Json = typeof Json.Type

export const toJson = (set: PartitionSet): Json => [set.dimensions, toLevel(set)]

const toLevel = (set: PartitionSet): Level =>
  set.segments.map(({ from, rest, to }) =>
    rest !== undefined ? [from, to, toLevel(rest)] as const : from === to ? from : [from, to] as const
  )

// By hand: the schema took most of the second that a set of a million ranges takes.
const isLevel = (value: unknown): value is Level =>
  Array.isArray(value) && value.every((item: unknown) =>
    Number.isSafeInteger(item) || (Array.isArray(item) && (item.length === 2 || (item.length === 3 && isLevel(item[2]))) &&
      Number.isSafeInteger(item[0]) && Number.isSafeInteger(item[1]))
  )

const isJson = (value: unknown): value is Json =>
  Array.isArray(value) && value.length === 2 && Number.isSafeInteger(value[0]) && value[0] >= 0 && isLevel(value[1])

/** Reads what `toJson` wrote; the failure is a sentence. */
export const fromJson = (json: unknown): Result.Result<PartitionSet, string> => {
  const set = isJson(json) ? fromLevel(json[0], json[1]) : undefined
  return set === undefined
    ? Result.fail("This is not a set of partitions in JSON: it is not like [1, [[0, 5], 7]], with ascending ranges.")
    : Result.succeed(set)
}

const fromLevel = (dimensions: number, level: Level): PartitionSet | undefined => {
  if (dimensions <= 0) return level.length === 0 ? empty(0) : level.length === 1 && level[0] === 0 ? unit : undefined
  const out: Array<Segment> = []
  let before = Number.NEGATIVE_INFINITY
  for (const item of level) {
    const [from, to, inner] = typeof item === "number" ? [item, item] as const : item
    const rest = inner === undefined ? undefined : fromLevel(dimensions - 1, inner)
    const fits = dimensions === 1 ? inner === undefined : rest !== undefined && !isEmpty(rest)
    if (!fits || from > to || from <= before) return undefined
    push(out, from, to, rest)
    before = to
  }
  return make(dimensions, out)
}
