/** `sluice bulk retry-failed`: sends the failed records once more, those that can be sent. */
import { Console, Effect } from "effect"
import { Asset, AssetGraph, Cli, Executor, Input, RunRequest } from "sluice"
import * as Meter from "../../assets/bulk/Meter.ts"
import { Before, recovered } from "../../assets/bulk/recovered.ts"
import { bulk } from "../bulk.ts"
import * as Health from "./Health.ts"
import * as Logs from "./Logs.ts"
import * as Options from "./Options.ts"
import * as Watch from "./Watch.ts"

interface Retrying {
  readonly endpoint: string | undefined
  readonly mockApi: boolean
  readonly logDir: string
  readonly json: boolean
}

export const retryFailed = Effect.fn("bulk.retryFailed")(function*(input: Retrying) {
  yield* Cli.withSettings({ API_ENDPOINT: input.endpoint ?? (input.mockApi ? "simulator" : undefined) })(retrying(input))
}, Effect.scoped)

const retrying = Effect.fnUntraced(function*(input: Retrying) {
  const { level } = yield* Options.readSending
  const logs = yield* Logs.open(yield* Cli.path(input.logDir), level)
  const meter = Meter.make()
  const work = Effect.gen(function*() {
    yield* Health.ensure(logs)
    const graph = yield* Effect.fromResult(AssetGraph.make([bulk]))
    const request = new RunRequest({ selection: "bulk/recovered", partitions: null, force: true, concurrency: 2 })
    // There is no table before the first time.
    const rows = yield* Effect.orElseSucceed(Asset.loadAll(Input.rows(recovered)), () => [])
    const before = rows.filter(({ state }) => state === "processed")
    return yield* Executor.start(graph, request, { observer: Watch.make(logs) }).pipe(
      Effect.provideService(Before, new Map(before.map((row) => [row.idempotency_key, row])))
    )
  }).pipe(Effect.provideService(Meter.ProcessMeter, meter), Effect.provide(logs.layer))
  const report = yield* Cli.withEverything(work)
  const { failed, processed } = meter.counts
  logs.info(`Retry of failed records: ${processed} processed, ${failed} failed again`)
  if (input.json) yield* Console.log(JSON.stringify({ state: report.state, processed, failed }))
  else {
    yield* Console.log(
      processed + failed === 0
        ? "No failed record is left that can be sent again: what is unreadable or has no id has to be put right in its file."
        : `${processed} failed ${processed === 1 ? "record was" : "records were"} processed now, ${failed} failed again.`
    )
  }
  for (const { reason } of report.failed) yield* Console.error(`✗ ${reason}`)
  if (report.state !== "succeeded") return yield* new Cli.Unfinished({ exitCode: report.state === "cancelled" ? 130 : 1 })
})
