/** Changes of the files below a folder, as the operating system tells them. */
import { Cause, Effect, Queue, Stream } from "effect"
import { watch } from "node:fs"
import type { ObjectStoreError } from "../ObjectStoreError.ts"
import { of } from "./Failure.ts"

/** Gives an element once it watches, and one for each change from then on; which files have changed, a listing tells. */
export const changes = (uri: string, folder: string, options: { readonly recursive: boolean }): Stream.Stream<void, ObjectStoreError> =>
  Stream.callback((queue) =>
    Effect.acquireRelease(
      Effect.try({
        try: () => {
          const watcher = watch(folder, { recursive: options.recursive, persistent: false })
          watcher.on("change", () => void Queue.offerUnsafe(queue, undefined))
          watcher.on("error", (error) => Queue.failCauseUnsafe(queue, Cause.fail(of(uri, "listed", error))))
          Queue.offerUnsafe(queue, undefined)
          return watcher
        },
        catch: (error) => of(uri, "listed", error)
      }),
      (watcher) => Effect.sync(() => watcher.close())
    ), { bufferSize: 1, strategy: "sliding" })
