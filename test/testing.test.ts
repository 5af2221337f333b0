import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { materialized } from "./types/testing.ts"

it.live("an asset is materialized in memory, without a database", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* materialized, [{ day: "2026-01-01", cents: 5_000_000_000 }])
  }))
