/** The stores that the tests run against: a folder, and S3 by its stand-in. */
import { Effect, Redacted, type Scope, Stream } from "effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import type { Options } from "../../../resources/objects/s3/Options.ts"
import { ObjectStore, type ObjectStoreError } from "../../../resources/objects/ObjectStore.ts"
import * as S3 from "../../../simulators/s3/Simulator.ts"

export const temporaryFolder: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "sluice-objects-")))),
  (folder) => Effect.sync(() => fs.rmSync(folder, { recursive: true, force: true }))
)

export const optionsFor = (s3: Pick<S3.Simulator, "identity" | "region" | "url">): Options => ({
  endpoint: s3.url,
  region: s3.region,
  credentials: {
    accessKeyId: s3.identity.accessKeyId,
    secretAccessKey: Redacted.make(s3.identity.secretAccessKey),
    ...(s3.identity.sessionToken === undefined ? {} : { sessionToken: Redacted.make(s3.identity.sessionToken) })
  },
  retry: { times: 4, base: "1 millis" },
  // A machine that is busy has pauses of seconds.
  timeout: "20 seconds"
})

/** A stand-in with the bucket `lake`, and a store that uses it. */
export const withS3 = <A, E>(
  use: (s3: S3.Simulator) => Effect.Effect<A, E, ObjectStore | Scope.Scope>,
  server: S3.Options = {},
  options: Options = {}
): Effect.Effect<A, E> =>
  Effect.scoped(Effect.gen(function*() {
    const s3 = yield* S3.make({ buckets: ["lake"], ...server })
    return yield* Effect.provide(use(s3), ObjectStore.layer({ s3: { ...optionsFor(s3), ...options } }))
  }))

export interface Place {
  readonly name: string
  /** A store, and what the URIs of a fresh place begin with. */
  readonly run: <A, E>(use: (base: string) => Effect.Effect<A, E, ObjectStore | Scope.Scope>) => Effect.Effect<A, E>
}

export const places: ReadonlyArray<Place> = [
  {
    name: "a folder",
    run: (use) => Effect.scoped(Effect.flatMap(temporaryFolder, (root) => Effect.provide(use(""), ObjectStore.layer({ root }))))
  },
  {
    name: "a folder, by file: URIs",
    run: (use) => Effect.scoped(Effect.flatMap(temporaryFolder, (root) => Effect.provide(use(`file://${root}/`), ObjectStore.layer({ root }))))
  },
  { name: "S3", run: (use) => withS3(() => use("s3://lake/")) }
]

export const bytesOf = (length: number): Buffer => {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 8)) & 255
  return bytes
}

export const put = (uri: string, content: string | Uint8Array) =>
  Effect.flatMap(ObjectStore, (store) => store.write(uri, Stream.make(Buffer.from(content))))

export const read = (uri: string, options?: { readonly start?: number; readonly end?: number; readonly ifMatch?: string }) =>
  Effect.flatMap(ObjectStore, (store) => Effect.map(Stream.runCollect(store.read(uri, options)), (chunks) => Buffer.concat(chunks)))

export const list = (pattern: string) =>
  Effect.flatMap(ObjectStore, (store) => Effect.map(Stream.runCollect(store.list(pattern, { allowEmpty: true })), (found) => found.map(({ uri }) => uri)))

/** The errors of what must fail. */
export const refusals = (...acts: ReadonlyArray<Effect.Effect<unknown, ObjectStoreError, ObjectStore>>) =>
  Effect.forEach(acts, (act) => Effect.flip(act))
