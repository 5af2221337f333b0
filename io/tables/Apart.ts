/** A short transaction of its own beside the one that is under way, where a connection for it can be had. */
import { Clock, Deferred, Effect, Option } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import * as Transaction from "../warehouse/Transaction.ts"

/** Longer than a busy pool needs; a pool of one connection never gives a second one. */
const patience = "1 second"

/** A pool that gave none is not asked again for so many milliseconds. */
const pause = 60_000

/** Runs an effect on another connection and commits it; none: no connection came, and nothing was done. */
export type Apart = <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<Option.Option<A>, E | SqlError.SqlError>

export const make = (sql: SqlClient.SqlClient): Apart => {
  let again = 0
  return <A, E>(effect: Effect.Effect<A, E>) =>
    Effect.gen(function*() {
      if ((yield* Clock.currentTimeMillis) < again) return Option.none<A>()
      const begun = yield* Deferred.make<void>()
      const apart = Transaction.outside(sql, Transaction.run(sql, Effect.andThen(Deferred.succeed(begun, undefined), effect)))
      const waiting = Effect.gen(function*() {
        yield* Effect.sleep(patience)
        if (yield* Deferred.isDone(begun)) return yield* Effect.never
        again = (yield* Clock.currentTimeMillis) + pause
        return Option.none<A>()
      })
      return yield* Effect.raceFirst(Effect.asSome(apart), waiting)
    })
}
