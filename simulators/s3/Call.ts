/** A request as S3 understands it, and an answer. */
import type { IncomingHttpHeaders } from "node:http"

export interface Call {
  readonly method: string
  /** As it was sent, still encoded. */
  readonly path: string
  readonly bucket: string
  /** Decoded; empty where the call is about the bucket. */
  readonly key: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** As S3 calls it, such as `GetObject` and `UploadPart`. */
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

const operationOf = (method: string, key: string, query: URLSearchParams, headers: IncomingHttpHeaders): string => {
  if (key === "") {
    if (method === "POST" && query.has("delete")) return "DeleteObjects"
    if (method === "GET") return query.has("uploads") ? "ListMultipartUploads" : query.get("list-type") === "2" ? "ListObjectsV2" : "Other"
    return { PUT: "CreateBucket", HEAD: "HeadBucket" }[method] ?? "Other"
  }
  if (query.has("uploads") && method === "POST") return "CreateMultipartUpload"
  if (query.has("uploadId")) {
    return { PUT: "UploadPart", POST: "CompleteMultipartUpload", DELETE: "AbortMultipartUpload", GET: "ListParts" }[method] ?? "Other"
  }
  if (method === "PUT" && headers["x-amz-copy-source"] !== undefined) return "CopyObject"
  return { GET: "GetObject", HEAD: "HeadObject", PUT: "PutObject", DELETE: "DeleteObject" }[method] ?? "Other"
}

/** Path style only: `/bucket/key`. Throws URIError on an encoding that is none. */
export const of = (method: string, url: string, headers: IncomingHttpHeaders): Call => {
  const mark = url.indexOf("?")
  const path = mark === -1 ? url : url.slice(0, mark)
  const query = new URLSearchParams(mark === -1 ? "" : url.slice(mark + 1))
  const [, bucket = "", rest = ""] = /^\/([^/]*)(?:\/(.*))?$/s.exec(path) ?? []
  const key = decodeURIComponent(rest)
  return { method, path, bucket: decodeURIComponent(bucket), key, query, headers, operation: operationOf(method, key, query, headers) }
}
