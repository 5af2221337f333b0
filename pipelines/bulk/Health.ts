/** `sluice bulk health`: whether the API is up, and how many calls in flight its rate needs at this latency. */
import { Console, Effect } from "effect"
import { Cli } from "sluice"
import { RecordApi } from "../../resources/bulk/RecordApi.ts"
import * as Settings from "../../resources/bulk/Settings.ts"

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
