/**
 * The peer of the readers: DuckDB's Node client, which is installed for the time of the benchmark; where it cannot be had,
 * the benchmark says so and goes on without it. DUCKDB names a folder that has it already.
 */
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { figure, type Measured, run } from "./Measured.ts"
import type { Name } from "./Row.ts"

const wanted = "@duckdb/node-api@1.5.6-r.1"

/** A folder in which the client is installed; undefined where that fails. */
export const install = (folder: string): string | undefined => {
  const given = process.env["DUCKDB"]
  if (given !== undefined) return given
  const npm = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--prefix", folder, wanted], { encoding: "utf8", timeout: 120_000 })
  if (npm.status === 0) return folder
  console.log(`${wanted} cannot be installed (${npm.stderr?.trim().split("\n")[0] ?? npm.error?.message ?? ""}): the figures stand without it.`)
  return undefined
}

const readers: Readonly<Record<Name, string>> = { csv: "read_csv", ndjson: "read_json", json: "read_json", parquet: "read_parquet" }

/** "scan": DuckDB reads the columns and adds up one; "objects": the same objects that we give. */
const program = `
const { DuckDBInstance } = require("@duckdb/node-api")
const [, what, reader, path] = process.argv
;(async () => {
  const started = performance.now()
  const connection = await (await DuckDBInstance.create(":memory:", { threads: process.env.DUCKDB_THREADS ?? String(require("os").availableParallelism()) })).connect()
  let rows = 0
  if (what === "objects") {
    const result = await connection.stream("select * from " + reader + "('" + path + "')")
    for await (const chunk of result.yieldRowObjectJs()) rows += chunk.length
  } else {
    const columns = "id, user_id, name, email, country, amount, qty, score, created_at, active"
    const result = await connection.runAndReadAll("select count(*), " + columns.split(", ").map((c) => "max(" + c + ")").join(", ") + " from " + reader + "('" + path + "')")
    rows = Number(result.getRows()[0][0])
  }
  console.log(JSON.stringify({ rows, millis: performance.now() - started }))
})()`

/** Krows/s of a file. */
export const read = async (what: "scan" | "objects", name: Name, path: string, folder: string): Promise<Measured & { readonly speed: number }> => {
  const measured = await run(["-e", program, what, readers[name], path], { cwd: folder, env: { NODE_PATH: join(folder, "node_modules") } })
  return { ...measured, speed: figure(measured, "rows") / figure(measured, "millis") }
}
