/** Files that are new or have changed, observed in a folder or a bucket. */
import { type Duration, Effect, Schema, Stream } from "effect"
import * as Looking from "../../engine/sensor/Looking.ts"
import type { Observer, Seen } from "../../engine/sensor/Sensor.ts"
import { type ObjectInfo, ObjectStore } from "../../resources/objects/ObjectStore.ts"
import type { ObjectStoreError } from "../../resources/objects/ObjectStoreError.ts"

export interface Options {
  /** At the latest so long after the last listing there is another one: in S3, and where a folder tells nothing. Default "10 seconds". */
  readonly every?: Duration.Input
  /** A file of a folder is seen when it has not changed for so long: whoever writes it has ended. Default "200 millis". */
  readonly settled?: Duration.Input
}

/** URI → etag of all that was seen and is still there. */
type Cursor = Readonly<Record<string, string>>

/** Files that come at once are recorded in portions. */
const portion = 200

/**
 * The objects of a prefix or glob (see `ObjectStore.list`), each version of each once; those that are there at first too.
 * Folders tell of changes; buckets are listed. Its cursor names every file that is there: made for folders of some ten
 * thousand files, from which what is done is moved away.
 */
export const files = (prefixOrGlob: string, options: Options = {}): Observer<Cursor, ObjectInfo, ObjectStoreError, ObjectStore> => {
  const { every = "10 seconds", settled = "200 millis" } = options
  const isImmutable = /^s3:/i.test(prefixOrGlob)
  return {
    cursor: Schema.Record(Schema.String, Schema.String),
    initial: {},
    every,
    observe: (cursor) =>
      Stream.unwrap(Effect.map(ObjectStore, (store) => {
        const list = Stream.runCollect(store.list(prefixOrGlob, { allowEmpty: true }))
        const look = Effect.fnUntraced(function*(seen: Cursor) {
          let found = yield* list
          const isNew = ({ etag, uri }: ObjectInfo) => seen[uri] !== etag
          if (isImmutable || !found.some(isNew)) return portions(seen, found, found.filter(isNew))
          for (;;) {
            const before = new Set(found.map(({ etag, uri }) => `${etag} ${uri}`))
            yield* Effect.sleep(settled)
            found = yield* list
            const ready = found.filter((file) => isNew(file) && before.has(`${file.etag} ${file.uri}`))
            // Where each new one is still being written there is nothing to tell, and another look.
            if (ready.length > 0 || !found.some(isNew)) return portions(seen, found, ready)
          }
        })
        return Looking.whenever(store.changes(prefixOrGlob), every, cursor, look)
      }))
  }
}

const portions = (seen: Cursor, there: ReadonlyArray<ObjectInfo>, ready: ReadonlyArray<ObjectInfo>): ReadonlyArray<Seen<Cursor, ObjectInfo>> => {
  // What is gone is forgotten; the version that was seen of a file that changes is kept until the new one is ready.
  let cursor: Record<string, string> = Object.fromEntries(there.flatMap(({ uri }) => seen[uri] === undefined ? [] : [[uri, seen[uri]]]))
  const all: Array<Seen<Cursor, ObjectInfo>> = []
  for (let from = 0; from < Math.max(1, ready.length); from += portion) {
    const some = ready.slice(from, from + portion)
    cursor = { ...cursor, ...Object.fromEntries(some.map(({ etag, uri }) => [uri, etag])) }
    all.push({ cursor, found: some.map((file) => ({ key: `${file.uri} ${file.etag}`, value: file })) })
  }
  return all
}
