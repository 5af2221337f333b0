/** `s3://bucket/key`, taken apart. Keys stand as they are: nothing in them is decoded. */
import { Effect, Result } from "effect"
import { failure, type ObjectStoreError } from "../ObjectStoreError.ts"

export interface Address {
  readonly uri: string
  readonly bucket: string
  readonly key: string
}

/** A bucket, and a key, a prefix or a pattern of keys, which may be empty. */
export const within = (uri: string): Result.Result<Address, ObjectStoreError> => {
  const [, bucket, key] = /^s3:\/\/([^/]*)(?:\/(.*))?$/is.exec(uri) ?? []
  if (bucket === undefined || !/^[a-z0-9][a-z0-9._-]{1,253}[a-z0-9]$/i.test(bucket)) {
    return Result.fail(failure("invalid", uri, `${uri} names no bucket; write s3://bucket/key.`))
  }
  return Result.succeed({ uri, bucket, key: key ?? "" })
}

/** One object. */
export const of = (uri: string): Effect.Effect<Address, ObjectStoreError> =>
  Effect.fromResult(Result.flatMap(within(uri), (address) => {
    const wrong = address.key === ""
      ? `${uri} names a bucket and no object; write s3://bucket/key.`
      : Buffer.byteLength(address.key) > 1024
      ? `${uri.slice(0, 80)}… has a key of more than 1,024 bytes, which S3 does not store.`
      : undefined
    return wrong === undefined ? Result.succeed(address) : Result.fail(failure("invalid", uri, wrong))
  }))
