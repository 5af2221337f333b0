/** Uploads in parts to the stand-in for S3, by the AWS SDK: their rules, their checksums, their listings. */
import * as Sdk from "@aws-sdk/client-s3"
import { assert, describe, it } from "@effect/vitest"
import { codeOf, mebibyte, withClient } from "./client.ts"

const at = { Bucket: "lake", Key: "dir/a b+c/ü.bin" }

/** The calls of one upload. */
const callsOf = (client: Sdk.S3Client) => ({
  begin: async (more: Partial<Sdk.CreateMultipartUploadCommandInput> = { ChecksumAlgorithm: "CRC32" }) =>
    (await client.send(new Sdk.CreateMultipartUploadCommand({ ...at, ...more }))).UploadId!,
  part: async (UploadId: string, PartNumber: number, Body: Uint8Array, more: Partial<Sdk.UploadPartCommandInput> = {}): Promise<Sdk.CompletedPart> => {
    const { ChecksumCRC32, ETag } = await client.send(new Sdk.UploadPartCommand({ ...at, UploadId, PartNumber, Body, ...more }))
    return { PartNumber, ETag: ETag!, ...(ChecksumCRC32 === undefined ? {} : { ChecksumCRC32 }) }
  },
  complete: (UploadId: string, Parts: Array<Sdk.CompletedPart>, more: Partial<Sdk.CompleteMultipartUploadCommandInput> = {}) =>
    client.send(new Sdk.CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts }, ...more }))
})

const large = Buffer.alloc(5 * mebibyte, 1)

describe("uploads to the stand-in for S3", () => {
  it.live("have parts that are refused as S3 does, and become one object", () =>
    withClient(async (client, s3) => {
      const { begin, complete, part } = callsOf(client)
      const id = await begin()
      const [one, two, three] = [await part(id, 1, large), await part(id, 2, Buffer.alloc(10, 2)), await part(id, 7, Buffer.alloc(3, 3))]
      assert.strictEqual(await codeOf(complete(id, [one, two, three])), "EntityTooSmall")
      assert.strictEqual(await codeOf(complete(id, [two, one])), "InvalidPartOrder")
      assert.strictEqual(await codeOf(complete(id, [{ ...one, ETag: "\"x\"" }])), "InvalidPart")
      assert.strictEqual(await codeOf(complete(id, [{ ...one, ChecksumCRC32: two.ChecksumCRC32 }])), "InvalidPart")
      assert.strictEqual(await codeOf(complete(id, [{ PartNumber: 1, ETag: one.ETag }])), "InvalidRequest")
      assert.strictEqual(await codeOf(complete(id, [])), "MalformedXML")
      assert.strictEqual(await codeOf(part(id, 10_001, Buffer.alloc(1))), "InvalidArgument")
      assert.strictEqual(await codeOf(part(id, 8, Buffer.alloc(1), { ChecksumAlgorithm: "SHA256" })), "InvalidRequest")
      assert.strictEqual(await codeOf(client.send(new Sdk.GetObjectCommand(at))), "NoSuchKey")
      const { ETag } = await complete(id, [one, three])
      assert.match(ETag!, /^"[0-9a-f]{32}-2"$/)
      const { ChecksumType, ContentLength } = await client.send(new Sdk.HeadObjectCommand({ ...at, ChecksumMode: "ENABLED" }))
      assert.deepStrictEqual([ContentLength, ChecksumType], [5 * mebibyte + 3, "COMPOSITE"])
      const other = await begin()
      await client.send(new Sdk.AbortMultipartUploadCommand({ ...at, UploadId: other }))
      assert.strictEqual(await codeOf(part(other, 1, Buffer.alloc(1))), "NoSuchUpload")
      assert.strictEqual(s3.bucket("lake").uploads.size, 0)
    }))

  it.live("have a checksum of the whole object where nobody says of what, or somebody says so", () =>
    withClient(async (client) => {
      const { begin, complete, part } = callsOf(client)
      const whole = Buffer.concat([large, Buffer.from("end")])
      const checksums = async (id: string, more: Partial<Sdk.CompleteMultipartUploadCommandInput> = {}) => {
        await complete(id, [await part(id, 1, large), await part(id, 2, Buffer.from("end"))], more)
        const head = await client.send(new Sdk.HeadObjectCommand({ ...at, ChecksumMode: "ENABLED" }))
        return [head.ChecksumType, head.ChecksumCRC32, head.ChecksumCRC64NVME]
      }
      await client.send(new Sdk.PutObjectCommand({ ...at, Body: whole, ChecksumAlgorithm: "CRC64NVME" }))
      const { ChecksumCRC64NVME } = await client.send(new Sdk.HeadObjectCommand({ ...at, ChecksumMode: "ENABLED" }))
      const { ChecksumCRC32 } = await client.send(new Sdk.PutObjectCommand({ ...at, Body: whole, ChecksumAlgorithm: "CRC32" }))
      assert.deepStrictEqual(await checksums(await begin({})), ["FULL_OBJECT", undefined, ChecksumCRC64NVME])
      const said = { ChecksumAlgorithm: "CRC32", ChecksumType: "FULL_OBJECT" } as const
      assert.deepStrictEqual(await checksums(await begin(said), { ChecksumCRC32: ChecksumCRC32! }), ["FULL_OBJECT", ChecksumCRC32, undefined])
      assert.strictEqual(await codeOf(checksums(await begin(said), { ChecksumCRC32: "AAAAAA==" })), "BadDigest")
      assert.strictEqual(await codeOf(begin({ ChecksumAlgorithm: "SHA256", ChecksumType: "FULL_OBJECT" })), "InvalidRequest")
    }))

  it.live("take parts of objects that are there", () =>
    withClient(async (client, s3) => {
      const { begin, complete } = callsOf(client)
      await client.send(new Sdk.PutObjectCommand({ Bucket: "lake", Key: "source", Body: Buffer.concat([large, Buffer.from("0123456789")]) }))
      const id = await begin({})
      const copied = async (PartNumber: number, CopySourceRange: string) =>
        (await client.send(new Sdk.UploadPartCopyCommand({ ...at, UploadId: id, PartNumber, CopySource: "lake/source", CopySourceRange }))).CopyPartResult!.ETag!
      const ETags = [await copied(1, `bytes=0-${large.length - 1}`), await copied(2, `bytes=${large.length + 2}-${large.length + 4}`)]
      await complete(id, ETags.map((ETag, index) => ({ ETag, PartNumber: index + 1 })))
      assert.isTrue(s3.bucket("lake").get(at.Key)!.bytes.equals(Buffer.concat([large, Buffer.from("234")])))
    }))

  it.live("are listed with their parts, page by page", () =>
    withClient(async (client) => {
      const { begin, part } = callsOf(client)
      for (const Key of ["p/b", "p/a", "p/a", "p/deep/x", "q"]) await begin({ Key })
      const pages: Array<ReadonlyArray<string | undefined>> = []
      let marker: { readonly KeyMarker?: string; readonly UploadIdMarker?: string } | undefined = {}
      while (marker !== undefined) {
        const page: Sdk.ListMultipartUploadsCommandOutput = await client.send(
          new Sdk.ListMultipartUploadsCommand({ Bucket: "lake", Prefix: "p/", MaxUploads: 1, ...marker }))
        pages.push((page.Uploads ?? []).map(({ Key }) => Key))
        marker = page.IsTruncated === true ? { KeyMarker: page.NextKeyMarker!, UploadIdMarker: page.NextUploadIdMarker! } : undefined
      }
      assert.deepStrictEqual(pages, [["p/a"], ["p/a"], ["p/b"], ["p/deep/x"]])
      const folder = await client.send(new Sdk.ListMultipartUploadsCommand({ Bucket: "lake", Prefix: "p/", Delimiter: "/" }))
      assert.deepStrictEqual([folder.Uploads?.length, folder.CommonPrefixes], [3, [{ Prefix: "p/deep/" }]])
      const id = await begin()
      for (const number of [9, 2, 4]) await part(id, number, Buffer.alloc(number))
      const parts = await client.send(new Sdk.ListPartsCommand({ ...at, UploadId: id, PartNumberMarker: "2", MaxParts: 1 }))
      assert.deepStrictEqual([parts.Parts?.map(({ PartNumber, Size }) => [PartNumber, Size]), parts.IsTruncated, parts.NextPartNumberMarker], [[[4, 4]], true, "4"])
    }))
})
