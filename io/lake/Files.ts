/** The folder of a lake in the object store: opens, writes and removes files, and says in the asset's words what went wrong. */
import { Effect, Stream } from "effect"
import { IoError } from "../../engine/definition/Io.ts"
import { type ObjectStore, ObjectStoreError } from "../../resources/objects/ObjectStore.ts"
import { place, refuse } from "../warehouse/Refusal.ts"
import type { Entry } from "./Registry.ts"

export interface Files {
  readonly store: ObjectStore["Service"]
  /** Of the lake's folder, without a slash at the end. */
  readonly at: string
}

/** A `file:` URI is decoded when it is used: as it stands, %2F in the folder of a partition would lead into another folder. */
export const uriOf = ({ at }: Files, path: string): string =>
  `${at}/${/^file:/i.test(at) ? path.split("/").map(encodeURIComponent).join("/") : path}`

/** The error of an asset whose file cannot be written or read. */
export const told = (asset: string, partition: string, verb: "written" | "read") => (error: ObjectStoreError): IoError =>
  new IoError({
    asset,
    ...(partition === "" ? {} : { partition }),
    message: `The file of ${place(asset, partition)} cannot be ${verb}: ${error.message}`,
    transient: error.reason === "unavailable",
    cause: error
  })

const again = (asset: string, partition: string): string =>
  `materialize it again: \`sluice materialize ${asset} --force${partition === "" ? "" : ` --partitions '${partition}'`}\``

/** A file that is not what was written: somebody else has had a hand in it. */
export const damaged = (files: Files, asset: string, { partition, path }: Entry, what: string, cause?: unknown): IoError =>
  refuse(asset, partition, `The file of ${place(asset, partition)}, ${uriOf(files, path)}, ${what}; ${again(asset, partition)}.`, cause)

export const isMissing = ({ cause }: IoError): boolean => cause instanceof ObjectStoreError && cause.reason === "missing"

/** A file that was its cell's when the reader began, and was removed before he came to its end. */
export const replaced = (asset: string, { partition }: Entry): IoError =>
  new IoError({
    asset,
    ...(partition === "" ? {} : { partition }),
    message: `The file of ${place(asset, partition)} was replaced, and removed before it was read; try again. ` +
      "Where reading takes longer than replaced files stay, set `keepReplaced` of Lake.layer.",
    transient: true
  })

/** A file that is whole, and is not what the schema says. */
export const unreadable = (asset: string, { partition }: Entry, reason: string, cause: unknown): IoError =>
  refuse(
    asset,
    partition,
    `The file of ${place(asset, partition)} cannot be read: ${reason.replace(/\.$/, "")}; change the schema back where it has changed, or ${again(asset, partition)}.`,
    cause
  )

/** One version of the file, whole, or a sentence that says what became of it. */
export const open = Effect.fnUntraced(function*(files: Files, asset: string, entry: Entry) {
  const info = yield* Effect.mapError(files.store.stat(uriOf(files, entry.path)), told(asset, entry.partition, "read"))
  if (info.size === entry.size) return info
  const how = info.size < entry.size ? "was cut off" : "was changed"
  return yield* damaged(files, asset, entry, `${how}: it has ${info.size} bytes, and was written with ${entry.size}`)
})

/**
 * Removes files that nobody writes any more; gives the paths of those that are gone. What cannot be removed is warned of,
 * and tried again later. Writes are ended first: one that is whole a moment later would not be removed.
 */
export const remove = (files: Files, paths: ReadonlyArray<string>) =>
  files.store.endWrites(paths.map((path) => uriOf(files, path))).pipe(
    Effect.andThen(Effect.forEach(paths, (path) =>
      Effect.match(files.store.delete(uriOf(files, path)), {
        onSuccess: () => [path],
        onFailure: (error) => ({ error })
      }), { concurrency: 8 })),
    Effect.match({
      onFailure: (error) => ({ gone: [], errors: [error] }),
      onSuccess: (results) => ({
        gone: results.flatMap((result) => "error" in result ? [] : result),
        errors: results.flatMap((result) => "error" in result ? [result.error] : [])
      })
    })
  )

export const bytes = (files: Files, asset: string, { partition, path }: Entry, etag: string) =>
  Stream.mapError(files.store.read(uriOf(files, path), { ifMatch: etag }), told(asset, partition, "read"))
