import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber } from "effect"
import { HookStore } from "../../engine/record/HookStore.ts"
import { happeningsConformance } from "../conformance/Happenings.ts"
import { hookStoreConformance } from "../conformance/HookStore.ts"
import { layer } from "./Server.ts"

hookStoreConformance("PostgresRunStore", layer)
happeningsConformance("PostgresRunStore", layer)

describe("an old transaction", () => {
  it.live("holds the cursor back: what ended since comes again until it is over, but for what is known, and nothing is lost", () =>
    Effect.gen(function*() {
      const sql = yield* PgClient.PgClient
      const hooks = yield* HookStore
      yield* hooks.announce(["h"])
      const [begun, over] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      // It has written its own end already, which nobody sees before it commits.
      const old = yield* Effect.forkChild(sql.withTransaction(Effect.gen(function*() {
        yield* hooks.noteChecks([])
        yield* Deferred.succeed(begun, undefined)
        yield* Deferred.await(over)
      })))
      yield* Deferred.await(begun)
      yield* hooks.noteChecks([])
      const look = Effect.fnUntraced(function*(known: ReadonlyArray<number> = []) {
        const { cursor, happenings: ends } = yield* hooks.happenings("h", ["checked"], known)
        yield* hooks.record("h", { cursor, occurrences: [] }, () => [])
        return ends.map(({ id }) => id)
      })
      const [later, ...others] = yield* look()
      assert.deepStrictEqual(others, [])
      assert.deepStrictEqual(yield* look(), [later])
      assert.deepStrictEqual(yield* look([later!]), [])
      yield* Deferred.succeed(over, undefined)
      yield* Fiber.join(old)
      const [earlier, ...rest] = yield* look([later!])
      assert.isBelow(earlier!, later!)
      assert.deepStrictEqual(rest, [])
    }).pipe(Effect.provide(layer)))
})
