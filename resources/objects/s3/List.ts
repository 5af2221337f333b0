/** The objects of a bucket that a prefix or a glob names, page by page. */
import type { _Object, ListObjectsV2CommandOutput } from "@aws-sdk/client-s3"
import { Effect, Option, Stream } from "effect"
import * as Glob from "../Glob.ts"
import type { ObjectInfo } from "../Objects.ts"
import type { ObjectStoreError } from "../ObjectStoreError.ts"
import type { Address } from "./Address.ts"
import type { Connection } from "./Connection.ts"
import * as Fault from "./Fault.ts"

const action: Fault.Action = { verb: "listed", permission: "s3:ListBucket" }

/** Keys come as in the query of a URL, since XML has no way to write some of their characters; of a server that does not do so, as they are. */
export const keyOf = ({ Key = "" }: { readonly Key?: string | undefined }, { EncodingType }: { readonly EncodingType?: string | undefined }): string =>
  EncodingType === "url" ? decodeURIComponent(Key.replaceAll("+", "%20")) : Key

/** What consoles make to show an empty folder is no object that one would read. */
const isFolder = (key: string, { Size }: _Object): boolean => key.endsWith("/") && Size === 0

const infosOf = ({ bucket }: Address, pattern: Glob.Pattern, page: ListObjectsV2CommandOutput): ReadonlyArray<ObjectInfo> =>
  (page.Contents ?? []).flatMap((object) => {
    const key = keyOf(object, page)
    if (isFolder(key, object) || !pattern.matches(key)) return []
    return [{ uri: `s3://${bucket}/${key}`, size: object.Size ?? 0, modifiedAt: object.LastModified ?? new Date(0), etag: object.ETag ?? "" }]
  })

/** Throws `ObjectStoreError`. */
export const list = (connection: Connection, address: Address): Stream.Stream<ObjectInfo, ObjectStoreError> => {
  const pattern = Glob.of(address.uri, address.key)
  return Stream.paginate(undefined as string | undefined, (token) =>
    Effect.flatMap(
      connection.call(address, action, ({ client, sdk }, abortSignal) =>
        client.send(
          new sdk.ListObjectsV2Command({
            Bucket: address.bucket,
            Prefix: pattern.prefix,
            EncodingType: "url",
            ...(pattern.flat ? { Delimiter: "/" } : {}),
            ...(token === undefined ? {} : { ContinuationToken: token })
          }),
          { abortSignal }
        )),
      (page) => {
        const next = page.IsTruncated === true ? Option.some(page.NextContinuationToken) : Option.none()
        // A part of a listing must not pass for the whole.
        return Option.isSome(next) && (next.value === undefined || next.value === token)
          ? connection.told(address, action)(Fault.noMorePages)
          : Effect.succeed([infosOf(address, pattern, page), next] as const)
      }
    ))
}
