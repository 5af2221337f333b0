/** Writes an object: in one request if it is small, else in parts which become an object when the last one is there. */
import type { CompletedPart } from "@aws-sdk/client-s3"
import { Effect, Exit, Stream } from "effect"
import { failure, type ObjectStoreError } from "../ObjectStoreError.ts"
import type { Address } from "./Address.ts"
import type { Connection } from "./Connection.ts"
import * as Fault from "./Fault.ts"
import * as Parts from "./Parts.ts"
import * as Uploads from "./Uploads.ts"

const action: Fault.Action = { verb: "written", permission: "s3:PutObject" }

/** Parts under way at a time. Each is held in memory until it is stored: with the one that is gathered, 32 MiB, and 128 for an object of more than 23 GiB. */
const atOnce = 3

/** Ending an upload that has failed is worth so much waiting, in milliseconds. */
const longestAbort = 10_000

export interface Written {
  readonly size: number
  readonly etag: string
}

export const write = <E, R>(
  connection: Connection,
  address: Address,
  bytes: Stream.Stream<Uint8Array, E, R>,
  partBytes: number
): Effect.Effect<Written, ObjectStoreError | E, R> => {
  const at = { Bucket: address.bucket, Key: address.key }
  let upload: string | undefined
  let size = 0

  const tooMany = () =>
    failure("invalid", address.uri, `${address.uri} has more bytes than ${Parts.most.toLocaleString("en")} parts hold, which is as many as S3 takes; set partBytes of the S3 options to more than a ten-thousandth of its size. Four of them are held in memory.`)

  /** What S3 says of all that it has stored. */
  const said = (text: string | undefined) => text === undefined || text === "" ? connection.told(address, action)(Fault.noS3) : Effect.succeed(text)

  const put = (body: Uint8Array) =>
    connection.call(address, action, ({ client, sdk }, abortSignal) => client.send(new sdk.PutObjectCommand({ ...at, Body: body }), { abortSignal }))

  // The checksum is said here and for each part: S3 refuses parts, and the end of an upload, that do not agree with its beginning.
  const create = connection.attempt(({ checksums, client, sdk }) =>
    client.send(new sdk.CreateMultipartUploadCommand({ ...at, ...checksums.written }))).pipe(
    Effect.flatMap(({ UploadId }) => UploadId === undefined ? Effect.fail(Fault.noS3) : Effect.succeed(upload = UploadId)),
    // Interrupted in the middle of a try, it would leave an upload that nobody knows of.
    Effect.uninterruptible,
    Effect.retry(connection.schedule),
    Effect.catch(connection.told(address, action))
  )

  const send = (begin: Effect.Effect<string, ObjectStoreError>) => (part: Parts.Part) =>
    Effect.gen(function*() {
      size += part.bytes.length
      if (part.number === 1 && part.last) return { PartNumber: 1, ETag: yield* said((yield* put(part.bytes)).ETag) }
      const UploadId = yield* begin
      const { ChecksumCRC32, ETag } = yield* connection.call(address, action, ({ checksums, client, sdk }, abortSignal) =>
        client.send(new sdk.UploadPartCommand({ ...at, ...checksums.written, UploadId, PartNumber: part.number, Body: part.bytes }), { abortSignal }))
      return { PartNumber: part.number, ETag: yield* said(ETag), ...(ChecksumCRC32 === undefined ? {} : { ChecksumCRC32 }) }
    })

  const complete = (UploadId: string, parts: ReadonlyArray<CompletedPart>) =>
    connection.call(address, action, ({ client, sdk }, abortSignal) =>
      client.send(new sdk.CompleteMultipartUploadCommand({ ...at, UploadId, MultipartUpload: { Parts: [...parts] } }), { abortSignal }))

  const abort = (UploadId: string) =>
    Uploads.abort(connection, address, UploadId).pipe(
        Effect.interruptible,
        Effect.timeout(Math.min(connection.timeout, longestAbort)),
        Effect.ignore
      )

  return Effect.gen(function*() {
    const begin = yield* Effect.cached(create)
    const parts = yield* Stream.runCollect(Stream.mapEffect(Parts.of(bytes, partBytes, tooMany), send(begin), { concurrency: atOnce }))
    const etag = upload === undefined ? parts[0]?.ETag : (yield* complete(upload, parts)).ETag
    return { size, etag: yield* said(etag) }
  }).pipe(
    Effect.onExit((exit) => Exit.isFailure(exit) && upload !== undefined ? abort(upload) : Effect.void)
  )
}
