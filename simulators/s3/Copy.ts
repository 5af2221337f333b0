/** Objects and parts of uploads that are made from an object that is there. */
import { type Bucket, etagOf, type Stored } from "./Bucket.ts"
import * as Call from "./Call.ts"
import * as Checksum from "./Checksum.ts"
import * as Conditions from "./Conditions.ts"
import { keep } from "./Multipart.ts"
import { found, keptHeaders, nameChecked, rangeOf } from "./Objects.ts"
import { Refusal } from "./Refusal.ts"
import * as Xml from "./Xml.ts"

const result = (name: string, etag: string, modifiedAt: Date): Call.Answer =>
  Xml.answer(Xml.element(name, [Xml.element("LastModified", modifiedAt.toISOString()), Xml.element("ETag", etag)]))

/** The object that a call names as its source, and where it is. Throws `Refusal`. */
const sourceOf = (call: Call.Call, bucketOf: (name: string) => Bucket): readonly [Stored, Pick<Call.Call, "bucket" | "key">] => {
  const from = Call.of("GET", `/${(Call.header(call, "x-amz-copy-source") ?? "").replace(/^\//, "")}`, {})
  if (from.query.size > 0) throw new Refusal("NotImplemented")
  const stored = found(bucketOf(from.bucket), from)
  if (Conditions.isKnown(call, stored, "x-amz-copy-source-")) throw new Refusal("PreconditionFailed", { Condition: "x-amz-copy-source-If-None-Match" })
  return [stored, from]
}

export const copy = (bucketOf: (name: string) => Bucket, call: Call.Call): Call.Answer => {
  nameChecked(call)
  const [source, from] = sourceOf(call, bucketOf)
  const replaces = Call.header(call, "x-amz-metadata-directive") === "REPLACE"
  // An object that is copied onto itself has to become another one.
  if (!replaces && from.bucket === call.bucket && from.key === call.key) throw new Refusal("InvalidRequest")
  const bucket = bucketOf(call.bucket)
  Conditions.admit(bucket, call)
  const [modifiedAt, etag] = [new Date(), etagOf(source.bytes)]
  const algorithm = source.checksum?.algorithm ?? Checksum.usual
  const checksum = { algorithm, value: Checksum.of(algorithm, source.bytes) }
  bucket.put(call.key, { bytes: source.bytes, etag, checksum, modifiedAt, headers: replaces ? keptHeaders(call) : source.headers })
  return result("CopyObjectResult", etag, modifiedAt)
}

export const copyPart = (bucketOf: (name: string) => Bucket, call: Call.Call): Call.Answer => {
  const [{ bytes }] = sourceOf(call, bucketOf)
  const range = rangeOf(Call.header(call, "x-amz-copy-source-range"), bytes.length)
  const { etag, modifiedAt } = keep(bucketOf(call.bucket), call, range === undefined ? bytes : bytes.subarray(range[0], range[1] + 1), undefined)
  return result("CopyPartResult", etag, modifiedAt)
}
