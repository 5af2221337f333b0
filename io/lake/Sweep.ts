/** Removes the files that no cell has: of writers that died, of commits that were refused, and those that were replaced. */
import { Effect, type Scope } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import * as Files from "./Files.ts"
import * as Registry from "./Registry.ts"

/** So many files at a time. */
const most = 1000

/**
 * Removes so many files; the rest, if there are more, behind the run that goes on. It is interrupted with the scope. Safe against running writers: a file is condemned before it is removed, and no commit takes a condemned one. Whoever
 * dies in the middle leaves condemned files, which the next sweep removes.
 */
export const sweep = (sql: SqlClient.SqlClient, files: Files.Files, scope: Scope.Scope): Effect.Effect<void, SqlError.SqlError> =>
  Effect.flatMap(sweepSome(sql, files), (gone) => gone < most ? Effect.void : Effect.asVoid(Effect.forkIn(sweepRest(sql, files), scope)))

const sweepRest = (sql: SqlClient.SqlClient, files: Files.Files) =>
  Effect.ignore(Effect.repeat(sweepSome(sql, files), { while: (gone) => gone === most }))

/** Gives how many are gone. */
const sweepSome = (sql: SqlClient.SqlClient, files: Files.Files): Effect.Effect<number, SqlError.SqlError> =>
  Effect.gen(function*() {
    const condemned = yield* Registry.condemn(sql, most)
    if (condemned.length === 0) return 0
    const { errors, gone } = yield* Files.remove(files, condemned.map(({ path }) => path))
    yield* Registry.forget(sql, gone)
    const [first] = errors
    if (first !== undefined) {
      yield* Effect.logWarning(`${errors.length} files that no cell has any more could not be removed; it is tried again in the next run. The first: ${first.message}`)
    }
    return gone.length
  })
