/** The checksums that S3 keeps with an object, in base64 as it sends them. */
import { createHash } from "node:crypto"
import { crc32 } from "node:zlib"
import type { Call } from "./Call.ts"
import { header } from "./Call.ts"
import { crc32c, crc64nvme } from "./Crc.ts"
import { Refusal } from "./Refusal.ts"

/** In bytes. */
const lengths = { crc32: 4, crc32c: 4, crc64nvme: 8, sha1: 20, sha256: 32 } as const

export type Algorithm = keyof typeof lengths

const isAlgorithm = (name: string): name is Algorithm => Object.hasOwn(lengths, name)
const algorithms: ReadonlyArray<Algorithm> = Object.keys(lengths).filter(isAlgorithm)

/** What S3 takes where nobody names one. */
export const usual: Algorithm = "crc64nvme"

/** As a header names it: `CRC32`. Throws `Refusal`. */
export const algorithmOf = (name: string | undefined): Algorithm | undefined => {
  const found = name?.toLowerCase()
  if (found === undefined || isAlgorithm(found)) return found
  throw new Refusal("InvalidRequest", { ChecksumAlgorithm: name ?? "" })
}

/** Of an object of parts: of all its bytes, or of the checksums of its parts. */
export type Type = "FULL_OBJECT" | "COMPOSITE"

export interface Checksum {
  readonly algorithm: Algorithm
  readonly value: string
}

const words = (...values: ReadonlyArray<number>): string => {
  const bytes = Buffer.alloc(4 * values.length)
  values.forEach((value, index) => bytes.writeUInt32BE(value >>> 0, 4 * index))
  return bytes.toString("base64")
}

export const of = (algorithm: Algorithm, bytes: Uint8Array): string => {
  switch (algorithm) {
    case "crc32":
      return words(crc32(bytes))
    case "crc32c":
      return words(crc32c(bytes))
    case "crc64nvme":
      return words(...crc64nvme(bytes))
    default:
      return createHash(algorithm).update(bytes).digest("base64")
  }
}

/** The checksum of the parts' checksums, and how many they are. */
export const composite = (algorithm: Algorithm, parts: ReadonlyArray<string>): Checksum => {
  const joined = Buffer.concat(parts.map((value) => Buffer.from(value, "base64")))
  return { algorithm, value: `${of(algorithm, joined)}-${parts.length}` }
}

export const headersOf = ({ algorithm, value }: Checksum): Readonly<Record<string, string>> => ({
  [`x-amz-checksum-${algorithm}`]: value,
  "x-amz-checksum-type": value.includes("-") ? "COMPOSITE" : "FULL_OBJECT"
})

export const md5 = (bytes: Uint8Array, encoding: "hex" | "base64" = "hex"): string => createHash("md5").update(bytes).digest(encoding)

const lengthOf = (base64: string): number => Buffer.from(base64, "base64").length

/** Holds the bytes against every checksum that came with them; gives the one to keep. Throws `Refusal`. */
export const verify = (call: Call, trailers: ReadonlyMap<string, string>, bytes: Uint8Array): Checksum | undefined => {
  const given = (name: string) => trailers.get(name) ?? header(call, name)
  const contentMd5 = given("content-md5")
  if (contentMd5 !== undefined && lengthOf(contentMd5) !== 16) throw new Refusal("InvalidDigest")
  if (contentMd5 !== undefined && contentMd5 !== md5(bytes, "base64")) throw new Refusal("BadDigest")
  const sha256 = header(call, "x-amz-content-sha256")
  if (sha256 !== undefined && /^[0-9a-f]{64}$/.test(sha256) && sha256 !== createHash("sha256").update(bytes).digest("hex")) {
    throw new Refusal("XAmzContentSHA256Mismatch")
  }
  let kept: Checksum | undefined
  for (const algorithm of algorithms) {
    const value = given(`x-amz-checksum-${algorithm}`)
    if (value === undefined) continue
    if (lengthOf(value) !== lengths[algorithm]) throw new Refusal("InvalidRequest", { InvalidHeader: `x-amz-checksum-${algorithm}` })
    if (value !== of(algorithm, bytes)) throw new Refusal("BadDigest")
    kept = { algorithm, value }
  }
  const said = algorithmOf(header(call, "x-amz-sdk-checksum-algorithm"))
  if (said !== undefined && kept?.algorithm !== said) throw new Refusal("InvalidRequest", { MissingHeader: `x-amz-checksum-${said}` })
  return kept
}
