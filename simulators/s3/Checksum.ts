/** The checksums that S3 keeps with an object, in base64 as it sends them. */
import { createHash } from "node:crypto"
import { crc32 } from "node:zlib"
import type { Call } from "./Call.ts"
import { header } from "./Call.ts"
import { Refusal } from "./Refusal.ts"

export type Algorithm = "crc32" | "crc32c" | "sha1" | "sha256"
const algorithms: ReadonlyArray<Algorithm> = ["crc32", "crc32c", "sha1", "sha256"]

/** As a header names it: `CRC32`. Throws `Refusal`. */
export const algorithmOf = (name: string | undefined): Algorithm | undefined => {
  if (name === undefined) return undefined
  const found = algorithms.find((algorithm) => algorithm === name.toLowerCase())
  if (found === undefined) throw new Refusal("NotImplemented")
  return found
}

export interface Checksum {
  readonly algorithm: Algorithm
  readonly value: string
}

const castagnoli = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1
  return value >>> 0
})

const crc32c = (bytes: Uint8Array): number => {
  let value = 0xffffffff
  for (const byte of bytes) value = castagnoli[(value ^ byte) & 255]! ^ (value >>> 8)
  return (value ^ 0xffffffff) >>> 0
}

const base64 = (value: number): string => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes.toString("base64")
}

export const of = (algorithm: Algorithm, bytes: Uint8Array): string =>
  algorithm === "crc32"
    ? base64(crc32(bytes))
    : algorithm === "crc32c" ? base64(crc32c(bytes)) : createHash(algorithm).update(bytes).digest("base64")

/** Of an object of parts: the checksum of their checksums, and how many they are. */
export const composite = (parts: ReadonlyArray<Checksum>): Checksum | undefined => {
  const [first] = parts
  if (first === undefined || parts.some(({ algorithm }) => algorithm !== first.algorithm)) return undefined
  const joined = Buffer.concat(parts.map(({ value }) => Buffer.from(value, "base64")))
  return { algorithm: first.algorithm, value: `${of(first.algorithm, joined)}-${parts.length}` }
}

export const md5 = (bytes: Uint8Array, encoding: "hex" | "base64" = "hex"): string => createHash("md5").update(bytes).digest(encoding)

/** Holds the bytes against every checksum that came with them; gives the one to keep. Throws `Refusal`. */
export const verify = (call: Call, trailers: ReadonlyMap<string, string>, bytes: Uint8Array): Checksum | undefined => {
  const given = (name: string) => trailers.get(name) ?? header(call, name)
  if (given("x-amz-checksum-crc64nvme") !== undefined) throw new Refusal("NotImplemented")
  const contentMd5 = given("content-md5")
  if (contentMd5 !== undefined && contentMd5 !== md5(bytes, "base64")) throw new Refusal("BadDigest")
  const sha256 = header(call, "x-amz-content-sha256")
  if (sha256 !== undefined && /^[0-9a-f]{64}$/.test(sha256) && sha256 !== createHash("sha256").update(bytes).digest("hex")) {
    throw new Refusal("XAmzContentSHA256Mismatch")
  }
  let kept: Checksum | undefined
  for (const algorithm of algorithms) {
    const value = given(`x-amz-checksum-${algorithm}`)
    if (value === undefined) continue
    if (value !== of(algorithm, bytes)) throw new Refusal("BadDigest")
    kept = { algorithm, value }
  }
  return kept
}
