/** A request as S3 understands it, and an answer. */
import type { IncomingHttpHeaders } from "node:http"

export interface Call {
  readonly method: string
  /** As it was sent, still encoded. */
  readonly path: string
  /** Empty where the call is about all of them. */
  readonly bucket: string
  /** Decoded; empty where the call is about the bucket. */
  readonly key: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** As S3 calls it, such as `GetObject` and `UploadPart`; `Other` is what this stand-in does not know. */
  readonly operation: string
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | number>>
  readonly body: Uint8Array
}

export const header = ({ headers }: Pick<Call, "headers">, name: string): string | undefined => {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** Another name asks for something else than the object or the bucket: `?acl`, `?tagging`, `?versionId=…`. */
const known = new Set([
  "continuation-token", "delete", "delimiter", "encoding-type", "fetch-owner", "key-marker", "list-type", "location", "max-keys", "max-parts",
  "max-uploads", "part-number-marker", "partNumber", "prefix", "start-after", "upload-id-marker", "uploadId", "uploads", "x-id"
])

const ofBucket = (method: string, query: URLSearchParams): string => {
  if (method === "POST" && query.has("delete")) return "DeleteObjects"
  if (method === "GET") {
    return query.has("uploads")
      ? "ListMultipartUploads"
      : query.has("location") ? "GetBucketLocation" : query.get("list-type") === "2" ? "ListObjectsV2" : "Other"
  }
  return { PUT: "CreateBucket", HEAD: "HeadBucket", DELETE: "DeleteBucket" }[method] ?? "Other"
}

const ofObject = (method: string, query: URLSearchParams, isCopy: boolean): string => {
  if (query.has("uploads")) return method === "POST" ? "CreateMultipartUpload" : "Other"
  if (query.has("uploadId")) {
    return { PUT: isCopy ? "UploadPartCopy" : "UploadPart", POST: "CompleteMultipartUpload", DELETE: "AbortMultipartUpload", GET: "ListParts" }[method] ?? "Other"
  }
  if (query.has("partNumber")) return "Other"
  return { GET: "GetObject", HEAD: "HeadObject", PUT: isCopy ? "CopyObject" : "PutObject", DELETE: "DeleteObject" }[method] ?? "Other"
}

const operationOf = (method: string, bucket: string, key: string, query: URLSearchParams, isCopy: boolean): string => {
  if ([...query.keys()].some((name) => !known.has(name) && !name.startsWith("response-"))) return "Other"
  if (bucket === "") return method === "GET" ? "ListBuckets" : "Other"
  return key === "" ? ofBucket(method, query) : ofObject(method, query, isCopy)
}

/** `/bucket/key`, or `/key` at the host `bucket.localhost`. Throws URIError on an encoding that is none. */
export const of = (method: string, url: string, headers: IncomingHttpHeaders): Call => {
  const mark = url.indexOf("?")
  const path = mark === -1 ? url : url.slice(0, mark)
  const query = new URLSearchParams(mark === -1 ? "" : url.slice(mark + 1))
  const [, host] = /^(.+)\.localhost(?::\d+)?$/.exec(headers.host ?? "") ?? []
  const [, first = "", rest = ""] = /^\/([^/]*)(?:\/(.*))?$/s.exec(path) ?? []
  const bucket = host ?? decodeURIComponent(first)
  const key = decodeURIComponent(host === undefined ? rest : path.slice(1))
  return { method, path, bucket, key, query, headers, operation: operationOf(method, bucket, key, query, headers["x-amz-copy-source"] !== undefined) }
}
