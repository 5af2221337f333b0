/** A process that wants the server of the folder in its first argument, and says what it got in one line of JSON. */
import { Effect } from "effect"
import * as EmbeddedPostgres from "../../../resources/database/EmbeddedPostgres.ts"
import { query } from "./Fixture.ts"

const program = Effect.gen(function*() {
  const { pid, port, started, url } = yield* EmbeddedPostgres.ensure({ folder: process.argv[2] })
  const [row] = yield* query(url, "select 42 as answer")
  console.log(JSON.stringify({ pid, port, started, answer: row?.answer }))
})

Effect.runPromise(program).catch((error: unknown) => {
  console.log(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})
