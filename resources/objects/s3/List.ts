/** The objects of a bucket that a prefix or a glob names, page by page. */
import type { _Object, ListObjectsV2CommandOutput } from "@aws-sdk/client-s3"
import { Option, Stream } from "effect"
import * as Glob from "../Glob.ts"
import type { ObjectInfo } from "../Objects.ts"
import type { ObjectStoreError } from "../ObjectStoreError.ts"
import type { Address } from "./Address.ts"
import type { Connection } from "./Connection.ts"
import * as Fault from "./Fault.ts"

const action: Fault.Action = { verb: "listed", permission: "s3:ListBucket" }

/**
 * Keys come as in the query of a URL, since XML has no way to write some of their characters; of a server that does not do
 * so, as they are. Throws `Fault`.
 */
export const keyOf = ({ Key = "" }: { readonly Key?: string | undefined }, { EncodingType }: { readonly EncodingType?: string | undefined }): string => {
  if (EncodingType !== "url") return Key
  try {
    return decodeURIComponent(Key.replaceAll("+", "%20"))
  } catch {
    throw Fault.noKey
  }
}

/** What consoles make to show an empty folder is no object that one would read. */
const isFolder = (key: string, { Size }: _Object): boolean => key.endsWith("/") && Size === 0

/** Throws `Fault`. */
const infosOf = ({ bucket }: Address, pattern: Glob.Pattern, page: ListObjectsV2CommandOutput): ReadonlyArray<ObjectInfo> =>
  (page.Contents ?? []).flatMap((object) => {
    const key = keyOf(object, page)
    if (isFolder(key, object) || !pattern.matches(key)) return []
    return [{ uri: `s3://${bucket}/${key}`, size: object.Size ?? 0, modifiedAt: object.LastModified ?? new Date(0), etag: object.ETag ?? "" }]
  })

/** What answers with success and says nothing of a listing does not speak S3: no objects is something else. */
const isNone = ({ Contents, IsTruncated, KeyCount, Name }: ListObjectsV2CommandOutput): boolean =>
  [Contents, IsTruncated, KeyCount, Name].every((part) => part === undefined)

/** Throws `ObjectStoreError`. */
export const list = (connection: Connection, address: Address): Stream.Stream<ObjectInfo, ObjectStoreError> => {
  const pattern = Glob.of(address.uri, address.key)
  return Stream.suspend(() => {
    const tokens = new Set<string>()
    return Stream.paginate(undefined as string | undefined, (token) =>
      connection.call(address, action, async ({ client, sdk }, abortSignal) => {
        const page = await client.send(
          new sdk.ListObjectsV2Command({
            Bucket: address.bucket,
            Prefix: pattern.prefix,
            EncodingType: "url",
            ...(pattern.flat ? { Delimiter: "/" } : {}),
            ...(token === undefined ? {} : { ContinuationToken: token })
          }),
          { abortSignal }
        )
        if (isNone(page)) throw Fault.noS3
        const infos = infosOf(address, pattern, page)
        if (page.IsTruncated !== true) return [infos, Option.none<string>()] as const
        const next = page.NextContinuationToken
        // A part of a listing must not pass for the whole, nor go round in circles.
        if (next === undefined || tokens.has(next)) throw Fault.noMorePages
        tokens.add(next)
        return [infos, Option.some(next)] as const
      }))
  })
}
