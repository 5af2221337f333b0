/** Keys of dynamic partition sets. A key is live while it was added by hand or rows of the source asset give it. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import type { DynamicKey, RunStore, SourceKeys } from "../../engine/record/RunStore.ts"
import { keys as keyColumn } from "./Columns.ts"
import { attempt, transact } from "./Failure.ts"

// Positions follow the order given, locks the order of the keys, so that no two commits deadlock.
const upsertKeys = (
  sql: PgClient.PgClient,
  pairs: ReadonlyArray<{ readonly set: string; readonly key: string }>,
  byHand: boolean
) =>
  sql`
    insert into sluice.partition_keys as key (partition_set, key, by_hand, position)
    select batch.partition_set, batch.key, ${byHand}, min(batch.position)
    from (
      select given.*, nextval('sluice.partition_key_position') as position
      from unnest(
        ${keyColumn(pairs.map(({ set }) => set))}::text[],
        ${keyColumn(pairs.map(({ key }) => key))}::text[]
      ) as given (partition_set, key)
    ) as batch
    group by batch.partition_set, batch.key
    order by batch.partition_set collate "C", batch.key collate "C"
    on conflict (partition_set, key) do update set by_hand = true where excluded.by_hand and not key.by_hand
  `

/** Records the keys that the sources give. To be called inside the commit of the sources' cells. */
export const replaceKeys = Effect.fnUntraced(function*(sql: PgClient.PgClient, sources: ReadonlyArray<SourceKeys>) {
  if (sources.length === 0) return
  const pairs = sources.flatMap(({ keys, set, source }) => keys.map((key) => ({ set, source, key })))
  const replacing = sources.filter(({ replaces }) => replaces)
  const replaced = attempt("replace the partition keys that a cell gives")
  // The locking subquery is looked up by key, and the rows are then deleted by their places, whatever the statistics
  // were when the statement was planned.
  if (replacing.length > 0) yield* sql`
    with old as (
      select given.place
      from unnest(
        ${keyColumn(replacing.map(({ set }) => set))}::text[],
        ${keyColumn(replacing.map(({ source }) => source))}::text[]
      ) as source (partition_set, source)
      cross join lateral (
        select given.ctid as place
        from sluice.partition_key_sources as given
        where given.partition_set = source.partition_set and given.source = source.source
        for update
      ) as given
    )
    delete from sluice.partition_key_sources where ctid = any(array(select place from old))
  `.pipe(replaced)
  if (pairs.length === 0) return
  yield* upsertKeys(sql, pairs, false).pipe(replaced)
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

const decode = Schema.decodeUnknownEffect(
  Schema.Array(Schema.Struct({ set: Schema.String, key: Schema.String, sources: Schema.Array(Schema.String) }))
)

export const make = (sql: PgClient.PgClient) => {
  const dynamicKeys: RunStore["Service"]["dynamicKeys"] = Effect.fn("RunStore.dynamicKeys")(function*(sets) {
    const rows = yield* sql`
      select
        key.partition_set as set,
        key.key,
        coalesce(array_agg(given.source order by given.source) filter (where given.source is not null), '{}')
          as sources
      from sluice.partition_keys as key
      left join sluice.partition_key_sources as given using (partition_set, key)
      where key.partition_set = any(${keyColumn(sets)}::text[])
      group by key.partition_set, key.key
      having key.by_hand or count(given.source) > 0
      order by key.position
    `.pipe(Effect.flatMap(decode), attempt("read partition keys"))
    const found = new Map<string, Array<DynamicKey>>(sets.map((set) => [set, []]))
    for (const { key, set, sources } of rows) found.get(set)?.push({ key, sources })
    return found
  })

  const addKeys: RunStore["Service"]["addKeys"] = Effect.fn("RunStore.addKeys")((set, keys) =>
    upsertKeys(sql, keys.map((key) => ({ set, key })), true).pipe(
      attempt(`add keys to the partition set ${set}`),
      Effect.asVoid
    )
  )

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
          delete from sluice.partition_key_sources
          where partition_set = ${set} and key = any(${keyColumn(keys)}::text[])
        `.pipe(removed)
      })
    )
  )

  return { dynamicKeys, addKeys, removeKeys }
}
