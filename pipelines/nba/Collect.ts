/** `sluice nba`: collects endpoints as one node, one after the other, and tells it line by line. */
import { Cause, Effect, Option } from "effect"
import { hostname } from "node:os"
import { Cli, RunStore } from "sluice"
import * as Assignment from "./Assignment.ts"
import * as Connection from "./Connection.ts"
import * as DryRun from "./DryRun.ts"
import * as FailedCalls from "./FailedCalls.ts"
import * as Listing from "./Listing.ts"
import * as Log from "./Log.ts"
import * as Pace from "./Pace.ts"
import * as Survey from "./Survey.ts"
import * as Tally from "./Tally.ts"

export interface Input extends Assignment.Options {
  readonly dbConfig: string | undefined
  readonly dryRun: boolean
  readonly list: boolean
  readonly concurrency: number
  readonly logFile: string
  readonly json: boolean
}

export const collect = Effect.fn("nba.collect")(function*(input: Input) {
  const found = yield* Assignment.make(input)
  if (input.list || Option.isNone(found)) return yield* Listing.print(found, input.json)
  const assignment = found.value
  const url = yield* Connection.url(input.dbConfig)
  const asNode = <A, E, R>(work: Effect.Effect<A, E, R>) =>
    work.pipe(
      Cli.asNode(assignment.node),
      Cli.withSettings({ DATABASE_URL: url, ...Pace.settings(assignment.rateLimit) })
    )
  if (input.dryRun) return yield* asNode(DryRun.print(assignment, input.json))
  yield* asNode(run(assignment, input))
})

/** How a collection ended, for its exit code. */
type Outcome = "succeeded" | "failed" | "cancelled"

const run = Effect.fnUntraced(function*(assignment: Assignment.Assignment, input: Input) {
  const toFile = yield* Log.openFile(yield* Cli.path(input.logFile))
  const write = input.json ? toFile : (text: string) => {
    toFile(text)
    Log.toConsole(text)
  }
  const { node } = assignment
  const log = Log.make(node, write)
  const tally = Tally.make(log)
  const names = assignment.endpoints.map(({ name }) => name)
  log.info(`Node ${node} on ${hostname()}${assignment.description === undefined ? "" : ` (${assignment.description})`}: ${names.join(", ")}`)
  log.info(`Pace: ${Pace.describe(assignment.rateLimit)}`)
  const { outcome, requests } = yield* Cli.withEverything(collecting(assignment, input, log, tally)).pipe(
    Effect.provide(Log.layer(node, write)),
    Effect.onError((cause) =>
      Effect.sync(() => {
        if (Cause.hasInterruptsOnly(cause)) {
          summary(assignment, tally, undefined, log)
          return log.warn("DISTRIBUTED PROCESSING INTERRUPTED: what is stored stays, and the same command goes on with the rest")
        }
        // The command line says it on the console.
        const error = Cause.squash(cause)
        Log.make(node, toFile).error(error instanceof Error ? error.message : String(error))
      }))
  )
  summary(assignment, tally, requests, log)
  if (outcome === "succeeded") return log.info("DISTRIBUTED PROCESSING COMPLETED SUCCESSFULLY")
  if (outcome === "cancelled") {
    log.warn("DISTRIBUTED PROCESSING CANCELLED from another terminal: the same command goes on with the rest")
    return yield* new Cli.Unfinished({ exitCode: 130 })
  }
  log.error(
    `DISTRIBUTED PROCESSING COMPLETED WITH ERRORS: the failed calls (${tally.errors()}) are tracked in ` +
      "nba_endpoint_failed_calls; --retry-failed tries them again"
  )
  return yield* new Cli.Unfinished({ exitCode: 1 })
}, Effect.scoped)

const collecting = Effect.fnUntraced(function*(
  assignment: Assignment.Assignment,
  input: Input,
  log: Log.Log,
  tally: Tally.Tally
) {
  if (!(yield* FailedCalls.ensure)) {
    log.warn("public.nba_endpoint_failed_calls is a table of another program and stays as it is: rename it to see failed calls by that name")
  }
  // All endpoints are looked at before the first call, so that a wrong range or an empty master table is told at once.
  const surveyed = yield* Survey.make(assignment)
  for (const note of surveyed.flatMap(({ notes }) => notes)) log.warn(note)
  let outcome: Outcome = "succeeded"
  for (const one of surveyed) {
    const ended = yield* collectOne(one, assignment, input, log, tally)
    if (ended !== "succeeded") outcome = ended
    if (ended === "cancelled") break
  }
  return { outcome, requests: yield* requestsOf(tally.runs()) }
})

/** How many requests were made, those that were tried again among them. */
const requestsOf = Effect.fnUntraced(function*(runs: ReadonlyArray<number>) {
  const store = yield* RunStore.RunStore
  const calls = yield* Effect.forEach(runs, (run) => store.calls(run))
  return calls.flat().reduce((sum, one) => sum + one.calls, 0)
})

const collectOne = Effect.fnUntraced(function*(
  { asked, endpoint, failed, missing }: Survey.Surveyed,
  assignment: Assignment.Assignment,
  { concurrency, json }: Input,
  log: Log.Log,
  tally: Tally.Tally
) {
  const table = Survey.table(endpoint)
  log.info(`Table ${table}: ${missing} missing parameters out of ${asked} total`)
  if (failed > 0) log.info(`Table ${table}: calls that failed before (${failed}) are skipped; --retry-failed tries them again`)
  if (missing === 0) return "succeeded" as const
  const report = yield* Cli.backfill({
    ...Survey.request(Survey.subject(endpoint), [endpoint], assignment),
    name: `nba ${endpoint.name}, ${assignment.node} on ${hostname()}`,
    concurrency,
    observer: tally.of(endpoint, missing),
    json,
    shown: json
  }).pipe(
    // With JSON the report is told there, and an end that is not good comes as an error.
    Effect.catchTag("Unfinished", ({ exitCode }) => Effect.succeed({ state: exitCode === 1 ? "failed" as const : "cancelled" as const }))
  )
  const state = report?.state ?? "succeeded"
  return state === "failed" || state === "cancelled" ? state : "succeeded" as const
})

/** `requests`: see `Tally.made`. */
const summary = (
  { endpoints, node }: Assignment.Assignment,
  tally: Tally.Tally,
  requests: number | undefined,
  log: Log.Log
): void => {
  const calls = tally.calls()
  const share = calls === 0 ? 100 : tally.succeeded() / calls * 100
  log.info(`[SUMMARY] PROCESSING SUMMARY on node ${node}: ${endpoints.length} endpoint${endpoints.length === 1 ? "" : "s"}, ${tally.rows()} rows stored`)
  log.info(`[CALLS] Total API calls made: ${Tally.made(calls, requests)}`)
  log.info(`[ERRORS] Total errors: ${tally.errors()}`)
  log.info(`[RATE] Overall success rate: ${share.toFixed(1)}%`)
}
