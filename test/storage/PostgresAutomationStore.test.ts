import { PgClient } from "@effect/sql-pg"
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { AutomationStore } from "../../engine/record/AutomationStore.ts"
import { automationStoreConformance } from "../conformance/AutomationStore.ts"
import { layer } from "./Server.ts"

automationStoreConformance("PostgresRunStore", layer)

it.live("a state that another version has left is passed over", () =>
  Effect.gen(function*() {
    const sql = yield* PgClient.PgClient
    const store = yield* AutomationStore
    yield* sql`insert into sluice.automations (asset, version, state) values ('a', 3, '{"at": 1}')`
    assert.deepStrictEqual((yield* store.standings(["a"])).standings.get("a"), { version: 3, running: true, state: undefined, open: [] })
  }).pipe(Effect.provide(layer)))
