/** What a look at the input refuses before anything is begun: one sentence each, that names the file and what would be right. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Stream } from "effect"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { ObjectStore } from "sluice"
import { gzipSync, zstdCompressSync } from "node:zlib"
import * as Inspection from "../../../assets/bulk/Inspection.ts"
import * as Sample from "../../../pipelines/bulk/Sample.ts"
import * as SampleFile from "../../../pipelines/bulk/SampleFile.ts"
import * as S3 from "../../../simulators/s3/Simulator.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(path.join(tmpdir(), "sluice-inspect-"))),
  (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
)

const inspect = (uri: string, recordId = "id") => Effect.provide(Inspection.inspect(uri, recordId), ObjectStore.layer({ root: "/" }))

const parquet = Effect.map(
  Stream.runCollect(SampleFile.bytes("parquet", Sample.draw(50, 0, 1, SampleFile.flawsOf("parquet")))),
  (bytes) => Buffer.concat(bytes)
)

const file = (name: string, content: string | Uint8Array) =>
  Effect.map(temporary, (folder) => {
    writeFileSync(path.join(folder, name), content)
    return path.join(folder, name)
  })

/** Name, content, and what is said of it behind the name of the file. */
const refused: ReadonlyArray<readonly [string, string | Uint8Array, RegExp]> = [
  ["a.csv", "", /^ is empty: there is nothing to process\.$/],
  ["a.csv.gz", gzipSync(""), /^ is empty: there is nothing to process\.$/],
  ["a.json.zst", zstdCompressSync(""), /^ is empty: there is nothing to process\.$/],
  ["a.ndjson", "\n\n", /^ has no records: there is nothing to process\.$/],
  ["a.csv", "customer,amount\nAda,1\n", /^ has no column "id", which is to name a record: it has customer, amount\. RECORD_ID names another column\.$/],
  ["a.csv", "id;amount\n1;2\n", /^ has no column "id".*: it has id;amount\./],
  ["a.csv", "{\"id\":1}\n", /^, byte 0: the name says CSV, and the content is NDJSON; /],
  ["a.csv", "id,amount\n1\n2\n", /^ can be read\. The first one \(line 2\): expected 2 cells, found 1; it is "1"\.$/],
  ["a.csv.gz", gzipSync("id,amount\n1,2\n").subarray(0, 20), /^: the gzip data cannot be unpacked: it was cut off\.$/],
  ["a.ndjson", "{\"amount\":1}\n", /^ has no column "id".*: it has amount\./],
  ["a.ndjson", "{\"id\":1\n{\"id\":\n", /^ can be read\. The first one \(line 1\): .*; it is "\{\\"id\\":1"\.$/],
  ["a.json", "[", /^, line 1, byte 1: the file ends within the array; it was cut off\.$/],
  ["a.parquet", "PAR1 and nothing else", /^: the file begins as Parquet and does not end as such: it was cut off, or is still being written\.$/],
  ["a.bin", Buffer.from([1, 2, 3]), /^: neither its name nor its content tells what it is; /]
]

describe("a look at the input", () => {
  it.live("refuses what cannot be sent", () =>
    Effect.forEach(refused, ([name, content, expected]) =>
      Effect.gen(function*() {
        const uri = yield* file(name, content)
        const { message } = yield* Effect.flip(inspect(uri))
        assert.include(message, uri)
        assert.match(message.slice(message.indexOf(uri) + uri.length), expected)
      })))

  it.live("takes every format, reads no more than the beginning, and passes over empty files", () =>
    Effect.gen(function*() {
      const folder = yield* temporary
      for (const format of SampleFile.formats) {
        const drawn = Sample.draw(300, 0.1, 1, SampleFile.flawsOf(format))
        writeFileSync(path.join(folder, `a.${format}`), Buffer.concat(yield* Stream.runCollect(SampleFile.bytes(format, drawn))))
      }
      writeFileSync(path.join(folder, "empty.csv"), "")
      writeFileSync(path.join(folder, "part-0007.csv.gz"), gzipSync(""))
      writeFileSync(path.join(folder, "blank.ndjson"), "\n")
      writeFileSync(path.join(folder, "mostly-bad.csv"), `id,amount\n${"1\n".repeat(2000)}1,2\n`)
      // What is wrong with it comes later than a look goes.
      writeFileSync(path.join(folder, "late.json"), `[${"{\"id\":1},".repeat(200)}`)
      const { bytesPerRecord } = yield* inspect(`${folder}/`)
      assert.isAbove(bytesPerRecord ?? 0, 20)
      mkdirSync(path.join(folder, "none"))
      writeFileSync(path.join(folder, "none", "empty.csv"), "")
      assert.match((yield* Effect.flip(inspect(`${folder}/none/`))).message, /^The only file of .* is empty: /)
      mkdirSync(path.join(folder, "nothing"))
      for (const uri of [`${folder}/nothing`, `${folder}/nothing/`]) {
        assert.strictEqual((yield* Effect.flip(inspect(uri))).message, `${uri} has no files: there is nothing to process.`)
      }
    }))

  it.live("names a column that a Parquet file has not, and a footer that is broken", () =>
    Effect.gen(function*() {
      const bytes = yield* parquet
      const uri = yield* file("a.parquet", bytes)
      yield* inspect(uri)
      assert.match((yield* Effect.flip(inspect(uri, "number"))).message, /a\.parquet has no column "number", which is to name a record: it has id, customer, amount, created_at, note\. RECORD_ID/)
      const broken = yield* file("b.parquet", bytes.fill(255, bytes.length - 40, bytes.length - 8))
      assert.match((yield* Effect.flip(inspect(broken))).message, /b\.parquet/)
    }))

  it.live("tells a bucket that is missing from a key that is missing, and both from one that is denied", () =>
    Effect.gen(function*() {
      const s3 = yield* S3.make({ buckets: ["records"], denies: ({ key }) => key.startsWith("secret") })
      const store = ObjectStore.layer({
        s3: {
          endpoint: s3.url,
          region: s3.region,
          credentials: { accessKeyId: s3.identity.accessKeyId, secretAccessKey: Redacted.make(s3.identity.secretAccessKey) }
        }
      })
      const said = (uri: string) => Effect.map(Effect.flip(Effect.provide(Inspection.inspect(uri, "id"), store)), ({ message }) => message)
      for (const [uri, what] of [["s3://nowhere/a.csv", /bucket nowhere/], ["s3://records/a.csv", /s3:\/\/records\/a\.csv/], ["s3://records/secret.csv", /denied|may not|not allowed/i]] as const) {
        const message = yield* said(uri)
        assert.match(message, what)
        assert.notInclude(message, "\n")
      }
    }))
})
