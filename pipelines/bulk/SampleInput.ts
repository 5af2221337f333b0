/** Writes files of invented records. */
import { Effect } from "effect"
import { ObjectStore } from "sluice"
import * as Sample from "./Sample.ts"
import * as SampleFile from "./SampleFile.ts"

export interface Wanted {
  readonly records: number
  readonly errorRate: number
  readonly format: SampleFile.Name
  readonly seed: number
  /** Records of one file; undefined: all in one. */
  readonly batchSize: number | undefined
  /** Ids are counted from here. Default 0. */
  readonly first?: number
}

/** Takes the next so many of what a generator draws. */
function* take<A>(drawn: Iterator<A>, count: number): Generator<A> {
  for (let i = 0; i < count; i++) {
    const next = drawn.next()
    if (next.done === true) return
    yield next.value
  }
}

/** Writes the records into a folder, or below a URI; gives the files. Each is there when it is whole. */
export const write = Effect.fn("bulk.sampleInput")(function*(folder: string, { batchSize, errorRate, first, format, records, seed }: Wanted) {
  const store = yield* ObjectStore
  const drawn = Sample.draw(records, errorRate, seed, SampleFile.flawsOf(format), first)
  const perFile = batchSize ?? Math.max(1, records)
  const count = Math.max(1, Math.ceil(records / perFile))
  const digits = String(count).length
  return yield* Effect.forEach(Array.from({ length: count }, (_, i) => i), (i) => {
    const name = count === 1 ? `records.${format}` : `records-${String(i + 1).padStart(digits, "0")}.${format}`
    return Effect.map(store.write(`${folder}/${name}`, SampleFile.bytes(format, take(drawn, perFile))), ({ uri }) => uri)
  })
})
