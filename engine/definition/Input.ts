/** What an asset reads: an upstream asset, through which partitions, and as which view of its stored value. */
import { Effect, Stream } from "effect"
import type { Mapping } from "../partition/PartitionMapping.ts"
import type { Any, OutputOf } from "./Asset.ts"
import type { IoError, IoManager, Source } from "./Io.ts"
import type { Value } from "./Output.ts"

/** How stored elements become the value that `run` receives. */
export interface View<out A> {
  readonly name: string
  readonly read: (io: IoManager, source: Source) => Effect.Effect<A, IoError>
}

export interface Input<out A, out IO> {
  readonly _tag: "Input"
  readonly "~A"?: A
  readonly "~IO"?: IO
  /** A thunk, so that assets of modules that import each other can be named. */
  readonly asset: () => Any
  readonly view: View<A>
  /** Which upstream partitions a partition reads; undefined: the mapping that follows from both definitions. */
  readonly mapping: Mapping | undefined
  /** Run although some of the upstream cells are missing or failed. */
  readonly partial: boolean
}

export interface Options {
  readonly mapping?: Mapping
  /**
   * Default false: an upstream cell that fails in a run skips its downstream, and one that is missing blocks it. A
   * reader of all partitions reads those that there are.
   */
  readonly partial?: boolean
}

type IoOf<T> = T extends { readonly "~IO"?: infer IO } ? IO : never
export type RowOf<T> = Value<OutputOf<T>> extends ReadonlyArray<infer Row> ? Row : never

/** Reads `asset` through a view of one's own. */
export const make = <A, const T extends Any>(asset: T, view: View<A>, options: Options = {}): Input<A, IoOf<T>> => ({
  _tag: "Input",
  asset: () => asset,
  view,
  mapping: options.mapping,
  partial: options.partial ?? false
})

/**
 * An asset by its default view, named before it is defined: for modules that import each other. The type of the asset
 * must be written there, since TypeScript cannot infer two values from each other.
 */
export const lazy = <const T extends Any>(asset: () => T, options: Options = {}): Input<Value<OutputOf<T>>, IoOf<T>> => ({
  _tag: "Input",
  asset,
  view: {
    name: "default",
    // The stored value of T, decoded by its own schema.
    read: (io, source) => defaultView(asset(), false).read(io, source) as Effect.Effect<Value<OutputOf<T>>, IoError>
  },
  mapping: options.mapping,
  partial: options.partial ?? false
})

/** All rows of the upstream partitions, as an array. */
export const rows = <const T extends Any>(asset: T, options?: Options): Input<ReadonlyArray<RowOf<T>>, IoOf<T>> =>
  make(asset, rowsView<RowOf<T>>(), options)

/** The rows of the upstream partitions one after another, in bounded memory. */
export const stream = <const T extends Any>(
  asset: T,
  options?: Options
): Input<Stream.Stream<RowOf<T>, IoError>, IoOf<T>> => make(asset, streamView<RowOf<T>>(), options)

/** The document of the one upstream cell. */
export const document = <const T extends Any>(asset: T, options?: Options): Input<Value<OutputOf<T>>, IoOf<T>> =>
  make(asset, documentView<Value<OutputOf<T>>>(), options)

/** The documents of the upstream partitions, by partition key. */
export const documents = <const T extends Any>(
  asset: T,
  options?: Options
): Input<ReadonlyMap<string, Value<OutputOf<T>>>, IoOf<T>> =>
  make(asset, documentsView<Value<OutputOf<T>>>(), options)

// The views below promise the type of the asset's schema for values that the IO manager decoded with that schema.
// This is the one place where stored data regains its type.

const rowsView = <Row>(): View<ReadonlyArray<Row>> => ({
  name: "rows",
  read: (io, source) => Effect.map(io.load(source), (loaded) => loaded.values as ReadonlyArray<Row>)
})

const streamView = <Row>(): View<Stream.Stream<Row, IoError>> => ({
  name: "stream",
  read: (io, source) => Effect.succeed(Stream.map(io.stream(source), (element) => element.value as Row))
})

const documentView = <A>(): View<A> => ({
  name: "document",
  read: (io, source) => Effect.map(io.load(source), (loaded) => loaded.values[0] as A)
})

const documentsView = <A>(): View<ReadonlyMap<string, A>> => ({
  name: "documents",
  read: (io, source) =>
    Effect.map(io.load(source), ({ partitions, values }) =>
      new Map(partitions.map((partition, i) => [partition, values[i] as A])))
})

/** The view of an asset that is given as an input by itself: its rows, its document, or the documents of all partitions. */
export const defaultView = (asset: Any, many: boolean): View<unknown> =>
  asset.output._tag === "Rows" ? rowsView() : many ? documentsView() : documentView()
