/** What can go wrong in the database, as errors of the run store. */
import type { PgClient } from "@effect/sql-pg"
import { Cause, Effect, Predicate, Schema } from "effect"
import { isSqlError, type SqlError } from "effect/sql/SqlError"
import { RunStoreError } from "../../engine/record/RunStore.ts"

// SQLSTATE classes in which another try may succeed and that the client does not already call retryable: the server
// ends the connection or starts (57P01 to 57P05), or is out of connections or memory (53).
const passing = /^(57P0[1-5]|53...)$/

const codeOf = (error: SqlError): string | undefined => {
  const cause = error.reason.cause
  return Predicate.hasProperty(cause, "code") && typeof cause.code === "string" ? cause.code : undefined
}

const detailOf = (error: SqlError): string => {
  const cause = error.reason.cause
  return cause instanceof Error ? cause.message : error.message
}

const isTransient = (error: SqlError): boolean => error.isRetryable || passing.test(codeOf(error) ?? "")

/** `doing` completes "The run store could not …". */
export const toRunStoreError = (doing: string, error: SqlError | Schema.SchemaError): RunStoreError => {
  if (!isSqlError(error)) {
    return new RunStoreError({
      message: `The run store could not ${doing}: a table of the schema sluice holds what Sluice never writes ` +
        `(${error.message}); was it changed by hand?`,
      transient: false,
      cause: error
    })
  }
  const transient = isTransient(error)
  return new RunStoreError({
    message: `The run store could not ${doing}: ${detailOf(error)}` +
      (transient ? " (another try may succeed)." : "; see the log of the database."),
    transient,
    cause: error
  })
}

/** Turns errors of own statements into errors of the run store. `doing` completes "The run store could not …". */
export const attempt =
  (doing: string) =>
  <A, R>(self: Effect.Effect<A, SqlError | Schema.SchemaError, R>): Effect.Effect<A, RunStoreError, R> =>
    Effect.mapError(self, (error) => toRunStoreError(doing, error))

// Marks an error from inside the transaction, which may itself be a SqlError, apart from those of begin and commit.
class Inner<E> {
  readonly error: E
  constructor(error: E) {
    this.error = error
  }
}

/**
 * Runs an effect in a transaction. Its errors pass through unchanged and roll back. A connection that is lost inside is
 * a transient RunStoreError, whatever else failed because of it.
 */
export const transact = <A, E, R>(
  sql: PgClient.PgClient,
  doing: string,
  effect: Effect.Effect<A, E, R>
): Effect.Effect<A, E | RunStoreError, R> =>
  sql.withTransaction(Effect.mapError(effect, (error) => new Inner(error))).pipe(
    Effect.catchCause((cause): Effect.Effect<never, E | RunStoreError> => {
      let error: E | RunStoreError | undefined
      const others: Array<Cause.Reason<never>> = []
      for (const reason of cause.reasons) {
        if (Cause.isDieReason(reason) && isSqlError(reason.defect)) {
          // The client dies when it cannot roll back: the connection is gone, and with it the transaction.
          return Effect.fail(toRunStoreError(doing, reason.defect))
        } else if (!Cause.isFailReason(reason)) {
          others.push(reason)
        } else if (reason.error instanceof Inner) {
          error ??= reason.error.error
        } else {
          error ??= toRunStoreError(doing, reason.error)
        }
      }
      return others.length > 0 || error === undefined
        ? Effect.failCause(Cause.fromReasons(others))
        : Effect.fail(error)
    })
  )
