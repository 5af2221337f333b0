/** Uploads in parts: none of it is seen before the upload is complete. */
import { randomUUID } from "node:crypto"
import * as Body from "./Body.ts"
import { type Bucket, etagOf, type Part, type Upload } from "./Bucket.ts"
import type { Answer, Call } from "./Call.ts"
import { header } from "./Call.ts"
import * as Checksum from "./Checksum.ts"
import { admit, empty, keptHeaders } from "./Objects.ts"
import { Refusal } from "./Refusal.ts"
import * as Xml from "./Xml.ts"

const smallest = 5 * 1024 * 1024
const mostParts = 10_000

const xml = (root: Xml.Element): Answer => ({ status: 200, headers: { "content-type": "application/xml" }, body: Xml.document(root) })

const uploadOf = (bucket: Bucket, { key, query }: Call): readonly [string, Upload] => {
  const id = query.get("uploadId") ?? ""
  const upload = bucket.uploads.get(id)
  if (upload === undefined || upload.key !== key) throw new Refusal("NoSuchUpload", { UploadId: id })
  return [id, upload]
}

export const create = (bucket: Bucket, call: Call): Answer => {
  const id = randomUUID().replaceAll("-", "")
  const algorithm = Checksum.algorithmOf(header(call, "x-amz-checksum-algorithm"))
  bucket.uploads.set(id, { key: call.key, headers: keptHeaders(call), initiatedAt: new Date(), algorithm, parts: new Map() })
  return xml(Xml.element("InitiateMultipartUploadResult", [
    Xml.element("Bucket", call.bucket),
    Xml.element("Key", call.key),
    Xml.element("UploadId", id)
  ]))
}

export const putPart = (bucket: Bucket, call: Call, raw: Buffer): Answer => {
  const [, { algorithm, parts }] = uploadOf(bucket, call)
  const number = Number(call.query.get("partNumber"))
  if (!Number.isInteger(number) || number < 1 || number > mostParts) throw new Refusal("InvalidArgument", { ArgumentName: "partNumber" })
  const { bytes, checksum: given } = Body.read(call, raw)
  if (given !== undefined && given.algorithm !== algorithm) {
    throw new Refusal("InvalidRequest", { ExpectedChecksumType: algorithm ?? "null", ActualChecksumType: given.algorithm })
  }
  const checksum = algorithm === undefined ? undefined : { algorithm, value: Checksum.of(algorithm, bytes) }
  const etag = etagOf(bytes)
  parts.set(number, { bytes, etag, modifiedAt: new Date(), checksum })
  return { status: 200, headers: { etag, ...(checksum === undefined ? {} : { [`x-amz-checksum-${checksum.algorithm}`]: checksum.value }) }, body: empty }
}

/** The parts that are named, in their order. Throws `Refusal`. */
const named = ({ algorithm, parts }: Upload, text: string): ReadonlyArray<Part> => {
  const list = Xml.all(text, "Part").map((part) => ({
    number: Number(Xml.first(part, "PartNumber")),
    etag: Xml.first(part, "ETag") ?? "",
    checksum: algorithm === undefined ? undefined : Xml.first(part, `Checksum${algorithm.toUpperCase()}`)
  }))
  if (list.length === 0) throw new Refusal("MalformedXML")
  if (list.some(({ number }, index) => index > 0 && list[index - 1]!.number >= number)) throw new Refusal("InvalidPartOrder")
  return list.map(({ checksum, etag, number }, index) => {
    const part = parts.get(number)
    // An upload that began with an algorithm has to name the checksum of each part at its end.
    if (algorithm !== undefined && checksum === undefined) throw new Refusal("InvalidRequest", { MissingChecksumOfPart: String(number) })
    if (part === undefined || checksum !== part.checksum?.value || part.etag.replaceAll("\"", "") !== etag.replaceAll("\"", "")) {
      throw new Refusal("InvalidPart", { PartNumber: String(number) })
    }
    if (index < list.length - 1 && part.bytes.length < smallest) {
      throw new Refusal("EntityTooSmall", { ProposedSize: String(part.bytes.length), MinSizeAllowed: String(smallest), PartNumber: String(number) })
    }
    return part
  })
}

const completed = ({ bucket, key }: Call, etag: string): Answer =>
  xml(Xml.element("CompleteMultipartUploadResult", [Xml.element("Bucket", bucket), Xml.element("Key", key), Xml.element("ETag", etag)]))

export const complete = (bucket: Bucket, call: Call, raw: Buffer): Answer => {
  const before = bucket.completed.get(call.query.get("uploadId") ?? "")
  if (before !== undefined) return completed(call, before)
  const [id, upload] = uploadOf(bucket, call)
  const parts = named(upload, Body.read(call, raw).bytes.toString())
  admit(bucket, call)
  const digests = Buffer.concat(parts.map(({ etag }) => Buffer.from(etag.replaceAll("\"", ""), "hex")))
  const etag = `"${Checksum.md5(digests)}-${parts.length}"`
  const checksum = Checksum.composite(parts.flatMap((part) => part.checksum ?? []))
  bucket.put(call.key, { bytes: Buffer.concat(parts.map(({ bytes }) => bytes)), etag, modifiedAt: new Date(), checksum, headers: upload.headers })
  bucket.uploads.delete(id)
  bucket.completed.set(id, etag)
  return completed(call, etag)
}

export const abort = (bucket: Bucket, call: Call): Answer => {
  const [id] = uploadOf(bucket, call)
  bucket.uploads.delete(id)
  return { status: 204, headers: {}, body: empty }
}

/** In one page: more than 1,000 parts are refused rather than cut off. */
export const listParts = (bucket: Bucket, call: Call): Answer => {
  const [id, { parts }] = uploadOf(bucket, call)
  if (parts.size > 1000) throw new Refusal("NotImplemented")
  return xml(Xml.element("ListPartsResult", [
    Xml.element("Bucket", call.bucket),
    Xml.element("Key", call.key),
    Xml.element("UploadId", id),
    Xml.element("IsTruncated", false),
    ...[...parts].sort(([a], [b]) => a - b).map(([number, { bytes, etag, modifiedAt }]) =>
      Xml.element("Part", [
        Xml.element("PartNumber", number),
        Xml.element("LastModified", modifiedAt.toISOString()),
        Xml.element("ETag", etag),
        Xml.element("Size", bytes.length)
      ])
    )
  ]))
}

export const listUploads = (bucket: Bucket, call: Call): Answer =>
  xml(Xml.element("ListMultipartUploadsResult", [
    Xml.element("Bucket", call.bucket),
    Xml.element("IsTruncated", false),
    ...[...bucket.uploads].map(([id, { initiatedAt, key }]) =>
      Xml.element("Upload", [Xml.element("Key", key), Xml.element("UploadId", id), Xml.element("Initiated", initiatedAt.toISOString())])
    )
  ]))
