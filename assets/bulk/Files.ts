/** The files that hold the records, each in the version that it had when it was listed. */
import { Data, Effect, Stream } from "effect"
import { type ObjectInfo, ObjectStore, type ObjectStoreError } from "sluice"
import { isBlank } from "./Blank.ts"

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

/** Blank ones are looked for in so many at a time. */
const concurrency = 16

/** The store's advice is to list it, which has been done. */
const isFolder = ({ message }: ObjectStoreError): boolean => message.includes(" is a folder and no file")

const nothingIn = (uri: string) => new NoFiles({ message: `${uri} has no files: there is nothing to process.` })

const isMany = (uri: string): boolean => /\/$|[*?{[]/.test(uri)

/**
 * A file; or all files of a folder, below a prefix that ends with "/", or of a glob, in the order of their names. One that
 * is empty has no records and is passed over, also where its format wants a header line.
 */
export const list = Effect.fnUntraced(function*(uri: string): Effect.fn.Return<ReadonlyArray<ObjectInfo>, ObjectStoreError | NoFiles, ObjectStore> {
  const store = yield* ObjectStore
  if (!isMany(uri)) {
    const one = yield* Effect.result(store.stat(uri))
    if (one._tag === "Success" && !(yield* isBlank(one.success))) return [one.success]
    if (one._tag === "Success") return yield* new NoFiles({ message: `${uri} is empty: there is nothing to process.` })
    const within = yield* Effect.orElseSucceed(Stream.runCollect(store.list(`${uri}/`)), () => [])
    if (within.length === 0) return yield* isFolder(one.failure) ? nothingIn(uri) : one.failure
  }
  const files = (yield* Stream.runCollect(store.list(isMany(uri) ? uri : `${uri}/`, { allowEmpty: true }))).filter((file) => !isHidden(file))
  const blank = yield* Effect.forEach(files, isBlank, { concurrency })
  const filled = files.filter((_, i) => !blank[i])
  if (filled.length > 0) return filled
  if (files.length > 0) {
    const message = `${files.length === 1 ? "The only file" : `All ${files.length} files`} of ${uri} ${files.length === 1 ? "is" : "are"} empty: there is nothing to process.`
    return yield* new NoFiles({ message })
  }
  return yield* nothingIn(uri)
})
