/** Uploads that are not complete, and their parts: pages of at most 1,000. */
import type { Bucket, Upload } from "./Bucket.ts"
import type { Answer, Call } from "./Call.ts"
import { optional, prefixOf, sizeOf, textOf } from "./Listing.ts"
import { uploadOf } from "./Multipart.ts"
import * as Xml from "./Xml.ts"

export const listParts = (bucket: Bucket, call: Call): Answer => {
  const [id, { parts }] = uploadOf(bucket, call)
  const [, size] = sizeOf(call.query, "max-parts")
  const after = Number(call.query.get("part-number-marker") ?? 0)
  const rest = [...parts].filter(([number]) => number > after).sort(([a], [b]) => a - b)
  const page = rest.slice(0, size)
  return Xml.answer(Xml.element("ListPartsResult", [
    Xml.element("Bucket", call.bucket),
    Xml.element("Key", call.key),
    Xml.element("UploadId", id),
    Xml.element("PartNumberMarker", after),
    Xml.element("NextPartNumberMarker", page.at(-1)?.[0] ?? after),
    Xml.element("MaxParts", size),
    Xml.element("IsTruncated", rest.length > page.length),
    ...page.map(([number, { bytes, etag, modifiedAt }]) =>
      Xml.element("Part", [
        Xml.element("PartNumber", number),
        Xml.element("LastModified", modifiedAt.toISOString()),
        Xml.element("ETag", etag),
        Xml.element("Size", bytes.length)
      ])
    )
  ]))
}

/** By the bytes of their keys, those of one key by age. */
const inOrder = ([, a]: readonly [string, Upload], [, b]: readonly [string, Upload]): number =>
  Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)) || a.initiatedAt.getTime() - b.initiatedAt.getTime()

export const listUploads = (bucket: Bucket, { bucket: name, query }: Call): Answer => {
  const [, size] = sizeOf(query, "max-uploads")
  const text = textOf(query)
  const [prefix, delimiter] = [query.get("prefix") ?? "", query.get("delimiter") ?? ""]
  const [keyMarker, idMarker] = [query.get("key-marker") ?? "", query.get("upload-id-marker") ?? ""]
  const ofPrefix = [...bucket.uploads].filter(([, { key }]) => key.startsWith(prefix)).sort(inOrder)
  const told = ofPrefix.filter(([, { key }]) => prefixOf(key, prefix, delimiter) === undefined)
  // Of the key that the page before ended with, those after the one that it ended with.
  const at = told.findIndex(([id, { key }]) => key === keyMarker && id === idMarker)
  const rest = told.filter(([, { key }], index) => keyMarker === "" || key > keyMarker || (at !== -1 && index > at))
  const page = rest.slice(0, size)
  const [lastId, last] = page.at(-1) ?? []
  const prefixes = new Set(keyMarker === "" ? ofPrefix.flatMap(([, { key }]) => prefixOf(key, prefix, delimiter) ?? []) : [])
  return Xml.answer(Xml.element("ListMultipartUploadsResult", [
    Xml.element("Bucket", name),
    Xml.element("Prefix", text(prefix)),
    ...optional(query, "encoding-type", "EncodingType", (value) => value),
    Xml.element("MaxUploads", size),
    Xml.element("IsTruncated", rest.length > page.length),
    ...(rest.length > page.length ? [Xml.element("NextKeyMarker", text(last?.key ?? "")), Xml.element("NextUploadIdMarker", lastId ?? "")] : []),
    ...page.map(([id, { initiatedAt, key }]) =>
      Xml.element("Upload", [Xml.element("Key", text(key)), Xml.element("UploadId", id), Xml.element("Initiated", initiatedAt.toISOString())])
    ),
    ...Array.from(prefixes, (common) => Xml.element("CommonPrefixes", [Xml.element("Prefix", text(common))]))
  ]))
}
