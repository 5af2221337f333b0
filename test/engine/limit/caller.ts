/** A process that calls a server under a limit as often as it may: `caller.ts <options as JSON>`. It prints what it did. */
import { Deferred, Effect, Layer, Schema } from "effect"
import { createConnection, type Socket } from "node:net"
import { LimitStore } from "../../../engine/limit/LimitStore.ts"
import * as Limiter from "../../../engine/limit/Limiter.ts"
import * as RateLimit from "../../../engine/limit/RateLimit.ts"
import { Database } from "../../../resources/database/Database.ts"
import * as MemoryLimitStore from "../../../storage/MemoryLimitStore.ts"
import * as PostgresLimitStore from "../../../storage/PostgresLimitStore.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"

const Options = Schema.Struct({
  /** Null: nothing is called. */
  port: Schema.NullOr(Schema.Int),
  calls: Schema.Int,
  perMillis: Schema.Finite,
  burst: Schema.Boolean,
  /** Connections, each with one call at a time. */
  connections: Schema.Int,
  millis: Schema.Finite,
  leaseMillis: Schema.Finite,
  store: Schema.Literals(["memory", "postgres"])
})

const options = Schema.decodeUnknownSync(Schema.fromJsonString(Options))(process.argv[2] ?? "{}")
// Of each rate another one: callers of one with a longer window would wait for all that was called before.
const limit = RateLimit.make(`test.${options.calls}.${options.perMillis}`, { calls: options.calls, per: options.perMillis, burst: options.burst })

/** One connection of the simplest HTTP client there is. */
const connection = (port: number) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<Socket>((resume) => {
        const socket = createConnection({ host: "127.0.0.1", port, noDelay: true }, () => resume(Effect.succeed(socket)))
        socket.on("error", () => {})
      }),
      (socket) => Effect.sync(() => socket.destroy())
    ),
    (socket) =>
      Effect.callback<void>((resume) => {
        const heard = () => resume(Effect.void)
        socket.once("data", heard)
        socket.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")
        return Effect.sync(() => void socket.off("data", heard))
      })
  )

let asks = 0
const counted = Layer.effect(
  LimitStore,
  Effect.map(LimitStore, (store) =>
    LimitStore.of({
      ...store,
      ask: (ask) =>
        Effect.suspend(() => {
          asks++
          return store.ask(ask)
        })
    }))
)

const postgres = PostgresLimitStore.layer.pipe(
  Layer.provide(PostgresRunStore.layer),
  Layer.provide(Database.layer({ connections: 2 }))
)

const program = Effect.gen(function*() {
  const limiter = yield* Limiter.make(limit, { lease: options.leaseMillis, onChange: (message) => Effect.sync(() => console.error(message)) })
  const over = yield* Deferred.make<void>()
  let made = 0
  yield* Effect.forEach(
    Array.from({ length: options.connections }),
    Effect.fnUntraced(function*() {
      const call = options.port === null ? Effect.void : yield* connection(options.port)
      yield* Effect.forkChild(Effect.forever(limiter.use(Effect.tap(call, () => Effect.sync(() => made++)))))
    }),
    { discard: true }
  )
  const before = process.cpuUsage()
  const loop = performance.eventLoopUtilization()
  console.log("ready")
  yield* Deferred.await(over).pipe(Effect.timeoutOption(options.millis))
  const { system, user } = process.cpuUsage(before)
  const { active } = performance.eventLoopUtilization(loop)
  console.log(JSON.stringify({ made, asks, cpuMillis: (system + user) / 1000, activeMillis: active }))
})

Effect.runFork(
  Effect.scoped(program).pipe(
    Effect.provide(Layer.provide(counted, options.store === "memory" ? MemoryLimitStore.layer : postgres)),
    Effect.tap(() => Effect.sync(() => process.exit(0)))
  )
)
