/** What a backfill will cost: the calls of its computations, and how long they take by what calls took lately. */

/** The planned cells of one computation. */
export interface Planned {
  /** The assets that it gives: a call computes them together. */
  readonly assets: ReadonlyArray<string>
  /** Partitions, each of which is a cell of every asset. */
  readonly partitions: number
  /** Partitions in a call; 1 where each has a call of its own. */
  readonly batch: number
  /** How many calls the computation allows at once; undefined: as many as the backfill. */
  readonly concurrency: number | undefined
  /** The rate limits that its calls to the outside wait for. */
  readonly limits: ReadonlyArray<Limited>
}

export interface Limited {
  readonly name: string
  /** Between two calls, as the limit allows them. */
  readonly spacingMillis: number
  /** For each partition. */
  readonly calls: number
}

/** The mean time of an asset's last materialized steps; a step of a batch lasts as long as its call. */
export interface Timing {
  readonly millis: number
  /** How many steps it is the mean of. */
  readonly steps: number
}

export interface ComputationEstimate {
  readonly assets: ReadonlyArray<string>
  /** Of all its assets. */
  readonly cells: number
  readonly calls: number
  /** How many calls there are at once. */
  readonly slots: number
  /** Undefined: none of its assets was materialized yet. */
  readonly timing: Timing | undefined
  readonly millis: number | undefined
  /** The limit that lets it take longest alone, and how long. */
  readonly limit: { readonly name: string; readonly millis: number } | undefined
}

export interface Estimate {
  readonly computations: ReadonlyArray<ComputationEstimate>
  readonly cells: number
  readonly calls: number
  /** Of what is timed or limited; undefined: nothing is. */
  readonly millis: number | undefined
  /** Assets that were never materialized: how long they take is not in `millis`. */
  readonly unknown: ReadonlyArray<string>
}

/** A process records about 10,000 cells a second, however little their calls do (bench/backfill). */
const recordMillis = 0.1

/**
 * Estimates the duration with `concurrency` steps at once, in milliseconds. Computations run beside each other, since a
 * cell starts as soon as its own upstream cells are there: together they take as long as all their calls in all slots,
 * but no less than the longest of them alone, than recording all their cells, and than each rate limit lets all calls
 * under it take.
 */
export const make = (
  planned: ReadonlyArray<Planned>,
  timings: ReadonlyMap<string, Timing>,
  concurrency: number
): Estimate => {
  const computations = planned.map((one) => estimateOf(one, timings, concurrency))
  const timed = computations.filter((one) => one.timing !== undefined)
  const work = timed.reduce((sum, { calls, timing }) => sum + calls * (timing?.millis ?? 0), 0)
  const limited = limitMillis(planned)
  const recording = timed.reduce((sum, { cells }) => sum + cells * recordMillis, 0)
  return {
    computations,
    cells: computations.reduce((sum, { cells }) => sum + cells, 0),
    calls: computations.reduce((sum, { calls }) => sum + calls, 0),
    millis: timed.length === 0 && limited.length === 0
      ? undefined
      : Math.max(work / concurrency, recording, ...limited, ...timed.map(({ millis }) => millis ?? 0)),
    unknown: computations.filter(({ timing }) => timing === undefined).flatMap(({ assets }) => assets)
  }
}

/** How long the calls under each limit take at least, of all computations together. */
const limitMillis = (planned: ReadonlyArray<Planned>): ReadonlyArray<number> => {
  const sums = new Map<string, number>()
  for (const { limits, partitions } of planned) {
    for (const { calls, name, spacingMillis } of limits) sums.set(name, (sums.get(name) ?? 0) + partitions * calls * spacingMillis)
  }
  return [...sums.values()]
}

const estimateOf = (
  { assets, batch, concurrency: own, limits, partitions }: Planned,
  timings: ReadonlyMap<string, Timing>,
  concurrency: number
): ComputationEstimate => {
  const calls = Math.ceil(partitions / batch)
  const slots = Math.min(concurrency, own ?? concurrency)
  const timing = assets.map((asset) => timings.get(asset)).find((found) => found !== undefined)
  const cells = partitions * assets.length
  const limit = limits.map(({ calls, name, spacingMillis }) => ({ name, millis: partitions * calls * spacingMillis }))
    .reduce<ComputationEstimate["limit"]>((a, b) => a === undefined || b.millis > a.millis ? b : a, undefined)
  const millis = timing === undefined
    ? limit?.millis
    : Math.max(limit?.millis ?? 0, ...bounds({ calls, cells, slots, callMillis: timing.millis }))
  return { assets, cells, calls, slots, timing, millis, limit }
}

/** What a computation cannot be quicker than: its slots, where a few calls take as long as one, and the record. */
const bounds = (
  { callMillis, calls, cells, slots }: { readonly calls: number; readonly cells: number; readonly slots: number; readonly callMillis: number }
): ReadonlyArray<number> => [Math.ceil(calls / slots) * callMillis, cells * recordMillis]
