/** Keys of dynamic partition sets. A key is live while it was added by hand or rows of the source asset give it. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import type { DynamicKey, RunStore, SourceKeys } from "../../engine/record/RunStore.ts"
import { fitKeys } from "../Refusals.ts"
import { keys as keyColumn } from "./Columns.ts"
import { attempt, transact } from "./Failure.ts"

interface SetKey {
  readonly set: string
  readonly key: string
}

/** Given keys that no set has yet, each once, in the order given. `limit 1` keeps the look-up by key. */
const unknown = (sql: PgClient.PgClient, given: ReadonlyArray<SetKey>) =>
  sql`
    select given.partition_set, given.key, given.place
    from (
      select batch.partition_set, batch.key, min(batch.place) as place
      from unnest(
        ${keyColumn(given.map(({ set }) => set))}::text[],
        ${keyColumn(given.map(({ key }) => key))}::text[]
      ) with ordinality as batch (partition_set, key, place)
      group by batch.partition_set, batch.key
    ) as given
    left join lateral (
      select true as found
      from sluice.partition_keys as key
      where key.partition_set = given.partition_set and key.key = given.key
      limit 1
    ) as known on true
    where known.found is null
  `

// Any number that no other kind of lock uses.
const lockSeed = 0x6b6579

/**
 * Gives new keys the next positions of their sets; to be called inside a transaction, as the last that it locks. Whoever
 * adds keys to a set waits for the end of whoever does at the time, so that positions have no gaps; where nothing is
 * new, nobody waits. Gives the new keys.
 */
const insertKeys = Effect.fnUntraced(function*(sql: PgClient.PgClient, given: ReadonlyArray<SetKey>, byHand: boolean) {
  const fresh = yield* sql<SetKey>`
    select unknown.partition_set as set, unknown.key from (${unknown(sql, given)}) as unknown order by unknown.place
  `
  if (fresh.length === 0) return fresh
  // By number and not by name: two names may have one number.
  yield* sql`
    select pg_advisory_xact_lock(number)
    from (
      select distinct hashtextextended(name, ${lockSeed}) as number
      from unnest(${keyColumn([...new Set(fresh.map(({ set }) => set))])}::text[]) as name
      order by number
    ) as locks
  `
  // Looked for again: they may have been added while this waited.
  return yield* sql<SetKey>`
    with fresh as materialized (${unknown(sql, fresh)}),
    last as materialized (
      select
        partition_set,
        (select max(key.position) from sluice.partition_keys as key where key.partition_set = sets.partition_set) as position
      from (select distinct partition_set from fresh) as sets
    )
    insert into sluice.partition_keys (partition_set, key, by_hand, position)
    select
      fresh.partition_set, fresh.key, ${byHand},
      coalesce(last.position, -1) + (row_number() over (partition by fresh.partition_set order by fresh.place))::integer
    from fresh
    join last using (partition_set)
    returning partition_set as set, key
  `
})

/** Records the keys that the sources give. To be called inside the commit of the sources' cells. */
export const replaceKeys = Effect.fnUntraced(function*(sql: PgClient.PgClient, sources: ReadonlyArray<SourceKeys>) {
  if (sources.length === 0) return
  const pairs = sources.flatMap(({ keys, set, source }) => keys.map((key) => ({ set, source, key })))
  const replacing = sources.filter(({ replaces }) => replaces)
  const replaced = attempt("replace the partition keys that a cell gives")
  // First of all: whoever waits here for another who adds keys holds no key's source, on which that one may wait.
  if (pairs.length > 0) yield* insertKeys(sql, pairs, false).pipe(replaced)
  // The locking subquery is looked up by key, and the rows are then deleted by their places, whatever the statistics
  // were when the statement was planned. They are locked in their order, as by `removeKeys`.
  if (replacing.length > 0) yield* sql`
    with old as (
      select given.place
      from (
        select *
        from unnest(
          ${keyColumn(replacing.map(({ set }) => set))}::text[],
          ${keyColumn(replacing.map(({ source }) => source))}::text[]
        ) as batch (partition_set, source)
        order by batch.partition_set collate "C", batch.source collate "C"
      ) as source
      cross join lateral (
        select given.ctid as place
        from sluice.partition_key_sources as given
        where given.partition_set = source.partition_set and given.source = source.source
        order by given.key
        for update
      ) as given
    )
    delete from sluice.partition_key_sources where ctid = any(array(select place from old))
  `.pipe(replaced)
  if (pairs.length === 0) return
  yield* sql`
    insert into sluice.partition_key_sources (partition_set, source, key)
    select batch.partition_set, batch.source, batch.key
    from unnest(
      ${keyColumn(pairs.map(({ set }) => set))}::text[],
      ${keyColumn(pairs.map(({ source }) => source))}::text[],
      ${keyColumn(pairs.map(({ key }) => key))}::text[]
    ) as batch (partition_set, source, key)
    on conflict do nothing
  `.pipe(replaced)
})

interface Row {
  readonly set: string
  readonly key: string
  readonly position: number
  readonly live: boolean
  readonly sources: ReadonlyArray<string>
}

const decode = Schema.decodeUnknownEffect(Schema.Array(Schema.Struct({
  set: Schema.String,
  key: Schema.String,
  position: Schema.Int,
  live: Schema.Boolean,
  sources: Schema.Array(Schema.String)
})))

export const make = (sql: PgClient.PgClient) => {
  const dynamicKeys: RunStore["Service"]["dynamicKeys"] = Effect.fn("RunStore.dynamicKeys")(function*(sets) {
    const found = new Map<string, Array<DynamicKey>>(sets.map((set) => [set, []]))
    if (sets.length === 0) return found
    // Grouped and not joined: before the tables are analysed, a join of many keys would be one of nested loops.
    const rows: ReadonlyArray<Row> = yield* sql`
      select
        partition_set as set,
        key,
        max(position) as position,
        bool_or(live) as live,
        coalesce(array_agg(source order by source) filter (where source is not null), '{}') as sources
      from (
        select partition_set, key, position, by_hand as live, null::text collate "C" as source
        from sluice.partition_keys
        where partition_set = any(${keyColumn(sets)}::text[])
        union all
        select partition_set, key, null, true, source
        from sluice.partition_key_sources
        where partition_set = any(${keyColumn(sets)}::text[])
      ) as told
      group by partition_set, key
      having max(position) is not null
      order by partition_set, max(position)
    `.pipe(Effect.flatMap(decode), attempt("read partition keys"))
    for (const { key, live, position, set, sources } of rows) found.get(set)?.push({ key, position, live, sources })
    return found
  })

  /** To be called last: until its end, nobody else changes keys of the set by hand. */
  const countChange = (set: string) =>
    sql`
      insert into sluice.key_changes as known (partition_set, changes) values (${set}, 1)
      on conflict (partition_set) do update set changes = known.changes + 1
    `

  const addKeys: RunStore["Service"]["addKeys"] = Effect.fn("RunStore.addKeys")((set, keys) => {
    const adding = `add keys to the partition set ${set}`
    const add = transact(
      sql,
      adding,
      Effect.gen(function*() {
        const added = new Set((yield* insertKeys(sql, keys.map((key) => ({ set, key })), true)).map(({ key }) => key))
        const rest = keyColumn(keys.filter((key) => !added.has(key)))
        const given = yield* sql`
          select asked.key
          from (select unnest(${rest}::text[]) collate "C" as key order by 1) as asked
          cross join lateral (
            select
            from sluice.partition_keys as key
            where key.partition_set = ${set} and key.key = asked.key and not key.by_hand
            for update
          ) as held
        `
        if (given.length > 0) {
          yield* sql`
            update sluice.partition_keys set by_hand = true
            where partition_set = ${set} and key = any(${rest}::text[]) and not by_hand
          `
        }
        if (added.size + given.length > 0) yield* countChange(set)
      }).pipe(attempt(adding))
    )
    return Effect.andThen(fitKeys(keys), add)
  })

  const removeKeys: RunStore["Service"]["removeKeys"] = Effect.fn("RunStore.removeKeys")((set, keys) =>
    transact(
      sql,
      `remove keys from the partition set ${set}`,
      Effect.gen(function*() {
        const removed = attempt(`remove keys from the partition set ${set}`)
        yield* sql`
          select from sluice.partition_keys
          where partition_set = ${set} and key = any(${keyColumn(keys)}::text[])
          order by key
          for update
        `.pipe(removed)
        yield* sql`
          update sluice.partition_keys set by_hand = false
          where partition_set = ${set} and key = any(${keyColumn(keys)}::text[])
        `.pipe(removed)
        yield* sql`
          select from sluice.partition_key_sources
          where partition_set = ${set} and key = any(${keyColumn(keys)}::text[])
          order by source, key
          for update
        `.pipe(removed)
        yield* sql`
          delete from sluice.partition_key_sources
          where partition_set = ${set} and key = any(${keyColumn(keys)}::text[])
        `.pipe(removed)
        yield* countChange(set).pipe(removed)
      })
    )
  )

  return { dynamicKeys, addKeys, removeKeys }
}
