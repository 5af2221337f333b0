/** `sluice nba --dry-run`: what would be collected. Nothing is asked for, nothing written; a database helps, but is not needed. */
import { Effect } from "effect"
import { SqlClient } from "effect/sql"
import { Cli } from "sluice"
import type * as Catalogue from "../../resources/nba/catalogue.ts"
import * as Assignment from "./Assignment.ts"
import * as Log from "./Log.ts"
import * as Pace from "./Pace.ts"
import * as Survey from "./Survey.ts"
import * as Tally from "./Tally.ts"

/** Why nothing is known of what is stored; undefined: the database can be asked. */
const unknown = Effect.gen(function*() {
  const place = yield* Cli.whereDatabase
  if (place === "absent") return "there is no database yet"
  return yield* Cli.withDatabase(Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const [made] = yield* sql<{ readonly there: boolean }>`select to_regclass('sluice.partition_keys') is not null as there`
    return made?.there === true ? undefined : "nothing was stored in this database yet"
  })).pipe(
    Effect.catchTag("Refusal", ({ message }) => Effect.succeed(message.replace(/\.$/, ""))),
    Effect.catchTag("SqlError", () => Effect.succeed("the database does not answer"))
  )
})

/** The tables of the endpoints that there are by now. */
const tables = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql<{ readonly name: string }>`
    select table_name::text as name from information_schema.tables where table_schema = 'public' and table_name like 'nba\\_%' order by 1`
  return rows.map(({ name }) => name)
}).pipe(Effect.orElseSucceed((): ReadonlyArray<string> => []))

interface Line {
  readonly endpoint: Catalogue.Endpoint
  readonly surveyed: Survey.Surveyed | undefined
  /** The calls that are known of; undefined: none are. */
  readonly calls: number | undefined
  readonly tables: ReadonlyArray<string>
}

const plural = (n: number, word: string): string => `${n} ${word}${n === 1 ? "" : "s"}`

const told = ({ calls, endpoint, surveyed }: Line, { range, seasons }: Assignment.Assignment): string => {
  const about = Survey.subject(endpoint)
  const what = about === "season" ? "season" : `${about} id`
  const which = about === "season" ? seasons.join(", ") : Assignment.spell(range)
  const of = which === "" ? "" : ` (${which})`
  if (surveyed === undefined) {
    return calls === undefined ? `all ${what}s${of}` : `at most ${plural(calls, what)}${of}`
  }
  const stored = surveyed.asked - surveyed.missing - surveyed.failed
  const parts = [
    `${surveyed.missing} of ${plural(surveyed.asked, what)}${of} missing`,
    stored > 0 ? `${stored} stored` : "",
    surveyed.failed > 0 ? `${surveyed.failed} failed before and left alone` : ""
  ]
  return parts.filter((part) => part !== "").join(", ")
}

/** How many calls a range is without knowing the ids; undefined: as many as there are. */
const most = (endpoint: Catalogue.Endpoint, { range, seasons }: Assignment.Assignment): number | undefined => {
  if (Survey.subject(endpoint) === "season") return seasons.length
  if (range.ids === undefined && range.limit === undefined && range.end === undefined) return undefined
  return Assignment.size(range, Number.MAX_SAFE_INTEGER)
}

export const print = Effect.fn("nba.dryRun")(function*(assignment: Assignment.Assignment, json: boolean) {
  const why = yield* unknown
  const lines: ReadonlyArray<Line> = why !== undefined
    ? assignment.endpoints.map((endpoint) => ({ endpoint, surveyed: undefined, calls: most(endpoint, assignment), tables: [] }))
    : yield* Cli.withStored(Effect.gen(function*() {
      const made = yield* tables
      const surveyed = yield* Survey.make(assignment)
      return surveyed.map((one) => ({
        endpoint: one.endpoint,
        surveyed: one,
        calls: one.missing,
        tables: made.filter((name) => name.startsWith(`${Survey.table(one.endpoint)}_`))
      }))
    }))
  const calls = lines.reduce((sum, line) => sum + (line.calls ?? 0), 0)
  const isOpen = lines.some((line) => line.calls === undefined)
  const seconds = Pace.least(calls, assignment.rateLimit)
  if (json) {
    return Log.toConsole(JSON.stringify({
      node: assignment.node,
      database: why ?? null,
      range: { start: assignment.range.start ?? null, end: assignment.range.end ?? null, limit: assignment.range.limit ?? null, ids: assignment.range.ids ?? null },
      rateLimit: assignment.rateLimit ?? null,
      endpoints: lines.map((line) => ({
        endpoint: line.endpoint.name,
        category: line.endpoint.category,
        priority: line.endpoint.priority,
        table: Survey.table(line.endpoint),
        tables: line.tables,
        known: line.surveyed?.known ?? null,
        asked: line.surveyed?.asked ?? null,
        missing: line.calls ?? null,
        failed: line.surveyed?.failed ?? null,
        notes: line.surveyed?.notes ?? []
      })),
      calls: isOpen ? null : calls,
      seconds: isOpen ? null : seconds
    }))
  }
  const log = Log.make(assignment.node, Log.toConsole)
  const say = (text: string) => log.info(`[DRY-RUN] ${text}`)
  say(`Node ${assignment.node} would collect ${plural(lines.length, "endpoint")}, ${Pace.describe(assignment.rateLimit)}`)
  if (why !== undefined) log.warn(`[DRY-RUN] Only the configuration is checked, since the ids are not known: ${why}`)
  for (const line of lines) {
    const { endpoint } = line
    say(`${endpoint.name} (${endpoint.category}, ${endpoint.priority}): ${told(line, assignment)}`)
    say(`  tables: ${line.tables.length > 0 ? line.tables.join(", ") : `${Survey.table(endpoint)}_<data set>, made by the first call`}`)
    for (const note of line.surveyed?.notes ?? []) log.warn(`[DRY-RUN] ${note}`)
  }
  say(isOpen
    ? "How many calls that is, and how long it takes, depends on the ids of the master tables"
    : `${plural(calls, "call")}, at least ${Tally.duration(seconds)}. No request was made, nothing was written`)
})
