/**
 * The client of S3, as options, environment and profile say. The SDK is loaded on its first use: a process that touches no
 * `s3://` pays nothing for it.
 */
import type * as Sdk from "@aws-sdk/client-s3"
import { Config, Effect, Option, Redacted } from "effect"
import * as Fault from "./Fault.ts"
import type { Options } from "./Options.ts"

export interface Loaded {
  readonly sdk: typeof Sdk
  readonly client: Sdk.S3Client
  /** As sentences name it. */
  readonly server: () => string
  readonly checksums: Checksums
}

/** What calls say of checksums; nothing where environment or profile say `when_required`, as servers need it that know none. */
interface Checksums {
  /** Of an upload: when it begins and with each part. */
  readonly written: { readonly ChecksumAlgorithm?: "CRC32" }
  /** Of an object that is read as a whole. */
  readonly read: { readonly ChecksumMode?: "ENABLED" }
}

const variable = (...names: ReadonlyArray<string>) =>
  Effect.map(
    Effect.forEach(names, (name) => Effect.orElseSucceed(Config.option(Config.String(name)), () => Option.none<string>())),
    (values) => values.map(Option.getOrUndefined).find((value) => value !== undefined && value !== "")
  )

const isEndpoint = (text: string): boolean => /^https?:\/\//i.test(text) && URL.canParse(text)

/** Without a name and password that it may hold. */
const serverOf = (endpoint: string | undefined, region: string | undefined): string => {
  if (endpoint === undefined) return `AWS S3${region === undefined ? "" : ` in ${region}`}`
  return isEndpoint(endpoint) ? new URL(endpoint).origin : "S3"
}

/** The SDK itself finds the endpoint of a profile, with the first call: path style is for that one too. Gives the server's name. */
const byProfile = (client: Sdk.S3Client, { forcePathStyle }: Options, region: string | undefined): () => string => {
  let endpoint: string | undefined
  const resolve = client.config.endpointProvider
  client.config.endpointProvider = (params, context) => {
    endpoint = params.Endpoint
    return resolve(forcePathStyle === undefined && endpoint !== undefined ? { ...params, ForcePathStyle: true } : params, context)
  }
  return () => serverOf(endpoint, region)
}

/** A range has no checksum; some servers send that of the object with it, and the SDK would hold the range against it. */
const checksumsOf = (client: Sdk.S3Client): Effect.Effect<Checksums, Fault.Fault> =>
  Effect.tryPromise({
    try: async (): Promise<Checksums> => {
      const { config } = client
      const [written, read] = await Promise.all([config.requestChecksumCalculation(), config.responseChecksumValidation()])
      config.responseChecksumValidation = () => Promise.resolve("WHEN_REQUIRED")
      return {
        written: written === "WHEN_REQUIRED" ? {} : { ChecksumAlgorithm: "CRC32" },
        read: read === "WHEN_REQUIRED" ? {} : { ChecksumMode: "ENABLED" }
      }
    },
    catch: Fault.of
  })

/** `timeout` in milliseconds. */
export const load = Effect.fnUntraced(function*(options: Options, timeout: number): Effect.fn.Return<Loaded, Fault.Fault> {
  const endpoint = options.endpoint ?? (yield* variable("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"))
  if (endpoint !== undefined && !isEndpoint(endpoint)) return yield* Fault.fault("BadEndpoint")
  const region = options.region ?? (yield* variable("AWS_REGION", "AWS_DEFAULT_REGION")) ?? (endpoint === undefined ? undefined : "us-east-1")
  const { credentials } = options
  const sdk = yield* Effect.promise(() => import("@aws-sdk/client-s3"))
  const client = new sdk.S3Client({
    // Tries are ours, so that a body that breaks off and a call that does are one thing.
    maxAttempts: 1,
    followRegionRedirects: true,
    requestHandler: { connectionTimeout: Math.min(5000, timeout), socketTimeout: timeout },
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...((options.forcePathStyle ?? endpoint !== undefined) ? { forcePathStyle: true } : {}),
    ...(credentials === undefined ? {} : {
      credentials: {
        accessKeyId: credentials.accessKeyId,
        secretAccessKey: Redacted.value(credentials.secretAccessKey),
        ...(credentials.sessionToken === undefined ? {} : { sessionToken: Redacted.value(credentials.sessionToken) })
      }
    })
  })
  const server = endpoint === undefined ? byProfile(client, options, region) : () => serverOf(endpoint, region)
  return { sdk, client, server, checksums: yield* checksumsOf(client) }
})
