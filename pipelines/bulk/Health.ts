/** Whether the API is up: asked before records are sent, and by `sluice bulk health`, which tells how many calls in flight its rate needs at this latency. */
import { Console, Effect } from "effect"
import { Cli } from "sluice"
import { RecordApi } from "../../resources/bulk/RecordApi.ts"
import * as Settings from "../../resources/bulk/Settings.ts"
import type { Logs } from "./Logs.ts"

export const health = Effect.fn("bulk.health")(function*({ endpoint }: { readonly endpoint: string | undefined }) {
  const look = Effect.gen(function*() {
    const api = yield* RecordApi
    const settings = yield* Effect.mapError(api.settings, ({ message }) => new Cli.Refusal({ message }))
    // The first check opens a connection too.
    yield* api.health
    const { millis, url } = yield* api.health
    const { rate, workers } = settings
    const needed = Settings.workersFor(settings, millis / 1000)
    yield* Console.log(`The API is up: ${url} answered in ${millis} ms.`)
    yield* Console.log(
      `At this latency ${rate.calls.toLocaleString("en")} calls per ${rate.seconds} s need ${Math.ceil(rate.calls / rate.seconds * millis / 1000)} in flight; ` +
        `MAX_WORKERS=${workers} gives ${Settings.inFlight(settings)}${needed > workers ? `: set MAX_WORKERS=${needed}` : ""}.`
    )
  })
  yield* Cli.withEverything(look).pipe(Cli.withSettings({ API_ENDPOINT: endpoint }))
})

/** Asks the API whether it is up: where it is not, nothing is begun. */
export const ensure = Effect.fnUntraced(function*(logs: Logs) {
  const api = yield* RecordApi
  const health = yield* Effect.result(api.health)
  if (health._tag === "Success") {
    return logs.client("INFO", `Health: up at ${health.success.url}, answered in ${health.success.millis} ms`)
  }
  const { message } = health.failure
  if (health.failure._tag === "SettingsError") return yield* new Cli.Refusal({ message })
  logs.client("ERROR", `Health: down. ${message}`)
  yield* Console.error(`error: Nothing was sent, since the API is not up. ${message}`)
  return yield* new Cli.Unfinished({ exitCode: 1 })
})
