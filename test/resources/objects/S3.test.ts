/** S3 alone: pages, what is refused and how it is told, and servers that know less of S3. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { ObjectStore, type ObjectStoreError } from "../../../resources/objects/ObjectStore.ts"
import * as S3 from "../../../simulators/s3/Simulator.ts"
import { list, optionsFor, put, read, refusals, withS3 } from "./stores.ts"

const secret = "do-not-print-this-secret"

/** A server that answers as it is told; gives its URL. */
const serverOf = (answer: (response: ServerResponse) => unknown) => {
  const server = createServer((_, response) => void answer(response))
  return Effect.acquireRelease(
    Effect.callback<string>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)))
    }),
    () => Effect.sync(() => (server.close(), server.closeAllConnections()))
  )
}

describe("objects in S3", () => {
  it.live("are listed in pages of 1,000, and a folder's pattern does not look into folders below", () =>
    withS3((s3) =>
      Effect.gen(function*() {
        const bucket = s3.bucket("lake")
        const object = { bytes: Buffer.alloc(0), etag: "\"e\"", modifiedAt: new Date(), checksum: undefined, headers: {} }
        for (let i = 0; i < 2500; i++) bucket.put(`p/${i}.csv`, object)
        for (let i = 0; i < 1500; i++) bucket.put(`p/deep/${i}.csv`, object)
        bucket.put("p/folder/", object)
        const found = yield* list("s3://lake/p/*.csv")
        assert.strictEqual(new Set(found).size, 2500)
        assert.strictEqual(found.length, 2500)
        assert.strictEqual(s3.calls.length, 3)
        assert.strictEqual((yield* list("s3://lake/p/")).length, 4000)
        assert.strictEqual(s3.calls.length, 3 + 5)
      })
    ))

  it.live("are refused in one sentence that says what to do, and never says the secret", () =>
    Effect.scoped(Effect.gen(function*() {
      const identity = { accessKeyId: "me", secretAccessKey: secret, sessionToken: "a-token" }
      const s3 = yield* S3.make({ buckets: ["lake"], identity, region: "eu-west-1", denies: ({ key }) => key.startsWith("private/") })
      const options = optionsFor(s3)
      const said = (uri: string, more: Partial<typeof options> = {}) =>
        Effect.map(
          Effect.provide(Effect.flatMap(ObjectStore, (store) => refusals(store.stat(uri), read(uri), put(uri, "x").pipe(Effect.andThen(read(`${uri}/none`))))), ObjectStore.layer({ s3: { ...options, ...more } })),
          (errors) => {
            for (const error of errors) assert.notInclude(JSON.stringify(error) + error.message + String(error.stack), secret)
            return errors.map(({ message, reason }) => `${reason}: ${message}`)
          }
        )
      for (const text of yield* said("s3://nowhere/a")) assert.match(text, /^missing: There is no bucket nowhere at http/)
      for (const text of yield* said("s3://lake/private/a")) assert.match(text, /^denied: Access was denied: s3:\/\/lake\/private.* they need s3:(Get|Put)Object on it/)
      const [missing] = yield* said("s3://lake/a")
      assert.match(missing!, /^missing: There is no object s3:\/\/lake\/a at http.*; check its key\.$/)
      for (const text of yield* said("s3://lake/b", { credentials: { accessKeyId: "you", secretAccessKey: Redacted.make(secret) } })) {
        assert.match(text, /^denied: .* did not accept the credentials .* \(InvalidAccessKeyId\); check AWS_ACCESS_KEY_ID/)
      }
      for (const text of yield* said("s3://lake/b", { credentials: { ...options.credentials!, secretAccessKey: Redacted.make(`${secret}x`) } })) {
        assert.include(text, "(SignatureDoesNotMatch)")
      }
      for (const text of yield* said("s3://lake/b", { credentials: { accessKeyId: "me", secretAccessKey: Redacted.make(secret) } })) {
        assert.match(text, /^denied: .*\(InvalidToken\); check .* AWS_SESSION_TOKEN/)
      }
      for (const text of yield* said("s3://lake/b", { region: "us-east-1" })) {
        assert.match(text, /^invalid: The bucket lake of .* is in the region eu-west-1; set AWS_REGION to it\.$/)
      }
      for (const text of yield* said("s3://lake/b", { endpoint: "http://user:do-not-print-this-secret@127.0.0.1:1" })) {
        assert.match(text, /^unavailable: No S3 server answers at http:\/\/127\.0\.0\.1:1 .*ECONNREFUSED.*check the endpoint/)
      }
      for (const text of yield* said("s3://lake/b", { endpoint: "localhost:9000" })) assert.match(text, /^invalid: The S3 endpoint is no URL/)
      for (const bad of ["s3://", "s3://lake", "s3://lake/", `s3://lake/${"k".repeat(1025)}`]) {
        const [error] = yield* Effect.provide(Effect.flatMap(ObjectStore, (store) => refusals(store.stat(bad))), ObjectStore.layer({ s3: options }))
        assert.strictEqual(error!.reason, "invalid")
      }
    })))

  it.live("of a server that knows less of S3 are right, or refused, and never a part of them for the whole", () =>
    Effect.scoped(Effect.gen(function*() {
      const answers: Array<(response: ServerResponse) => unknown> = []
      const url = yield* serverOf((response) => answers.shift()?.(response))
      const identity = { accessKeyId: "me", secretAccessKey: secret }
      const store = Effect.provide(ObjectStore.layer({ s3: optionsFor({ identity, region: "us-east-1", url }) }))
      const page = (rest: string) => (response: ServerResponse) =>
        response.end(`<ListBucketResult><Contents><Key>a+b%zz</Key><Size>1</Size></Contents>${rest}</ListBucketResult>`)
      const body = (range: string, text: string) => (response: ServerResponse) =>
        response.writeHead(206, { "content-range": range, "content-length": text.length, etag: "\"1\"" }).end(text)

      answers.push(page("<IsTruncated>false</IsTruncated><NextContinuationToken>x</NextContinuationToken>"))
      assert.deepStrictEqual(yield* store(list("s3://lake/")), ["s3://lake/a+b%zz"])
      answers.push(page("<IsTruncated>true</IsTruncated>"))
      const [cut] = yield* store(refusals(list("s3://lake/")))
      assert.match(cut!.message, /^http.* lists only a part of s3:\/\/lake\/, and not how to ask for the rest/)
      answers.push(body("bytes 2-4/100", "abc"))
      const [short] = yield* store(refusals(read("s3://lake/k", { start: 2, end: 50 })))
      assert.match(short!.message, /sends other bytes of s3:\/\/lake\/k than it is asked for/)
      answers.push(
        (response) =>
          response.writeHead(206, { "content-range": "bytes 2-99/100", "content-length": 98, etag: "\"1\"" }).write("abc", () => response.destroy()),
        (response) => response.writeHead(416).end()
      )
      const [shrunk] = yield* store(refusals(read("s3://lake/k", { start: 2 })))
      assert.strictEqual(shrunk!.reason, "changed")
      answers.push((response) =>
        response.writeHead(206, { "content-range": "bytes 2-4/100", "content-length": 3, "x-amz-checksum-crc32": "poTHxg==" }).end("abc"))
      assert.strictEqual((yield* store(read("s3://lake/k", { start: 2, end: 5 }))).toString(), "abc", "the checksum is that of the whole object")
    })))

  it.live("of a server that sends more or less than it says, or no version, are refused, and never something else", () =>
    Effect.scoped(Effect.gen(function*() {
      const answers: Array<(response: ServerResponse) => unknown> = []
      const url = yield* serverOf((response) => answers.shift()?.(response))
      const store = Effect.provide(ObjectStore.layer({ s3: optionsFor({ identity: { accessKeyId: "me", secretAccessKey: secret }, region: "us-east-1", url }) }))
      const part = read("s3://lake/k", { start: 2, end: 5 })
      const body = (text: string, headers: Readonly<Record<string, string | number>>) => (response: ServerResponse) =>
        response.writeHead(206, { "content-range": "bytes 2-4/100", etag: "\"1\"", ...headers }).end(text)
      for (const answer of [body("abcd", { "content-length": 4 }), body("ab", { "content-length": 2 }), body("abcd", {})]) {
        answers.push(answer)
        assert.match((yield* store(refusals(part)))[0]!.message, /sends other bytes of s3:\/\/lake\/k than it is asked for/)
      }
      // A body without a length ends early: the rest is asked for.
      answers.push(body("ab", {}), body("c", { "content-range": "bytes 4-4/100" }))
      assert.strictEqual((yield* store(part)).toString(), "abc")
      const ranged = (size: number) =>
        Effect.flatMap(ObjectStore, (objects) => Effect.flatMap(objects.ranged("s3://lake/k"), (file) => file.read(2, size)))
      answers.push(
        (response) => response.writeHead(200, { "content-length": 100, etag: "\"1\"" }).end(),
        body("abc", { "content-range": "bytes 2-4/5", "content-length": 3 })
      )
      assert.match((yield* store(refusals(ranged(50))))[0]!.message, /sends other bytes of/)
      answers.push((response) => response.writeHead(200, { "content-length": 10 }).write("abc", () => response.destroy()))
      const [mixed] = yield* store(refusals(read("s3://lake/k")))
      assert.strictEqual(mixed!.reason, "unavailable")
      assert.match(mixed!.message, /without an ETag nothing says whether the rest is of the same version; read it again/)
    })))

  it.live("are not written, and none are listed, where what answers does not speak S3", () =>
    Effect.scoped(Effect.gen(function*() {
      const url = yield* serverOf((response) => response.writeHead(200, { "content-type": "text/html" }).end("<html><body>Log in</body></html>"))
      const layer = ObjectStore.layer({ s3: { ...optionsFor({ identity: { accessKeyId: "me", secretAccessKey: secret }, region: "us-east-1", url }), partBytes: 5 * 1024 * 1024 } })
      const acts = [put("s3://lake/k", "x"), put("s3://lake/k", Buffer.alloc(6 * 1024 * 1024)), list("s3://lake/")]
      for (const error of yield* Effect.provide(refusals(...acts), layer)) {
        assert.strictEqual(error.reason, "invalid")
        assert.match(error.message, /^What answers at http.* does not speak S3, so s3:\/\/lake\/k? ?cannot be (written|listed); check the endpoint/)
      }
    })))

  it.live("whose keys are not encoded as the listing says, or whose pages come again, end in an error", () =>
    Effect.scoped(Effect.gen(function*() {
      const pages: Array<string> = []
      const url = yield* serverOf((response) => response.end(`<ListBucketResult>${pages.shift() ?? ""}</ListBucketResult>`))
      const store = Effect.provide(ObjectStore.layer({ s3: optionsFor({ identity: { accessKeyId: "me", secretAccessKey: secret }, region: "us-east-1", url }) }))
      const encoded = (key: string) => `<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated><Contents><Key>${key}</Key><Size>1</Size></Contents>`
      pages.push(encoded("a%2Bb+c%25"))
      assert.deepStrictEqual(yield* store(list("s3://lake/")), ["s3://lake/a+b c%"])
      for (const key of ["100%", "%FF%FE"]) {
        pages.push(encoded(key))
        const [error] = yield* store(refusals(list("s3://lake/")))
        assert.match(error!.message, /lists keys of s3:\/\/lake\/ that are no UTF-8, or not encoded as it says/)
      }
      for (const token of ["a", "b", "a"]) pages.push(`<IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>`)
      assert.match((yield* store(refusals(list("s3://lake/"))))[0]!.message, /lists only a part of s3:\/\/lake\//)
    })))

  it.live("are refused in the same sentences where a server has codes, or no codes, of its own", () =>
    Effect.scoped(Effect.gen(function*() {
      let answer: (response: ServerResponse) => unknown = () => undefined
      const url = yield* serverOf((response) => answer(response))
      const said = (status: number, body: string, act: Effect.Effect<unknown, ObjectStoreError, ObjectStore>) => {
        answer = (response) => response.writeHead(status, { "content-type": "application/xml" }).end(body)
        const options = optionsFor({ identity: { accessKeyId: "me", secretAccessKey: secret }, region: "us-east-1", url })
        return Effect.map(Effect.provide(refusals(act), ObjectStore.layer({ s3: options })), ([error]) => `${error!.reason}: ${error!.message}`)
      }
      const error = (code: string, more = "") => `<Error><Code>${code}</Code><Message>no</Message>${more}</Error>`
      const [uri, stat] = ["s3://lake/k", Effect.flatMap(ObjectStore, (store) => store.stat("s3://lake/k"))]
      assert.match(yield* said(404, error("XAdminUserNotFound"), list("s3://lake/")), /^denied: .* did not accept the credentials .*XAdminUserNotFound/)
      assert.match(yield* said(404, error("NoSuchTenant"), read(uri)), /^invalid: .* answers with NoSuchTenant \(status 404\)\.$/)
      assert.match(yield* said(403, error("AccessDenied"), list("s3://lake/")), /^denied: .* with these credentials; they need s3:ListBucket on the bucket lake\.$/)
      assert.match(yield* said(404, "", stat), /^missing: There is no object s3:\/\/lake\/k/)
      assert.match(yield* said(400, "", stat), /^invalid: .* answers with status 400\.$/)
      assert.match(yield* said(503, "<html>busy</html>", read(uri)), /^unavailable: .* slow down \(status 503\)/)
      assert.match(yield* said(400, error("AuthorizationHeaderMalformed", "<Region>eu-west-3</Region>"), read(uri)), /^invalid: .* is in the region eu-west-3; /)
    })))
})
