/** What a bucket holds: objects in the order of their keys, and uploads that are not complete. */
import type { Algorithm, Checksum, Type } from "./Checksum.ts"
import { md5 } from "./Checksum.ts"

export interface Stored {
  readonly bytes: Buffer
  /** With its quotes. */
  readonly etag: string
  readonly modifiedAt: Date
  readonly checksum: Checksum | undefined
  /** `content-type` and the like, and `x-amz-meta-…`. */
  readonly headers: Readonly<Record<string, string>>
}

export interface Part {
  readonly bytes: Buffer
  readonly etag: string
  readonly modifiedAt: Date
  readonly checksum: Checksum | undefined
}

export interface Upload {
  readonly key: string
  readonly headers: Readonly<Record<string, string>>
  readonly initiatedAt: Date
  /** What its parts have to come with; undefined: with any, or none. */
  readonly algorithm: Algorithm | undefined
  /** Of the checksum that the object is to have. */
  readonly type: Type
  readonly parts: Map<number, Part>
}

export interface Bucket {
  readonly get: (key: string) => Stored | undefined
  readonly put: (key: string, stored: Stored) => void
  readonly delete: (key: string) => void
  /** By the bytes of UTF-8. */
  readonly keys: () => ReadonlyArray<string>
  readonly uploads: Map<string, Upload>
  /** What a completed upload was answered with: S3 answers the same when it is asked again. */
  readonly completed: Map<string, string>
}

export const etagOf = (bytes: Uint8Array): string => `"${md5(bytes)}"`

export const make = (): Bucket => {
  const objects = new Map<string, Stored>()
  let sorted: ReadonlyArray<string> | undefined
  return {
    get: (key) => objects.get(key),
    put: (key, stored) => {
      if (!objects.has(key)) sorted = undefined
      objects.set(key, stored)
    },
    delete: (key) => {
      if (objects.delete(key)) sorted = undefined
    },
    keys: () =>
      sorted ??= Array.from(objects.keys(), (key) => ({ key, bytes: Buffer.from(key) }))
        .sort((a, b) => Buffer.compare(a.bytes, b.bytes)).map(({ key }) => key),
    uploads: new Map(),
    completed: new Map()
  }
}
