/** `sluice bulk`: sends every record of the input that was not sent yet, and tells what became of them. */
import { Cause, Console, Deferred, Effect, Fiber, Option } from "effect"
import { Asset, AssetGraph, Backfill, Cli, Executor, Input } from "sluice"
import { chunks } from "../../assets/bulk/chunks.ts"
import * as Inspection from "../../assets/bulk/Inspection.ts"
import * as Meter from "../../assets/bulk/Meter.ts"
import * as ApiSettings from "../../resources/bulk/Settings.ts"
import { bulk } from "../bulk.ts"
import { drain, draining } from "./Draining.ts"
import * as Expected from "./Expected.ts"
import * as Health from "./Health.ts"
import * as Invented from "./Invented.ts"
import * as Logs from "./Logs.ts"
import * as Monitor from "./Monitor.ts"
import * as Options from "./Options.ts"
import * as Partitioned from "./Partitioned.ts"
import * as Place from "./Place.ts"
import * as Report from "./Report.ts"
import * as Request from "./Request.ts"
import * as Screen from "./Screen.ts"
import * as Threshold from "./Threshold.ts"
import * as Watch from "./Watch.ts"

export interface RunInput extends Options.Given {
  readonly numRecords: number | undefined
  readonly errorRate: number | undefined
  readonly force: boolean
  readonly logDir: string
  readonly json: boolean
}

/** Ends a run of which too much fails, as an interrupt would: what is done is committed. */
const endingEarly = Effect.fnUntraced(function*(meter: Meter.Meter, most: number, logs: Logs.Logs) {
  const sentence = yield* Threshold.passed(meter, most)
  logs.error(sentence)
  yield* drain(meter)
  yield* Console.error(`✗ ${sentence} The run has ended early; when the reason is put right, the same command goes on, and \`sluice bulk retry-failed\` sends what failed again.`)
  return yield* new Cli.Unfinished({ exitCode: 1 })
})

const sending = Effect.fnUntraced(function*(input: RunInput, options: Options.Options, meter: Meter.Meter, logs: Logs.Logs) {
  yield* Health.ensure(logs)
  const { bytesPerRecord } = yield* Effect.mapError(Inspection.inspect(options.input, options.api.recordId), ({ message }) => new Cli.Refusal({ message }))
  const graph = yield* Effect.fromResult(AssetGraph.make([bulk]))
  const listing = yield* Executor.start(graph, Request.listing)
  const [unlisted] = listing.failed
  if (unlisted !== undefined) return yield* new Cli.Refusal({ message: unlisted.reason })
  const listed = yield* Asset.loadAll(Input.rows(chunks))
  const engine = Partitioned.engineOf(options, listed)
  const { api } = options
  logs.info(
    `Begins: ${listed.length} chunks of ${new Set(listed.map(({ uri }) => uri)).size} files from ${options.input}; engine ${engine}, mode ${api.mode}, batches of ${options.api.batchSize}, ` +
      `${api.workers} workers with ${ApiSettings.inFlight(api)} calls in flight, ${api.rate.calls} calls per ${api.rate.seconds} s`
  )
  const began = performance.now()
  const folder = yield* Cli.path(input.logDir)
  const screen = Screen.make(input.json)
  // After the last line of the monitor, which is added later and ends before.
  yield* Effect.addFinalizer(() => Effect.sync(screen.close))
  const watch = Watch.make(logs)
  const started = yield* Deferred.make<number>()
  let run: number | undefined
  const anew = input.force || input.demo
  yield* Monitor.make({ meter, logs, folder, show: screen.show, expected: input.numRecords ?? Expected.of(listed, bytesPerRecord), run: () => run, anew, name: options.name })
  const helpers = Effect.flatMap(Deferred.await(started), (id) => Partitioned.helpers(id, options.processes - 1, folder, logs))
  const helping = yield* Effect.forkScoped(engine === "partitioned" ? helpers : Effect.void)
  const backfill = Backfill.start(graph, Request.sending(anew, options.name), {
    observer: (observation) => {
      watch(observation)
      if (observation._tag !== "RunStarted") return
      run = observation.run
      Deferred.doneUnsafe(started, Effect.succeed(observation.run))
    }
  })
  const report = yield* Effect.raceFirst(backfill, endingEarly(meter, options.maxErrorRate, logs))
  if (report !== undefined) yield* Fiber.join(helping)
  const { failed, processed } = meter.counts
  return { report, engine, seconds: (performance.now() - began) / 1000, sent: processed + failed } satisfies Report.Ended
}, Effect.scoped)

/** Where the records are: what the options name, or invented ones; undefined: what the environment says. */
const inputOf = Effect.fnUntraced(function*(input: RunInput) {
  if (input.demo) return yield* Invented.bucket(input)
  const { errorRate, numRecords } = input
  const uri = input.input !== undefined
    ? yield* Place.of(input.input)
    : numRecords !== undefined
    ? yield* Cli.withResources(Invented.file(numRecords, errorRate))
    : undefined
  return { uri, settings: {} }
})

export const run = Effect.fn("bulk.run")(function*(input: RunInput) {
  const { settings, uri } = yield* inputOf(input)
  const work = Effect.gen(function*() {
    const options = yield* Options.read
    const logs = yield* Logs.open(yield* Cli.path(input.logDir), options.level)
    const meter = Meter.make()
    const whole = Effect.flatMap(sending(input, options, meter, logs), (ended) => Report.tell(ended, options.maxErrorRate, input.json, logs))
    yield* Cli.withEverything(draining(meter, logs, whole)).pipe(
      Effect.onError((cause) => tellEarlyEnd(cause, meter, logs)),
      Effect.provideService(Meter.ProcessMeter, meter),
      Effect.provide(logs.layer)
    )
  })
  yield* Cli.withSettings({ ...settings, ...Options.settingsOf(input, uri) })(work)
}, Effect.scoped)

/** What ends a run early, with the trace in the log; the command line says errors on the terminal. */
const tellEarlyEnd = (cause: Cause.Cause<unknown>, { counts }: Meter.Meter, logs: Logs.Logs) =>
  Effect.gen(function*() {
    const ended = Cause.findErrorOption(cause)
    // What it ended with has been told.
    if (Option.isSome(ended) && ended.value instanceof Cli.Unfinished) return
    if (!Cause.hasInterruptsOnly(cause)) return logs.error(Cause.pretty(cause))
    const sentence = `Interrupted: ${counts.processed} records were processed and ${counts.failed} failed in this process. What is done is ` +
      "committed; the same command goes on with the rest."
    logs.warn(sentence)
    yield* Console.error(sentence)
  })
