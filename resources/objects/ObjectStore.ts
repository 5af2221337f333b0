/**
 * Objects of any size in folders and in S3, by URI: `s3://bucket/key`, `file:///data/a.csv`, or a path from a root.
 *
 * ```ts
 * const store = yield* ObjectStore
 * store.list("s3://lake/orders/2024-*.csv")        // Stream<ObjectInfo, ObjectStoreError>
 * store.read("s3://lake/orders/2024.csv")      // Stream<Uint8Array, ObjectStoreError>
 * ```
 */
import { Context, Effect, Layer, Stream } from "effect"
import * as Folder from "./folder/Folder.ts"
import { isGlob } from "./Glob.ts"
import type { Objects } from "./Objects.ts"
import { failure } from "./ObjectStoreError.ts"
import type * as S3Options from "./s3/Options.ts"
import * as S3 from "./s3/S3.ts"

export type { ListOptions, ObjectInfo, Objects, Ranged, ReadOptions, Version } from "./Objects.ts"
export { ObjectStoreError } from "./ObjectStoreError.ts"

export interface Options {
  /** The folder that paths start from, and that none leads out of. Default: the working folder. */
  readonly root?: string
  /** How `s3://` is reached. Default: as the environment says. */
  readonly s3?: S3Options.Options
}

const isS3 = (uri: string): boolean => /^s3:/i.test(uri)

const none = (prefixOrGlob: string) =>
  Stream.fail(failure("missing", prefixOrGlob, isGlob(prefixOrGlob)
    ? `No object matches ${prefixOrGlob}; change the pattern, or give the option allowEmpty where there may be none.`
    : `There is no object whose name begins with ${prefixOrGlob}; name another prefix, or give the option allowEmpty where there may be none.`))

/** The store whose objects these are: the one of the URI's scheme. */
const byScheme = (folder: Objects, s3: Objects): Objects => {
  const of = (uri: string) => isS3(uri) ? s3 : folder
  return {
    list: (uri, options) =>
      options?.allowEmpty === true ? of(uri).list(uri) : Stream.orElseIfEmpty(of(uri).list(uri), () => none(uri)),
    changes: (uri) => of(uri).changes(uri),
    stat: (uri) => of(uri).stat(uri),
    read: (uri, options) => of(uri).read(uri, options),
    ranged: (uri, options) => of(uri).ranged(uri, options),
    write: (uri, bytes) => of(uri).write(uri, bytes),
    delete: (uri) => of(uri).delete(uri),
    endWrites: (uris) => s3.endWrites(uris.filter(isS3))
  }
}

/** Opens nothing before its first use, and keeps no connection longer than its layer. */
export class ObjectStore extends Context.Service<ObjectStore, Objects>()("sluice/resources/objects/ObjectStore") {
  static readonly layer = (options: Options = {}): Layer.Layer<ObjectStore> =>
    Layer.effect(ObjectStore, Effect.map(S3.make(options.s3 ?? {}), (s3) => byScheme(Folder.make(options.root ?? "."), s3)))
}
