/** An asset of its own for each test of IO managers, and its place prepared. */
import { Effect, Stream } from "effect"
import type * as Io from "../../engine/definition/Io.ts"
import type { Output } from "../../engine/definition/Output.ts"

let assets = 0
/** An asset of its own for each test; all tests of a suite share one database. */
export const stored = (output: Output, partitioned = true): Io.Stored => ({ key: `league_${++assets}/games`, output, partitioned })

export const prepared = Effect.fnUntraced(function*<IO>(tag: Io.Key<IO>, output: Output, partitioned = true) {
  const io = yield* tag
  const asset = stored(output, partitioned)
  yield* io.prepare(asset)
  return {
    io,
    asset,
    cell: (partition: string, value: unknown): Io.CellWrite => ({ asset, partition, value }),
    write: (partition: string, value: unknown) => Effect.map(io.write([{ asset, partition, value }]), ([w]) => w),
    all: Effect.map(io.load({ asset, partitions: "all" }), (loaded) => loaded.values),
    load: (partitions: Io.Source["partitions"]) => io.load({ asset, partitions }),
    stream: (partitions: Io.Source["partitions"]) => Stream.runCollect(io.stream({ asset, partitions }))
  }
})
