/** ListObjectsV2: pages of at most 1,000 keys and common prefixes. */
import type { Bucket } from "./Bucket.ts"
import type { Answer, Call } from "./Call.ts"
import { Refusal } from "./Refusal.ts"
import * as Xml from "./Xml.ts"

const most = 1000

type Entry = { readonly _tag: "Key"; readonly key: string } | { readonly _tag: "Prefix"; readonly prefix: string }

const nameOf = (entry: Entry): string => entry._tag === "Key" ? entry.key : entry.prefix

const isAfter = (text: string, other: string): boolean => Buffer.compare(Buffer.from(text), Buffer.from(other)) > 0

/** Where the next page begins: after this name, and after all that a common prefix stands for. */
const tokenOf = (entry: Entry): string => Buffer.from(JSON.stringify([entry._tag, nameOf(entry)])).toString("base64url")

const positionOf = (token: string): readonly [string, string] => {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(token, "base64url").toString())
    if (Array.isArray(parsed) && typeof parsed[0] === "string" && typeof parsed[1] === "string") return [parsed[0], parsed[1]]
  } catch {
    // Refused below.
  }
  throw new Refusal("InvalidArgument", { ArgumentName: "continuation-token" })
}

const page = (bucket: Bucket, query: URLSearchParams, size: number): readonly [ReadonlyArray<Entry>, boolean] => {
  const prefix = query.get("prefix") ?? ""
  const delimiter = query.get("delimiter") ?? ""
  const token = query.get("continuation-token")
  const [kind, after] = token === null ? ["Key", query.get("start-after") ?? ""] : positionOf(token)
  const passed = (key: string) => after !== "" && (!isAfter(key, after) || (kind === "Prefix" && key.startsWith(after)))
  const entries: Array<Entry> = []
  for (const key of bucket.keys()) {
    if (!key.startsWith(prefix) || passed(key)) continue
    const common = prefixOf(key, prefix, delimiter)
    const entry: Entry = common === undefined ? { _tag: "Key", key } : { _tag: "Prefix", prefix: common }
    const last = entries.at(-1)
    if (last !== undefined && nameOf(last) === nameOf(entry)) continue
    if (entries.length === size) return [entries, true]
    entries.push(entry)
  }
  return [entries, false]
}

/** A key as the listing was asked to write it: XML has no way to write some characters. */
export const textOf = (query: URLSearchParams) => {
  const encoding = query.get("encoding-type")
  return (value: string): string => encoding === "url" ? encodeURIComponent(value).replaceAll("%20", "+").replaceAll("%2F", "/") : value
}

/** How many are asked for, and given at most. Throws `Refusal`. */
export const sizeOf = (query: URLSearchParams, parameter: string): readonly [number, number] => {
  const asked = Number(query.get(parameter) ?? most)
  if (!Number.isInteger(asked) || asked < 0) throw new Refusal("InvalidArgument", { ArgumentName: parameter })
  return [asked, Math.min(asked, most)]
}

/** The common prefix that a key is told as. */
export const prefixOf = (key: string, prefix: string, delimiter: string): string | undefined => {
  const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length)
  return cut === -1 ? undefined : key.slice(0, cut + delimiter.length)
}

export const optional = (query: URLSearchParams, parameter: string, name: string, text: (value: string) => string): ReadonlyArray<Xml.Element> => {
  const value = query.get(parameter)
  return value === null ? [] : [Xml.element(name, text(value))]
}

export const list = (bucket: Bucket, { bucket: name, query }: Call): Answer => {
  const [asked, size] = sizeOf(query, "max-keys")
  const text = textOf(query)
  const [entries, more] = page(bucket, query, size)
  const last = entries.at(-1)
  const elements = entries.map((entry) => {
    if (entry._tag === "Prefix") return Xml.element("CommonPrefixes", [Xml.element("Prefix", text(entry.prefix))])
    const { bytes, etag, modifiedAt } = bucket.get(entry.key)!
    return Xml.element("Contents", [
      Xml.element("Key", text(entry.key)),
      Xml.element("LastModified", modifiedAt.toISOString()),
      Xml.element("ETag", etag),
      Xml.element("Size", bytes.length),
      Xml.element("StorageClass", "STANDARD"),
      ...(query.get("fetch-owner") === "true" ? [Xml.element("Owner", [Xml.element("ID", "sluice")])] : [])
    ])
  })
  return Xml.answer(Xml.element("ListBucketResult", [
    Xml.element("Name", name),
    Xml.element("Prefix", text(query.get("prefix") ?? "")),
    ...optional(query, "delimiter", "Delimiter", text),
    ...optional(query, "start-after", "StartAfter", text),
    ...optional(query, "continuation-token", "ContinuationToken", (value) => value),
    ...optional(query, "encoding-type", "EncodingType", (value) => value),
    Xml.element("MaxKeys", asked),
    Xml.element("KeyCount", entries.length),
    Xml.element("IsTruncated", more && size > 0),
    ...(more && last !== undefined ? [Xml.element("NextContinuationToken", tokenOf(last))] : []),
    ...elements
  ]))
}
