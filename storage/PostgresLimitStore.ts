/** Rate limits that all processes on a Postgres database share; those of the scope `process` stay in memory. */
import { PgClient } from "@effect/sql-pg"
import { Effect, Layer } from "effect"
import { LimitStore } from "../engine/limit/LimitStore.ts"
import { RunStore } from "../engine/record/RunStore.ts"
import * as MemoryLimitStore from "./MemoryLimitStore.ts"
import * as Limits from "./postgres/Limits.ts"

/** Needs the run store because that brings the tables up to date. */
export const layer: Layer.Layer<LimitStore, never, PgClient.PgClient | RunStore> = Layer.effect(
  LimitStore,
  Effect.gen(function*() {
    yield* RunStore
    const sql = yield* PgClient.PgClient
    const own = MemoryLimitStore.make()
    return LimitStore.of({
      ask: (request) => request.bucket.scope === "process" ? own.ask(request) : Limits.ask(sql, request),
      usage: Effect.zipWith(own.usage, Limits.usage(sql), (mine, shared) => [...shared, ...mine])
    })
  })
)
