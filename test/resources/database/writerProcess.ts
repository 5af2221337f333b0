/** A process that commits 1, 2, 3 … to the table `written` of DATABASE_URL and says each number once committed. */
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { Database } from "../../../resources/database/Database.ts"

const program = Effect.gen(function*() {
  const sql = yield* PgClient.PgClient
  for (let n = 1;; n++) {
    yield* sql.withTransaction(sql`insert into written (n, filler) select ${n}::int, repeat('x', 2000)`)
    process.stdout.write(`${n}\n`)
  }
})

Effect.runPromise(Effect.provide(program, Database.layer({ connections: 1 }))).catch(() => process.exitCode = 1)
