/** The bytes of a request: as they come, or in chunks with signatures and trailing checksums (`aws-chunked`). */
import type { Call } from "./Call.ts"
import { header } from "./Call.ts"
import * as Checksum from "./Checksum.ts"
import { Refusal } from "./Refusal.ts"

export interface Body {
  readonly bytes: Buffer
  readonly checksum: Checksum.Checksum | undefined
}

const isChunked = (call: Call): boolean =>
  (header(call, "x-amz-content-sha256") ?? "").startsWith("STREAMING-") || (header(call, "content-encoding") ?? "").split(/,\s*/).includes("aws-chunked")

const crlf = Buffer.from("\r\n")

/** `size[;chunk-signature=…]`, bytes, …, `0`, trailers. */
const unchunk = (raw: Buffer): readonly [Buffer, ReadonlyMap<string, string>] => {
  const pieces: Array<Buffer> = []
  const trailers = new Map<string, string>()
  let at = 0
  const line = (): string => {
    const end = raw.indexOf(crlf, at)
    if (end === -1) throw new Refusal("IncompleteBody")
    const text = raw.toString("latin1", at, end)
    at = end + 2
    return text
  }
  for (;;) {
    const [size = ""] = line().split(";")
    if (!/^[0-9a-f]+$/i.test(size)) throw new Refusal("IncompleteBody")
    const length = parseInt(size, 16)
    if (length === 0) break
    if (at + length + 2 > raw.length) throw new Refusal("IncompleteBody")
    pieces.push(raw.subarray(at, at + length))
    at += length
    if (line() !== "") throw new Refusal("IncompleteBody")
  }
  while (at < raw.length) {
    const text = line()
    if (text === "") break
    const colon = text.indexOf(":")
    trailers.set(text.slice(0, colon).toLowerCase(), text.slice(colon + 1).trim())
  }
  return [Buffer.concat(pieces), trailers]
}

/** Throws `Refusal` where it is not whole, or not what its checksums say. */
export const read = (call: Call, raw: Buffer): Body => {
  const [bytes, trailers] = isChunked(call) ? unchunk(raw) : [raw, new Map<string, string>()]
  const decoded = header(call, "x-amz-decoded-content-length")
  if (decoded !== undefined && Number(decoded) !== bytes.length) throw new Refusal("IncompleteBody")
  const announced = header(call, "x-amz-trailer")
  if (announced !== undefined && announced.split(",").some((name) => !trailers.has(name.trim().toLowerCase()))) throw new Refusal("IncompleteBody")
  return { bytes, checksum: Checksum.verify(call, trailers, bytes) }
}
