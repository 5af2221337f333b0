/** The calls about single objects: get, head, put, delete. */
import * as Body from "./Body.ts"
import { type Bucket, etagOf, type Stored } from "./Bucket.ts"
import type { Answer, Call } from "./Call.ts"
import { header } from "./Call.ts"
import * as Checksum from "./Checksum.ts"
import * as Conditions from "./Conditions.ts"
import { Refusal } from "./Refusal.ts"
import * as Xml from "./Xml.ts"

export const empty = new Uint8Array(0)

/** First and last byte. An unreadable range, and more than one, are ignored, as S3 does. Throws `Refusal`. */
export const rangeOf = (range: string | undefined, size: number): readonly [number, number] | undefined => {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/.exec(range ?? "") ?? []
  if ((first === "" && last === "") || (first !== "" && last !== "" && Number(last) < Number(first))) return undefined
  const [from, to] = first === "" ? [Math.max(0, size - Number(last)), size - 1] : [Number(first), Math.min(last === "" ? Infinity : Number(last), size - 1)]
  if (from >= size || (first === "" && Number(last) === 0)) {
    throw new Refusal("InvalidRange", { RangeRequested: range ?? "", ActualObjectSize: String(size) }, { "content-range": `bytes */${size}` })
  }
  return [from, to]
}

export const found = (bucket: Bucket, { key }: Pick<Call, "key">): Stored => {
  const stored = bucket.get(key)
  if (stored === undefined) throw new Refusal("NoSuchKey", { Key: key })
  return stored
}

const described = ["content-type", "cache-control", "content-disposition", "content-encoding", "content-language", "expires"]

/** What the query says in place of what is stored: `response-content-type`. */
const overridden = ({ query }: Call): Readonly<Record<string, string>> =>
  Object.fromEntries(described.flatMap((name) => {
    const value = query.get(`response-${name}`)
    return value === null ? [] : [[name, value]]
  }))

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
  const { bytes, checksum } = stored
  const headers = { ...headersOf(stored), ...overridden(call) }
  if (Conditions.isKnown(call, stored)) return { status: 304, headers, body: empty }
  const range = rangeOf(header(call, "range"), bytes.length)
  if (range !== undefined) {
    const [from, to] = range
    return { status: 206, headers: { ...headers, "content-range": `bytes ${from}-${to}/${bytes.length}` }, body: bytes.subarray(from, to + 1) }
  }
  const sums = checksum === undefined || header(call, "x-amz-checksum-mode") !== "ENABLED" ? {} : Checksum.headersOf(checksum)
  return { status: 200, headers: { ...headers, ...sums }, body: bytes }
}

/** Those that describe an object and are kept with it. How its bytes came is no encoding of theirs. */
export const keptHeaders = ({ headers }: Call): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers).flatMap(([name, value]) => {
    if (typeof value !== "string" || !(described.includes(name) || name.startsWith("x-amz-meta-"))) return []
    const kept = name === "content-encoding" ? value.split(",").map((each) => each.trim()).filter((each) => each !== "aws-chunked").join(",") : value
    return kept === "" ? [] : [[name, kept]]
  }))

export const nameChecked = ({ key }: Call): void => {
  if (Buffer.byteLength(key) > 1024) throw new Refusal("KeyTooLongError")
}

export const put = (bucket: Bucket, call: Call, raw: Buffer): Answer => {
  nameChecked(call)
  const { bytes, checksum: given } = Body.read(call, raw)
  Conditions.admit(bucket, call)
  const etag = etagOf(bytes)
  const checksum = given ?? { algorithm: Checksum.usual, value: Checksum.of(Checksum.usual, bytes) }
  bucket.put(call.key, { bytes, etag, modifiedAt: new Date(), checksum, headers: keptHeaders(call) })
  return { status: 200, headers: { etag, ...Checksum.headersOf(checksum) }, body: empty }
}

export const remove = (bucket: Bucket, call: Call): Answer => {
  if (bucket.get(call.key) !== undefined) Conditions.admit(bucket, call)
  bucket.delete(call.key)
  return { status: 204, headers: {}, body: empty }
}

export const removeMany = (bucket: Bucket, call: Call, raw: Buffer): Answer => {
  const text = Body.read(call, raw).bytes.toString()
  const keys = Xml.all(text, "Object").map((object) => Xml.first(object, "Key") ?? "")
  if (keys.length === 0 || keys.length > 1000) throw new Refusal("MalformedXML")
  for (const key of keys) bucket.delete(key)
  const deleted = Xml.first(text, "Quiet") === "true" ? [] : keys.map((key) => Xml.element("Deleted", [Xml.element("Key", key)]))
  return Xml.answer(Xml.element("DeleteResult", deleted))
}
