/** What hooks are told, in Postgres: recorded, taken and settled under the lock of the hook's row. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import type { Fragment } from "effect/sql/Statement"
import { good, HookEvent, Kind, subjectOf } from "../../engine/record/HookEvent.ts"
import type { HookStore, Occurrence, Past } from "../../engine/record/HookStore.ts"
import { clean, json, keys, numbers } from "./Columns.ts"
import { attempt, transact } from "./Failure.ts"
import { workerNumber } from "./Workers.ts"

const Now = Schema.Array(Schema.Struct({ now: Schema.Number }))
const Ids = Schema.Array(Schema.Struct({ id: Schema.Number }))
const Told = Schema.Array(Schema.Struct({ fingerprint: Schema.String, at: Schema.Number, repeats: Schema.Int, subject: Schema.String }))
const Last = Schema.Array(Schema.Struct({ subject: Schema.String, happening: Schema.Number, kind: Kind }))
const Opens = Schema.Array(Schema.Struct({
  id: Schema.Number,
  tries: Schema.Int,
  due: Schema.Number,
  held: Schema.Boolean,
  taken: Schema.Boolean
}))
const Begun = Schema.Array(Schema.Struct({ at: Schema.Number }))
const Own = Schema.NonEmptyArray(Schema.Struct({ tries: Schema.Int, event: HookEvent }))
const Others = Schema.Array(Schema.Struct({ event: HookEvent, count: Schema.Int }))

const encode = Schema.encodeEffect(HookEvent)

const mostOpen = 1000
const mostOthers = 10

/** A transaction, whose number is exact up to 2^53. */
export const xid = (sql: PgClient.PgClient, place: number) => sql`${place}::float8::bigint::text::xid8`

export const make = (sql: PgClient.PgClient): Pick<HookStore["Service"], "record" | "take" | "settle" | "retry"> => {
  const millis = (time: Fragment) => sql`(extract(epoch from ${time}) * 1000)::float8`

  /** Locks the hook for this transaction; gives the time, or nothing where it is stopped. */
  const lock = (hook: string) =>
    sql`select from sluice.hooks where name = ${hook} and running for update`.pipe(
      // The time after the wait.
      Effect.flatMap((rows) => rows.length === 0 ? Effect.succeed([]) : sql`select ${millis(sql`clock_timestamp()`)} as now`),
      Effect.flatMap(Schema.decodeUnknownEffect(Now)),
      attempt(`lock the hook ${hook}`),
      Effect.map(([row]) => row?.now)
    )

  const pastOf = Effect.fnUntraced(function*(hook: string, now: number, occurrences: ReadonlyArray<Occurrence>) {
    const reading = attempt(`read what the hook ${hook} was told`)
    const told = yield* sql`
      select
        wanted.fingerprint, ${millis(sql`told.recorded_at`)} as at, told.subject,
        (
          select count(*)::integer from sluice.hook_deliveries as same
          where same.hook = ${hook} and same.fingerprint = wanted.fingerprint and same.state = 'same' and same.id > told.id
        ) as repeats
      from unnest(${keys([...new Set(occurrences.flatMap(({ fingerprint }) => fingerprint ?? []))])}::text[]) as wanted (fingerprint)
      cross join lateral (
        select id, happening, recorded_at, subject
        from sluice.hook_deliveries
        where hook = ${hook} and fingerprint = wanted.fingerprint and state in ('waiting', 'sent', 'summed')
        order by id desc
        limit 1
      ) as told
      where not exists (
        select from sluice.hook_deliveries as good
        where good.hook = ${hook} and good.subject = told.subject and good.happening > told.happening
          and good.kind = any(${keys([...good])}::text[])
      )
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Told)), reading)
    const last = yield* sql`
      select wanted.subject, latest.happening::float8 as happening, latest.kind
      from unnest(${keys([...new Set(occurrences.map(subject))])}::text[]) as wanted (subject)
      cross join lateral (
        select happening, kind from sluice.hook_deliveries
        where hook = ${hook} and subject = wanted.subject order by happening desc limit 1
      ) as latest
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Last)), reading)
    const past: Past = {
      now,
      told: new Map(told.map(({ fingerprint, ...rest }) => [fingerprint, rest])),
      last: new Map(last.map(({ subject, ...rest }) => [subject, rest]))
    }
    return past
  })

  const record: HookStore["Service"]["record"] = Effect.fn("HookStore.record")((hook, { cursor, occurrences }, judge) => {
    const recording = attempt(`record what the hook ${hook} is told`)
    return transact(
      sql,
      `record what the hook ${hook} is told`,
      Effect.gen(function*() {
        const now = yield* lock(hook)
        if (now === undefined) return
        const known = yield* sql`
          select happening::float8 as id from sluice.hook_deliveries
          where hook = ${hook} and happening = any(${numbers(occurrences.map(({ happening }) => happening))}::float8[]::bigint[])
        `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Ids)), recording, Effect.map((rows) => new Set(rows.map(({ id }) => id))))
        const fresh = occurrences.filter(({ happening }) => !known.has(happening))
        const judged = fresh.length === 0 ? [] : judge(yield* pastOf(hook, now, fresh), fresh)
        for (const { occurrence, state } of judged) {
          const event = json(yield* recording(encode(occurrence.event)))
          yield* sql`
            insert into sluice.hook_deliveries (hook, happening, kind, subject, fingerprint, state, event)
            values (
              ${hook}, ${occurrence.happening}::float8::bigint, ${occurrence.event.kind}, ${subject(occurrence)},
              ${occurrence.fingerprint}, ${state}, ${event}::jsonb
            )
          `.pipe(recording)
        }
        yield* sql`update sluice.hooks set seen = greatest(seen, ${xid(sql, cursor)}) where name = ${hook}`.pipe(recording)
      })
    )
  })

  const takenOf = Effect.fnUntraced(function*(id: number, hook: string) {
    const reading = attempt(`read a delivery of the hook ${hook}`)
    const [own] = yield* sql`
      select tries, event from sluice.hook_deliveries where id = ${id}::float8::bigint
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Own)), reading)
    const others = yield* sql`
      select event, (count(*) over ())::integer as count from sluice.hook_deliveries
      where hook = ${hook} and told_in = ${id}::float8::bigint
      order by id
      limit ${mostOthers}
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Others)), reading)
    return { id, ...own, others: others.map(({ event }) => event), othersCount: others[0]?.count ?? 0 }
  })

  const isWaiting = (hook: string) =>
    sql`select from sluice.hook_deliveries where hook = ${hook} and state = 'waiting' limit 1`.pipe(
      attempt(`look for deliveries of the hook ${hook}`),
      Effect.map((rows) => rows.length > 0)
    )

  const take: HookStore["Service"]["take"] = Effect.fn("HookStore.take")(function*(hook, worker, { choose, counted, withinMillis }) {
    const nothing = { taken: undefined, nextMillis: Number.POSITIVE_INFINITY }
    // Nearly always there is nothing, which costs no transaction.
    if (!(yield* isWaiting(hook))) return nothing
    const taking = attempt(`take a delivery of the hook ${hook}`)
    return yield* transact(
      sql,
      `take a delivery of the hook ${hook}`,
      Effect.gen(function*() {
        const now = yield* lock(hook)
        if (now === undefined) return nothing
        const open = yield* sql`
          select
            waiting.id::float8 as id, waiting.tries, waiting.held,
            -- One that was taken is due when its worker is gone.
            ${millis(sql`case when waiting.worker is null then waiting.due_at else waiting.recorded_at end`)} as due,
            waiting.due_at > clock_timestamp() and exists (
              select from sluice.workers as worker
              where worker.number = waiting.worker and worker.stopped_at is null and worker.expires_at > now()
            ) as taken
          from sluice.hook_deliveries as waiting
          where waiting.hook = ${hook} and waiting.state = 'waiting'
          order by waiting.id
          limit ${mostOpen}
        `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Opens)), taking)
        const begun = yield* sql`
          select ${millis(sql`begun_at`)} as at from sluice.hook_deliveries
          where hook = ${hook} and begun_at is not null order by begun_at desc limit ${counted}
        `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Begun)), taking)
        const turn = choose({ now, open, begun: begun.map(({ at }) => at) })
        const nextMillis = Math.max(0, turn.next - now)
        if (turn.hold.length > 0) {
          yield* sql`
            update sluice.hook_deliveries set held = true where id = any(${numbers(turn.hold)}::float8[]::bigint[])
          `.pipe(taking)
        }
        const id = turn.take
        if (id === undefined) return { taken: undefined, nextMillis }
        const own = yield* sql`
          update sluice.hook_deliveries
          set
            worker = ${workerNumber(sql, worker)}, tries = tries + 1, begun_at = coalesce(begun_at, clock_timestamp()),
            due_at = clock_timestamp() + ${withinMillis} * interval '1 millisecond'
          where id = ${id}::float8::bigint and ${workerNumber(sql, worker)} is not null
          returning id
        `.pipe(taking)
        if (own.length === 0) return { taken: undefined, nextMillis }
        yield* sql`
          update sluice.hook_deliveries set state = 'summed', told_in = ${id}::float8::bigint
          where id = any(${numbers(turn.sum)}::float8[]::bigint[])
        `.pipe(taking)
        return { taken: yield* takenOf(id, hook), nextMillis }
      })
    )
  })

  const settle: HookStore["Service"]["settle"] = Effect.fn("HookStore.settle")((delivery, worker, outcome) =>
    sql`
      update sluice.hook_deliveries
      set
        worker = null,
        state = ${outcome._tag === "Sent" ? "sent" : outcome._tag === "GaveUp" ? "failed" : "waiting"},
        sent_at = case when ${outcome._tag === "Sent"} then clock_timestamp() end,
        due_at = clock_timestamp() + ${outcome._tag === "Again" ? outcome.afterMillis : 0} * interval '1 millisecond',
        reason = ${outcome._tag === "Sent" ? null : clean(outcome.reason)}
      where id = ${delivery}::float8::bigint and state = 'waiting' and worker = ${workerNumber(sql, worker)}
    `.pipe(attempt("record what became of a delivery"), Effect.asVoid)
  )

  const retry: HookStore["Service"]["retry"] = Effect.fn("HookStore.retry")((hook) =>
    sql`
      update sluice.hook_deliveries
      set state = 'waiting', held = true, tries = 0, begun_at = null, due_at = clock_timestamp()
      where hook = ${hook} and state = 'failed'
      returning id
    `.pipe(attempt(`try messages of the hook ${hook} again`), Effect.map((rows) => rows.length))
  )

  return { record, take, settle, retry }
}

const subject = ({ event }: Occurrence): string => clean(subjectOf(event))
