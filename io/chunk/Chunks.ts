/**
 * Large objects in chunks that are partitions: read in parallel, resumed, retried and backfilled like any others.
 *
 * ```ts
 * Chunks.cut("s3://in/orders/", Format.csv(Order), { bytes: "64 MiB" })   // Stream<Chunk>
 * Chunks.read(key, Format.csv(Order))                                     // Stream<Order>, of one chunk
 * ```
 */
export { Chunk } from "./Chunk.ts"
export { type AnyFormat, cut, type Options, type Source } from "./Cut.ts"
export { type Options as ReadOptions, read, readAll, readPlaced } from "./Read.ts"
export type { Size } from "./Size.ts"
