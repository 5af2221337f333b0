/** Rate limits in Postgres: one statement an ask, under the lock of its budget, by the database's clock. */
import type { PgClient } from "@effect/sql-pg"
import { PgTypes } from "@effect/sql-pg"
import { Effect, Result, Schema } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import * as Admission from "../../engine/limit/Admission.ts"
import { type Ask, type LimitStore, LimitStoreError, type Reply, type Usage } from "../../engine/limit/LimitStore.ts"
import type { Rate } from "../../engine/limit/RateLimit.ts"
import { numbers } from "./Columns.ts"
import { toRunStoreError } from "./Failure.ts"

const integers = (values: ReadonlyArray<number>): PgTypes.Parameter => Result.getOrThrow(PgTypes.array(values, PgTypes.OID.int4))

/** `doing` completes "The limit store could not …". */
const attempt = (doing: string) => <A, R>(self: Effect.Effect<A, SqlError | Schema.SchemaError, R>) =>
  Effect.mapError(self, (error) => {
    const { cause, message, transient } = toRunStoreError(doing, error)
    return new LimitStoreError({ message: message.replace("The run store", "The limit store"), transient, cause })
  })

const Replies = Schema.NonEmptyArray(Schema.Struct({
  moment: Schema.Finite,
  lot_counts: Schema.NullOr(Schema.Array(Schema.Int)),
  lot_starts: Schema.NullOr(Schema.Array(Schema.Finite)),
  lot_spacings: Schema.NullOr(Schema.Array(Schema.Finite)),
  again_in: Schema.NullOr(Schema.Finite),
  is_alone: Schema.Boolean,
  factor_now: Schema.Finite,
  paused_for: Schema.Finite,
  falls_now: Schema.Int
}))

const toReply = (row: (typeof Replies.Type)[0]): Reply => ({
  moment: row.moment,
  lot: (row.lot_counts ?? []).map((count, i) => ({ count, at: row.lot_starts?.[i] ?? 0, spacing: row.lot_spacings?.[i] ?? 0 })),
  againInMillis: row.again_in ?? undefined,
  isAlone: row.is_alone,
  pace: { factor: row.factor_now, pausedMillis: row.paused_for, falls: row.falls_now }
})

const rateColumns = (rates: ReadonlyArray<Rate>) => ({
  calls: integers(rates.map(({ calls }) => calls)),
  per: numbers(rates.map(({ perMillis }) => perMillis)),
  burst: integers(rates.map(({ burst }) => burst))
})

/** `moment`: of tests that bring their own clock. */
export const ask = (sql: PgClient.PgClient, request: Ask, moment: number | null = null): Effect.Effect<Reply, LimitStoreError> => {
  const { answered, bucket, tooMany } = request
  const { burst, calls, per } = rateColumns(request.rates)
  return sql`
    select * from sluice.ask_limit(
      ${bucket.limit}::text, ${bucket.scope}::text, ${bucket.machine}::text,
      ${request.holder}::text, ${request.leaseMillis}::float8, ${calls}::integer[], ${per}::float8[], ${burst}::integer[],
      ${request.keepMillis}::float8, ${request.want}::integer, ${request.least}::integer, ${request.open}::integer,
      ${request.reckons}::boolean, ${request.sentBy ?? null}::float8, ${integers(answered.map(({ count }) => count))}::integer[],
      ${numbers(answered.map(({ at }) => at))}::float8[], ${numbers(answered.map(({ spacing }) => spacing))}::float8[],
      ${tooMany?.sentAgoMillis ?? null}::float8, ${tooMany?.retryAfterMillis ?? null}::float8, ${moment}::float8
    )
  `.pipe(
    Effect.flatMap(Schema.decodeUnknownEffect(Replies)),
    attempt(`be asked about the rate limit ${bucket.limit}`),
    Effect.map(([row]) => toReply(row))
  )
}

const Budgets = Schema.Array(Schema.Struct({
  name: Schema.String,
  scope: Schema.Literals(["process", "node", "global"]),
  machine: Schema.String,
  keep: Schema.Finite,
  factor: Schema.Finite,
  refused: Schema.Finite,
  fell_ago: Schema.NullOr(Schema.Finite),
  paused_for: Schema.Finite,
  falls: Schema.Int,
  holders: Schema.Array(Schema.Struct({
    id: Schema.String,
    alive_for: Schema.Finite,
    calls: Schema.Array(Schema.Int),
    per: Schema.Array(Schema.Finite),
    burst: Schema.Array(Schema.Int),
    open: Schema.Int,
    want: Schema.Int
  })),
  answers: Schema.Array(Schema.Struct({ count: Schema.Int, ago: Schema.Finite, spacing: Schema.Finite }))
}))

const toUsage = (row: (typeof Budgets.Type)[number]): Usage => {
  const bucket = { limit: row.name, scope: row.scope, machine: row.machine }
  return Admission.usage(bucket, {
    ...Admission.empty,
    holders: row.holders.map((holder) => ({
      id: holder.id,
      aliveUntil: holder.alive_for,
      rates: holder.calls.map((calls, i) => ({ calls, perMillis: holder.per[i] ?? 1, burst: holder.burst[i] ?? 1 })),
      open: holder.open,
      want: holder.want,
      least: 1,
      since: 0,
      asksAt: 0,
      lot: []
    })),
    answered: row.answers.map(({ ago, count, spacing }) => ({ count, at: -ago, spacing })),
    keep: row.keep,
    factor: row.factor,
    refused: row.refused,
    fellAt: row.fell_ago === null ? Number.NEGATIVE_INFINITY : -row.fell_ago,
    pausedUntil: row.paused_for,
    falls: row.falls
  }, 0)
}

/** Every budget, with times from the moment of the statement on. */
export const usage = (sql: PgClient.PgClient): LimitStore["Service"]["usage"] =>
  sql`
    select budget.name, budget.scope, budget.machine, budget.keep, budget.factor, budget.refused, budget.falls,
      case when budget.falls > 0 then clock.moment - budget.fell_at end as fell_ago,
      greatest(0, budget.paused_until - clock.moment) as paused_for,
      coalesce((
        select jsonb_agg(jsonb_build_object(
          'id', holder.id, 'alive_for', holder.alive_until - clock.moment, 'calls', holder.calls, 'per', holder.per,
          'burst', holder.burst, 'open', holder.open + holder.lot_count, 'want', holder.want
        ))
        from sluice.limit_holders as holder where holder.budget = budget.number
      ), '[]') as holders,
      coalesce((
        select jsonb_agg(jsonb_build_object('count', answer.count, 'ago', clock.moment - answer.at, 'spacing', answer.spacing))
        from sluice.limit_answers as answer where answer.budget = budget.number
      ), '[]') as answers
    from sluice.limits as budget
    cross join (select extract(epoch from clock_timestamp())::float8 * 1000 as moment) as clock
    order by budget.name, budget.machine
  `.pipe(
    Effect.flatMap(Schema.decodeUnknownEffect(Budgets)),
    attempt("list the rate limits"),
    Effect.map((rows) => rows.map(toUsage))
  )
