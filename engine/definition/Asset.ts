/** An asset: a named thing that is stored, how to compute it from others, and where it is kept. */
import type { Array as Arr, Duration, Effect, Result, Stream } from "effect"
import type { RateLimit } from "../limit/RateLimit.ts"
import * as Partitions from "../partition/Partitions.ts"
import type { Automation } from "./Automation.ts"
import { type Checkpoint, checked, type Done } from "./Checkpoint.ts"
import * as Freshness from "./Freshness.ts"
import type { Input } from "./Input.ts"
import * as Io from "./Io.ts"
import type { Output, Producible, ProducedError, ProducedServices, RowTable, Value } from "./Output.ts"
import type { Retry } from "./Retry.ts"

/** What an asset reads: the values that `run` receives, and the IO managers they are loaded with. */
export interface Reads<out Values, out IO> {
  readonly values: Values
  readonly io: IO
}

/**
 * `Out` is what is stored and `IO` where, `P` what `run` sees of a partition and `K` the key a user writes for it (both
 * `never` when unpartitioned), `E` and `R` the errors and resources of `run`, `In` what it reads.
 */
export interface Asset<out Out, out P, out K, out E, out R, out IO, out In> {
  readonly _tag: "Asset"
  readonly "~Out"?: Out
  readonly "~A": Value<Out>
  readonly "~P"?: P
  readonly "~K"?: K
  readonly "~E"?: E
  readonly "~R"?: R
  readonly "~IO"?: IO
  readonly "~In"?: In
  readonly key: string
  readonly group: string
  readonly description: string | undefined
  readonly tags: Readonly<Record<string, string>>
  readonly owners: ReadonlyArray<string>
  readonly kinds: ReadonlyArray<string>
  readonly codeVersion: string
  /** How old it may be; undefined: it says nothing of it. */
  readonly freshness: Freshness.Freshness | undefined
  /** That a cell has none is no reason to compute it, see `ManyOutput.byProduct`. */
  readonly byProduct: boolean
  readonly output: Output
  readonly io: Io.Key<unknown>
  readonly partitions: Partitions.Any
  /** The computation that gives this asset, alone or together with others. */
  readonly computation: Computation
}

export type Any = Asset<unknown, unknown, unknown, unknown, unknown, unknown, unknown>

/** Calls under a rate limit. */
export interface Calls {
  readonly limit: RateLimit
  /** How many for each partition. */
  readonly calls: number
}

/** One function that gives one or several assets for a partition: the unit that is attempted, timed and retried. */
export interface Computation {
  readonly key: string
  readonly inputs: Readonly<Record<string, Any | Input<unknown, unknown>>>
  readonly partitions: Partitions.Any
  /** The assets it gives, by output name; a single one has the name "". */
  readonly outputs: () => Readonly<Record<string, Any>>
  readonly retry: Retry<never> | undefined
  readonly timeout: Duration.Input | undefined
  /** At most so many cells of it at once; undefined: only the run's own limit. */
  readonly concurrency: number | undefined
  /** It takes lists of at most so many partitions; undefined: one partition at a time. */
  readonly batch: number | undefined
  /** It resumes inside a cell, and gives a stream of what is done; undefined: a cell is computed as a whole. */
  readonly checkpoint: Checkpoint<unknown> | undefined
  /** The rate limits it calls under: for estimates. */
  readonly limits: ReadonlyArray<Calls>
  /** When a daemon asks for its cells; undefined: never. */
  readonly automation: Automation | undefined
  readonly run: (inputs: never, partition: never, from: never) => Effect.Effect<unknown, unknown, unknown>
}

export type OutputOf<T> = T extends { readonly "~Out"?: infer Out } ? Out : never
export type ErrorOf<T> = T extends { readonly "~E"?: infer E } ? E : never
export type ServicesOf<T> = T extends { readonly "~R"?: infer R } ? R : never
export type IoOf<T> = T extends { readonly "~IO"?: infer IO } ? IO : never
type PartitionOf<T> = T extends { readonly "~P"?: infer P } ? P : never
type ReadIoOf<T> = T extends { readonly "~In"?: Reads<unknown, infer IO> } ? IO : never

/** Everything that must be provided to materialize the asset. */
export type Services<T> = ServicesOf<T> | IoOf<T> | ReadIoOf<T>

export type Inputs = Readonly<Record<string, Any | Input<unknown, unknown>>>

type DocumentInput<A, Up, P> = [Up] extends [never] ? A : [P] extends [never] ? ReadonlyMap<string, A> : A

/** What `run` of an asset with partitions `P` receives for the input `T`. */
export type InputValue<T, P> = T extends Input<infer A, unknown> ? A
  : T extends { readonly _tag: "Asset" }
    ? Value<OutputOf<T>> extends infer A
      ? OutputOf<T> extends { readonly _tag: "Rows" } ? A : DocumentInput<A, PartitionOf<T>, P>
    : never
  : never

export type InputValues<I, P> = { readonly [N in keyof I]: InputValue<I[N], P> }

/** What an asset says of itself beside its computation. */
export interface Description {
  readonly description?: string
  /** Default: the part of the key before the last "/". */
  readonly group?: string
  readonly tags?: Readonly<Record<string, string>>
  readonly owners?: ReadonlyArray<string>
  readonly kinds?: ReadonlyArray<string>
  /** Change it when the same inputs give other data: all cells become stale. */
  readonly codeVersion?: string
  /** How old it may be: `{ within: "26 hours" }`, which `sluice freshness` tells. Default: any age. */
  readonly freshness?: Freshness.Options
}

/** What `run` receives: one of them, or in a batch (`B`) a list with one for each partition. */
export type Taken<A, B> = [B] extends [never] ? A : Arr.NonEmptyReadonlyArray<A>

/** The value of one partition in a batch. Streams are read while they are written, one cell at a time: not in a batch. */
type BatchValue<Out> = Out extends { readonly _tag: "Rows" } ? Value<Out> | RowTable<RowOf<Out>> : Value<Out>
type RowOf<Out> = Value<Out> extends ReadonlyArray<infer Row> ? Row : never

/**
 * What `run` gives: a value, or in a batch a list of values or `Result`s, one for each partition, in order; with a
 * checkpoint (`C`) a stream of what is done.
 */
export type Given<Out, B, C = never> = [C] extends [never]
  ? [B] extends [never] ? Producible<Out> : ReadonlyArray<BatchValue<Out> | Result.Result<BatchValue<Out>, unknown>>
  : Stream.Stream<Done<RowsOf<Out>, C>, unknown, unknown>

/** Only rows can be kept in part. */
type RowsOf<Out> = Out extends { readonly _tag: "Rows" } ? Value<Out> : never

/** The errors that single partitions of a batch may fail with. */
type ItemError<W, B> = [B] extends [never] ? never
  : W extends ReadonlyArray<infer Item> ? Item extends Result.Failure<unknown, infer E> ? E : never
  : never

/** The types of `batch` and `checkpoint` where they are not allowed; their texts are what the compiler shows. */
type CheckpointOf<B, C> = [B] extends [never] ? Checkpoint<C> : "an asset that takes batches has no checkpoint"
type BatchOf<P, B> = [P] extends [never] ? "an asset without partitions has no batches" : B

export interface Options<Out, P, K, I, W, E, R, IO, B = never, C = never> extends Description {
  readonly partitions?: Partitions.Partitions<P, K>
  readonly inputs?: I
  readonly output: Out
  readonly io: Io.Key<IO>
  readonly retry?: Retry<NoInfer<E | ItemError<W, B>>>
  /** One attempt may take so long; then it fails with a time-out, which is retried like other transient errors. */
  readonly timeout?: Duration.Input
  /** At most so many computations of it at once. Default: only the run's own limit. */
  readonly concurrency?: number
  /**
   * The rate limits under which `run` makes its calls, one call for each partition or as many as are given. They are
   * waited for where the calls are made; here they only tell `sluice backfill --dry-run` how long a backfill takes at
   * least. Default: none.
   */
  readonly limits?: ReadonlyArray<RateLimit | Calls>
  /** When a daemon asks for its cells by itself: `Automation.eager`, … Default: never. */
  readonly automation?: Automation
  /**
   * Takes at most so many partitions at once, in any order and with gaps: `run` then receives two lists of equal length,
   * which are never empty, the inputs of each partition and the partitions, and gives a list with a value for each. In
   * the place of a value, `Result.fail(error)` fails that cell alone. Default: one partition at a time, without lists.
   */
  readonly batch?: BatchOf<P, B>
  /**
   * For cells that take long: `run` gives a stream of `{ rows, position }`, and rows and position are committed together
   * as it goes on. A later try, run or process hands the last position to `run` as `from`, and the cell goes on after it.
   * Its rows are seen when it is whole. It starts anew when the code version or what it reads has changed, and with
   * `--force`. Tries of the retry policy that got further do not count. Default: a cell is computed as a whole.
   */
  readonly checkpoint?: CheckpointOf<B, C>
  readonly run: (
    inputs: Taken<InputValues<I, NoInfer<P>>, B>,
    partition: Taken<NoInfer<P>, B>,
    /** The position to go on from; undefined: at the beginning. */
    from: NoInfer<C> | undefined
  ) => Effect.Effect<W, E, R>
}

/** Key syntax: words of letters, digits, "_" and "-", in groups separated by "/". */
const keyPattern = /^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/

const describe = (key: string, options: Description) => {
  if (!keyPattern.test(key)) {
    throw new Error(`Asset key "${key}" is not valid: use letters, digits, "_" and "-", with "/" between groups.`)
  }
  return {
    key,
    group: options.group ?? (key.includes("/") ? key.slice(0, key.lastIndexOf("/")) : "default"),
    description: options.description,
    tags: options.tags ?? {},
    owners: options.owners ?? [],
    kinds: options.kinds ?? [],
    codeVersion: options.codeVersion ?? "",
    freshness: options.freshness === undefined ? undefined : Freshness.make(key, options.freshness)
  }
}

/** Throws where the compiler was not asked: a batch needs partitions and a size. */
const checkedBatch = (key: string, batch: number | string | undefined, partitions: Partitions.Any): number | undefined => {
  if (batch === undefined) return undefined
  if (partitions._tag === "Unpartitioned") {
    throw new Error(`Asset "${key}" has a batch but no partitions: give it \`partitions\`, or leave \`batch\` out.`)
  }
  if (typeof batch === "string" || !Number.isInteger(batch) || batch < 1) {
    throw new Error(`Asset "${key}" has the batch ${batch}: a batch is a whole number of partitions, 1 or more.`)
  }
  return batch
}

const callsOf = (limits: ReadonlyArray<RateLimit | Calls> = []): ReadonlyArray<Calls> =>
  limits.map((one) => "_tag" in one ? { limit: one, calls: 1 } : one)

/** Defines an asset. Throws on a malformed key or batch, since a definition is code. */
export const make = <
  Out extends Output,
  IO,
  // Without these defaults a policy is held against an unknown error before `run` has been looked at.
  W extends Given<Out, B, C> = never,
  E = never,
  R = never,
  const I extends Inputs = {},
  P = never,
  K = never,
  B extends number = never,
  C = never
>(
  key: string,
  options: Options<Out, P, K, I, W, E, R, IO, B, C>
): Asset<
  Out,
  P,
  K,
  E | ProducedError<W> | ItemError<W, B>,
  R | ProducedServices<W>,
  IO,
  Reads<InputValues<I, P>, IoOf<I[keyof I]>>
> => {
  const partitions: Partitions.Any = options.partitions ?? Partitions.none
  const computation: Computation = {
    key,
    inputs: options.inputs ?? {},
    partitions,
    outputs: () => ({ "": asset }),
    retry: options.retry,
    timeout: options.timeout,
    concurrency: options.concurrency,
    batch: checkedBatch(key, options.batch, partitions),
    checkpoint: checked(key, options.checkpoint, { batch: options.batch, outputs: [options.output] }),
    limits: callsOf(options.limits),
    automation: options.automation,
    run: options.run
  }
  const asset = typed<Out>({
    _tag: "Asset",
    ...describe(key, options),
    byProduct: false,
    output: options.output,
    io: options.io,
    partitions,
    computation
  })
  return asset
}

/** One output of `makeMany`. */
export interface ManyOutput<Out, IO> extends Description {
  /** The asset's key. Default: that of the computation, "/" and the name of the output. */
  readonly key?: string
  readonly output: Out
  readonly io: Io.Key<IO>
  /**
   * It comes by the way, as figures about calls do: a cell whose other outputs are there is not computed for it alone. So
   * an output that is added later comes with the cells that are computed from then on. Default false: it is missing then.
   */
  readonly byProduct?: boolean
}

type AnyManyOutput = ManyOutput<Output, unknown>

type ProducedMany<Os, C> = [C] extends [never]
  ? { readonly [N in keyof Os]: Os[N] extends { readonly output: infer Out } ? Producible<Out> : never }
  : Stream.Stream<Done<DoneMany<Os>, C>, unknown, unknown>
/** The rows of each output by its name; an output that got none may be left out. */
type DoneMany<Os> = { readonly [N in keyof Os]?: Os[N] extends { readonly output: infer Out } ? RowsOf<Out> : never }
/** What `run` gave for the output `N`; a stream of checkpoints is of all of them. */
type GivenFor<W, N> = W extends Stream.Stream<unknown, unknown, unknown> ? W : N extends keyof W ? W[N] : never
type IoOfMany<O> = O extends { readonly io: Io.Key<infer IO> } ? IO : never

/**
 * Defines several assets that one computation gives: one API call → several tables. `run` gives a record of the
 * outputs by name. The assets are materialized together; each has its own key, by default `${key}/${name}`, rows, state
 * and checks.
 */
export const makeMany = <
  const Os extends Readonly<Record<string, AnyManyOutput>>,
  W extends ProducedMany<Os, C> = never,
  E = never,
  R = never,
  const I extends Inputs = {},
  P = never,
  K = never,
  C = never
>(
  key: string,
  options: Omit<Options<never, P, K, I, W, E, R, never>, "output" | "io" | "batch" | "checkpoint" | "run" | keyof Description> & {
    readonly outputs: Os
    /** As of one asset; an element of the stream has the rows of each output by its name. */
    readonly checkpoint?: Checkpoint<C>
    readonly run: (
      inputs: InputValues<I, NoInfer<P>>,
      partition: NoInfer<P>,
      from: NoInfer<C> | undefined
    ) => Effect.Effect<W, E, R>
  }
): {
  readonly [N in keyof Os & string]: Asset<
    Os[N]["output"],
    P,
    K,
    E | ProducedError<GivenFor<W, N>>,
    R | ProducedServices<GivenFor<W, N>>,
    IoOfMany<Os[N]>,
    Reads<InputValues<I, P>, IoOf<I[keyof I]>>
  >
} => {
  const partitions: Partitions.Any = options.partitions ?? Partitions.none
  const computation: Computation = {
    key,
    inputs: options.inputs ?? {},
    partitions,
    outputs: () => assets,
    retry: options.retry,
    timeout: options.timeout,
    concurrency: options.concurrency,
    batch: undefined,
    checkpoint: checked(key, options.checkpoint, {
      outputs: Object.values<AnyManyOutput>(options.outputs).map(({ output }) => output)
    }),
    limits: callsOf(options.limits),
    automation: options.automation,
    run: options.run
  }
  if (Object.values<AnyManyOutput>(options.outputs).every(({ byProduct }) => byProduct === true)) {
    throw new Error(`Each output of "${key}" is a by-product: one of them has to say which cells are missing.`)
  }
  const assets: Record<string, Any> = {}
  for (const [name, output] of Object.entries<AnyManyOutput>(options.outputs)) {
    assets[name] = typed<Output>({
      _tag: "Asset",
      ...describe(output.key ?? `${key}/${name}`, output),
      byProduct: output.byProduct ?? false,
      output: output.output,
      io: output.io,
      partitions,
      computation
    })
  }
  // The record is built by name above; the compiler cannot follow Object.entries.
  return assets as never
}

/** Adds the phantom "~A", which exists for the compiler only. */
const typed = <Out>(
  fields: Omit<Any, "~A" | "~Out" | "~P" | "~K" | "~E" | "~R" | "~IO" | "~In">
): Asset<Out, never, never, never, never, never, never> => fields as never

export const isAsset = (u: unknown): u is Any =>
  typeof u === "object" && u !== null && "_tag" in u && u._tag === "Asset"

/** The asset as its IO manager sees it. */
export const storedOf = (asset: Any): Io.Stored => ({
  key: asset.key,
  output: asset.output,
  partitioned: asset.partitions._tag !== "Unpartitioned"
})
