/** Buckets of the stand-in for S3, by the AWS SDK: their listings, and who may call. */
import * as Sdk from "@aws-sdk/client-s3"
import { assert, describe, it } from "@effect/vitest"
import { Agent, request } from "node:http"
import { codeOf, withClient } from "./client.ts"

const list = new Sdk.ListObjectsV2Command({ Bucket: "lake" })

describe("buckets of the stand-in for S3", () => {
  it.live("are made, found and removed", () =>
    withClient(async (client) => {
      await client.send(new Sdk.CreateBucketCommand({ Bucket: "new" }))
      const { Buckets } = await client.send(new Sdk.ListBucketsCommand({}))
      assert.deepStrictEqual(Buckets?.map(({ Name }) => Name), ["lake", "new"])
      assert.strictEqual((await client.send(new Sdk.GetBucketLocationCommand({ Bucket: "new" }))).LocationConstraint, undefined)
      await client.send(new Sdk.PutObjectCommand({ Bucket: "new", Key: "a", Body: "a" }))
      assert.strictEqual(await codeOf(client.send(new Sdk.DeleteBucketCommand({ Bucket: "new" }))), "BucketNotEmpty")
      await client.send(new Sdk.DeleteObjectCommand({ Bucket: "new", Key: "a" }))
      await client.send(new Sdk.DeleteBucketCommand({ Bucket: "new" }))
      assert.strictEqual(await codeOf(client.send(new Sdk.HeadBucketCommand({ Bucket: "new" }))), "NotFound")
      assert.strictEqual(await codeOf(client.send(new Sdk.CreateBucketCommand({ Bucket: "Not_A_Name" }))), "InvalidBucketName")
    }))

  it.live("are listed with common prefixes, and lose many objects at once", () =>
    withClient(async (client) => {
      for (const Key of ["a/1", "a/2", "a/b/3", "c"]) await client.send(new Sdk.PutObjectCommand({ Bucket: "lake", Key, Body: "0123456789" }))
      const page = (token?: string) =>
        client.send(new Sdk.ListObjectsV2Command({ Bucket: "lake", Prefix: "a/", Delimiter: "/", MaxKeys: 2, ...(token === undefined ? {} : { ContinuationToken: token }) }))
      const first = await page()
      assert.deepStrictEqual([first.Contents?.map(({ Key }) => Key), first.IsTruncated, first.KeyCount], [["a/1", "a/2"], true, 2])
      const second = await page(first.NextContinuationToken)
      assert.deepStrictEqual([second.CommonPrefixes, second.Contents, second.IsTruncated], [[{ Prefix: "a/b/" }], undefined, false])
      await client.send(new Sdk.DeleteObjectsCommand({ Bucket: "lake", Delete: { Objects: [{ Key: "a/1" }, { Key: "a/b/3" }, { Key: "not there" }] } }))
      const left = await client.send(list)
      assert.deepStrictEqual(left.Contents?.map(({ Key }) => Key), ["a/2", "c"])
    }))

  it.live("answer nobody who has not signed", () =>
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

  it.live("answer nobody with another token, or at another time", () =>
    withClient(async (client, { identity, region, url }) => {
      await client.send(list)
      const refused = async (settings: Sdk.S3ClientConfig) => {
        const other = new Sdk.S3Client({ endpoint: url, region, credentials: identity, forcePathStyle: true, maxAttempts: 1, ...settings })
        return codeOf(other.send(list)).finally(() => other.destroy())
      }
      const { accessKeyId, secretAccessKey } = identity
      assert.strictEqual(await refused({ credentials: { ...identity, sessionToken: "another" } }), "InvalidToken")
      assert.strictEqual(await refused({ credentials: { accessKeyId, secretAccessKey } }), "InvalidToken")
      assert.strictEqual(await refused({ systemClockOffset: 16 * 60_000 }), "RequestTimeTooSkewed")
      assert.strictEqual(await refused({ systemClockOffset: 14 * 60_000 }), "none")
    }, { identity: { accessKeyId: "me", secretAccessKey: "secret", sessionToken: "token" } }))

  it.live("are found by the name of their host", () =>
    withClient(async (_, { identity, region, url }) => {
      const httpAgent = new Agent({ lookup: (_, __, done) => done(null, [{ address: "127.0.0.1", family: 4 }]) })
      const client = new Sdk.S3Client({ endpoint: url.replace("127.0.0.1", "localhost"), region, credentials: identity, requestHandler: { httpAgent } })
      await client.send(new Sdk.PutObjectCommand({ Bucket: "lake", Key: "a/b c", Body: "a" }))
      assert.deepStrictEqual((await client.send(list)).Contents?.map(({ Key }) => Key), ["a/b c"])
      client.destroy()
    }))
})
