/** The calls about single objects: get, head, put, copy, delete. */
import * as Body from "./Body.ts"
import { type Bucket, etagOf, type Stored } from "./Bucket.ts"
import type { Answer, Call } from "./Call.ts"
import { header } from "./Call.ts"
import { Refusal } from "./Refusal.ts"
import * as Xml from "./Xml.ts"

export const empty = new Uint8Array(0)

const matches = (condition: string, etag: string): boolean =>
  condition.split(",").some((given) => given.trim() === "*" || given.trim().replace(/^"|"$/g, "") === etag.replace(/^"|"$/g, ""))

/** First and last byte. An unreadable range, and more than one, are ignored, as S3 does. Throws `Refusal`. */
const rangeOf = (range: string | undefined, size: number): readonly [number, number] | undefined => {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(range ?? "") ?? []
  if ((first === "" && last === "") || (first !== "" && last !== "" && Number(last) < Number(first))) return undefined
  const [from, to] = first === "" ? [Math.max(0, size - Number(last)), size - 1] : [Number(first), Math.min(last === "" ? Infinity : Number(last), size - 1)]
  if (from >= size || (first === "" && Number(last) === 0)) {
    throw new Refusal("InvalidRange", { RangeRequested: range ?? "", ActualObjectSize: String(size) }, { "content-range": `bytes */${size}` })
  }
  return [from, to]
}

export const found = (bucket: Bucket, { key }: Call): Stored => {
  const stored = bucket.get(key)
  if (stored === undefined) throw new Refusal("NoSuchKey", { Key: key })
  return stored
}

const headersOf = ({ etag, headers, modifiedAt }: Stored) => ({
  "accept-ranges": "bytes",
  "content-type": "binary/octet-stream",
  ...headers,
  etag,
  "last-modified": modifiedAt.toUTCString()
})

/** GET and HEAD. Conditions come before the range. */
export const get = (bucket: Bucket, call: Call): Answer => {
  const stored = found(bucket, call)
  const { bytes, checksum, etag } = stored
  const [ifMatch, ifNoneMatch] = [header(call, "if-match"), header(call, "if-none-match")]
  if (ifMatch !== undefined && !matches(ifMatch, etag)) throw new Refusal("PreconditionFailed", { Condition: "If-Match" })
  const headers = headersOf(stored)
  if (ifNoneMatch !== undefined && matches(ifNoneMatch, etag)) return { status: 304, headers, body: empty }
  const range = rangeOf(header(call, "range"), bytes.length)
  if (range !== undefined) {
    const [from, to] = range
    return { status: 206, headers: { ...headers, "content-range": `bytes ${from}-${to}/${bytes.length}` }, body: bytes.subarray(from, to + 1) }
  }
  const sums = checksum === undefined || header(call, "x-amz-checksum-mode") !== "ENABLED" ? {} : {
    [`x-amz-checksum-${checksum.algorithm}`]: checksum.value,
    "x-amz-checksum-type": checksum.value.includes("-") ? "COMPOSITE" : "FULL_OBJECT"
  }
  return { status: 200, headers: { ...headers, ...sums }, body: bytes }
}

/** If-None-Match: * creates only, If-Match replaces one version only. */
export const admit = (bucket: Bucket, call: Call): void => {
  const stored = bucket.get(call.key)
  const ifMatch = header(call, "if-match")
  if (header(call, "if-none-match") === "*" && stored !== undefined) throw new Refusal("PreconditionFailed", { Condition: "If-None-Match" })
  if (ifMatch === undefined) return
  if (stored === undefined) throw new Refusal("NoSuchKey", { Key: call.key })
  if (!matches(ifMatch, stored.etag)) throw new Refusal("PreconditionFailed", { Condition: "If-Match" })
}

export const keptHeaders = ({ headers }: Call): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).flatMap(([name, value]) =>
    (name === "content-type" || name.startsWith("x-amz-meta-")) && typeof value === "string" ? [[name, value]] : []))

const nameChecked = ({ key }: Call): void => {
  if (Buffer.byteLength(key) > 1024) throw new Refusal("KeyTooLongError")
}

export const put = (bucket: Bucket, call: Call, raw: Buffer): Answer => {
  nameChecked(call)
  const { bytes, checksum } = Body.read(call, raw)
  admit(bucket, call)
  const etag = etagOf(bytes)
  bucket.put(call.key, { bytes, etag, modifiedAt: new Date(), checksum, headers: keptHeaders(call) })
  return { status: 200, headers: { etag, ...(checksum === undefined ? {} : { [`x-amz-checksum-${checksum.algorithm}`]: checksum.value }) }, body: empty }
}

export const copy = (bucket: Bucket, call: Call, source: Stored): Answer => {
  nameChecked(call)
  admit(bucket, call)
  const modifiedAt = new Date()
  bucket.put(call.key, { ...source, modifiedAt })
  const body = Xml.document(Xml.element("CopyObjectResult", [
    Xml.element("LastModified", modifiedAt.toISOString()),
    Xml.element("ETag", source.etag)
  ]))
  return { status: 200, headers: { "content-type": "application/xml" }, body }
}

export const remove = (bucket: Bucket, { key }: Call): Answer => {
  bucket.delete(key)
  return { status: 204, headers: {}, body: empty }
}

export const removeMany = (bucket: Bucket, call: Call, raw: Buffer): Answer => {
  const text = Body.read(call, raw).bytes.toString()
  const keys = Xml.all(text, "Object").map((object) => Xml.first(object, "Key") ?? "")
  if (keys.length === 0 || keys.length > 1000) throw new Refusal("MalformedXML")
  for (const key of keys) bucket.delete(key)
  const deleted = Xml.first(text, "Quiet") === "true" ? [] : keys.map((key) => Xml.element("Deleted", [Xml.element("Key", key)]))
  return { status: 200, headers: { "content-type": "application/xml" }, body: Xml.document(Xml.element("DeleteResult", deleted)) }
}
