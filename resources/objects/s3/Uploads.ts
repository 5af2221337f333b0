/** Uploads that are not complete: those of writers that were killed are found by their keys, and ended. */
import type { ListMultipartUploadsCommandOutput } from "@aws-sdk/client-s3"
import { Effect, Option, Stream } from "effect"
import type { ObjectStoreError } from "../ObjectStoreError.ts"
import type { Address } from "./Address.ts"
import type { Connection } from "./Connection.ts"
import * as Fault from "./Fault.ts"
import { keyOf } from "./List.ts"

const listing: Fault.Action = { verb: "listed", permission: "s3:ListBucketMultipartUploads" }
const aborting: Fault.Action = { verb: "written", permission: "s3:AbortMultipartUpload" }

export const abort = (connection: Connection, address: Address, UploadId: string): Effect.Effect<void, ObjectStoreError> =>
  connection.attempt(({ client, sdk }, abortSignal) =>
    client.send(new sdk.AbortMultipartUploadCommand({ Bucket: address.bucket, Key: address.key, UploadId }), { abortSignal })).pipe(
      // Another one has ended it, or an earlier try whose answer was lost.
      Effect.catchIf(({ code }) => code === "NoSuchUpload", () => Effect.void),
      Effect.retry(connection.schedule),
      Effect.catch(connection.told(address, aborting)),
      Effect.asVoid
    )

/** What both begin with. */
const common = (a: string, b: string): string => {
  let length = 0
  while (length < a.length && a[length] === b[length]) length++
  return a.slice(0, length)
}

/** Half of a character that needs two units is none. */
const whole = (prefix: string): string => prefix.replace(/[\ud800-\udbff]$/, "")

interface Marker {
  readonly KeyMarker?: string
  readonly UploadIdMarker?: string
}

const first: Marker = {}

/** Throws `Fault`. */
const nextOf = (page: ListMultipartUploadsCommandOutput): Option.Option<Marker> =>
  page.IsTruncated === true && page.NextKeyMarker !== undefined
    ? Option.some({ KeyMarker: keyOf({ Key: page.NextKeyMarker }, page), ...(page.NextUploadIdMarker === undefined ? {} : { UploadIdMarker: page.NextUploadIdMarker }) })
    : Option.none()

/** Keys and ids of the uploads whose key begins so. */
const list = (connection: Connection, address: Address, Prefix: string): Stream.Stream<readonly [key: string, id: string], ObjectStoreError> =>
  Stream.paginate(first, (marker) =>
    connection.call(address, listing, async ({ client, sdk }, abortSignal) => {
      const page = await client.send(new sdk.ListMultipartUploadsCommand({ Bucket: address.bucket, Prefix, EncodingType: "url", ...marker }), { abortSignal })
      return [(page.Uploads ?? []).map((upload) => [keyOf(upload, page), upload.UploadId ?? ""] as const), nextOf(page)] as const
    }))

/** All that is asked of the server, where nothing is to be ended, is one listing for each bucket. */
export const end = (connection: Connection, addresses: ReadonlyArray<Address>): Effect.Effect<void, ObjectStoreError> =>
  Effect.forEach(
    Map.groupBy(addresses, ({ bucket }) => bucket).values(),
    (inBucket) => {
      const byKey = new Map(inBucket.map((address) => [address.key, address]))
      const prefix = whole([...byKey.keys()].reduce(common))
      return Stream.runForEach(list(connection, inBucket[0]!, prefix), ([key, id]) => {
        const address = byKey.get(key)
        return address === undefined ? Effect.void : abort(connection, address, id)
      })
    },
    { discard: true }
  ).pipe(
    // What may not be asked for is left to a rule of the bucket.
    Effect.catch((error) => error.transient ? Effect.fail(error) : Effect.void)
  )
