/**
 * What is measured in a process of its own: `records FORMAT FILE` reads a file; `copy FILE` sends the bytes of a CSV file
 * to Postgres, as `\copy` does, and nothing is looked at. Prints rows and milliseconds.
 */
import { Effect, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { open } from "node:fs/promises"
import * as CopyIn from "../../io/warehouse/CopyIn.ts"
import { Database } from "../../resources/database/Database.ts"
import { type Name, read } from "./Row.ts"

const records = (name: Name, path: string) =>
  Effect.gen(function*() {
    let [rows, sum] = [0, 0]
    yield* Stream.runForEachArray(read(name, path), (chunk) =>
      Effect.sync(() => {
        for (const { id } of chunk) sum += id
        rows += chunk.length
      }))
    if (sum !== (rows * (rows - 1)) / 2) throw new Error("the rows are not those that were written")
    return rows
  })

const pieceBytes = 256 * 1024

const copy = (path: string) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const file = yield* Effect.acquireRelease(Effect.promise(() => open(path)), (opened) => Effect.promise(() => opened.close()))
    yield* sql.withTransaction(Effect.gen(function*() {
      const copyIn = yield* CopyIn.ofTransaction(sql)
      if (copyIn === undefined) throw new Error("there is no COPY on this connection")
      const buffers = [Buffer.alloc(pieceBytes), Buffer.alloc(pieceBytes)]
      yield* copyIn("copy bare from stdin (format csv, header)", (send) =>
        Effect.gen(function*() {
          for (;;) {
            // One is sent while the other one is filled.
            const buffer = buffers.reverse()[0]!
            const { bytesRead } = yield* Effect.promise(() => file.read(buffer, CopyIn.frameHead, pieceBytes - CopyIn.frameHead))
            if (bytesRead === 0) return
            yield* send(buffer.subarray(0, CopyIn.frameHead + bytesRead))
          }
        }))
    }))
    const [counted] = yield* sql<{ readonly rows: number }>`select count(*)::int4 as rows from bare`
    return counted?.rows ?? 0
  })

const [, , what, ...args] = process.argv
const started = performance.now()
const program: Effect.Effect<number, unknown> = what === "records"
  ? Effect.scoped(records(args[0] as Name, args[1] ?? ""))
  : Effect.scoped(Effect.provide(copy(args[0] ?? ""), Database.layer()))
const rows = await Effect.runPromise(program)
console.log(JSON.stringify({ rows, millis: performance.now() - started }))
