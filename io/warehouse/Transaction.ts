/** A transaction, or a savepoint of the one that it is called in. */
import { Cause, Context, Effect, Option } from "effect"
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

/** The effect outside the transaction that it is called in, on another connection: it sees nothing that is not committed. */
export const outside = <A, E, R>(sql: SqlClient.SqlClient, effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  // Seam: the transaction is no requirement of the effect, so that the types do not change without it.
  Effect.updateContext(effect, (context: Context.Context<R>) =>
    Context.omit(sql.transactionService)(context) as Context.Context<R>)
