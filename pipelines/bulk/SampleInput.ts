/** Writes files of invented records. */
import { Effect, Stream } from "effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { Cli, type FormatError } from "sluice"
import * as Sample from "./Sample.ts"
import * as SampleFile from "./SampleFile.ts"

export interface Wanted {
  readonly records: number
  readonly errorRate: number
  readonly format: SampleFile.Name
  readonly seed: number
  /** Records of one file; undefined: all in one. */
  readonly batchSize: number | undefined
}

/** Takes the next so many of what a generator draws. */
function* take<A>(drawn: Iterator<A>, count: number): Generator<A> {
  for (let i = 0; i < count; i++) {
    const next = drawn.next()
    if (next.done === true) return
    yield next.value
  }
}

/** Written beside and renamed, so that nobody reads half a file. */
const writeFile = (file: string, bytes: Stream.Stream<Uint8Array, FormatError>): Effect.Effect<void, FormatError | Cli.Refusal> =>
  Effect.gen(function*() {
    const refused = (cause: unknown) =>
      new Cli.Refusal({ message: `${file} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}.`, cause })
    const beside = `${file}.new`
    const descriptor = yield* Effect.acquireRelease(
      Effect.try({ try: () => fs.openSync(beside, "w"), catch: refused }),
      (opened) => Effect.sync(() => fs.closeSync(opened))
    )
    yield* Stream.runForEach(bytes, (chunk) => Effect.try({ try: () => void fs.writeSync(descriptor, chunk), catch: refused }))
    yield* Effect.try({ try: () => fs.renameSync(beside, file), catch: refused })
  }).pipe(Effect.scoped)

/** Writes the records into the folder; gives the files. */
export const write = Effect.fn("bulk.sampleInput")(function*(folder: string, { batchSize, errorRate, format, records, seed }: Wanted) {
  yield* Effect.try({
    try: () => fs.mkdirSync(folder, { recursive: true }),
    catch: (cause) => new Cli.Refusal({ message: `The folder ${folder} cannot be made: ${String(cause)}.`, cause })
  })
  const drawn = Sample.draw(records, errorRate, seed, SampleFile.flawsOf(format))
  const perFile = batchSize ?? Math.max(1, records)
  const count = Math.max(1, Math.ceil(records / perFile))
  const digits = String(count).length
  return yield* Effect.forEach(Array.from({ length: count }, (_, i) => i), (i) => {
    const name = count === 1 ? `records.${format}` : `records-${String(i + 1).padStart(digits, "0")}.${format}`
    const file = path.join(folder, name)
    return Effect.as(writeFile(file, SampleFile.bytes(format, take(drawn, perFile))), file)
  })
})
