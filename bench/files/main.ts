/**
 * Files → typed records, and files → Postgres: speed beside that of a peer in the same run, and memory by the size of the
 * file. GIGABYTES: the sizes, as in "0.1,1"; BENCH_ONLY: the cases whose names match; BENCH_ROUNDS: rounds of each;
 * BENCH_KEEP: a folder in which the files are kept for the next time.
 */
import { Effect, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs"
import { loadavg, tmpdir } from "node:os"
import { join } from "node:path"
import { Database } from "../../resources/database/Database.ts"
import * as EmbeddedPostgres from "../../resources/database/EmbeddedPostgres.ts"
import { median, print, printMachine } from "../report.ts"
import * as DuckDb from "./DuckDb.ts"
import { figure, type Measured, run } from "./Measured.ts"
import { generate, type Name, rowsOf } from "./Row.ts"
import * as Wide from "./Wide.ts"

type Round = Measured & { readonly speed: number }

const gigabytes = (process.env["GIGABYTES"] ?? "0.1").split(",").map(Number)
const kept = process.env["BENCH_KEEP"]
const only = new RegExp(process.env["BENCH_ONLY"] ?? "")
const here = import.meta.dirname

const withSpeed = (measured: Measured, rows: number): Round => ({ ...measured, speed: rows / figure(measured, "millis") })

const speeds = (rounds: ReadonlyArray<Round>): number => median(rounds.map(({ speed }) => speed))

const show = (name: string, rounds: ReadonlyArray<Round>, bytes: number, rows: number, ratio?: string): void => {
  const megabytes = Math.round(speeds(rounds) * bytes / rows / 1000)
  const notes = [
    `${megabytes} MB/s`,
    `${(median(rounds.map(({ busy }) => busy)) * 1e6 / rows).toFixed(2)} µs of CPU a row`,
    `${Math.round(Math.max(...rounds.map(({ memory }) => memory)))} MB`,
    ...ratio === undefined ? [] : [ratio]
  ]
  print({ name, rounds: rounds.map(({ speed }) => speed), unit: "krows/s", note: notes.join("  ") })
}

const times = (ours: ReadonlyArray<Round>, peer: ReadonlyArray<Round>, name: string): string =>
  `${(speeds(ours) / speeds(peer)).toFixed(2)} × ${name}`

const records = (name: Name, path: string, rows: number) =>
  Effect.promise(async () => withSpeed(await run([join(here, "Child.ts"), "records", name, path]), rows))

/** The whole command as a user types it, into an empty table, or into a folder. */
const materialize = (pipeline: "files" | "lake", path: string, rows: number) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* sql`drop table if exists files.loaded`
    const args = ["materialize", pipeline, "--force", "--json", "--project", join(here, "project")]
    const measured = yield* Effect.promise(() => run([join(here, "../../bin/sluice.js"), ...args], { env: { BENCH_FILE: path, BENCH_LAKE: join(folder, "lake") } }))
    if (figure(measured, "materialized") !== 1) throw new Error(`nothing was materialized: ${JSON.stringify(measured.printed)}`)
    return withSpeed(measured, rows)
  })

const copy = (path: string, rows: number) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* sql`drop table if exists bare`
    yield* sql`create table bare (id int not null, user_id int not null, name text, email text not null, country text not null,
      amount float8 not null, qty int not null, score float8, created_at timestamptz not null, active boolean not null)`
    return withSpeed(yield* Effect.promise(() => run([join(here, "Child.ts"), "copy", path])), rows)
  })

const round = Effect.fnUntraced(function*(name: Name, size: number, folder: string, duckDb: string | undefined) {
  const path = join(kept ?? folder, `${size}.${name}`)
  const rows = Math.round(size * rowsOf[name])
  if (!existsSync(path)) yield* Effect.promise(() => generate(name, rows, path))
  const bytes = statSync(path).size
  const label = `${name}, ${(bytes / 1e9).toFixed(2)} GB, ${rows.toLocaleString("en")} rows`
  const count = Number(process.env["BENCH_ROUNDS"] ?? (size > 0.3 ? 1 : 3))
  const [read, objects, scans, loaded, copied, written] = [[], [], [], [], [], []] as [Array<Round>, Array<Round>, Array<Round>, Array<Round>, Array<Round>, Array<Round>]
  for (let i = 0; i < count; i++) {
    if (only.test("records")) {
      read.push(yield* records(name, path, rows))
      if (duckDb !== undefined) {
        objects.push(yield* Effect.promise(() => DuckDb.read("objects", name, path, duckDb)))
        scans.push(yield* Effect.promise(() => DuckDb.read("scan", name, path, duckDb)))
      }
    }
    if (only.test("postgres") && name !== "json") {
      loaded.push(yield* materialize("files", path, rows))
      if (name === "csv") copied.push(yield* copy(path, rows))
    }
    if (only.test("lake") && name === "csv") {
      written.push(yield* materialize("lake", path, rows))
      rmSync(join(folder, "lake"), { recursive: true })
    }
  }
  if (read.length > 0) {
    const ratio = objects.length === 0 ? undefined : `${times(read, objects, "DuckDB's objects")}  ${times(read, scans, "its scan")}`
    show(`${label} → records`, read, bytes, rows, ratio)
  }
  if (objects.length > 0) show("  DuckDB's Node client, objects", objects, bytes, rows)
  if (scans.length > 0) show("  DuckDB, scan alone", scans, bytes, rows)
  if (loaded.length > 0) show(`${label} → Postgres`, loaded, bytes, rows, copied.length === 0 ? undefined : times(loaded, copied, "bare COPY"))
  if (copied.length > 0) show("  COPY of the file's bytes", copied, bytes, rows)
  if (written.length > 0) show(`${label} → Parquet in a lake`, written, bytes, rows)
  if (kept === undefined) rmSync(path)
})

if (kept !== undefined) mkdirSync(kept, { recursive: true })
const folder = mkdtempSync(join(tmpdir(), "sluice-files-"))
const server = await Effect.runPromise(EmbeddedPostgres.ensure({ folder }))
process.env["DATABASE_URL"] = Redacted.value(server.url)
try {
  printMachine()
  console.log(`load ${loadavg().map((load) => load.toFixed(1)).join(" ")}`)
  const duckDb = only.test("records") ? DuckDb.install(join(folder, "duckdb")) : undefined
  const names = (process.env["BENCH_FORMATS"] ?? "csv,ndjson,json,parquet").split(",") as ReadonlyArray<Name>
  const all = Effect.forEach(names, (name) => Effect.forEach(gigabytes, (size) => round(name, size, folder, duckDb)))
  await Effect.runPromise(Effect.scoped(Effect.provide(all, Database.layer())))
  if (only.test("columns")) console.log(await Wide.measure(folder))
} finally {
  await Effect.runPromise(EmbeddedPostgres.stop({ folder }))
  rmSync(folder, { recursive: true, force: true })
}
