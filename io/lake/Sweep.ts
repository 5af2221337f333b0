/** Removes the files that no cell has: of writers that died, of commits that were refused, and those that were replaced. */
import { Effect } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import * as Files from "./Files.ts"
import * as Registry from "./Registry.ts"

/** So many files at a time: a run does not wait for a large clearing. */
const most = 1000

/**
 * Safe against running writers: a file is condemned before it is removed, and no commit takes a condemned one. Whoever
 * dies in the middle leaves condemned files, which the next sweep removes.
 */
export const sweep = (sql: SqlClient.SqlClient, files: Files.Files): Effect.Effect<number, SqlError.SqlError> =>
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
