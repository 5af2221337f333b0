/**
 * A stand-in for S3 on 127.0.0.1, which keeps its objects in memory: what the AWS SDK and other clients of S3 can be tried
 * against. By path or by host, signatures of version 4 in the header; it fails when told to, and counts what it was asked for and what it sent.
 */
import { Effect, type Scope } from "effect"
import { randomBytes } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type * as Bucket from "./Bucket.ts"
import * as Buckets from "./Buckets.ts"
import * as Call from "./Call.ts"
import * as Copy from "./Copy.ts"
import * as Fault from "./Fault.ts"
import { list } from "./Listing.ts"
import * as Multipart from "./Multipart.ts"
import * as Objects from "./Objects.ts"
import * as Refusal from "./Refusal.ts"
import * as Signature from "./Signature.ts"
import * as Uploads from "./Uploads.ts"

export interface Options {
  readonly buckets?: ReadonlyArray<string>
  /** Who may call. Default `sluice` with the secret `sluice-secret`. */
  readonly identity?: Signature.Identity
  /** Default `us-east-1`. */
  readonly region?: string
  /** Calls that are refused with AccessDenied. Default: none. */
  readonly denies?: (call: Call.Call) => boolean
  /** Default: a free one. */
  readonly port?: number
}

export interface Simulator {
  /** `http://127.0.0.1:43211`. */
  readonly url: string
  readonly region: string
  readonly identity: Signature.Identity
  readonly bucket: (name: string) => Bucket.Bucket
  /** From now on, what happens to a call; undefined: nothing. `count` numbers the calls since then, from 0. */
  readonly setFaults: (faults: (call: Call.Call, count: number) => Fault.Fault | undefined) => void
  /** The calls so far, in order. */
  readonly calls: ReadonlyArray<Call.Call>
  /** Bytes of bodies of GetObject, as they were meant to be sent. */
  readonly bytesSent: () => number
  /** Connections that are open. */
  readonly connections: () => number
}

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
}

type Handler = (bucket: Bucket.Bucket, call: Call.Call, raw: Buffer) => Call.Answer

const handlers: Readonly<Record<string, Handler>> = {
  HeadBucket: () => ({ status: 200, headers: {}, body: Objects.empty }),
  ListObjectsV2: list,
  ListMultipartUploads: Uploads.listUploads,
  DeleteObjects: Objects.removeMany,
  GetObject: Objects.get,
  HeadObject: Objects.get,
  PutObject: Objects.put,
  DeleteObject: Objects.remove,
  CreateMultipartUpload: Multipart.create,
  UploadPart: Multipart.putPart,
  CompleteMultipartUpload: Multipart.complete,
  AbortMultipartUpload: Multipart.abort,
  ListParts: Uploads.listParts
}

/** Serves until the scope closes. */
export const make = Effect.fnUntraced(function*(options: Options = {}): Effect.fn.Return<Simulator, never, Scope.Scope> {
  const identity = options.identity ?? { accessKeyId: "sluice", secretAccessKey: "sluice-secret" }
  const region = options.region ?? "us-east-1"
  const buckets = Buckets.make(options.buckets ?? [], region)
  const calls: Array<Call.Call> = []
  let faults: (call: Call.Call, count: number) => Fault.Fault | undefined = () => undefined
  let [count, bytesSent, connections] = [0, 0, 0]

  const answerOf = (call: Call.Call, raw: Buffer): Call.Answer => {
    Signature.verify(call, identity, region)
    if (options.denies?.(call) === true) throw new Refusal.Refusal("AccessDenied")
    switch (call.operation) {
      case "ListBuckets":
        return buckets.list()
      case "CreateBucket":
        return buckets.create(call)
      case "DeleteBucket":
        return buckets.remove(call)
      case "GetBucketLocation":
        return buckets.location(call)
      case "CopyObject":
        return Copy.copy(buckets.get, call)
      case "UploadPartCopy":
        return Copy.copyPart(buckets.get, call)
    }
    const bucket = buckets.get(call.bucket)
    const handler = handlers[call.operation]
    if (handler === undefined) throw new Refusal.Refusal("NotImplemented")
    return handler(bucket, call, raw)
  }

  const refusalOf = (error: unknown, path: string): Call.Answer => {
    if (error instanceof URIError) return Refusal.answer(new Refusal.Refusal("InvalidURI"), path)
    if (error instanceof Refusal.Refusal) return Refusal.answer(error, path)
    throw error
  }

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? "/"
    const raw = await bodyOf(request)
    let fault: Fault.Fault | undefined
    let answer: Call.Answer
    const withBody = request.method !== "HEAD"
    try {
      const call = Call.of(request.method ?? "GET", path, request.headers)
      calls.push(call)
      fault = faults(call, count++)
      if (fault?._tag === "Refuse") return void response.destroy()
      if (fault?._tag === "Error") throw new Refusal.Refusal(fault.code)
      answer = fault?._tag === "LateError"
        ? { ...Refusal.answer(new Refusal.Refusal(fault.code), path), status: 200 }
        : answerOf(call, raw)
      if (fault?._tag === "Lose") return void response.destroy()
      if (call.operation === "GetObject") bytesSent += answer.body.length
    } catch (error) {
      answer = refusalOf(error, path)
      // It is not the body of an object, which the fault is about.
      fault = undefined
    }
    const headers = { server: "AmazonS3", "x-amz-request-id": randomBytes(8).toString("hex").toUpperCase(), ...answer.headers }
    await Fault.send(response, { ...answer, headers }, withBody, fault)
  }

  const server = createServer((request, response) => {
    // A client that goes away in the middle of its request has no use for an answer.
    serve(request, response).catch(() => response.destroy())
  })
  server.on("connection", (socket) => {
    connections++
    socket.once("close", () => void connections--)
  })
  const port = yield* Effect.acquireRelease(
    Effect.callback<number>((resume) => {
      server.once("error", (error) => resume(Effect.die(error)))
      server.listen(options.port ?? 0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
    () =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )
  return {
    url: `http://127.0.0.1:${port}`,
    region,
    identity,
    bucket: buckets.get,
    setFaults: (next) => {
      faults = next
      count = 0
    },
    calls,
    bytesSent: () => bytesSent,
    connections: () => connections
  }
})
