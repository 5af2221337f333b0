/** Objects in the stand-in for S3, by the AWS SDK: checksums, ranges, conditions, copies, what is kept with them. */
import * as Sdk from "@aws-sdk/client-s3"
import { assert, describe, it } from "@effect/vitest"
import { Readable } from "node:stream"
import { codeOf, withClient } from "./client.ts"

const at = { Bucket: "lake", Key: "dir/a b+c/ü.bin" }

describe("objects in the stand-in for S3", () => {
  it.live("are taken in signed chunks with a checksum behind them, which comes back", () =>
    withClient(async (client, s3) => {
      const bytes = Buffer.alloc(300_000, "streamed ")
      const body = Readable.from([bytes.subarray(0, 70_000), bytes.subarray(70_000)])
      for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const) {
        const stream = ChecksumAlgorithm === "CRC32" ? body : Readable.from([bytes])
        await client.send(new Sdk.PutObjectCommand({ ...at, Body: stream, ContentLength: bytes.length, ChecksumAlgorithm, Metadata: { colour: "blue" } }))
        const call = s3.calls.at(-1)!
        assert.include(String(call.headers["x-amz-content-sha256"]), "STREAMING-", ChecksumAlgorithm)
        assert.isTrue(s3.bucket("lake").get(at.Key)!.bytes.equals(bytes), ChecksumAlgorithm)
        assert.strictEqual(s3.bucket("lake").get(at.Key)!.checksum?.algorithm, ChecksumAlgorithm.toLowerCase())
        // It is looked at by the SDK.
        const got = await client.send(new Sdk.GetObjectCommand({ ...at, ChecksumMode: "ENABLED" }))
        assert.isTrue(Buffer.from(await got.Body!.transformToByteArray()).equals(bytes))
        assert.deepStrictEqual([got.Metadata, got.ContentLength, got.ETag], [{ colour: "blue" }, 300_000, s3.bucket("lake").get(at.Key)!.etag])
      }
      const put = (more: Partial<Sdk.PutObjectCommandInput>) => client.send(new Sdk.PutObjectCommand({ ...at, Body: "123456789", ...more }))
      assert.strictEqual((await put({ ChecksumCRC64NVME: "rosUhgp5mIg=" })).ChecksumCRC64NVME, "rosUhgp5mIg=")
      assert.strictEqual(await codeOf(put({ ChecksumCRC64NVME: "AAAAAAAAAAA=" })), "BadDigest")
      assert.strictEqual(await codeOf(put({ ChecksumCRC32: "AAAAAA==" })), "BadDigest")
      assert.strictEqual(await codeOf(put({ ChecksumCRC32: "AAAA" })), "InvalidRequest")
      assert.strictEqual(await codeOf(put({ ContentMD5: "x" })), "InvalidDigest")
    }))

  it.live("have a checksum of S3's own where their writer gives none", () =>
    withClient(async (client) => {
      await client.send(new Sdk.PutObjectCommand({ ...at, Body: "123456789" }))
      const { ChecksumCRC64NVME, ChecksumType } = await client.send(new Sdk.HeadObjectCommand({ ...at, ChecksumMode: "ENABLED" }))
      assert.deepStrictEqual([ChecksumCRC64NVME, ChecksumType], ["rosUhgp5mIg=", "FULL_OBJECT"])
    }, {}, { requestChecksumCalculation: "WHEN_REQUIRED" }))

  it.live("are read by ranges, and only as the version that a condition names", () =>
    withClient(async (client, s3) => {
      const modifiedAt = new Date("2024-03-01T12:00:00.700Z")
      s3.bucket("lake").put("a", { bytes: Buffer.from("0123456789"), etag: "\"e\"", modifiedAt, checksum: undefined, headers: {} })
      const get = (more: Partial<Sdk.GetObjectCommandInput>) => client.send(new Sdk.GetObjectCommand({ Bucket: "lake", Key: "a", ...more }))
      const text = async (Range: string) => (await get({ Range })).Body!.transformToString()
      assert.deepStrictEqual([await text("bytes=2-4"), await text("bytes=7-"), await text("bytes=-2"), await text("bytes=8-99")], ["234", "789", "89", "89"])
      assert.deepStrictEqual([await text("bytes=4-2"), await text("bytes=0-1,4-5")], ["0123456789", "0123456789"])
      assert.strictEqual((await get({ Range: "bytes=2-4" })).ContentRange, "bytes 2-4/10")
      assert.strictEqual(await codeOf(get({ Range: "bytes=10-" })), "InvalidRange")
      assert.strictEqual(await codeOf(get({ IfMatch: "\"other\"", Range: "bytes=10-" })), "PreconditionFailed")
      const [before, same] = [new Date("2024-03-01T11:59:59Z"), new Date("2024-03-01T12:00:00Z")]
      const statusOf = (more: Partial<Sdk.GetObjectCommandInput>) =>
        get(more).then(() => 200, (error: Sdk.S3ServiceException) => error.$metadata.httpStatusCode)
      assert.deepStrictEqual(
        await Promise.all([
          { IfNoneMatch: "\"e\"" }, { IfModifiedSince: same }, { IfModifiedSince: before }, { IfNoneMatch: "\"x\"", IfModifiedSince: same },
          { IfUnmodifiedSince: before }, { IfUnmodifiedSince: same }, { IfMatch: "\"e\"", IfUnmodifiedSince: before }
        ].map(statusOf)),
        [304, 304, 200, 200, 412, 200, 200]
      )
    }))

  it.live("are written, replaced and deleted on conditions", () =>
    withClient(async (client) => {
      const put = (more: Partial<Sdk.PutObjectCommandInput>) => client.send(new Sdk.PutObjectCommand({ ...at, Body: "x", ...more }))
      assert.strictEqual(await codeOf(put({ IfMatch: "\"other\"" })), "NoSuchKey")
      const { ETag } = await put({ IfNoneMatch: "*" })
      assert.strictEqual(await codeOf(put({ IfNoneMatch: "*" })), "PreconditionFailed")
      assert.strictEqual(await codeOf(put({ IfMatch: "\"other\"" })), "PreconditionFailed")
      await put({ IfMatch: ETag! })
      assert.strictEqual(await codeOf(client.send(new Sdk.DeleteObjectCommand({ ...at, IfMatch: "\"other\"" }))), "PreconditionFailed")
      await client.send(new Sdk.DeleteObjectCommand({ ...at, IfMatch: ETag! }))
      assert.strictEqual(await codeOf(client.send(new Sdk.GetObjectCommand(at))), "NoSuchKey")
    }))

  it.live("keep what describes them, and are copied with it or without", () =>
    withClient(async (client, s3) => {
      const described = { ContentType: "text/csv", CacheControl: "no-cache", ContentEncoding: "gzip", Metadata: { colour: "blue" } }
      await client.send(new Sdk.PutObjectCommand({ ...at, Body: Readable.from([Buffer.from("x")]), ContentLength: 1, ...described }))
      const seen = async (Key: string) => {
        const { CacheControl, ContentEncoding, ContentType, Metadata } = await client.send(new Sdk.HeadObjectCommand({ Bucket: "lake", Key }))
        return { ContentType, CacheControl, ContentEncoding, Metadata }
      }
      assert.deepStrictEqual(await seen(at.Key), described)
      assert.strictEqual((await client.send(new Sdk.GetObjectCommand({ ...at, ResponseContentType: "text/plain" }))).ContentType, "text/plain")
      const copy = (Key: string, more: Partial<Sdk.CopyObjectCommandInput> = {}) =>
        client.send(new Sdk.CopyObjectCommand({ Bucket: "lake", Key, CopySource: `lake/${encodeURIComponent(at.Key)}`, ...more }))
      await copy("copy")
      assert.deepStrictEqual(await seen("copy"), described)
      await copy("other", { MetadataDirective: "REPLACE", Metadata: { colour: "red" } })
      assert.deepStrictEqual((await seen("other")).Metadata, { colour: "red" })
      assert.strictEqual(await codeOf(copy(at.Key)), "InvalidRequest")
      assert.strictEqual(await codeOf(copy("no", { CopySourceIfMatch: "\"other\"" })), "PreconditionFailed")
      assert.deepStrictEqual(s3.bucket("lake").keys(), ["copy", at.Key, "other"])
      // What is not known is refused, and not taken for something else: for the object, or for a new one.
      assert.strictEqual(await codeOf(client.send(new Sdk.GetObjectTaggingCommand(at))), "NotImplemented")
      assert.strictEqual(await codeOf(client.send(new Sdk.PutObjectTaggingCommand({ ...at, Tagging: { TagSet: [] } }))), "NotImplemented")
    }))
})
