/** A run from the first look at the API to its end: the input is listed, and what is not sent yet is sent, watched meanwhile. */
import { Console, Deferred, Duration, Effect } from "effect"
import { Asset, AssetGraph, Backfill, Checkpoint, Cli, Executor, Input } from "sluice"
import { chunks } from "../../assets/bulk/chunks.ts"
import * as Inspection from "../../assets/bulk/Inspection.ts"
import type { Meter } from "../../assets/bulk/Meter.ts"
import { RecordApi } from "../../resources/bulk/RecordApi.ts"
import * as ApiSettings from "../../resources/bulk/Settings.ts"
import { bulk } from "../bulk.ts"
import * as Collections from "./Collections.ts"
import * as Draining from "./Draining.ts"
import * as Expected from "./Expected.ts"
import * as Health from "./Health.ts"
import type { Logs } from "./Logs.ts"
import * as Monitor from "./Monitor.ts"
import type { Options } from "./Options.ts"
import * as Outage from "./Outage.ts"
import * as Partitioned from "./Partitioned.ts"
import * as Report from "./Report.ts"
import * as Request from "./Request.ts"
import type { Screen } from "./Screen.ts"
import * as Threshold from "./Threshold.ts"
import * as Watch from "./Watch.ts"

export interface Sent {
  readonly options: Options
  /** All records are sent again. */
  readonly anew: boolean
  /** So many records were invented for the run. */
  readonly numRecords: number | undefined
  readonly folder: string
  readonly json: boolean
  readonly meter: Meter
  readonly logs: Logs
  readonly screen: Screen
  /** Told the number of the run. */
  readonly begun: (run: number) => void
}

/**
 * Ends a run that comes to nothing, as an interrupt would: what is on its way comes back, what is done is committed. Gives
 * how many seconds that may take.
 */
const endingEarly = Effect.fnUntraced(function*({ anew, logs, meter, options }: Sent, run: () => number | undefined) {
  const again = () => anew ? `\`sluice backfill resume ${run()}\` goes on` : "the same command goes on"

  const { breaker } = yield* RecordApi
  const { next, reason, sentence } = yield* Effect.raceFirst(
    Effect.map(Threshold.passed(meter, options.maxErrorRate), (sentence) => ({
      sentence,
      next: `when the reason is put right, ${again()}, and after that \`sluice bulk retry-failed\` sends what failed again`,
      reason: meter.lastReason()
    })),
    // What failed before it has nothing to do with the outage.
    Effect.map(Outage.lasted(breaker, options.maxOutageSeconds), (sentence) => ({
      sentence, next: `when it is back, ${again()}`, reason: undefined
    }))
  )
  logs.error(sentence)
  yield* Console.error(`✗ ${sentence} The run has ended early; ${next}.`)
  if (reason !== undefined) yield* Console.error(`  Why the last one failed: ${reason}`)
  return (yield* Draining.allowed(options.api.graceSeconds)).seconds
})

/** The chunks that the input has now. */
const list = Effect.fnUntraced(function*() {
  const graph = yield* Effect.fromResult(AssetGraph.make([bulk]))
  const listing = yield* Executor.start(graph, Request.listing)
  const [unlisted] = listing.failed
  if (unlisted !== undefined) return yield* new Cli.Refusal({ message: unlisted.reason })
  return { graph, listed: yield* Asset.loadAll(Input.rows(chunks)) }
})

const plural = (count: number, one: string): string => `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`

export const run = Effect.fn("bulk.sending")(function*(sent: Sent) {
  const { folder, json, logs, meter, options, screen } = sent
  const { api, name } = options
  yield* Health.ensure(logs)
  const { bytesPerRecord } = yield* Effect.mapError(Inspection.inspect(options.input, api.recordId), ({ message }) => new Cli.Refusal({ message }))
  const { graph, listed } = yield* list()
  const engine = Partitioned.engineOf(options, listed)
  logs.info(
    `Begins: ${plural(listed.length, "chunk")} of ${plural(new Set(listed.map(({ uri }) => uri)).size, "file")} from ${options.input}; engine ${engine}, mode ${api.mode}, batches of ${api.batchSize}, ` +
      `${api.workers} workers with ${ApiSettings.inFlight(api)} calls in flight, ${api.rate.calls} calls per ${api.rate.seconds} s`
  )
  const began = performance.now()
  let done = () => 0
  let run: number | undefined
  const standing = (): Report.Standing => ({ engine, seconds: (performance.now() - began) / 1000, done: done(), anewIn: sent.anew ? run : undefined })

  const watched = Effect.gen(function*() {
    // After the last line of the monitor, which is added later and ends before.
    yield* Effect.addFinalizer(() => Effect.sync(screen.close))
    if (options.level === "DEBUG") yield* Collections.tell(logs.debug)
    const watch = Watch.make(logs)
    const started = yield* Deferred.make<number | undefined>()
    const expected = sent.numRecords ?? Expected.of(listed, bytesPerRecord)
    const monitor = yield* Monitor.make({ meter, logs, folder, show: screen.show, width: screen.width, expected, run: () => run, anew: sent.anew, name })
    done = monitor.done
    const atOnce = Request.chunksAtOnce(listed.length, expected, ApiSettings.recordsInFlight(api))
    const backfill = Backfill.start(graph, Request.sending(sent.anew, name, atOnce), {
      observer: (observation) => {
        watch(observation)
        if (observation._tag !== "RunStarted") return
        run = observation.run
        sent.begun(run)
        Deferred.doneUnsafe(started, Effect.succeed(observation.run))
      }
    }).pipe(Effect.ensuring(Deferred.succeed(started, undefined)))
    const helpers = Effect.flatMap(Deferred.await(started), (id) =>
      id === undefined || engine === "local" ? Effect.void : Partitioned.helpers(id, options.processes - 1, folder, logs))
    const interrupted = yield* Checkpoint.Grace
    let graceSeconds: number | undefined
    // All of them are interrupted together.
    const sending = Effect.map(Effect.all([backfill, helpers], { concurrency: "unbounded" }), ([report]) => ({ report, isEarly: false })).pipe(
      Effect.provideService(Checkpoint.Grace, () => graceSeconds === undefined ? interrupted() : Duration.seconds(graceSeconds))
    )
    const early = Effect.map(endingEarly(sent, () => run), (seconds) => {
      graceSeconds = seconds
      return { report: undefined, isEarly: true }
    })
    const ended = yield* Effect.raceFirst(sending, early)
    if (ended.report?.state === "succeeded") monitor.complete()
    return ended
  }).pipe(Effect.scoped)

  const ended = yield* Effect.onInterrupt(watched, () => Report.tellInterrupted(standing(), json, logs))
  yield* Report.tell({ ...standing(), ...ended }, options.maxErrorRate, json, logs)
})
