/** The record API of a test: the resource, asking a simulator that the test looks into. */
import { ConfigProvider, Effect, Layer, Logger } from "effect"
import { RecordApi } from "../../../resources/bulk/RecordApi.ts"
import * as Simulator from "../../../simulators/bulk/Simulator.ts"
import * as MemoryLimitStore from "../../../storage/MemoryLimitStore.ts"

export const at = (settings: Readonly<Record<string, string>>) =>
  RecordApi.layer.pipe(
    Layer.provide(MemoryLimitStore.layer),
    Layer.merge(ConfigProvider.layer(ConfigProvider.fromUnknown(settings))),
    Layer.merge(Logger.layer([]))
  )

/** Runs with a simulator of its own. */
export const simulated = <A, E>(
  options: Simulator.Options,
  settings: Readonly<Record<string, string>>,
  test: (simulator: Simulator.Simulator) => Effect.Effect<A, E, RecordApi>
) =>
  Effect.scoped(Effect.gen(function*() {
    const simulator = yield* Simulator.make(options)
    return yield* Effect.provide(test(simulator), at({ API_ENDPOINT: simulator.url, RETRY_BASE: "0.02", ...settings }))
  }))
