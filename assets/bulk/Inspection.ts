/** A look at the beginning of each file before anything is begun: what cannot be sent is told in one sentence. */
import { Data, Effect, Schema, Stream } from "effect"
import { Format, type FormatError, type ObjectInfo, ObjectStore, type ObjectStoreError } from "sluice"
import * as Files from "./Files.ts"
import * as Kind from "./Kind.ts"

/** A file whose records cannot be sent; one sentence. */
export class BadInput extends Data.TaggedError("BadInput")<{ readonly message: string }> {}

export interface Inspected {
  /** Of a text that is not packed, as far as its first records tell. */
  readonly bytesPerRecord: number | undefined
}

/** So many records of a file are looked at, good or bad. */
const most = 100

/** Files that are looked at at a time. */
const concurrency = 16

interface Looked {
  readonly file: ObjectInfo
  /** The names of the columns of the records that can be read. */
  readonly columns: ReadonlySet<string>
  readonly good: number
  readonly firstBad: Format.BadRecord | undefined
  /** Undefined where bytes of the content are not those of the file. */
  readonly bytesPerRecord: number | undefined
}

/** What is known of a file that can be sent. */
interface Found extends Inspected {
  /** Not even a bad one. */
  readonly hasNone: boolean
}

class Enough extends Data.TaggedError("Enough") {}

const packed = /\.(gz|gzip|zst|zstd)$/i

const lookAtText = Effect.fnUntraced(function*(file: ObjectInfo, format: Format.TextFormat<Kind.AnyRecord>) {
  const store = yield* ObjectStore
  const columns = new Set<string>()
  let [good, bad, records, end] = [0, 0, 0, 0]
  let firstBad: Format.BadRecord | undefined
  const bytes = store.read(file.uri, { ifMatch: file.etag })
  // The bad ones of a piece of the file come before its good ones: what is known so far is of the pieces before.
  const deadLetters = (bads: ReadonlyArray<Format.BadRecord>) => {
    if (good === 0 && bad >= most) return Effect.fail(new Enough())
    firstBad ??= bads[0]
    bad += bads.length
    return Effect.void
  }
  const placed = Stream.take(format.readPlaced(bytes, { file: file.uri, onBadRecord: "collect", deadLetters }), most)
  yield* Stream.runForEach(placed, ({ place, value }) =>
    Effect.sync(() => {
      good++
      records = place.record + 1
      end = place.end ?? 0
      for (const name of Object.keys(value)) columns.add(name)
    })).pipe(Effect.catchTag("Enough", () => Effect.void))
  return { file, columns, good, firstBad, bytesPerRecord: good === 0 || packed.test(file.uri) ? undefined : end / records } satisfies Looked
})

/** One column of the first rows: the others may be large. Text is as good as any type: what is asked for is the column. */
const lookAtParquet = Effect.fnUntraced(function*(file: ObjectInfo, recordId: string) {
  const ranged = yield* Effect.flatMap(ObjectStore, (store) => store.ranged(file.uri, { ifMatch: file.etag }))
  const format = Format.parquet(Schema.Struct({ [recordId]: Schema.String }))
  const rows = Stream.take(format.read(ranged, { onBadRecord: "fail" }), 1)
  const count = yield* Effect.catchIf(Stream.runCount(rows), (error) => error._tag === "FormatError" && error.column === recordId, (error) => {
    const [, columns] = error._tag === "FormatError" ? /^the file has no such column; it has (.*)\.?$/.exec(error.reason) ?? [] : []
    return columns === undefined ? Effect.succeed(1) : lacks(file, recordId, columns)
  })
  return { bytesPerRecord: undefined, hasNone: count === 0 } satisfies Found
})

const refuse = (message: string) => Effect.fail(new BadInput({ message }))

const lacks = (file: ObjectInfo, recordId: string, columns: string): Effect.Effect<never, BadInput> =>
  refuse(`${file.uri} has no column "${recordId}", which is to name a record${columns === "" ? "" : `: it has ${columns}`}. RECORD_ID names another column.`)

const judge = ({ columns, file, firstBad, good }: Looked, recordId: string): Effect.Effect<void, BadInput> => {
  if (good > 0) {
    return columns.has(recordId) ? Effect.void : lacks(file, recordId, Array.from(columns).slice(0, 20).join(", "))
  }
  if (firstBad === undefined) return Effect.void
  const { column, line, raw, reason } = firstBad
  const place = [...line === undefined ? [] : [`line ${line}`], ...column === undefined ? [] : [`column "${column}"`]].join(", ")
  return refuse(`None of the first records of ${file.uri} can be read. The first one${place === "" ? "" : ` (${place})`}: ${reason}; it is ${JSON.stringify(raw.slice(0, 200))}.`)
}

/** Fails where there are no files, or no records in them, or where a file is of no format or without the column that names a record. */
export const inspect = Effect.fn("bulk.inspect")(function*(
  uri: string,
  recordId: string
): Effect.fn.Return<Inspected, BadInput | Files.NoFiles | FormatError | ObjectStoreError, ObjectStore> {
  const files = yield* Files.list(uri)
  const looked = yield* Effect.forEach(files, (file) =>
    Effect.gen(function*() {
      const format = yield* Kind.of(file)
      if (format.name === "parquet") return yield* lookAtParquet(file, recordId)
      const found = yield* lookAtText(file, format)
      yield* judge(found, recordId)
      return { bytesPerRecord: found.bytesPerRecord, hasNone: found.good === 0 && found.firstBad === undefined } satisfies Found
    }), { concurrency })
  if (looked.every(({ hasNone }) => hasNone)) return yield* refuse(`${uri} has no records: there is nothing to process.`)
  const known = looked.map(({ bytesPerRecord }) => bytesPerRecord).filter((one) => one !== undefined)
  return { bytesPerRecord: known.length === 0 ? undefined : known.reduce((sum, one) => sum + one, 0) / known.length }
})
