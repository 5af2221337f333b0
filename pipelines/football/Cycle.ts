/** One cycle: materializes the whole pipeline once, and tells how long each part of it took. */
import { Cause, ConfigProvider, Console, Effect, type Layer, Logger } from "effect"
import { Asset, AssetGraph, Cli, Executor, Input, RunRequest, RunStore } from "sluice"
import { board, type BoardRow } from "../../assets/football/board.ts"
import { enrichment } from "../../assets/football/enrichment.ts"
import type { Failure } from "../../resources/football/Failure.ts"
import { FootballApi } from "../../resources/football/FootballApi.ts"
import { MockAllowed } from "../../resources/football/Mock.ts"
import { football } from "../football.ts"
import * as Board from "./Board.ts"
import * as Continuous from "./Continuous.ts"
import * as Files from "./Files.ts"
import * as LogFile from "./LogFile.ts"
import * as PidFile from "./PidFile.ts"
import * as Signal from "./Signal.ts"
import * as Timing from "./Timing.ts"

export interface CycleOptions {
  readonly demo: boolean
  readonly mode: string | undefined
  readonly connections: number | undefined
  readonly preset: string | undefined
  readonly timeout: number | undefined
  readonly phaseDelay: number | undefined
  readonly sequential: boolean
  readonly mockFallback: boolean
  readonly logDir: string
  readonly files: string | undefined
  readonly keep: number
  readonly quiet: boolean
  readonly json: boolean
  /** One cycle after the other. */
  readonly continuous: boolean
  /** Seconds from the start of a cycle to the start of the next. */
  readonly period: number
}

/** The latency of the demo's simulator, in milliseconds: about that of the vendor's API. */
const demoSource = "simulator?latency=300"

/** The options as the settings that they are, before those of the environment. */
const settingsOf = (input: CycleOptions, env: NodeJS.ProcessEnv): Readonly<Record<string, string>> => {
  const connections = input.sequential ? 1 : input.connections ?? input.preset
  const mode = input.mode ?? (input.demo && (env["FOOTBALL_MODE"] ?? "") === "" ? "seed" : undefined)
  const named = {
    FOOTBALL_SOURCE: input.demo ? demoSource : undefined,
    FOOTBALL_MODE: mode,
    FOOTBALL_CONNECTIONS: connections,
    FOOTBALL_TIMEOUT: input.timeout,
    FOOTBALL_PHASE_DELAY: input.phaseDelay
  }
  return Object.fromEntries(Object.entries(named).flatMap(([name, value]) => value === undefined ? [] : [[name, String(value)]]))
}

/** Runs with these settings before those of the environment. */
const withSettings = (settings: Readonly<Record<string, string>>) =>
<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(ConfigProvider.ConfigProvider, (environment) =>
    Effect.provideService(
      effect,
      ConfigProvider.ConfigProvider,
      ConfigProvider.orElse(ConfigProvider.fromUnknown(settings), environment)
    ))

interface Cycle {
  readonly report: Executor.RunReport
  readonly timing: Timing.Timing
  readonly board: ReadonlyArray<BoardRow>
  readonly failures: ReadonlyArray<Failure>
}

const materialize = Effect.fnUntraced(function*(input: CycleOptions) {
  const { connections, mode } = yield* Effect.mapError((yield* FootballApi).settings, (error) =>
    new Cli.Refusal({ message: error.message, cause: error }))
  yield* Effect.logInfo(`Cycle begins: at most ${connections} connections at once, mode ${mode}.`)
  const graph = yield* Effect.fromResult(AssetGraph.make([football]))
  // Arquero takes a while to load; it is there by the time that tables are shaped.
  yield* Effect.forkChild(Effect.promise(() => import("sluice/frame")))
  const request = new RunRequest({ selection: "football", partitions: null, force: true, concurrency: 8 })
  const bodies = input.files === undefined ? undefined : Files.collector()
  const began = performance.now()
  const run = Executor.start(graph, request)
  const report = yield* bodies === undefined ? run : bodies.collecting(run)
  if (bodies !== undefined && input.files !== undefined && report.state === "succeeded") {
    yield* Files.write(input.files, bodies, input.keep)
  }
  const seconds = (performance.now() - began) / 1000
  const steps = yield* (yield* RunStore.RunStore).steps(report.run)
  const timing = Timing.make(steps.filter(({ state }) => state === "materialized"), seconds)
  if (report.state !== "succeeded") return { report, timing, board: [], failures: [] } satisfies Cycle
  const load = yield* Effect.all({
    board: Asset.load(board),
    failures: Asset.loadAll(Input.rows(enrichment.failures))
  })
  return { report, timing, ...load } satisfies Cycle
})

/** What did not go well, as lines of the log; the calls that failed have theirs already. `apart` logs to the file alone. */
const logged = Effect.fnUntraced(function*({ report, timing }: Cycle, sequential: boolean, apart: Layer.Layer<never>) {
  // The terminal is told of them by `print`, in fewer words.
  yield* Effect.gen(function*() {
    for (const { cell, reason } of report.failed) yield* Effect.logError(`${cell.asset} failed: ${reason}`)
    for (const { cell, reason } of report.skipped) yield* Effect.logWarning(`${cell.asset} skipped: ${reason}`)
  }).pipe(Effect.provide(apart))
  if (timing.failed > 0) yield* Effect.logWarning(`${timing.failed} of ${timing.requests} requests failed in this cycle.`)
  if (report.state !== "succeeded") return
  for (const line of [Timing.pipelineLine(timing), ...Timing.lines(timing, sequential)]) yield* Effect.logInfo(line)
})

/** One cycle, logged. */
export const once = (input: CycleOptions, apart: Layer.Layer<never>) =>
  Effect.tap(materialize(input), (done) =>
    Effect.andThen(logged(done, input.sequential, apart), done.report.state === "succeeded" ? PidFile.renew(input.logDir) : Effect.void))

const print = Effect.fnUntraced(function*({ board, failures, report, timing }: Cycle, input: CycleOptions) {
  if (input.json) yield* Console.log(JSON.stringify({ run: report.run, state: report.state, timing, failures, board }))
  if (report.state !== "succeeded") {
    for (const { cell, reason } of report.failed) yield* Console.error(`✗ ${cell.asset}  ${reason}`)
    return yield* Console.error(`The cycle ${report.state === "cancelled" ? "was cancelled" : "failed"}; \`sluice run show ${report.run}\` tells of each step.`)
  }
  if (input.json) return
  if (!input.quiet) for (const line of [...Board.lines(board), ""]) yield* Console.log(line)
  for (const { error, id, kind } of failures) yield* Console.log(`✗ ${[kind, id].join(" ").trim()}: ${error}`)
  if (failures.length > 0) yield* Console.log("")
  for (const line of [...Timing.table(timing), "", ...Timing.lines(timing, input.sequential)]) yield* Console.log(line)
})

const messageOf = (error: unknown): string => error instanceof Error ? error.message : String(error)

/** The options that set the connections, of which one can be given. */
const connectionOptions = ({ connections, preset, sequential }: CycleOptions): ReadonlyArray<string> =>
  [connections === undefined ? "" : "--connections", preset === undefined ? "" : "--preset", sequential ? "--sequential" : ""]
    .filter((option) => option !== "")

export const cycle = Effect.fn("football.cycle")(function*(input: CycleOptions) {
  const several = connectionOptions(input)
  if (several.length > 1) return yield* new Cli.Refusal({ message: `${several.join(" and ")} exclude each other: give one.` })
  const file = yield* LogFile.logger(input.logDir)
  yield* PidFile.hold(input.logDir)
  // Standard output is for the result; what went wrong is told on standard error too.
  const warnings = Logger.make<unknown, void>((options) => {
    if (options.logLevel === "Warn" || options.logLevel === "Error" || options.logLevel === "Fatal") {
      process.stderr.write(`${LogFile.format(options)}\n`)
    }
  })
  const settings = settingsOf(input, process.env)
  const apart = Logger.layer([file])
  const signal = yield* Signal.listen
  const one = once(input, apart)
  const cycles = input.continuous
    ? Continuous.everySeconds(input.period, Effect.flatMap(one, (done) => print(done, input)), input.json)
    : one
  const done = yield* Cli.withEverything(cycles).pipe(
    Effect.onError((cause) =>
      Cause.hasInterruptsOnly(cause)
        ? Effect.logWarning(`Received ${signal() ?? "an interruption"}, initiating graceful shutdown...`)
        // The command line says it on the terminal.
        : Effect.provide(Effect.logError(`The cycle failed: ${messageOf(Cause.squash(cause))}`), apart)),
    withSettings(settings),
    Effect.provideService(MockAllowed, input.mockFallback),
    Effect.provide(Logger.layer([file, warnings]))
  )
  yield* print(done, input)
  if (done.report.state !== "succeeded") return yield* new Cli.Unfinished({ exitCode: done.report.state === "cancelled" ? 130 : 1 })
}, Effect.scoped)
