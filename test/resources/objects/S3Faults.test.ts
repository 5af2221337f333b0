/** What S3 does to its clients: bodies that break off or dawdle, servers that are busy, objects that change, bytes that are wrong. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Stream } from "effect"
import { ObjectStore } from "../../../resources/objects/ObjectStore.ts"
import type { Call } from "../../../simulators/s3/Call.ts"
import { header } from "../../../simulators/s3/Call.ts"
import * as Checksum from "../../../simulators/s3/Checksum.ts"
import { bytesOf, list, put, read, refusals, withS3 } from "./stores.ts"

const uri = "s3://lake/big.bin"
const mebibyte = 1024 * 1024

const gets = (calls: ReadonlyArray<Call>) => calls.filter(({ operation }) => operation === "GetObject")

describe("objects of an S3 that fails", () => {
  it.live("a body that breaks off again and again comes whole, each byte once, of one version", () =>
    withS3((s3) =>
      Effect.gen(function*() {
        const bytes = bytesOf(1_000_000)
        const { etag } = yield* put(uri, bytes)
        // More often than there are tries: each of them brings something.
        s3.setFaults(({ operation }, count) => operation === "GetObject" && count < 12 ? { _tag: "Cut", after: 70_000 + count } : undefined)
        assert.isTrue(bytes.equals(yield* read(uri)))
        const [first, ...later] = gets(s3.calls)
        assert.deepStrictEqual([header(first!, "range"), header(first!, "if-match")], [undefined, undefined])
        assert.strictEqual(later.length, 12)
        for (const call of later) {
          assert.match(header(call, "range") ?? "", /^bytes=[1-9]\d*-$/)
          assert.strictEqual(header(call, "if-match"), etag)
        }
        s3.setFaults(({ operation }, count) => operation === "GetObject" && count < 3 ? { _tag: "Cut", after: 100 } : undefined)
        assert.isTrue(bytes.subarray(500, 900_000).equals(yield* read(uri, { start: 500, end: 900_000 })))
      })
    ))

  it.live("a body that comes no further is asked for again; one that is slow is not", () =>
    withS3((s3) =>
      Effect.gen(function*() {
        const bytes = bytesOf(200_000)
        yield* put(uri, bytes)
        s3.setFaults(({ operation }, count) => operation === "GetObject" && count === 0 ? { _tag: "Stall", after: 30_000 } : undefined)
        assert.isTrue(bytes.equals(yield* read(uri)))
        assert.strictEqual(gets(s3.calls).length, 2)
        s3.setFaults(() => ({ _tag: "Slow", bytes: 20_000, millis: 10 }))
        assert.isTrue(bytes.equals(yield* read(uri)))
        assert.strictEqual(gets(s3.calls).length, 3)
      }), {}, { timeout: "1 second" }))

  it.live("an object that changes while its body is broken off is an error, not a mixture", () =>
    withS3((s3) =>
      Effect.gen(function*() {
        yield* put(uri, bytesOf(300_000))
        const other = { bytes: Buffer.alloc(300_000, 7), etag: "\"other\"", modifiedAt: new Date(), checksum: undefined, headers: {} }
        s3.setFaults(({ operation }, count) => {
          if (operation !== "GetObject") return undefined
          if (count > 0) s3.bucket("lake").put("big.bin", other)
          return count === 0 ? { _tag: "Cut", after: 100_000 } : undefined
        })
        const received: Array<Uint8Array> = []
        const store = yield* ObjectStore
        const error = yield* Effect.flip(Stream.runForEach(store.read(uri), (chunk) => Effect.sync(() => received.push(chunk))))
        assert.strictEqual(error.reason, "changed")
        assert.match(error.message, /replaced meanwhile; read it again from its beginning/)
        assert.isTrue(bytesOf(300_000).subarray(0, 100_000).equals(Buffer.concat(received)))
      })
    ))

  it.live("a server that is busy, fails, or hangs up is asked again", () =>
    withS3((s3) =>
      Effect.gen(function*() {
        const store = yield* ObjectStore
        const faults = [
          { _tag: "Error", code: "SlowDown" }, { _tag: "Error", code: "InternalError" }, { _tag: "Refuse" }, { _tag: "Lose" }
        ] as const
        s3.setFaults((_, count) => faults[count])
        yield* put(uri, "content")
        for (const act of [read(uri), store.stat(uri), list("s3://lake/"), store.delete(uri)]) {
          s3.setFaults((_, count) => faults[count])
          yield* act
        }
        assert.deepStrictEqual(yield* list("s3://lake/"), [])
      })
    ))

  it.live("what stays wrong is told in a sentence: a busy server, an archived object, a clock", () =>
    withS3((s3) =>
      Effect.gen(function*() {
        s3.setFaults(() => ({ _tag: "Error", code: "SlowDown" }))
        const [busy] = yield* refusals(read(uri))
        assert.deepStrictEqual([busy!.reason, busy!.transient], ["unavailable", true])
        assert.include(busy!.message, "to slow down (SlowDown)")
        // The first try and four more.
        assert.strictEqual(s3.calls.length, 5)
        s3.setFaults(() => ({ _tag: "Error", code: "InvalidObjectState" }))
        const [archived] = yield* refusals(read(uri))
        assert.match(archived!.message, /is archived \(S3 Glacier\).*restore it first/)
        s3.setFaults(() => ({ _tag: "Error", code: "RequestTimeTooSkewed" }))
        const [skewed] = yield* refusals(read(uri))
        assert.include(skewed!.message, "the clock of this machine is wrong")
      })
    ))

  it.live("bytes that do not fit their checksum are never taken for the object", () =>
    withS3((s3) =>
      Effect.gen(function*() {
        // As our own client stores them, and as S3 does where a writer gives no checksum; of few bytes none are given before it is known.
        for (const [algorithm, size] of [["crc32", 100_000], ["crc64nvme", 100_000], ["crc32", 5000]] as const) {
          const bytes = bytesOf(size)
          const checksum = { algorithm, value: Checksum.of(algorithm, bytes) }
          s3.bucket("lake").put("big.bin", { bytes, etag: "\"e\"", modifiedAt: new Date(), checksum, headers: {} })
          s3.setFaults(() => undefined)
          assert.isTrue(bytes.equals(yield* read(uri)))
          s3.setFaults(() => ({ _tag: "Damage" }))
          const [error] = yield* refusals(read(uri))
          assert.strictEqual(error!.reason, "unavailable")
          assert.include(error!.message, "do not fit the checksum")
        }
      })
    ))

  it.live("an upload in parts survives faults of every call, and one that fails leaves no parts", () =>
    withS3((s3) =>
      Effect.gen(function*() {
        const store = yield* ObjectStore
        const bytes = Buffer.concat([bytesOf(6 * mebibyte), Buffer.alloc(5 * mebibyte, 3)])
        const busy = { _tag: "Error", code: "SlowDown" } as const
        const faults = new Map([
          ["CreateMultipartUpload", [busy]],
          ["UploadPart", [busy, busy]],
          ["CompleteMultipartUpload", [{ _tag: "LateError", code: "InternalError" } as const, { _tag: "Lose" } as const]]
        ])
        s3.setFaults(({ operation }) => faults.get(operation)?.shift())
        const info = yield* store.write(uri, Stream.make(bytes))
        assert.deepStrictEqual([...faults.values()], [[], [], []])
        const [begun] = s3.calls
        assert.strictEqual(header(begun!, "x-amz-checksum-algorithm"), "CRC32")
        assert.deepStrictEqual([info.size, s3.bucket("lake").uploads.size], [bytes.length, 0])
        assert.isTrue(bytes.equals(s3.bucket("lake").get("big.bin")!.bytes))
        assert.match(info.etag, /-3"$/)
        s3.setFaults(({ operation, query }) =>
          operation === "UploadPart" && query.get("partNumber") === "2" ? { _tag: "Error", code: "AccessDenied" } : undefined)
        const [denied] = yield* refusals(store.write("s3://lake/other", Stream.make(bytes)))
        assert.strictEqual(denied!.reason, "denied")
        assert.strictEqual(s3.bucket("lake").uploads.size, 0)
        assert.deepStrictEqual(s3.bucket("lake").keys(), ["big.bin"])
      }), {}, { partBytes: 5 * mebibyte }))

  it.live("an upload that is interrupted ends soon, also when the server is too busy to begin or to end it", () =>
    withS3((s3) =>
      Effect.gen(function*() {
        const store = yield* ObjectStore
        const bytes = Stream.make(Buffer.alloc(11 * mebibyte))
        for (const busy of ["CreateMultipartUpload", "AbortMultipartUpload"]) {
          const from = s3.calls.length
          s3.setFaults(({ operation }) => operation === busy || operation === "UploadPart" ? { _tag: "Error", code: "SlowDown" } : undefined)
          const writing = yield* Effect.forkChild(store.write(uri, bytes))
          while (!s3.calls.slice(from).some(({ operation }) => operation === busy || operation === "UploadPart")) yield* Effect.sleep(5)
          yield* Fiber.interrupt(writing)
        }
        // It is known to the server before the answer is here. (The one before could not be ended.)
        const [from, before] = [s3.calls.length, s3.bucket("lake").uploads.size]
        s3.setFaults(({ operation }) => operation === "CreateMultipartUpload" ? { _tag: "Slow", bytes: 100, millis: 20 } : undefined)
        const writing = yield* Effect.forkChild(store.write(uri, bytes))
        while (!s3.calls.slice(from).some(({ operation }) => operation === "CreateMultipartUpload")) yield* Effect.sleep(1)
        yield* Fiber.interrupt(writing)
        assert.strictEqual(s3.bucket("lake").uploads.size, before)
        assert.deepStrictEqual(s3.bucket("lake").keys(), [])
      }), {}, { partBytes: 5 * mebibyte, timeout: "1 second", retry: { times: 4, base: "20 seconds" } }))

  it.live("a reader that has enough closes its connection", () =>
    withS3((s3) =>
      Effect.gen(function*() {
        const store = yield* ObjectStore
        s3.bucket("lake").put("big.bin", { bytes: Buffer.alloc(64 * mebibyte), etag: "\"e\"", modifiedAt: new Date(), checksum: undefined, headers: {} })
        yield* Stream.runDrain(Stream.take(store.read(uri), 1))
        yield* Effect.promise(async () => {
          while (s3.connections() > 0) await new Promise((resolve) => setTimeout(resolve, 5))
        })
      })
    ))
})
