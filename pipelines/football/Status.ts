/** `sluice football status`: how the last cycles went, by what is stored of their runs. */
import { Console, Effect } from "effect"
import { SqlClient } from "effect/sql"
import { Cli, RunStore } from "sluice"
import * as Indicators from "./Indicators.ts"
import * as NewYork from "./NewYork.ts"
import * as Timing from "./Timing.ts"

/** So many runs are looked through for cycles, whatever else ran. */
const lookedThrough = 500

const cyclesOf = Effect.fnUntraced(function*(most: number) {
  const store = yield* RunStore.RunStore
  const runs = (yield* store.runs({ limit: Math.max(lookedThrough, most) })).filter(({ finishedAt, request, state }) =>
    request.selection === "football" && state !== "running" && finishedAt !== null).slice(0, most)
  return yield* Effect.forEach(runs, (run) =>
    Effect.map(store.steps(run.id, { states: ["materialized"] }), (steps) => ({
      run: run.id,
      state: run.state,
      startedAt: run.startedAt,
      timing: Timing.make(steps, ((run.finishedAt ?? run.startedAt).getTime() - run.startedAt.getTime()) / 1000)
    })), { concurrency: 2 })
})

/** Distinct matches since midnight in New York; 0 before the first cycle has made the table. */
const matchesToday = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const [there] = yield* sql<{ readonly name: string | null }>`select to_regclass('football.match_history')::text as name`
  if (there === undefined || there.name === null) return 0
  const [row] = yield* sql<{ readonly matches: number }>`
    select count(distinct match_id)::int as matches from football.match_history
    where not _mock and fetched_at >= date_trunc('day', now() at time zone 'America/New_York') at time zone 'America/New_York'`
  return row?.matches ?? 0
})

const figure = (value: number, unit: string): string => unit === "%" ? `${value.toFixed(1)} %` : `${value.toFixed(2)} s`

const table = (assessed: ReadonlyArray<Indicators.Assessed>): ReadonlyArray<string> => {
  const rows = [
    ["INDICATOR", "LAST", "MEDIAN", "WORST", "LEVEL"],
    ...assessed.map(({ last, level, median, name, unit, worst }) =>
      [name, figure(last, unit), figure(median, unit), figure(worst, unit), level])
  ]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map(([name, last, median, worst, level]) =>
    [name!.padEnd(widths[0]!), last!.padStart(widths[1]!), median!.padStart(widths[2]!), worst!.padStart(widths[3]!), level].join("  "))
}

const share = (n: number, of: number): string => `${Math.round(n / of * 100)} %`

export const status = Effect.fn("football.status")(function*(input: { readonly last: number; readonly json: boolean }) {
  const { cycles, today } = yield* Cli.withStored(Effect.all({ cycles: cyclesOf(input.last), today: matchesToday }))
  const done = cycles.filter(({ state }) => state === "succeeded")
  const assessed = Indicators.assess(done.map(({ timing }) => timing))
  const quick = done.filter(({ timing }) => timing.totalSeconds < 10).length
  if (input.json) {
    const day = NewYork.day(new Date())
    return yield* Console.log(JSON.stringify({ indicators: done.length === 0 ? [] : assessed, cycles, daily: { date: day, count: today } }))
  }
  const [latest] = cycles
  if (latest === undefined) return yield* Console.log("There has been no cycle yet: `sluice football` makes one.")
  yield* Console.log(`${cycles.length} ${cycles.length === 1 ? "cycle" : "cycles"}, ${cycles.length - done.length} of them not finished; the last one at ${NewYork.stamp(latest.startedAt)} in New York.`)
  yield* Console.log(`${today} matches since midnight in New York.\n`)
  if (done.length > 0) {
    for (const line of table(assessed)) yield* Console.log(line)
    yield* Console.log(`\n${share(quick, done.length)} of the cycles took less than 10 seconds.`)
  }
  // One that was interrupted, as the last one is when cycles are ended by hand, says nothing of the next.
  const isCritical = latest.state === "failed" || assessed.some(({ level }) => level === "critical")
  if (isCritical) return yield* new Cli.Unfinished({ exitCode: 1 })
})
