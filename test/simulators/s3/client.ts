/** The stand-in for S3, and the AWS SDK's client for it. */
import * as Sdk from "@aws-sdk/client-s3"
import { Effect } from "effect"
import * as S3 from "../../../simulators/s3/Simulator.ts"

export const mebibyte = 1024 * 1024

/** The bucket is `lake`; the client tries nothing twice. */
export const withClient = (
  use: (client: Sdk.S3Client, s3: S3.Simulator) => Promise<void>,
  options: S3.Options = {},
  settings: Sdk.S3ClientConfig = {}
) =>
  Effect.scoped(Effect.gen(function*() {
    const s3 = yield* S3.make({ buckets: ["lake"], ...options })
    const client = yield* Effect.acquireRelease(
      Effect.sync(() => new Sdk.S3Client({ endpoint: s3.url, region: s3.region, credentials: s3.identity, forcePathStyle: true, maxAttempts: 1, ...settings })),
      (made) => Effect.sync(() => made.destroy())
    )
    yield* Effect.promise(() => use(client, s3))
  }))

/** What a call that must fail was refused with, as S3 names it. */
export const codeOf = (act: Promise<unknown>): Promise<string> =>
  act.then(() => "none", (error: unknown) => error instanceof Error ? error.name : "unknown")
