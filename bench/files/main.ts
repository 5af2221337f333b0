/** Files of 0.1 and 0.3 GB → typed records: records a second, bytes a second, and the memory of a process that does only this. */
import { Effect, Schema, Stream } from "effect"
import { spawnSync } from "node:child_process"
import { createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { once } from "node:events"
import { Format } from "../../index.ts"
import { print, printMachine } from "../report.ts"

const Row = Schema.Struct({
  id: Schema.Int, user_id: Schema.Int, name: Schema.NullOr(Schema.String), email: Schema.String, country: Schema.String,
  amount: Schema.Number, qty: Schema.Int, score: Schema.NullOr(Schema.Number), created_at: Schema.Date, active: Schema.Boolean
})

const names = ["Ada", "a \"quoted\" name, with a comma", "two\nlines", "山田太郎 🎉", null, "Grace Hopper", "Edsger", "Barbara"]
const row = (id: number): typeof Row.Type => ({
  id, user_id: (id * 7919) % 100_003, name: names[id % 8] ?? null, email: `user${id}@example.com`, country: ["DE", "US", "FR"][id % 3] ?? "DE",
  amount: (id % 100_000) / 100, qty: id % 17, score: id % 20 === 0 ? null : Math.sin(id), created_at: new Date(1_700_000_000_000 + id * 1000), active: id % 2 === 0
})

const formats = { csv: Format.csv(Row), ndjson: Format.ndjson(Row), json: Format.jsonArray(Row), parquet: Format.parquet(Row) }
type Name = keyof typeof formats
const all: ReadonlyArray<Name> = ["csv", "ndjson", "json", "parquet"]

const write = async (name: Name, rows: number, path: string) => {
  const file = createWriteStream(path)
  const source = Stream.rechunk(Stream.map(Stream.range(0, rows - 1), row), 4096)
  await Effect.runPromise(Stream.runForEach(formats[name].write(source), (bytes) =>
    Effect.promise(async () => {
      if (!file.write(bytes)) await once(file, "drain")
    })))
  file.end()
  await once(file, "finish")
}

/** In a process of its own: reads the file, and prints rows, milliseconds and the most memory it had. */
const child = async (name: Name, path: string) => {
  const started = performance.now()
  const program = Effect.scoped(Effect.gen(function*() {
    const file = yield* Format.ofFile(path)
    const stream = name === "parquet" ? formats.parquet.read(file) : formats[name].read(Format.bytesOf(file))
    let [rows, sum] = [0, 0]
    yield* Stream.runForEachArray(stream, (chunk) =>
      Effect.sync(() => {
        for (const { id } of chunk) sum += id
        rows += chunk.length
      }))
    if (sum !== (rows * (rows - 1)) / 2) throw new Error("the rows are not those that were written")
    return rows
  }))
  const rows = await Effect.runPromise(program)
  console.log(JSON.stringify([rows, performance.now() - started, process.resourceUsage().maxRSS / 1024]))
}

/** DuckDB's Node client, where DUCKDB names a folder in which it is installed: the same file to the same objects. */
const peer = `
const { DuckDBInstance } = require("@duckdb/node-api")
const [, reader, path] = process.argv
;(async () => {
  const started = performance.now()
  const connection = await (await DuckDBInstance.create(":memory:", { threads: "2" })).connect()
  const result = await connection.stream("select * from " + reader + "('" + path + "')")
  let rows = 0
  for await (const chunk of result.yieldRowObjectJs()) rows += chunk.length
  console.log(JSON.stringify([rows, performance.now() - started, process.resourceUsage().maxRSS / 1024]))
})()`

const numbers = (text: string): readonly [number, number, number] => {
  const value: unknown = JSON.parse(text.trim().split("\n").at(-1) ?? "null")
  if (!Array.isArray(value)) throw new Error("the process that reads printed no figures")
  const [rows, millis, rss] = value.map(Number)
  return [rows ?? 0, millis ?? 0, rss ?? 0]
}

const readers = { csv: "read_csv", ndjson: "read_json", json: "read_json", parquet: "read_parquet" } as const

const main = async () => {
  printMachine()
  const folder = mkdtempSync(join(tmpdir(), "sluice-files-"))
  const gigabytes = (process.env["GIGABYTES"] ?? "0.1,0.3").split(",").map(Number)
  try {
    for (const name of all) {
      for (const size of gigabytes) {
        const path = join(folder, `data.${name}`)
        // So many rows are a gigabyte of CSV; Parquet has the same rows.
        const rows = Math.round(size * (name === "csv" || name === "parquet" ? 9_500_000 : 4_600_000))
        await write(name, rows, path)
        const bytes = statSync(path).size
        const run = (args: ReadonlyArray<string>, cwd?: string) => {
          const { stderr, stdout } = spawnSync(process.execPath, args, { encoding: "utf8", ...(cwd === undefined ? {} : { cwd }) })
          if (stdout === "") throw new Error(stderr)
          return numbers(stdout)
        }
        const rounds = [1, 2, 3].map(() => run([import.meta.filename, name, path]))
        const label = `${name}, ${(bytes / 1e9).toFixed(2)} GB, ${rows.toLocaleString("en")} rows`
        print({ name: label, rounds: rounds.map(([n, ms]) => n / ms), unit: "krows/s", note: `${Math.max(...rounds.map(([, , rss]) => Math.round(rss)))} MB RSS, ${Math.round(bytes / 1000 / Math.min(...rounds.map(([, ms]) => ms)))} MB/s` })
        const duckdb = process.env["DUCKDB"]
        if (duckdb !== undefined) {
          const others = [1, 2, 3].map(() => run(["-e", peer, readers[name], path], duckdb))
          print({ name: `  DuckDB's Node client`, rounds: others.map(([n, ms]) => n / ms), unit: "krows/s", note: `${Math.max(...others.map(([, , rss]) => Math.round(rss)))} MB RSS` })
        }
        rmSync(path)
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const [, script, name, path] = process.argv
const asked = all.find((format) => format === name)
if (script === import.meta.filename && asked !== undefined && path !== undefined) await child(asked, path)
else await main()
