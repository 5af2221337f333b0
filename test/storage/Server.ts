/** What several tests of the stores in Postgres need: the store as other processes have it. */
import { PgClient } from "@effect/sql-pg"
import { Context, Effect, Layer, Redacted } from "effect"
import { RunStore } from "../../engine/record/RunStore.ts"
import * as PostgresRunStore from "../../storage/PostgresRunStore.ts"
import * as TestDatabase from "../TestDatabase.ts"

export const layer = Layer.provideMerge(PostgresRunStore.layer, TestDatabase.layerMigrated)

/** A store as another process has it: with connections of its own to the same database. */
export const anotherStore = Effect.gen(function*() {
  const url = Redacted.make(yield* TestDatabase.url)
  const client = PgClient.layer({ url, maxConnections: 4 })
  const context = yield* Layer.build(Layer.fresh(Layer.provide(PostgresRunStore.layer, client)))
  return Context.get(context, RunStore)
})
