/** Objects in S3, at AWS or at any server that speaks its language. */
import { Clock, Effect, Result, Stream } from "effect"
import type { ObjectInfo, Objects } from "../Objects.ts"
import type { ObjectStoreError } from "../ObjectStoreError.ts"
import * as Address from "./Address.ts"
import * as Connection from "./Connection.ts"
import * as Fault from "./Fault.ts"
import { list } from "./List.ts"
import type { Options } from "./Options.ts"
import { read } from "./Read.ts"
import * as Uploads from "./Uploads.ts"
import { write } from "./Write.ts"

const mebibyte = 1024 * 1024
const reading: Fault.Action = { verb: "read", permission: "s3:GetObject" }
const deleting: Fault.Action = { verb: "deleted", permission: "s3:DeleteObject" }

/** Throws `ObjectStoreError`, for a listing of what cannot be listed. */
const orThrow = <A>(result: Result.Result<A, ObjectStoreError>): A => Result.getOrThrowWith(result, (error) => error)

const isObjectStoreError = (error: unknown): error is ObjectStoreError => error instanceof Error && "_tag" in error && error._tag === "ObjectStoreError"

export const make = Effect.fnUntraced(function*(options: Options) {
  const connection = yield* Connection.make(options)
  const partBytes = Math.max(5 * mebibyte, options.partBytes ?? 8 * mebibyte)

  /** An answer to HEAD has no body that could say what is wrong; the same asked for with GET has one. */
  const why = (address: Address.Address, fault: Fault.Fault) =>
    Effect.flatMap(
      Effect.flip(connection.attempt(({ client, sdk }, abortSignal) =>
        client.send(new sdk.GetObjectCommand({ Bucket: address.bucket, Key: address.key, Range: "bytes=0-0" }), { abortSignal }).then((response) => {
          if (response.Body !== undefined && "destroy" in response.Body) response.Body.destroy()
        }))).pipe(Effect.orElseSucceed(() => fault)),
      connection.told(address, reading)
    )

  const head = (address: Address.Address, ifMatch: string | undefined): Effect.Effect<ObjectInfo, ObjectStoreError> =>
    connection.attempt(({ client, sdk }, abortSignal) =>
      client.send(
        new sdk.HeadObjectCommand({ Bucket: address.bucket, Key: address.key, ...(ifMatch === undefined ? {} : { IfMatch: ifMatch }) }),
        { abortSignal }
      )).pipe(
        Effect.retry(connection.schedule),
        Effect.catch((fault) => fault.status === undefined || fault.status === 412 ? connection.told(address, reading)(fault) : why(address, fault)),
        Effect.flatMap(({ ContentLength, ETag, LastModified }) =>
          ifMatch !== undefined && ETag !== ifMatch
            ? connection.told(address, reading)(Fault.changed)
            : Effect.succeed({ uri: address.uri, size: ContentLength ?? 0, modifiedAt: LastModified ?? new Date(0), etag: ETag ?? "" }))
      )

  const objects: Objects = {
    list: (uri) =>
      Stream.unwrap(Effect.try({
        try: () => list(connection, orThrow(Address.within(uri))),
        catch: (error) => {
          if (isObjectStoreError(error)) return error
          throw error
        }
      })),
    changes: () => Stream.concat(Stream.make(undefined), Stream.never),
    stat: (uri) => Effect.flatMap(Address.of(uri), (address) => head(address, undefined)),
    read: (uri, how = {}) => Stream.unwrap(Effect.map(Address.of(uri), (address) => read(connection, address, how))),
    ranged: Effect.fnUntraced(function*(uri, how = {}) {
      const address = yield* Address.of(uri)
      const { etag, size } = yield* head(address, how.ifMatch)
      return {
        name: uri,
        size,
        read: (start, end) =>
          Effect.flatMap(
            Stream.runCollect(read(connection, address, { start, end: Math.min(end, size), ifMatch: etag })),
            (chunks) => {
              const bytes = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
              return bytes.length < Math.min(end, size) - start ? connection.told(address, reading)(Fault.noRanges) : Effect.succeed(bytes)
            }
          )
      }
    }),
    write: Effect.fnUntraced(function*(uri, bytes) {
      const address = yield* Address.of(uri)
      const { etag, size } = yield* write(connection, address, bytes, partBytes)
      // S3 does not say when; to ask it would take another request, and a permission that a writer may not have.
      return { uri, size, modifiedAt: new Date(yield* Clock.currentTimeMillis), etag }
    }),
    delete: (uri) =>
      Effect.flatMap(Address.of(uri), (address) =>
        connection.call(address, deleting, ({ client, sdk }, abortSignal) =>
          client.send(new sdk.DeleteObjectCommand({ Bucket: address.bucket, Key: address.key }), { abortSignal }))).pipe(Effect.asVoid),
    endWrites: (uris) => Effect.flatMap(Effect.forEach(uris, Address.of), (addresses) => Uploads.end(connection, addresses))
  }
  return objects
})
