/** Inputs of invented records: a bucket for the demo, a file for `--num-records`. */
import { Effect, Option } from "effect"
import { resolve } from "node:path"
import { Cli, ObjectStore } from "sluice"
import { type Bucket, StandIns } from "../../resources/bulk/Source.ts"
import * as SampleFile from "./SampleFile.ts"
import * as SampleInput from "./SampleInput.ts"

export interface Wanted {
  readonly numRecords: number | undefined
  readonly errorRate: number | undefined
}

const demo = { records: 2000, errorRate: 0.02 }

/** Fills a stand-in of S3 that lives as long as the scope: a file of each format, each with its share of the records. */
export const bucket = Effect.fn("bulk.demo")(function*({ errorRate = demo.errorRate, numRecords = demo.records }: Wanted) {
  const { bucket } = yield* Cli.withResources(StandIns)
  const opened = yield* bucket
  if (opened === undefined) {
    return yield* new Cli.Refusal({ message: "--demo needs a stand-in of S3, which this deployment's main.ts gives nobody." })
  }
  const share = Math.ceil(numRecords / SampleFile.formats.length)
  const files = SampleFile.formats.map((format, i) => ({
    format,
    records: Math.max(0, Math.min(share, numRecords - i * share)),
    errorRate,
    seed: i + 1,
    batchSize: undefined,
    first: i * share
  }))
  yield* Cli.withResources(Effect.forEach(files, (file) => SampleInput.write(`${opened.uri}/demo`, file), { discard: true })).pipe(
    Cli.withSettings(opened.settings)
  )
  return { uri: `${opened.uri}/demo/`, settings: opened.settings } satisfies Bucket
})

/** A file below `.sluice`. One of as many records, and as many bad ones, that was asked for before is gone on with. */
export const file = Effect.fn("bulk.invented")(function*(records: number, errorRate = 0) {
  const folder = resolve(".sluice", "bulk", `${records}-records-${errorRate}`)
  const store = yield* ObjectStore
  const there = yield* Effect.option(store.stat(`${folder}/records.csv`))
  if (Option.isSome(there)) return there.value.uri
  const [written] = yield* SampleInput.write(folder, { records, errorRate, format: "csv", seed: 1, batchSize: undefined })
  return written
})
