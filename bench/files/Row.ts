/** The rows of the benchmark of files: ten columns of five kinds, with quotes, line ends, other scripts and nulls. */
import { Effect, Schema, Stream } from "effect"
import { once } from "node:events"
import { createWriteStream, renameSync } from "node:fs"
import { Format } from "../../index.ts"

export const Row = Schema.Struct({
  id: Schema.Int, user_id: Schema.Int, name: Schema.NullOr(Schema.String), email: Schema.String, country: Schema.String,
  amount: Schema.Number, qty: Schema.Int, score: Schema.NullOr(Schema.Number), created_at: Schema.Date, active: Schema.Boolean
})

const names = ["Ada", "a \"quoted\" name, with a comma", "two\nlines", "山田太郎 🎉", null, "Grace Hopper", "Edsger", "Barbara"]

const row = (id: number): typeof Row.Type => ({
  id, user_id: (id * 7919) % 100_003, name: names[id % 8] ?? null, email: `user${id}@example.com`, country: ["DE", "US", "FR"][id % 3] ?? "DE",
  amount: (id % 100_000) / 100, qty: id % 17, score: id % 20 === 0 ? null : Math.sin(id), created_at: new Date(1_700_000_000_000 + id * 1000), active: id % 2 === 0
})

/** Parquet packs these rows into 14 bytes each; with 200 characters that cannot be packed, a gigabyte has as many rows as one of CSV has. */
const Wide = Schema.Struct({ ...Row.fields, payload: Schema.String })

const noise = new Uint32Array(38)
const noiseBytes = Buffer.from(noise.buffer, 0, 150)

/** Characters out of a generator (xorshift) that begins with the row's number. */
const payload = (id: number): string => {
  let state = Math.imul(id + 1, 2654435761) | 1
  for (let i = 0; i < noise.length; i++) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    noise[i] = state
  }
  return noiseBytes.toString("base64")
}

export const formats = { csv: Format.csv(Row), ndjson: Format.ndjson(Row), json: Format.jsonArray(Row), parquet: Format.parquet(Wide) }

export type Name = keyof typeof formats

/** So many rows are a gigabyte. */
export const rowsOf: Readonly<Record<Name, number>> = { csv: 9_500_000, ndjson: 4_600_000, json: 4_600_000, parquet: 6_600_000 }

/** The records of a file. */
export const read = (name: Name, path: string) =>
  Stream.unwrap(Effect.map(Format.ofFile(path), (file) =>
    name === "parquet" ? formats.parquet.read(file) : formats[name].read(Format.bytesOf(file), { file: path })))

/** Writes rows to a file. */
export const save = async <A>(rows: (id: number) => A, bytes: (rows: Stream.Stream<A>) => Stream.Stream<Uint8Array, unknown>, count: number, path: string) => {
  // What was not written to its end is not taken for the file.
  const part = `${path}.part`
  const file = createWriteStream(part)
  const source = Stream.rechunk(Stream.map(Stream.range(0, count - 1), rows), 4096)
  await Effect.runPromise(Stream.runForEach(bytes(source), (chunk) =>
    Effect.promise(async () => {
      if (!file.write(chunk)) await once(file, "drain")
    })))
  file.end()
  await once(file, "finish")
  renameSync(part, path)
}

/** Writes so many rows in a format. */
export const generate = (name: Name, count: number, path: string): Promise<void> =>
  name === "parquet"
    ? save((id) => ({ ...row(id), payload: payload(id) }), (rows) => formats.parquet.write(rows), count, path)
    : save(row, (rows) => formats[name].write(rows), count, path)
