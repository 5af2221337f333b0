/** `sluice bulk retry-failed`: sends the failed records once more, those that can be sent. */
import { Cause, Console, Effect, Exit } from "effect"
import { Asset, AssetGraph, Cli, Executor, Input, RunRequest } from "sluice"
import * as Meter from "../../assets/bulk/Meter.ts"
import { Before, recovered } from "../../assets/bulk/recovered.ts"
import { bulk } from "../bulk.ts"
import { stopping } from "./Draining.ts"
import * as Elsewhere from "./Elsewhere.ts"
import * as Health from "./Health.ts"
import * as Logs from "./Logs.ts"
import * as Options from "./Options.ts"
import * as Screen from "./Screen.ts"
import * as Statistics from "./Statistics.ts"
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

/** Every chunk with all that its records came to before. */
const sending = Effect.fnUntraced(function*(logs: Logs.Logs) {
  yield* Health.ensure(logs)
  const graph = yield* Effect.fromResult(AssetGraph.make([bulk]))
  const request = new RunRequest({ selection: "bulk/recovered", partitions: null, force: true, concurrency: 2 })
  // There is no table before the first time.
  const before = yield* Effect.orElseSucceed(Asset.loadAll(Input.rows(recovered)), () => [])
  return yield* Executor.start(graph, request, { observer: Watch.make(logs) }).pipe(
    Effect.provideService(Before, new Map(before.map((row) => [row.idempotency_key, row])))
  )
})

const n = (count: number): string => count.toLocaleString("en")

const none = (elsewhere: number): string =>
  `No failed record ${elsewhere === 0 ? "" : "of this input "}is left that can be sent again: what is unreadable or has no id has to be put right in its file.`

const sentence = (processed: number, failed: number, left: number, elsewhere: number): string =>
  processed + failed === 0 && left === 0
    ? none(elsewhere)
    : `${n(processed)} failed ${processed === 1 ? "record was" : "records were"} processed now, ${n(failed)} failed again; ` +
      `${n(left)} ${left === 1 ? "is" : "are"} left that can be sent again.` +
      (processed + failed === 0 ? " They are of files that are not sent to their end: give the command of that run again first." : "")

/** Only the chunks that the input has now are known to the run. */
const ofOthers = (elsewhere: number): string =>
  elsewhere === 0
    ? ""
    : ` ${n(elsewhere)} more ${elsewhere === 1 ? "is" : "are"} of another input, or of a former version of a file: for another input give the command of its run again first.`

/** What became of the records; gives how many are left that can be sent again. */
const tell = Effect.fnUntraced(function*(state: string, { meter: { counts }, json, logs }: { readonly meter: Meter.Meter; readonly json: boolean; readonly logs: Logs.Logs }) {
  const { failed, processed } = counts
  const { refused, unanswered } = yield* Statistics.read({ isDone: false })
  const left = refused + unanswered
  const elsewhere = yield* Elsewhere.count
  const said = `${sentence(processed, failed, left, elsewhere)}${ofOthers(elsewhere)}`
  logs.info(`Retry of failed records${state === "interrupted" ? ", interrupted" : ""}: ${said}`)
  yield* Console.log(json ? JSON.stringify({ state, processed, failed, left }) : said)
})

const retrying = Effect.fnUntraced(function*(input: Retrying) {
  const { api, level } = yield* Options.readSending
  const logs = yield* Logs.open(yield* Cli.path(input.logDir), level)
  const meter = Meter.make()
  const ended = { meter, logs, json: input.json }
  const interrupted = (exit: Exit.Exit<unknown, unknown>) =>
    Effect.gen(function*() {
      yield* tell("interrupted", ended)
      const rest = Exit.isSuccess(exit) ? "What has come back is committed" : "What had not come back in time is sent again"
      yield* Console.error(`Interrupted. ${rest}; the same command goes on with the rest.`)
    }).pipe(Effect.catchCause((cause) => Effect.sync(() => logs.warn(Cause.pretty(cause)))))
  const work = Effect.gen(function*() {
    const told = { meter, logs, screen: Screen.make(input.json), graceSeconds: api.graceSeconds }
    const report = yield* stopping(told, sending(logs), interrupted)
    yield* tell(report.state, ended)
    for (const { reason } of report.failed) yield* Console.error(`✗ ${reason}`)
    if (report.state !== "succeeded") return yield* new Cli.Unfinished({ exitCode: report.state === "cancelled" ? 130 : 1 })
  })
  yield* Cli.withEverything(work).pipe(Effect.provideService(Meter.ProcessMeter, meter), Effect.provide(logs.layer))
})
