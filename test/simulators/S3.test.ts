/** The stand-in for S3 against the real SDK: streamed uploads with checksums, parts, conditions, ranges, errors. */
import * as Sdk from "@aws-sdk/client-s3"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { request } from "node:http"
import { Readable } from "node:stream"
import * as S3 from "../../simulators/s3/Simulator.ts"

const at = { Bucket: "lake", Key: "dir/a b+c/ü.bin" }
const mebibyte = 1024 * 1024

const withClient = (use: (client: Sdk.S3Client, s3: S3.Simulator) => Promise<void>) =>
  Effect.scoped(Effect.gen(function*() {
    const s3 = yield* S3.make({ buckets: ["lake"] })
    const client = yield* Effect.acquireRelease(
      Effect.sync(() => new Sdk.S3Client({ endpoint: s3.url, region: s3.region, credentials: s3.identity, forcePathStyle: true, maxAttempts: 1 })),
      (made) => Effect.sync(() => made.destroy())
    )
    yield* Effect.promise(() => use(client, s3))
  }))

const codeOf = (act: Promise<unknown>): Promise<string> =>
  act.then(() => "none", (error: unknown) => error instanceof Error ? error.name : "unknown")

describe("the stand-in for S3", () => {
  it.live("takes streams in signed chunks with a checksum behind them, and gives the checksum back", () =>
    withClient(async (client, s3) => {
      const bytes = Buffer.alloc(300_000, "streamed ")
      const body = Readable.from([bytes.subarray(0, 70_000), bytes.subarray(70_000)])
      for (const ChecksumAlgorithm of ["CRC32", "CRC32C", "SHA1", "SHA256"] as const) {
        const stream = ChecksumAlgorithm === "CRC32" ? body : Readable.from([bytes])
        await client.send(new Sdk.PutObjectCommand({ ...at, Body: stream, ContentLength: bytes.length, ChecksumAlgorithm, Metadata: { colour: "blue" } }))
        const call = s3.calls.at(-1)!
        assert.include(String(call.headers["x-amz-content-sha256"]), "STREAMING-", ChecksumAlgorithm)
        assert.isTrue(s3.bucket("lake").get(at.Key)!.bytes.equals(bytes), ChecksumAlgorithm)
        assert.strictEqual(s3.bucket("lake").get(at.Key)!.checksum?.algorithm, ChecksumAlgorithm.toLowerCase())
      }
      const got = await client.send(new Sdk.GetObjectCommand(at))
      assert.isTrue(Buffer.from(await got.Body!.transformToByteArray()).equals(bytes))
      assert.deepStrictEqual([got.Metadata, got.ContentLength, got.ETag], [{ colour: "blue" }, 300_000, s3.bucket("lake").get(at.Key)!.etag])
      assert.strictEqual(await codeOf(client.send(new Sdk.PutObjectCommand({ ...at, Body: "x", ChecksumCRC32: "AAAAAA==" }))), "BadDigest")
    }))

  it.live("refuses parts as S3 does, and makes one object of them", () =>
    withClient(async (client, s3) => {
      const begin = async () => (await client.send(new Sdk.CreateMultipartUploadCommand({ ...at, ChecksumAlgorithm: "CRC32" }))).UploadId!
      const part = async (UploadId: string, PartNumber: number, Body: Uint8Array) => {
        const { ChecksumCRC32, ETag } = await client.send(new Sdk.UploadPartCommand({ ...at, UploadId, PartNumber, Body }))
        return { PartNumber, ETag: ETag!, ChecksumCRC32: ChecksumCRC32! }
      }
      const complete = (UploadId: string, Parts: Array<Sdk.CompletedPart>) =>
        client.send(new Sdk.CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts } }))
      const id = await begin()
      const [one, two, three] = [await part(id, 1, Buffer.alloc(5 * mebibyte, 1)), await part(id, 2, Buffer.alloc(10, 2)), await part(id, 7, Buffer.alloc(3, 3))]
      assert.strictEqual(await codeOf(complete(id, [one, two, three])), "EntityTooSmall")
      assert.strictEqual(await codeOf(complete(id, [two, one])), "InvalidPartOrder")
      assert.strictEqual(await codeOf(complete(id, [{ ...one, ETag: "\"x\"" }])), "InvalidPart")
      assert.strictEqual(await codeOf(complete(id, [{ ...one, ChecksumCRC32: two.ChecksumCRC32 }])), "InvalidPart")
      assert.strictEqual(await codeOf(complete(id, [{ PartNumber: 1, ETag: one.ETag }])), "InvalidRequest")
      assert.strictEqual(await codeOf(client.send(new Sdk.GetObjectCommand(at))), "NoSuchKey")
      const parts = await client.send(new Sdk.ListPartsCommand({ ...at, UploadId: id }))
      assert.deepStrictEqual(parts.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size]), [[1, 5 * mebibyte], [2, 10], [7, 3]])
      const { ETag } = await complete(id, [one, three])
      assert.match(ETag!, /^"[0-9a-f]{32}-2"$/)
      assert.strictEqual((await client.send(new Sdk.HeadObjectCommand(at))).ContentLength, 5 * mebibyte + 3)
      // The SDK sends a checksum with each part, be it said or not.
      const unsaid = await client.send(new Sdk.CreateMultipartUploadCommand(at))
      assert.strictEqual(await codeOf(part(unsaid.UploadId!, 1, Buffer.alloc(1))), "InvalidRequest")
      await client.send(new Sdk.AbortMultipartUploadCommand({ ...at, UploadId: unsaid.UploadId! }))
      const other = await begin()
      await client.send(new Sdk.AbortMultipartUploadCommand({ ...at, UploadId: other }))
      assert.strictEqual(await codeOf(part(other, 1, Buffer.alloc(1))), "NoSuchUpload")
      assert.strictEqual(s3.bucket("lake").uploads.size, 0)
    }))

  it.live("knows ranges, conditions, common prefixes, and the deletion of many", () =>
    withClient(async (client) => {
      for (const Key of ["a/1", "a/2", "a/b/3", "c"]) await client.send(new Sdk.PutObjectCommand({ Bucket: "lake", Key, Body: "0123456789" }))
      const get = (more: Partial<Sdk.GetObjectCommandInput>) => client.send(new Sdk.GetObjectCommand({ Bucket: "lake", Key: "a/1", ...more }))
      const text = async (Range: string) => (await get({ Range })).Body!.transformToString()
      assert.deepStrictEqual([await text("bytes=2-4"), await text("bytes=7-"), await text("bytes=-2"), await text("bytes=8-99")], ["234", "789", "89", "89"])
      assert.strictEqual((await get({ Range: "bytes=2-4" })).ContentRange, "bytes 2-4/10")
      assert.strictEqual(await codeOf(get({ Range: "bytes=10-" })), "InvalidRange")
      assert.strictEqual(await codeOf(get({ IfMatch: "\"other\"", Range: "bytes=10-" })), "PreconditionFailed")
      assert.strictEqual(await codeOf(client.send(new Sdk.PutObjectCommand({ Bucket: "lake", Key: "c", Body: "x", IfNoneMatch: "*" }))), "PreconditionFailed")
      const page = (token?: string) =>
        client.send(new Sdk.ListObjectsV2Command({ Bucket: "lake", Prefix: "a/", Delimiter: "/", MaxKeys: 2, ...(token === undefined ? {} : { ContinuationToken: token }) }))
      const first = await page()
      assert.deepStrictEqual([first.Contents?.map(({ Key }) => Key), first.IsTruncated, first.KeyCount], [["a/1", "a/2"], true, 2])
      const second = await page(first.NextContinuationToken)
      assert.deepStrictEqual([second.CommonPrefixes, second.Contents, second.IsTruncated], [[{ Prefix: "a/b/" }], undefined, false])
      await client.send(new Sdk.CopyObjectCommand({ Bucket: "lake", Key: "copy", CopySource: "lake/a/1" }))
      await client.send(new Sdk.DeleteObjectsCommand({ Bucket: "lake", Delete: { Objects: [{ Key: "a/1" }, { Key: "a/b/3" }, { Key: "not there" }] } }))
      const left = await client.send(new Sdk.ListObjectsV2Command({ Bucket: "lake" }))
      assert.deepStrictEqual(left.Contents?.map(({ Key }) => Key), ["a/2", "c", "copy"])
    }))

  it.live("answers nobody who has not signed", () =>
    withClient(async (_, s3) => {
      const answered = await new Promise<string>((resolve, reject) => {
        request(`${s3.url}/lake/c`, (response) => {
          response.setEncoding("utf8")
          let body = String(response.statusCode)
          response.on("data", (chunk: string) => void (body += chunk)).on("end", () => resolve(body))
        }).on("error", reject).end()
      })
      assert.match(answered, /^403<\?xml[^]*<Error><Code>AccessDenied<\/Code>/)
    }))
})
