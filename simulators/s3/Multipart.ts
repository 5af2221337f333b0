/** Uploads in parts: none of it is seen before the upload is complete. */
import { randomUUID } from "node:crypto"
import * as Body from "./Body.ts"
import { type Bucket, etagOf, type Part, type Upload } from "./Bucket.ts"
import type { Answer, Call } from "./Call.ts"
import { header } from "./Call.ts"
import * as Checksum from "./Checksum.ts"
import * as Conditions from "./Conditions.ts"
import { empty, keptHeaders, nameChecked } from "./Objects.ts"
import { Refusal } from "./Refusal.ts"
import * as Xml from "./Xml.ts"

const smallest = 5 * 1024 * 1024
const mostParts = 10_000

export const uploadOf = (bucket: Bucket, { key, query }: Call): readonly [string, Upload] => {
  const id = query.get("uploadId") ?? ""
  const upload = bucket.uploads.get(id)
  if (upload === undefined || upload.key !== key) throw new Refusal("NoSuchUpload", { UploadId: id })
  return [id, upload]
}

/** Hashes cannot be joined to that of a whole, and the CRC of 64 bits is never one of checksums. Throws `Refusal`. */
const typeOf = (algorithm: Checksum.Algorithm | undefined, asked: string | undefined): Checksum.Type => {
  const type = asked ?? (algorithm === undefined || algorithm === "crc64nvme" ? "FULL_OBJECT" : "COMPOSITE")
  const fits = type === "FULL_OBJECT" ? !algorithm?.startsWith("sha") : algorithm !== undefined && algorithm !== "crc64nvme"
  if ((type !== "FULL_OBJECT" && type !== "COMPOSITE") || !fits) throw new Refusal("InvalidRequest", { ChecksumType: type })
  return type
}

export const create = (bucket: Bucket, call: Call): Answer => {
  nameChecked(call)
  const id = randomUUID().replaceAll("-", "")
  const algorithm = Checksum.algorithmOf(header(call, "x-amz-checksum-algorithm"))
  const type = typeOf(algorithm, header(call, "x-amz-checksum-type"))
  bucket.uploads.set(id, { key: call.key, headers: keptHeaders(call), initiatedAt: new Date(), algorithm, type, parts: new Map() })
  return Xml.answer(Xml.element("InitiateMultipartUploadResult", [
    Xml.element("Bucket", call.bucket),
    Xml.element("Key", call.key),
    Xml.element("UploadId", id)
  ]))
}

/** Stores the bytes as the part that the call names. Throws `Refusal`. */
export const keep = (bucket: Bucket, call: Call, bytes: Buffer, given: Checksum.Checksum | undefined): Part => {
  const [, { algorithm, parts }] = uploadOf(bucket, call)
  const number = Number(call.query.get("partNumber"))
  if (!Number.isInteger(number) || number < 1 || number > mostParts) throw new Refusal("InvalidArgument", { ArgumentName: "partNumber" })
  const checksum = algorithm === undefined ? given : { algorithm, value: Checksum.of(algorithm, bytes) }
  const part: Part = { bytes, etag: etagOf(bytes), modifiedAt: new Date(), checksum }
  parts.set(number, part)
  return part
}

export const putPart = (bucket: Bucket, call: Call, raw: Buffer): Answer => {
  const [, { algorithm, type }] = uploadOf(bucket, call)
  const { bytes, checksum: given } = Body.read(call, raw)
  if (algorithm !== undefined && given?.algorithm !== algorithm && (given !== undefined || type === "COMPOSITE")) {
    throw new Refusal("InvalidRequest", { ExpectedChecksumType: algorithm, ActualChecksumType: given?.algorithm ?? "null" })
  }
  const { checksum, etag } = keep(bucket, call, bytes, given)
  return { status: 200, headers: { etag, ...(checksum === undefined ? {} : { [`x-amz-checksum-${checksum.algorithm}`]: checksum.value }) }, body: empty }
}

/** The parts that are named, in their order. Throws `Refusal`. */
const named = ({ algorithm, parts, type }: Upload, text: string): ReadonlyArray<Part> => {
  const list = Xml.all(text, "Part").map((part) => ({
    number: Number(Xml.first(part, "PartNumber")),
    etag: Xml.first(part, "ETag") ?? "",
    checksum: algorithm === undefined ? undefined : Xml.first(part, `Checksum${algorithm.toUpperCase()}`)
  }))
  if (list.length === 0) throw new Refusal("MalformedXML")
  if (list.some(({ number }, index) => index > 0 && list[index - 1]!.number >= number)) throw new Refusal("InvalidPartOrder")
  return list.map(({ checksum, etag, number }, index) => {
    const part = parts.get(number)
    if (type === "COMPOSITE" && checksum === undefined) throw new Refusal("InvalidRequest", { MissingChecksumOfPart: String(number) })
    const isSame = checksum === undefined || checksum === part?.checksum?.value
    if (part === undefined || !isSame || part.etag.replaceAll("\"", "") !== etag.replaceAll("\"", "")) {
      throw new Refusal("InvalidPart", { PartNumber: String(number) })
    }
    if (index < list.length - 1 && part.bytes.length < smallest) {
      throw new Refusal("EntityTooSmall", { ProposedSize: String(part.bytes.length), MinSizeAllowed: String(smallest), PartNumber: String(number) })
    }
    return part
  })
}

/** Throws `Refusal` where the call says another one of the whole. */
const checksumOf = (call: Call, { algorithm = Checksum.usual, type }: Upload, parts: ReadonlyArray<Part>, bytes: Buffer): Checksum.Checksum => {
  if (type === "COMPOSITE") return Checksum.composite(algorithm, parts.flatMap(({ checksum }) => checksum?.value ?? []))
  const value = Checksum.of(algorithm, bytes)
  if ((header(call, `x-amz-checksum-${algorithm}`) ?? value) !== value) throw new Refusal("BadDigest")
  return { algorithm, value }
}

const completed = ({ bucket, key }: Call, etag: string): Answer =>
  Xml.answer(Xml.element("CompleteMultipartUploadResult", [Xml.element("Bucket", bucket), Xml.element("Key", key), Xml.element("ETag", etag)]))

export const complete = (bucket: Bucket, call: Call, raw: Buffer): Answer => {
  const before = bucket.completed.get(call.query.get("uploadId") ?? "")
  if (before !== undefined) return completed(call, before)
  const [id, upload] = uploadOf(bucket, call)
  const parts = named(upload, raw.toString())
  Conditions.admit(bucket, call)
  const digests = Buffer.concat(parts.map(({ etag }) => Buffer.from(etag.replaceAll("\"", ""), "hex")))
  const etag = `"${Checksum.md5(digests)}-${parts.length}"`
  const bytes = Buffer.concat(parts.map((part) => part.bytes))
  bucket.put(call.key, { bytes, etag, modifiedAt: new Date(), checksum: checksumOf(call, upload, parts, bytes), headers: upload.headers })
  bucket.uploads.delete(id)
  bucket.completed.set(id, etag)
  return completed(call, etag)
}

export const abort = (bucket: Bucket, call: Call): Answer => {
  const [id] = uploadOf(bucket, call)
  bucket.uploads.delete(id)
  return { status: 204, headers: {}, body: empty }
}
