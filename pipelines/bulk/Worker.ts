/** `sluice bulk worker`: a process that helps with a run of the partitioned engine, and ends with it. */
import { Effect } from "effect"
import { AssetGraph, Backfill, Cli } from "sluice"
import * as Meter from "../../assets/bulk/Meter.ts"
import { bulk } from "../bulk.ts"
import { draining } from "./Draining.ts"
import * as Logs from "./Logs.ts"
import * as Options from "./Options.ts"
import * as Screen from "./Screen.ts"
import * as Watch from "./Watch.ts"

export const worker = Effect.fn("bulk.worker")(function*(input: {
  readonly backfill: number
  readonly name: string
  readonly logDir: string
}) {
  const { api, level } = yield* Options.readSending
  const logs = yield* Logs.open(yield* Cli.path(input.logDir), level, `.${input.name}`)
  const meter = Meter.make()
  const work = Effect.gen(function*() {
    const graph = yield* Effect.fromResult(AssetGraph.make([bulk]))
    // One that comes when the run has ended, by Ctrl-C for one, would begin it anew.
    yield* Backfill.join(graph, input.backfill, { observer: Watch.make(logs), openOnly: true })
  })
  const told = { meter, logs, screen: Screen.make(false), graceSeconds: api.graceSeconds }
  yield* Cli.withEverything(draining(told, work)).pipe(Effect.provideService(Meter.ProcessMeter, meter), Effect.provide(logs.layer))
}, Effect.scoped)
