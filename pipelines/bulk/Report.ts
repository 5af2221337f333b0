/** How a run ended: the statistics, on the terminal, in the log and as JSON. */
import { Cause, Console, Effect } from "effect"
import type { SqlClient } from "effect/sql"
import { Cli } from "sluice"
import type { Backfill } from "sluice"
import type { Logs } from "./Logs.ts"
import * as Statistics from "./Statistics.ts"
import * as Threshold from "./Threshold.ts"

/** How far a run is. */
export interface Standing {
  readonly engine: "local" | "partitioned"
  readonly seconds: number
  /** Records that this run has done, good or bad. */
  readonly done: number
  /** The run, where all records were to be sent again. */
  readonly anewIn: number | undefined
}

export interface Ended extends Standing {
  /** Undefined: there was nothing to do, or it ended early. */
  readonly report: Backfill.BackfillReport | undefined
  /** It came to nothing, which has been told. */
  readonly isEarly: boolean
}

/** The database may be away, which is why somebody interrupts: a report is not worth more. */
const atMost = "10 seconds"

/** What is committed of a run that was interrupted, with the statistics marked as that. */
export const tellInterrupted = ({ anewIn, done, engine, seconds }: Standing, json: boolean, logs: Logs): Effect.Effect<void, never, SqlClient.SqlClient> =>
  Effect.gen(function*() {
    const all = yield* Statistics.read({ isDone: false, anewIn })
    if (json) return yield* Console.log(JSON.stringify({ state: "interrupted", seconds, done, engine, ...all }))
    const lines = ["Interrupted, so far:", ...Statistics.lines(all, { seconds, done })]
    for (const text of lines) logs.info(text)
    yield* Console.log(lines.join("\n"))
  }).pipe(
    Effect.interruptible,
    Effect.timeout(atMost),
    Effect.catchCause((cause) => Effect.sync(() => logs.warn(`The statistics cannot be read: ${Cause.pretty(cause)}`)))
  )

const whereFailed = ({ refused, unanswered }: Statistics.Statistics): string => {
  const again = refused + unanswered
  const retry = again === 0 ? "" : ` \`sluice bulk retry-failed\` sends ${again === 1 ? "the one" : `the ${again.toLocaleString("en")}`} again that the API refused or did not answer.`
  return `The failed records are in bulk.failed_records, each with its place and reason.${retry}`
}

/** Fails with the exit code where chunks failed, the run was cancelled from elsewhere, or more records failed than may. */
export const tell = Effect.fn("bulk.report")(function*(
  { anewIn, done, engine, isEarly, report, seconds }: Ended,
  maxErrorRate: number,
  json: boolean,
  logs: Logs
) {
  const isNothing = report === undefined && !isEarly
  const isWhole = report?.state === "succeeded"
  const all = yield* Statistics.read({ isDone: isNothing, anewIn: isWhole ? undefined : anewIn })
  const lines = Statistics.lines(all, isNothing ? undefined : { seconds, done })
  for (const text of lines) logs.info(text)
  const state = isEarly ? "failed" : report?.state ?? "succeeded"
  const tooMany = state === "succeeded" ? Threshold.sentence(all.failed, all.read, maxErrorRate) : undefined
  if (json) yield* Console.log(JSON.stringify({ state: tooMany === undefined ? state : "failed", seconds, done, engine, ...all }))
  else {
    if (isEarly) yield* Console.log("Ended early, so far:")
    if (isNothing) yield* Console.log("Nothing to do: every record of the input was sent before. --force sends all of them again.\n")
    yield* Console.log(lines.join("\n"))
    if (all.failed > 0) yield* Console.log(`\n${whereFailed(all)}`)
  }
  if (isEarly) return yield* new Cli.Unfinished({ exitCode: 1 })
  if (report === undefined || report.state === "succeeded") {
    if (tooMany === undefined) return
    logs.error(tooMany)
    yield* Console.error(`✗ ${tooMany}`)
    return yield* new Cli.Unfinished({ exitCode: 1 })
  }
  // The tables of a chunk fail together, of one error.
  const messages = report.failures.map(({ error, partition }) => error?.replace(/^[A-Za-z]+Error: /, "") ?? `Chunk ${partition} failed.`)
  for (const message of new Set(messages)) {
    logs.error(message)
    yield* Console.error(`✗ ${message}`)
  }
  return yield* new Cli.Unfinished({ exitCode: report.state === "cancelled" ? 130 : 1 })
})
