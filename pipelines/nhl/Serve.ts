/** `sluice nhl api`: serves the figures until it is stopped. */
import { Config, Console, Effect, Layer, Option } from "effect"
import { HttpServer } from "effect/http"
import { Cli } from "sluice"
import * as GameStatsServer from "./GameStatsServer.ts"

const portSetting = Config.Port("API_PORT").pipe(
  Config.option,
  Effect.mapError(() => new Cli.Refusal({ message: "API_PORT must be a number from 0 to 65535." })),
  Effect.map(Option.getOrElse(() => 8080))
)

const whyNot = (cause: unknown): string => {
  const code = typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined
  return code === "EADDRINUSE"
    ? "another program listens there; give another one with --port"
    : code === "EACCES"
    ? "this user may not; ports below 1024 are the system's"
    : cause instanceof Error
    ? cause.message
    : String(cause)
}

export const serve = Effect.fn("nhl.serve")(function*(input: { readonly host: string; readonly port: number | undefined }) {
  const port = input.port ?? (yield* portSetting)
  const announce = Layer.effectDiscard(Effect.flatMap(HttpServer.HttpServer, ({ address }) =>
    Console.log(`${HttpServer.formatAddress(address)}/game-stats is served; Ctrl-C stops it.`)))
  const server = Layer.provideMerge(announce, GameStatsServer.layer({ host: input.host, port }))
  yield* Cli.withStored(Layer.launch(server).pipe(
    Effect.catchTag("ServeError", ({ cause }) =>
      Effect.fail(new Cli.Refusal({ message: `Nothing can be served at ${input.host} port ${port}: ${whyNot(cause)}.`, cause })))
  ))
})
