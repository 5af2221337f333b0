/** Steps of runs and the materializations of a cell, which are steps. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema } from "effect"
import type { RunStore, StepEnd } from "../../engine/record/RunStore.ts"
import type { Gather } from "../../engine/record/CellSets.ts"
import { type Cell, cellName, type Step } from "../../engine/record/Step.ts"
import { ofEnds } from "../Changes.ts"
import { appendChanges } from "./ChangeLog.ts"
import { cellColumns } from "./Claims.ts"
import { documents, flags, instants, keys, numbers, texts } from "./Columns.ts"
import { attempt, transact } from "./Failure.ts"
import { Inputs, StoredMetadata } from "./Documents.ts"
import { workerNumber } from "./Workers.ts"

/** Upserts steps. One that is materialized is never replaced by a failed or skipped one of the same run (G3). */
const upsertSteps = (
  sql: PgClient.PgClient,
  run: number,
  worker: string,
  steps: ReadonlyArray<Step | StepEnd>
) => {
  const { assets, partitions } = cellColumns(steps)
  const figures = (name: "rows" | "dataVersion") =>
    numbers(steps.map((step) => step.state === "materialized" ? step[name] : null))
  return sql`
    insert into sluice.steps as step (
      run, worker, asset, partition, state, reason, attempts, started_at, finished_at, error, error_class, transient,
      rows, data_version, code_version, inputs, metadata
    )
    select
      ${run}::integer, ${workerNumber(sql, worker)}, asset, partition, state::sluice.step_state, reason,
      attempts::integer, started_at, finished_at, error, error_class, transient, rows::bigint, data_version::bigint,
      code_version, inputs::jsonb, metadata::jsonb
    from unnest(
      ${assets}::text[],
      ${partitions}::text[],
      ${keys(steps.map((step) => step.state))}::text[],
      ${texts(steps.map((step) => step.reason))}::text[],
      ${numbers(steps.map((step) => step.attempts))}::float8[],
      ${instants(steps.map((step) => step.startedAt))}::timestamptz[],
      ${instants(steps.map((step) => step.finishedAt))}::timestamptz[],
      ${texts(steps.map((step) => step.error))}::text[],
      ${texts(steps.map((step) => step.errorClass))}::text[],
      ${flags(steps.map((step) => step.transient))}::boolean[],
      ${figures("rows")}::float8[],
      ${figures("dataVersion")}::float8[],
      ${texts(steps.map((step) => step.codeVersion))}::text[],
      ${documents(steps.map((step) => step.inputs))}::text[],
      ${documents(steps.map((step) => step.metadata))}::text[]
    ) as batch (
      asset, partition, state, reason, attempts, started_at, finished_at, error, error_class, transient,
      rows, data_version, code_version, inputs, metadata
    )
    order by batch.asset collate "C", batch.partition collate "C"
    on conflict (asset, partition, run) do update
    set
      worker = excluded.worker,
      state = excluded.state,
      reason = excluded.reason,
      attempts = excluded.attempts,
      started_at = excluded.started_at,
      finished_at = excluded.finished_at,
      error = excluded.error,
      error_class = excluded.error_class,
      transient = excluded.transient,
      rows = excluded.rows,
      data_version = excluded.data_version,
      code_version = excluded.code_version,
      inputs = excluded.inputs,
      metadata = excluded.metadata
    where step.state <> 'materialized' or excluded.state = 'materialized'
  `
}

export const recordSteps = (sql: PgClient.PgClient, run: number, worker: string, steps: ReadonlyArray<Step>) =>
  Effect.asVoid(attempt(`record steps of run ${run}`)(upsertSteps(sql, run, worker, steps)))

const Cells = Schema.Array(Schema.Struct({ asset: Schema.String, partition: Schema.String }))

const Row = Schema.Struct({
  run: Schema.Int,
  asset: Schema.String,
  partition: Schema.String,
  state: Schema.Literals(["materialized", "failed", "skipped"]),
  reason: Schema.String,
  attempts: Schema.Int,
  startedAt: Schema.Date,
  finishedAt: Schema.Date,
  error: Schema.NullOr(Schema.String),
  errorClass: Schema.NullOr(Schema.String),
  transient: Schema.NullOr(Schema.Boolean),
  rows: Schema.NullOr(Schema.Number),
  dataVersion: Schema.NullOr(Schema.Number),
  codeVersion: Schema.String,
  inputs: Inputs,
  metadata: StoredMetadata
})

const named = (cells: ReadonlyArray<Cell>): ReadonlySet<string> => new Set(cells.map(cellName))

const decodeCells = Schema.decodeUnknownEffect(Cells)
const decode = Schema.decodeUnknownEffect(Schema.Array(Row))

export const make = (sql: PgClient.PgClient) => {
  const columns = sql.literal(`
    run, asset, partition, state::text as state, reason, attempts, started_at as "startedAt",
    finished_at as "finishedAt", error, error_class as "errorClass", transient, rows::float8 as rows, data_version::float8 as "dataVersion",
    code_version as "codeVersion", coalesce(inputs, '{}') as inputs, coalesce(metadata, '{}') as metadata
  `)

  // Only the holder of a cell may mark it: a worker that was frozen must not fail what its successor has computed.
  const markFailed = (run: number, worker: string, steps: ReadonlyArray<StepEnd>) => {
    const { assets, partitions } = cellColumns(steps)
    return sql`
      insert into sluice.cells as cell (asset, partition, failed, error)
      select batch.asset, batch.partition, true, batch.error
      from unnest(${assets}::text[], ${partitions}::text[], ${texts(steps.map((step) => step.error))}::text[])
        as batch (asset, partition, error)
      order by batch.asset collate "C", batch.partition collate "C"
      on conflict (asset, partition) do update
      set failed = true, error = excluded.error, claimed_by = null
      where cell.claimed_by = ${workerNumber(sql, worker)} and cell.claimed_for = ${run}::integer
      returning cell.asset, cell.partition
    `.pipe(Effect.flatMap(decodeCells), attempt("mark failed cells"))
  }

  // What is logged is what took effect: the marks of cells that were still this worker's, and skipped steps that did not
  // turn out to be materialized.
  const record = Effect.fnUntraced(function*(
    run: number,
    worker: string,
    steps: ReadonlyArray<StepEnd>,
    gather: Gather
  ) {
    const failed = steps.filter((step) => step.state === "failed")
    const marked = named(failed.length === 0 ? [] : yield* markFailed(run, worker, failed))
    const recorded = named(
      yield* sql`${upsertSteps(sql, run, worker, steps)} returning step.asset, step.partition`.pipe(
        Effect.flatMap(decodeCells),
        attempt(`record steps of run ${run}`)
      )
    )
    const effective = steps.filter((step) => (step.state === "failed" ? marked : recorded).has(cellName(step)))
    yield* appendChanges(sql, run, ofEnds(effective, gather))
  })

  const endSteps: RunStore["Service"]["endSteps"] = Effect.fn("RunStore.endSteps")((run, worker, steps, gather) =>
    steps.length === 0
      ? Effect.void
      : transact(sql, `record failed steps of run ${run}`, record(run, worker, steps, gather))
  )

  const steps: RunStore["Service"]["steps"] = Effect.fn("RunStore.steps")(function*(run, options = {}) {
    const states = options.states ?? ["materialized", "failed", "skipped"]
    const rows = yield* sql`
      select ${columns}
      from sluice.steps
      where run = ${run} and state = any(${keys(states)}::text[]::sluice.step_state[])
      order by finished_at, asset, partition
      limit ${options.limit ?? null}::bigint
    `.pipe(Effect.flatMap(decode), attempt(`read the steps of run ${run}`))
    return rows.map((row): Step => {
      const { run: _, ...step } = row
      return step
    })
  })

  const materializations: RunStore["Service"]["materializations"] = Effect.fn("RunStore.materializations")(
    (cell, { limit }) =>
      sql`
        select ${columns}
        from sluice.steps
        where asset = ${cell.asset} and partition = ${cell.partition} and state = 'materialized'
        order by finished_at desc, run desc
        limit ${limit}::bigint
      `.pipe(Effect.flatMap(decode), attempt(`read the materializations of ${cell.asset}`))
  )

  return { endSteps, steps, materializations }
}
