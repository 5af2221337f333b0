/** A transaction, or a savepoint of the one that it is called in. */
import { Cause, Effect, Option } from "effect"
import type { SqlClient, SqlError } from "effect/sql"

/**
 * As `sql.withTransaction`, but fails with what `effect` failed with even where the connection is lost: the rollback
 * fails then too, and the client makes both failures defects, which no retry would see.
 */
export const run = <A, E>(
  sql: SqlClient.SqlClient,
  effect: Effect.Effect<A, E>
): Effect.Effect<A, E | SqlError.SqlError> =>
  Effect.suspend(() => {
    let failure = Option.none<E>()
    const told = Effect.tapError(effect, (error) =>
      Effect.sync(() => {
        failure = Option.some(error)
      }))
    return Effect.catchCause(sql.withTransaction(told), (cause) =>
      Option.isSome(failure) && !Cause.hasInterrupts(cause) ? Effect.fail(failure.value) : Effect.failCause(cause))
  })
