/** Uploads that a killed writer has left in S3: found by their names, however many there are, and ended. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { ObjectStore } from "../../../resources/objects/ObjectStore.ts"
import type { Upload } from "../../../simulators/s3/Bucket.ts"
import type * as S3 from "../../../simulators/s3/Simulator.ts"
import { withS3 } from "./stores.ts"

const begun = (key: string): Upload =>
  ({ key, headers: {}, initiatedAt: new Date(), algorithm: undefined, type: "FULL_OBJECT", parts: new Map() })

/** A thousand and more, of which a few are to be ended, with names of every kind. */
const uploadsIn = (s3: S3.Simulator) => {
  const { uploads } = s3.bucket("lake")
  const keys = Array.from({ length: 1100 }, (_, number) => `a b+c/ü😀&%/${number}`)
  for (const key of keys) uploads.set(`id-${key}`, begun(key))
  return { uploads, left: () => new Set(Array.from(uploads.values(), ({ key }) => key)), some: keys.filter((_, number) => number % 200 === 0), keys }
}

const endWrites = (keys: ReadonlyArray<string>) =>
  Effect.flatMap(ObjectStore, (store) => store.endWrites(keys.map((key) => `s3://lake/${key}`)))

describe("uploads that nobody ends", () => {
  it.live("are ended where they are named, and no others", () =>
    withS3((s3) =>
      Effect.gen(function*() {
        const { some, keys, left } = uploadsIn(s3)
        s3.setFaults((_, count) => count === 0 || count === 4 ? { _tag: "Lose" } : undefined)
        yield* endWrites([...some, "a b+c/ü😃/none"])
        assert.deepStrictEqual(left(), new Set(keys.filter((key) => !some.includes(key))))
        s3.setFaults(() => undefined)
        yield* Effect.flatMap(ObjectStore, (store) => store.endWrites(["data/a.csv"]))
      })
    ))

  it.live("stay where they may not be asked for, and are told of where the server is busy", () =>
    withS3((s3) =>
      Effect.gen(function*() {
        const { some, uploads } = uploadsIn(s3)
        for (const code of ["AccessDenied", "NotImplemented"] as const) {
          s3.setFaults(() => ({ _tag: "Error", code }))
          yield* endWrites(some)
        }
        s3.setFaults(() => ({ _tag: "Error", code: "SlowDown" }))
        assert.strictEqual((yield* Effect.flip(endWrites(some))).reason, "unavailable")
        assert.strictEqual(uploads.size, 1100)
      })
    ))
})
