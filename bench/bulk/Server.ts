/** The stand-in record API as a process of its own; it says its URL, and at each message what it has seen. */
import { Effect, Schema } from "effect"
import * as Simulator from "../../simulators/bulk/Simulator.ts"

const Options = Schema.fromJsonString(Schema.Struct({
  latency: Schema.Finite,
  errorRate: Schema.Finite,
  outages: Schema.Array(Schema.Struct({ after: Schema.Int, millis: Schema.Finite }))
}))

const windowMillis = 1000

await Effect.runPromise(Effect.scoped(Effect.gen(function*() {
  const { latency, ...options } = yield* Schema.decodeUnknownEffect(Options)(process.argv[2])
  const simulator = yield* Simulator.make({ ...options, latency })
  process.on("message", () => process.send?.(simulator.seen(windowMillis)))
  process.on("disconnect", () => process.exit())
  process.send?.(simulator.url)
  yield* Effect.never
})))
