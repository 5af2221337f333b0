/** The buckets of a server. */
import * as Bucket from "./Bucket.ts"
import type { Answer, Call } from "./Call.ts"
import { empty } from "./Objects.ts"
import { Refusal } from "./Refusal.ts"
import * as Xml from "./Xml.ts"

interface Entry {
  readonly bucket: Bucket.Bucket
  readonly createdAt: Date
}

export interface Buckets {
  /** Throws `Refusal`. */
  readonly get: (name: string) => Bucket.Bucket
  readonly list: () => Answer
  readonly create: (call: Call) => Answer
  readonly remove: (call: Call) => Answer
  readonly location: (call: Call) => Answer
}

export const make = (names: ReadonlyArray<string>, region: string): Buckets => {
  const entryOf = (): Entry => ({ bucket: Bucket.make(), createdAt: new Date() })
  const all = new Map(names.map((name) => [name, entryOf()]))
  const get = (name: string): Bucket.Bucket => {
    const entry = all.get(name)
    if (entry === undefined) throw new Refusal("NoSuchBucket", { BucketName: name })
    return entry.bucket
  }
  return {
    get,
    list: () =>
      Xml.answer(Xml.element("ListAllMyBucketsResult", [
        Xml.element("Owner", [Xml.element("ID", "sluice")]),
        Xml.element("Buckets", Array.from(all, ([name, { createdAt }]) =>
          Xml.element("Bucket", [Xml.element("Name", name), Xml.element("CreationDate", createdAt.toISOString())])))
      ])),
    create: ({ bucket }) => {
      if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) throw new Refusal("InvalidBucketName", { BucketName: bucket })
      if (!all.has(bucket)) all.set(bucket, entryOf())
      return { status: 200, headers: { location: `/${bucket}` }, body: empty }
    },
    remove: ({ bucket }) => {
      if (get(bucket).keys().length > 0) throw new Refusal("BucketNotEmpty", { BucketName: bucket })
      all.delete(bucket)
      return { status: 204, headers: {}, body: empty }
    },
    location: ({ bucket }) => {
      get(bucket)
      return Xml.answer(Xml.element("LocationConstraint", region === "us-east-1" ? "" : region))
    }
  }
}
