/** How an asset is cut into partitions: not at all, by time, by a fixed list, by a dynamic set, or a product of these. */
import { Result } from "effect"
import { createHash } from "node:crypto"
import * as CronTicks from "./CronTicks.ts"
import * as LocalTime from "./LocalTime.ts"
import * as TimeWindow from "./TimeWindows.ts"
import * as Zone from "./Zone.ts"

export type { Window } from "./TimeWindows.ts"

/** `P` is what `run` sees of one partition, `K` the key a user writes for it; both `never` when unpartitioned. */
export interface Partitions<out P = unknown, out K = unknown> {
  readonly _tag: Definition["_tag"]
  readonly "~P"?: P
  readonly "~K"?: K
}

export type Any = Partitions<unknown, unknown>

/** What `run` sees of one partition. */
export type PartitionValue<T> = T extends { readonly "~P"?: infer P } ? P : never

/** The key a user writes for one partition. */
export type PartitionKey<T> = T extends { readonly "~K"?: infer K } ? K : never

export interface Unpartitioned extends Partitions<never, never> {
  readonly _tag: "Unpartitioned"
}

export interface TimeWindows extends Partitions<TimeWindow.Window, string>, TimeWindow.Span {
  readonly _tag: "TimeWindows"
  readonly every: TimeWindow.Every | "cron"
  /** As written in the definition, in local time. */
  readonly start: string
  readonly end: string | undefined
  readonly timezone: string
  readonly cron: string | undefined
}

export interface Fixed<out K extends string = string> extends Partitions<K, K> {
  readonly _tag: "Fixed"
  readonly keys: ReadonlyArray<K>
}

export interface Dynamic extends Partitions<string, string> {
  readonly _tag: "Dynamic"
  readonly name: string
  /** The key of the asset whose rows give the partitions; undefined: they are added by hand. */
  readonly from: string | undefined
  /** That asset itself, so that a graph can find it. */
  readonly source: KeySource<unknown> | undefined
  readonly keyOf: ((row: unknown) => string | undefined) | undefined
}

export interface Dimension {
  readonly name: string
  readonly partitions: OneDimension
}

export interface Product<out P = unknown, out K = unknown> extends Partitions<P, K> {
  readonly _tag: "Product"
  /** In the order declared. */
  readonly dimensions: ReadonlyArray<Dimension>
}

export type OneDimension = TimeWindows | Fixed | Dynamic

export type Definition = Unpartitioned | OneDimension | Product

// Only the constructors of this module make partitions, so the tag tells the rest.
export const definition = (partitions: Any): Definition => partitions as Definition

/** The dimensions in order: none when unpartitioned, one without a name unless it is a product. */
export const dimensionsOf = (
  partitions: Any
): ReadonlyArray<{ readonly name: string | undefined; readonly partitions: OneDimension }> => {
  const known = definition(partitions)
  return known._tag === "Unpartitioned" ? [] : known._tag === "Product"
    ? known.dimensions
    : [{ name: undefined, partitions: known }]
}

/** The dynamic sets among the dimensions. */
export const dynamicSets = (partitions: Any): ReadonlyArray<Dynamic> =>
  dimensionsOf(partitions).flatMap((dimension) => dimension.partitions._tag === "Dynamic" ? [dimension.partitions] : [])

/** One cell, no key. */
export const none: Unpartitioned = { _tag: "Unpartitioned" }

export interface WindowOptions {
  /** Windows that begin before it do not exist: `2022-10-01`, `2022-10` or `2022-10-01T05:00`, local time. */
  readonly start: string
  /** Windows that end after it do not exist. Default: there is no end. */
  readonly end?: string
  /** An IANA name. Default: `"UTC"`. */
  readonly timezone?: string
  /**
   * How many windows beyond those that are over exist. Default 0: a window exists from its end on; 1 adds the window
   * that is still open; negative leaves out the last ones.
   */
  readonly endOffset?: number
}

export interface HourlyOptions extends WindowOptions {
  /** Minutes after the full hour at which windows begin, 0 to 59. Default: 0. */
  readonly minuteOffset?: number
}

export interface DailyOptions extends HourlyOptions {
  /** Hours after midnight at which windows begin, 0 to 23. Default: 0. */
  readonly hourOffset?: number
}

export interface WeeklyOptions extends DailyOptions {
  /** Default: `"Sunday"`. */
  readonly weekStart?: (typeof LocalTime.dayNames)[number]
}

export interface MonthlyOptions extends DailyOptions {
  /** The day of the month on which windows begin, 1 to 28. Default: 1. */
  readonly dayOffset?: number
}

export interface CronOptions extends WindowOptions {
  /** Five fields, or six with seconds first; each tick begins a window. */
  readonly cron: string
}

/** A partition an hour; keys like `2024-03-31T05:00`, with the offset where clocks repeat the hour. */
export const hourly = (options: HourlyOptions): TimeWindows => regular("hour", options)

/** A partition a local day; keys like `2024-03-31`. */
export const daily = (options: DailyOptions): TimeWindows => regular("day", options)

/** A partition a week; keys are its first day, like `2024-03-31`. */
export const weekly = (options: WeeklyOptions): TimeWindows => regular("week", options)

/** A partition a month; keys like `2024-03`, or its first day where `dayOffset` is not 1. */
export const monthly = (options: MonthlyOptions): TimeWindows => regular("month", options)

/** A partition from each tick of a cron expression to the next; keys like those of `hourly`. */
export const cron = (options: CronOptions): TimeWindows =>
  windows("cron", options, options.cron, (zone, start) => CronTicks.make(options.cron, zone, start))

const regular = (every: TimeWindow.Every, options: WeeklyOptions & MonthlyOptions): TimeWindows => {
  const at: TimeWindow.Alignment = {
    minuteOffset: whole("minuteOffset", options.minuteOffset ?? 0, 0, 59),
    hourOffset: whole("hourOffset", options.hourOffset ?? 0, 0, 23),
    dayOfMonth: whole("dayOffset", options.dayOffset ?? 1, 1, 28),
    weekStart: LocalTime.dayNames.indexOf(options.weekStart ?? "Sunday")
  }
  return windows(every, options, undefined, (zone) => TimeWindow.regular(every, zone, at))
}

const windows = (
  every: TimeWindows["every"],
  options: WindowOptions,
  expression: string | undefined,
  calendar: (zone: Zone.Zone, startInstant: number) => TimeWindow.Calendar
): TimeWindows => {
  const timezone = options.timezone ?? "UTC"
  const zone = Zone.make(timezone)
  const startInstant = instant("start", options.start, zone)
  const endInstant = options.end === undefined ? undefined : instant("end", options.end, zone)
  if (endInstant !== undefined && endInstant <= startInstant) {
    throw new Error(`Time windows from ${options.start} cannot end at ${options.end}: the end must be after the start.`)
  }
  return {
    _tag: "TimeWindows",
    every,
    start: options.start,
    end: options.end,
    timezone,
    cron: expression,
    startInstant,
    endInstant,
    endOffset: whole("endOffset", options.endOffset ?? 0, -1e9, 1e9),
    calendar: calendar(zone, startInstant)
  }
}

const whole = (name: string, value: number, least: number, most: number): number => {
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new Error(`The ${name} of time windows must be a whole number from ${least} to ${most}, not ${value}.`)
}

const instant = (name: string, text: string, zone: Zone.Zone): number =>
  Result.match(LocalTime.parse(text), {
    onSuccess: ({ local, offset }) => offset === undefined ? zone.instantOf(local) : local - offset,
    onFailure: (reason) => {
      throw new Error(`The ${name} of time windows, "${text}", is not a local date such as 2024-03-31: ${reason}.`)
    }
  })

/** A partition a key of the list, in the order given. Throws when the list is empty or has a key twice. */
export const fixed = <const K extends string>(keys: ReadonlyArray<K>): Fixed<K> => {
  if (keys.length === 0) throw new Error("A fixed list of partitions needs at least one key.")
  const seen = new Set<string>()
  const twice = keys.find((key) => seen.size === seen.add(key).size)
  if (twice !== undefined) throw new Error(`A fixed list of partitions has the key "${twice}" twice: name each once.`)
  if (keys.some((key) => key === "")) throw new Error("A fixed list of partitions has an empty key: give it a name.")
  return { _tag: "Fixed", keys: [...keys] }
}

/** What dynamic partitions need to know of an asset. */
export interface KeySource<out A> {
  readonly key: string
  readonly "~A": A
}

export interface DynamicOptions<A> {
  /** The asset whose stored rows (or whose document) give the keys. */
  readonly from: KeySource<A>
  /** The key that a row gives; undefined: it gives none. */
  readonly key: (row: A extends ReadonlyArray<infer Row> ? Row : A) => string | number | undefined
}

/** A set of keys that grows: from the rows of an asset, or added by hand when there are no options. */
export const dynamic = <A>(name: string, options?: DynamicOptions<A>): Dynamic => {
  if (name === "") throw new Error("Dynamic partitions need a name: their keys are stored under it.")
  if (options === undefined) return { _tag: "Dynamic", name, from: undefined, source: undefined, keyOf: undefined }
  // The rows come from storage, decoded by the schema of `from`: what its type says is what arrives.
  const keyOf = options.key as (row: unknown) => string | number | undefined
  return {
    _tag: "Dynamic",
    name,
    from: options.from.key,
    source: options.from,
    keyOf: (row) => {
      const key = keyOf(row)
      return key === undefined || key === "" ? undefined : String(key)
    }
  }
}

/** The dimensions of a product, by name. */
export type Dimensions = Readonly<Record<string, OneDimension>>

/** A partition a combination of the partitions of each dimension; names begin with a letter. */
export const product = <const T extends Dimensions>(dimensions: T): Product<
  { readonly [D in keyof T]: PartitionValue<T[D]> },
  { readonly [D in keyof T]: PartitionKey<T[D]> }
> => {
  const entries = Object.entries(dimensions)
  if (entries.length === 0) throw new Error("A product of partitions needs at least one dimension.")
  for (const [name, partitions] of entries) {
    if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(name)) {
      throw new Error(`"${name}" cannot name a dimension: begin with a letter, go on with letters, digits, "_" or "-".`)
    }
    const { _tag } = definition(partitions)
    if (_tag === "Product" || _tag === "Unpartitioned") {
      throw new Error(`The dimension "${name}" cannot be ${describe(partitions)}: list its dimensions in this product.`)
    }
  }
  return { _tag: "Product", dimensions: entries.map(([name, partitions]) => ({ name, partitions })) }
}

const adverbs = { hour: "hourly", day: "daily", week: "weekly", month: "monthly" }

/** One line for people: `daily from 2022-10-01 in America/New_York`. */
export const describe = (partitions: Any): string => {
  const known = definition(partitions)
  switch (known._tag) {
    case "Unpartitioned":
      return "unpartitioned"
    case "TimeWindows": {
      const rhythm = known.every === "cron" ? `cron "${known.cron}"` : adverbs[known.every]
      return `${rhythm} from ${known.start}${known.end === undefined ? "" : ` to ${known.end}`} in ${known.timezone}`
    }
    case "Fixed": {
      const { keys } = known
      return `fixed: ${keys.length <= 8 ? keys.join(", ") : `${keys.slice(0, 6).join(", ")} and ${keys.length - 6} more`}`
    }
    case "Dynamic":
      return `dynamic ${known.name}${known.from === undefined ? "" : ` from ${known.from}`}`
    case "Product":
      return known.dimensions.map(({ name, partitions }) => `${name}: ${describe(partitions)}`).join("; ")
  }
}

/** Whether both definitions cut in the same way: the same keys at the same positions. */
export const equals = (a: Any, b: Any): boolean => {
  const x = definition(a)
  const y = definition(b)
  if (x === y) return true
  switch (x._tag) {
    case "Unpartitioned":
      return y._tag === "Unpartitioned"
    case "TimeWindows":
      return y._tag === "TimeWindows" && x.calendar.id === y.calendar.id && x.startInstant === y.startInstant &&
        x.endInstant === y.endInstant && x.endOffset === y.endOffset
    case "Fixed":
      return y._tag === "Fixed" && x.keys.length === y.keys.length && x.keys.every((key, i) => key === y.keys[i])
    case "Dynamic":
      return y._tag === "Dynamic" && x.name === y.name
    case "Product":
      return y._tag === "Product" && x.dimensions.length === y.dimensions.length &&
        x.dimensions.every((dimension, i) =>
          dimension.name === y.dimensions[i]!.name && equals(dimension.partitions, y.dimensions[i]!.partitions)
        )
  }
}

/** Names the calendar of each dimension of time: where they are equal, a key means the same window. */
export const calendars = (partitions: Any): ReadonlyArray<string> => {
  const known = definition(partitions)
  switch (known._tag) {
    case "TimeWindows":
      return [known.calendar.family]
    case "Product":
      return known.dimensions.flatMap((dimension) => calendars(dimension.partitions))
    default:
      return []
  }
}

/** The same as a text, as it is recorded with cells. "": no time plays a part. */
export const windowsOf = (partitions: Any): string => calendars(partitions).join(", ")

/**
 * Names the way in which the definition counts its partitions: where two are equal, a position means the same partition.
 * Windows of hours, days, weeks and months are counted from a fixed moment, so their start may change; those of a cron
 * expression are counted from the start. Keys of dynamic sets keep their places for ever; those of a fixed list do not.
 */
export const numbering = (partitions: Any): string => {
  const known = definition(partitions)
  switch (known._tag) {
    case "Unpartitioned":
      return "one"
    case "TimeWindows":
      return known.calendar.id
    case "Fixed":
      return `fixed ${createHash("sha256").update(JSON.stringify(known.keys)).digest("base64url").slice(0, 22)}`
    case "Dynamic":
      return `dynamic ${known.name}`
    case "Product":
      return JSON.stringify(known.dimensions.map((dimension) => [dimension.name, numbering(dimension.partitions)]))
  }
}
