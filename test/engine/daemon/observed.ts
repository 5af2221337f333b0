/** What the sensors of a daemon that is killed are given to see: rows and files, each known by its key. */
import { PgClient } from "@effect/sql-pg"
import { Effect } from "effect"
import { rename, writeFile } from "node:fs/promises"
import * as path from "node:path"

export const sensors = ["files", "rows", "told"] as const

/** Of each sensor. */
const size = 12

export const keysOf = (sensor: typeof sensors[number]): ReadonlyArray<string> => {
  const letter = sensor === "files" ? "f" : "r"
  return Array.from({ length: size }, (_, i) => `${letter}${i}`)
}

export const prepare = Effect.flatMap(PgClient.PgClient, (sql) => sql`create table public.arrivals (name text primary key)`)

/** Rows of transactions that overlap, and files, over some seconds. */
export const arrive = Effect.fnUntraced(function*(folder: string, millis: number) {
  const sql = yield* PgClient.PgClient
  const sometime = Effect.suspend(() => Effect.sleep(Math.random() * millis))
  const insert = (name: string) =>
    Effect.andThen(sometime, sql.withTransaction(Effect.gen(function*() {
      yield* sql`insert into public.arrivals (name) values (${name})`
      yield* sql`select pg_notify('arrivals', '')`
      yield* Effect.sleep(Math.random() * 300)
    })))
  const put = (name: string) =>
    Effect.andThen(sometime, Effect.promise(async () => {
      await writeFile(path.join(folder, `${name}.part`), name)
      await rename(path.join(folder, `${name}.part`), path.join(folder, `${name}.txt`))
    }))
  yield* Effect.all([...keysOf("rows").map(insert), ...keysOf("files").map(put)], { concurrency: "unbounded", discard: true })
})
