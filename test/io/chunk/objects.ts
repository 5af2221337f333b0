/** Objects in a temporary folder, and what a format reads of them whole and in chunks. */
import { Effect, type Scope, Stream } from "effect"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import * as Chunks from "../../../io/chunk/Chunks.ts"
import type { BadRecord, Place, Placed } from "../../../io/format/Format.ts"
import { ObjectStore } from "../../../resources/objects/ObjectStore.ts"

export const put = (root: string, name: string, bytes: Uint8Array | string) =>
  Effect.sync(() => writeFileSync(path.join(root, name), bytes))

/** Runs a test on a store of its own, and its folder. */
export const within = <A, E>(test: (root: string) => Effect.Effect<A, E, ObjectStore | Scope.Scope>) =>
  Effect.gen(function*() {
    const root = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(path.join(tmpdir(), "sluice-chunks-"))),
      (made) => Effect.sync(() => rmSync(made, { recursive: true, force: true }))
    )
    return yield* Effect.provide(test(root), ObjectStore.layer({ root }))
  }).pipe(Effect.scoped)

export interface Found {
  readonly good: ReadonlyArray<Placed<unknown>>
  readonly bad: ReadonlyArray<BadRecord>
}

/** The records and the bad records of a chunk, or of a whole object given as one. */
export const readAll = <A>(chunk: Chunks.Chunk | string, format: Chunks.AnyFormat<A>, after?: Place) =>
  Effect.gen(function*() {
    const bad: Array<BadRecord> = []
    const good = yield* Stream.runCollect(Chunks.readPlaced(chunk, format, {
      onBadRecord: "collect",
      deadLetters: (letters) => Effect.sync(() => void bad.push(...letters)),
      ...(after === undefined ? {} : { after })
    }))
    const found: Found = { good, bad }
    return found
  })

/** All chunks after one another, each read by its key. */
export const readChunks = <A>(chunks: ReadonlyArray<Chunks.Chunk>, format: Chunks.AnyFormat<A>) =>
  Effect.map(Effect.forEach(chunks, ({ key }) => readAll(key, format)), (parts): Found => ({
    good: parts.flatMap(({ good }) => good),
    bad: parts.flatMap(({ bad }) => bad)
  }))

export const cutAll = <A>(uri: Chunks.Source | ReadonlyArray<Chunks.Source>, format: Chunks.AnyFormat<A>, bytes: Chunks.Size) =>
  Stream.runCollect(Chunks.cut(uri, format, { bytes }))
