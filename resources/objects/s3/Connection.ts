/** The client of S3, which is loaded and made on its first use: a process that touches no `s3://` pays nothing for it. */
import type * as Sdk from "@aws-sdk/client-s3"
import { Config, Duration, Effect, Option, Redacted, Schedule } from "effect"
import type { ObjectStoreError } from "../ObjectStoreError.ts"
import type { Address } from "./Address.ts"
import * as Fault from "./Fault.ts"
import type { Options } from "./Options.ts"

export interface Loaded {
  readonly sdk: typeof Sdk
  readonly client: Sdk.S3Client
  /** As sentences name it. */
  readonly server: string
}

export interface Connection {
  /** One call, tried again while that may help. */
  readonly call: <A>(
    address: Address,
    action: Fault.Action,
    send: (loaded: Loaded, signal: AbortSignal) => Promise<A>
  ) => Effect.Effect<A, ObjectStoreError>
  /** One try. */
  readonly attempt: <A>(send: (loaded: Loaded, signal: AbortSignal) => Promise<A>) => Effect.Effect<A, Fault.Fault>
  /** When the next try is; its end is the end of the tries. */
  readonly schedule: Schedule.Schedule<unknown, Fault.Fault>
  readonly told: (address: Address, action: Fault.Action) => (fault: Fault.Fault) => Effect.Effect<never, ObjectStoreError>
  /** In milliseconds. */
  readonly timeout: number
}

const longest = Duration.seconds(20)
/** Tries where nobody answers at all. */
const withNobody = 3

const scheduleOf = (retry: Options["retry"]): Connection["schedule"] =>
  Schedule.exponential(retry?.base ?? "200 millis").pipe(
    Schedule.jittered,
    Schedule.modifyDelay(({ duration }) => Effect.succeed(Duration.min(duration, longest))),
    Schedule.upTo({ times: retry?.times ?? 6 }),
    Schedule.setInputType<Fault.Fault>(),
    Schedule.while(({ attempt, input }) => Fault.passes(input) && !(Fault.isNobody(input) && attempt >= withNobody))
  )

const variable = (...names: ReadonlyArray<string>) =>
  Effect.map(
    Effect.forEach(names, (name) => Effect.orElseSucceed(Config.option(Config.String(name)), () => Option.none<string>())),
    (values) => values.map(Option.getOrUndefined).find((value) => value !== undefined && value !== "")
  )

/** Without a name and password that it may hold. */
const serverOf = (endpoint: string | undefined, region: string | undefined): string =>
  endpoint === undefined ? `AWS S3${region === undefined ? "" : ` in ${region}`}` : new URL(endpoint).origin

const load = Effect.fnUntraced(function*(options: Options, timeout: number): Effect.fn.Return<Loaded, Fault.Fault> {
  const endpoint = options.endpoint ?? (yield* variable("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"))
  if (endpoint !== undefined && !(/^https?:\/\//i.test(endpoint) && URL.canParse(endpoint))) return yield* Fault.fault("BadEndpoint")
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
  return { sdk, client, server: serverOf(endpoint, region) }
})

/** Its sockets are closed with the scope. */
export const make = Effect.fnUntraced(function*(options: Options) {
  const timeout = Duration.toMillis(Duration.fromInputUnsafe(options.timeout ?? "30 seconds"))
  let client: Sdk.S3Client | undefined
  const loaded = yield* Effect.cached(Effect.tap(load(options, timeout), (made) => Effect.sync(() => void (client = made.client))))
  yield* Effect.addFinalizer(() => Effect.sync(() => client?.destroy()))

  const attempt: Connection["attempt"] = (send) =>
    Effect.flatMap(loaded, (made) => Effect.tryPromise({ try: (signal) => send(made, signal), catch: Fault.of }))
  const told: Connection["told"] = (address, action) => (fault) =>
    Effect.flatMap(
      Effect.match(loaded, { onFailure: () => "S3", onSuccess: ({ server }) => server }),
      (server) => Effect.fail(Fault.told(fault, address, action, server))
    )
  const schedule = scheduleOf(options.retry)
  const connection: Connection = {
    attempt,
    told,
    schedule,
    timeout,
    call: (address, action, send) => Effect.catch(Effect.retry(attempt(send), schedule), told(address, action))
  }
  return connection
})
