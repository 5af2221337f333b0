/** Sensors and what they have asked for in Postgres, by its clock. */
import type { PgClient } from "@effect/sql-pg"
import { Effect, Schema, Stream } from "effect"
import { sensorFailures } from "../../engine/record/Happening.ts"
import { RunState } from "../../engine/record/Run.ts"
import type { Recorded, Request, SensorStore } from "../../engine/record/SensorStore.ts"
import { clean, json, keys, texts } from "./Columns.ts"
import { attempt, transact } from "./Failure.ts"
import { note } from "./Happenings.ts"
import * as Runs from "./Runs.ts"
import * as SensorRuns from "./SensorRuns.ts"
import { seenState, workerNumber } from "./Workers.ts"

const Known = Schema.Array(Schema.Struct({
  name: Schema.String,
  running: Schema.Boolean,
  since: Schema.Date,
  cursor: Schema.Json,
  observer: Schema.NullOr(Schema.String),
  failures: Schema.Int,
  error: Schema.NullOr(Schema.String),
  failedAt: Schema.NullOr(Schema.Date)
}))

const Holds = Schema.Array(Schema.Struct({
  name: Schema.String,
  epoch: Schema.Int,
  cursor: Schema.Json,
  failures: Schema.Int
}))

const Requests = Schema.Array(Schema.Struct({
  sensor: Schema.String,
  key: Schema.String,
  state: Schema.Literals(["started", "skipped", "failed"]),
  at: Schema.Date,
  run: Schema.NullOr(Schema.Int),
  runState: Schema.NullOr(Schema.Union([RunState, Schema.Literal("lost")])),
  reason: Schema.NullOr(Schema.String)
}))

const Keys = Schema.Array(Schema.Struct({ key: Schema.String }))

const states = { Start: "started", Skip: "skipped", Fail: "failed" } as const

export const make = (sql: PgClient.PgClient): SensorStore["Service"] => {
  const { createRun } = Runs.make(sql)

  const announce: SensorStore["Service"]["announce"] = Effect.fn("SensorStore.announce")((sensors) =>
    sql`
      insert into sluice.sensors (name) select name from unnest(${keys(sensors)}::text[]) as sensor (name) order by name
      on conflict (name) do nothing
    `.pipe(attempt("make sensors known"), Effect.asVoid)
  )

  const setRunning: SensorStore["Service"]["setRunning"] = Effect.fn("SensorStore.setRunning")((name, running) =>
    sql`
      insert into sluice.sensors as known (name, running) values (${name}, ${running})
      on conflict (name) do update
      set running = excluded.running, since = excluded.since, observer = null, epoch = known.epoch + 1, failures = 0, error = null, failed_at = null
      where known.running <> excluded.running
    `.pipe(attempt(`${running ? "start" : "stop"} the sensor ${name}`), Effect.asVoid)
  )

  const setCursor: SensorStore["Service"]["setCursor"] = Effect.fn("SensorStore.setCursor")((name, cursor) =>
    sql`
      insert into sluice.sensors as known (name, cursor) values (${name}, ${json(cursor)}::jsonb)
      on conflict (name) do update
      set cursor = excluded.cursor, epoch = known.epoch + 1, failures = 0, error = null, failed_at = null
    `.pipe(attempt(`set the cursor of the sensor ${name}`), Effect.asVoid)
  )

  const hold: SensorStore["Service"]["hold"] = Effect.fn("SensorStore.hold")(function*(sensors, worker) {
    // The condition is asked again once a row is locked, so of two workers one takes it.
    yield* sql`
      update sluice.sensors as sensor
      set observer = ${workerNumber(sql, worker)}, epoch = sensor.epoch + 1
      where sensor.name = any(${keys(sensors)}::text[]) and sensor.running and ${workerNumber(sql, worker)} is not null
        and not exists (
          select from sluice.workers as worker
          where worker.number = sensor.observer and worker.stopped_at is null and worker.expires_at > now()
        )
    `.pipe(attempt("take sensors"))
    return yield* sql`
      select name, epoch, cursor, failures
      from sluice.sensors
      where name = any(${keys(sensors)}::text[]) and running and observer = ${workerNumber(sql, worker)}
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Holds)), attempt("read the sensors of this worker"))
  })

  /** The row of the sensor, locked, where the worker holds it. */
  const held = (name: string, epoch: number, worker: string) =>
    sql`
      select from sluice.sensors
      where name = ${name} and epoch = ${epoch} and running and observer = ${workerNumber(sql, worker)}
      for update
    `

  /** Gives the keys that were not asked for before. */
  const write = (sensor: string, requests: ReadonlyArray<Request>) =>
    sql`
      insert into sluice.sensor_requests as known (sensor, key, state, reason)
      select ${sensor}, request.key, request.state::sluice.tick_state, request.reason
      from unnest(
        ${keys(requests.map(({ key }) => key))}::text[],
        ${keys(requests.map(({ _tag }) => states[_tag]))}::text[],
        ${texts(requests.map((request) => "reason" in request ? request.reason : null))}::text[]
      ) as request (key, state, reason)
      on conflict (sensor, key) do update set state = excluded.state, reason = excluded.reason, at = excluded.at
      where known.state = 'failed' and known.run is null
      returning known.key
    `.pipe(
      Effect.flatMap(Schema.decodeUnknownEffect(Keys)),
      attempt(`record requests of the sensor ${sensor}`),
      Effect.map((rows) => new Set(rows.map(({ key }) => key)))
    )

  const record: SensorStore["Service"]["record"] = Effect.fn("SensorStore.record")((hold, worker, { cursor, requests }) => {
    const { epoch, name } = hold
    const recording = attempt(`record what the sensor ${name} has seen`)
    return transact(
      sql,
      `record what the sensor ${name} has seen`,
      Effect.gen(function*() {
        if ((yield* held(name, epoch, worker).pipe(recording)).length === 0) return undefined
        const wanted = [...new Map(requests.map((request) => [clean(request.key), { ...request, key: clean(request.key) }])).values()]
        const isNew = yield* write(name, wanted)
        const recorded: Array<Recorded> = []
        for (const request of wanted) {
          if (!isNew.has(request.key)) continue
          const run = request._tag === "Start" ? yield* createRun(request.request, worker) : undefined
          if (run !== undefined) {
            yield* sql`update sluice.sensor_requests set run = ${run} where sensor = ${name} and key = ${request.key}`.pipe(recording)
          }
          recorded.push({ key: request.key, run })
        }
        yield* sql`
          with before as (
            select name, failing from sluice.sensors where name = ${name}
          ), moved as (
            update sluice.sensors
            set cursor = ${json(cursor)}::jsonb, failures = 0, failing = false, error = null, failed_at = null
            where name = ${name}
          )
          ${note(sql, sql`select 'sensor works', name, null from before where failing`)}
        `.pipe(recording)
        return recorded
      })
    )
  })

  return {
    announce,
    setRunning,
    setCursor,
    hold,
    record,
    failed: Effect.fn("SensorStore.failed")(({ epoch, name }, worker, error) =>
      sql`
        with failed as (
          update sluice.sensors
          set
            failures = failures + 1, failing = failing or failures + 1 >= ${sensorFailures},
            error = ${clean(error)}, failed_at = clock_timestamp()
          where name = ${name} and epoch = ${epoch} and running and observer = ${workerNumber(sql, worker)}
          returning name, failures, error
        )
        ${note(sql, sql`select 'sensor failed', name, error from failed where failures >= ${sensorFailures}`)}
      `.pipe(attempt(`note why the sensor ${name} has failed`), Effect.asVoid)
    ),
    sensors: sql`
      select
        sensor.name, sensor.running, sensor.since, sensor.cursor, sensor.failures, sensor.error, sensor.failed_at as "failedAt",
        (
          select worker.host || ':' || worker.pid from sluice.workers as worker
          where worker.number = sensor.observer and worker.stopped_at is null and worker.expires_at > now()
        ) as observer
      from sluice.sensors as sensor
      order by sensor.name
    `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Known)), attempt("read sensors")),
    requests: Effect.fn("SensorStore.requests")((sensor, { limit }) =>
      sql`
        select
          request.sensor, request.key, request.state::text as state, request.at, request.run, request.reason,
          ${seenState(sql, sql`run`)} as "runState"
        from sluice.sensor_requests as request
        left join sluice.runs as run on run.id = request.run
        where request.sensor = ${sensor}
        order by request.at desc, request.run desc
        limit ${limit}::bigint
      `.pipe(Effect.flatMap(Schema.decodeUnknownEffect(Requests)), attempt(`read the requests of the sensor ${sensor}`))
    ),
    ...SensorRuns.make(sql),
    ends: Stream.unwrap(Effect.map(sql.listen("sluice_runs").pipe(attempt("listen for the ends of runs")), (told) =>
      Stream.concat(
        Stream.make(undefined),
        Stream.fromQueue(told).pipe(Stream.map(() => undefined), Stream.catch((error) => Stream.fromEffect(attempt("listen for the ends of runs")(Effect.fail(error)))))
      )))
  }
}
