/** What a backfill did lately and what went wrong in it, asked of the documented views: sums, never single cells. */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"
import { cellName } from "../../engine/record/Step.ts"
import { out } from "../terminal/Style.ts"
import * as Text from "../terminal/Text.ts"

const Group = Schema.Struct({
  /** The tag or class of the error. */
  error: Schema.String,
  /** Whether another try may succeed, by the type of the error. */
  transient: Schema.Boolean,
  cells: Schema.Int,
  /** The cell that failed last, with its message. */
  asset: Schema.String,
  partition: Schema.String,
  message: Schema.String,
  at: Schema.Date
})
export type Group = typeof Group.Type

const Next = Schema.Struct({
  asset: Schema.String,
  partition: Schema.String,
  attempt: Schema.Int,
  error: Schema.String,
  at: Schema.Date
})

export interface Activity {
  /** Steps that ended within the last minute, well or not. */
  readonly lastMinute: number
  /** The failed cells by error, the most frequent first. */
  readonly errors: ReadonlyArray<Group>
  /** The next tries of cells whose last attempt failed, the soonest first. */
  readonly tries: ReadonlyArray<typeof Next.Type>
}

const mostErrors = 20
const mostTries = 5

export const errors = Effect.fn("Activity.errors")(function*(id: number) {
  const sql = yield* SqlClient.SqlClient
  const rows = yield* sql`
    with failed as (
      select
        coalesce(error_class, 'Error') as error, coalesce(transient, false) as transient, asset, partition,
        coalesce(error, 'failed') as message, finished_at as at,
        count(*) over same as cells, row_number() over (same order by finished_at desc) as place
      from sluice.ledger
      where run = ${id}::integer and state = 'failed'
      window same as (partition by coalesce(error_class, 'Error'), coalesce(transient, false))
    )
    select error, transient, cells::integer as cells, asset, partition, message, at
    from failed where place = 1 order by cells desc, at desc limit ${mostErrors}::integer`
  return yield* Schema.decodeUnknownEffect(Schema.Array(Group))(rows)
})

export const of = Effect.fn("Activity.of")(function*(id: number) {
  const sql = yield* SqlClient.SqlClient
  const [counted] = yield* sql<{ readonly steps: number }>`
    select count(*)::integer as steps from sluice.ledger
    where run = ${id}::integer and finished_at > now() - interval '1 minute'`
  const tries = yield* sql`
    select asset, partition, attempt::integer as attempt, error_class as error, next_try_at as at
    from sluice.retries where run = ${id}::integer and next_try_at > now() order by next_try_at limit ${mostTries}::integer`
  const activity: Activity = {
    lastMinute: counted?.steps ?? 0,
    errors: yield* errors(id),
    tries: yield* Schema.decodeUnknownEffect(Schema.Array(Next))(tries)
  }
  return activity
})

/** `✗ 1,204 × HttpError (transient, …), last nhl/live_feed@2023020001  The server answered 503.` */
export const lines = (groups: ReadonlyArray<Group>, most: number): ReadonlyArray<string> => {
  const left = groups.slice(most)
  return [
    ...groups.slice(0, most).map(({ asset, cells, error, message, partition, transient }) => {
      const kind = transient ? "transient, another try may succeed" : "permanent"
      const name = Text.printable(cellName({ asset, partition }))
      // The message as it is recorded may begin with the class.
      const fault = Text.fault(message)
      const said = fault.startsWith(`${error}: `) ? fault.slice(error.length + 2) : fault
      return `  ${out.red("✗")} ${Text.count(cells)} × ${Text.printable(error)} ${out.dim(`(${kind})`)}, last ${name}  ${said}`
    }),
    ...(left.length === 0 ? [] : [out.dim(`    and ${Text.plural(left.length, "more kind")} of error`)])
  ]
}
