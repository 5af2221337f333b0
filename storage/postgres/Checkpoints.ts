/** Checkpoints of cells that are partly done: moved together with the rows that are put aside. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import { Guarded } from "../../engine/definition/Io.ts"
import type { Checkpoint, CheckpointCommit, Place } from "../../engine/record/Checkpoint.ts"
import type { CellCommit, LeaseLost, RunStore, RunStoreError } from "../../engine/record/RunStore.ts"
import { overtaken } from "../Refusals.ts"
import { json, keys } from "./Columns.ts"
import { attempt, transact } from "./Failure.ts"
import * as Fence from "./Fence.ts"

const Row: Schema.Codec<Checkpoint, unknown> = Schema.Struct({
  computation: Schema.String,
  partition: Schema.String,
  id: Schema.String,
  basis: Schema.String,
  run: Schema.Int,
  position: Schema.Unknown,
  records: Schema.Number,
  rows: Schema.Record(Schema.String, Schema.Number),
  at: Schema.Date
})
const decode = Schema.decodeUnknownEffect(Schema.Array(Row))

/** Removes the checkpoints that cells end with; one that is not the last of its place refuses the commit. */
export const endCheckpoints = (
  sql: PgClient.PgClient,
  cells: ReadonlyArray<CellCommit>
): Effect.Effect<void, RunStoreError | LeaseLost> => {
  const places = new Map(cells.flatMap(({ checkpoint }) => checkpoint === undefined ? [] : [[checkpoint.id, checkpoint] as const]))
  if (places.size === 0) return Effect.void
  const ended = [...places.values()]
  return sql`
    delete from sluice.checkpoints as checkpoint
    using unnest(
      ${keys(ended.map(({ computation }) => computation))}::text[],
      ${keys(ended.map(({ partition }) => partition))}::text[],
      ${keys(ended.map(({ id }) => id))}::text[]
    ) as ended (computation, partition, id)
    where checkpoint.computation = ended.computation and checkpoint.partition = ended.partition
      and checkpoint.id = ended.id
    returning checkpoint.id
  `.pipe(
    attempt("remove the checkpoints of cells"),
    Effect.flatMap((rows) => {
      const found = new Set(rows.map(({ id }) => id))
      const others = cells.filter(({ checkpoint }) => checkpoint !== undefined && !found.has(checkpoint.id))
      return others.length === 0 ? Effect.void : Effect.fail(overtaken(others))
    })
  )
}

export const make = (sql: PgClient.PgClient) => {
  const fence = Fence.make(sql)
  const columns = sql.literal(`
    computation, partition, id, basis, run, position, records::float8 as records, rows, at
  `)

  const read = ({ computation, partition }: Place) =>
    sql`
      select ${columns} from sluice.checkpoints where computation = ${computation} and partition = ${partition}
    `.pipe(Effect.flatMap(decode), Effect.map(([row]) => row), attempt(`read the checkpoint of ${computation}`))

  const put = ({ at, basis, computation, id, partition, position, records, rows, run }: Checkpoint) =>
    sql`
      insert into sluice.checkpoints (computation, partition, id, basis, run, position, records, rows, at)
      values (
        ${computation}, ${partition}, ${id}, ${basis}, ${run}, ${json(position)}::jsonb,
        ${records}::float8::bigint, ${json(rows)}::jsonb, ${at}
      )
      on conflict (computation, partition) do update
      set
        id = excluded.id,
        basis = excluded.basis,
        run = excluded.run,
        position = excluded.position,
        records = excluded.records,
        rows = excluded.rows,
        at = excluded.at
    `.pipe(attempt(`write the checkpoint of ${computation}`))

  const remove = ({ computation, partition }: Place) =>
    sql`
      delete from sluice.checkpoints where computation = ${computation} and partition = ${partition}
    `.pipe(attempt(`remove the checkpoint of ${computation}`))

  // The fence locks the cells first, so that whoever else moves this checkpoint has ended, and is seen.
  const move = Effect.fnUntraced(function*<E, R>({ after, cells, next, place, run, worker, write }: CheckpointCommit<E, R>) {
    yield* fence.enter(run, worker, cells)
    const found = (yield* read(place))?.id
    // The answer to an earlier try was lost, and the try took place.
    if (found === next?.id) return
    if (found !== after) return yield* overtaken(cells)
    yield* Effect.provideService(write, Guarded, true)
    yield* fence.leave(run, worker, cells)
    yield* next === undefined ? remove(place) : put(next)
  })

  const commitCheckpoint: RunStore["Service"]["commitCheckpoint"] = Effect.fn("RunStore.commitCheckpoint")(
    <E, R>(commit: CheckpointCommit<E, R>): Effect.Effect<void, E | RunStoreError | LeaseLost, R> =>
      transact(sql, `commit a checkpoint of ${commit.place.computation}`, move(commit))
  )

  const checkpoint: RunStore["Service"]["checkpoint"] = Effect.fn("RunStore.checkpoint")(read)

  const checkpoints: RunStore["Service"]["checkpoints"] = Effect.fn("RunStore.checkpoints")((computations) =>
    sql`
      select ${columns} from sluice.checkpoints where computation = any(${keys(computations)}::text[])
      order by computation, partition
    `.pipe(Effect.flatMap(decode), attempt("read checkpoints"))
  )

  return { commitCheckpoint, checkpoint, checkpoints }
}
