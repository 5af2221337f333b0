/** The files that hold the records, each in the version that it had when it was listed. */
import { Data, Effect, Stream } from "effect"
import { type ObjectInfo, ObjectStore, type ObjectStoreError } from "sluice"

/** There are no files; one sentence. */
export class NoFiles extends Data.TaggedError("NoFiles")<{ readonly message: string }> {
  readonly transient = false
}

/** A file as it was at some time. */
export interface Version {
  readonly uri: string
  readonly etag: string
}

/** Such as `_SUCCESS`, which other programs leave beside their data. */
const isHidden = ({ uri }: ObjectInfo): boolean => /(^|\/)[._][^/]*$/.test(uri)

const isMany = (uri: string): boolean => /\/$|[*?{[]/.test(uri)

/** A file; or all files of a folder, below a prefix that ends with "/", or of a glob, in the order of their names. */
export const list = Effect.fnUntraced(function*(uri: string): Effect.fn.Return<ReadonlyArray<ObjectInfo>, ObjectStoreError | NoFiles, ObjectStore> {
  const store = yield* ObjectStore
  if (!isMany(uri)) {
    const one = yield* Effect.result(store.stat(uri))
    if (one._tag === "Success") return [one.success]
    const within = yield* Effect.orElseSucceed(Stream.runCollect(store.list(`${uri}/`)), () => [])
    if (within.length === 0) return yield* one.failure
  }
  const files = (yield* Stream.runCollect(store.list(isMany(uri) ? uri : `${uri}/`, { allowEmpty: true }))).filter((file) => !isHidden(file))
  if (files.length > 0) return files
  return yield* new NoFiles({ message: `${uri} has no files: there is nothing to process.` })
})
