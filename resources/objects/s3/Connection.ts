/** Calls of S3: one try, or as many as may help, and the sentence for what stays wrong. */
import type { S3Client } from "@aws-sdk/client-s3"
import { Duration, Effect, Schedule } from "effect"
import type { ObjectStoreError } from "../ObjectStoreError.ts"
import type { Address } from "./Address.ts"
import { load, type Loaded } from "./Client.ts"
import * as Fault from "./Fault.ts"
import type { Options } from "./Options.ts"

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

/** Its sockets are closed with the scope. */
export const make = Effect.fnUntraced(function*(options: Options) {
  const timeout = Duration.toMillis(Duration.fromInputUnsafe(options.timeout ?? "30 seconds"))
  let client: S3Client | undefined
  const loaded = yield* Effect.cached(Effect.tap(load(options, timeout), (made) => Effect.sync(() => void (client = made.client))))
  yield* Effect.addFinalizer(() => Effect.sync(() => client?.destroy()))

  const attempt: Connection["attempt"] = (send) =>
    Effect.flatMap(loaded, (made) => Effect.tryPromise({ try: (signal) => send(made, signal), catch: Fault.of }))
  const told: Connection["told"] = (address, action) => (fault) =>
    Effect.flatMap(
      Effect.match(loaded, { onFailure: () => "S3", onSuccess: ({ server }) => server() }),
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
