/** Small projects in temporary folders, and commands run on them: by a host, or the real launcher as a child process. */
import { Effect, Redacted } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import * as path from "node:path"
import * as TestDatabase from "../TestDatabase.ts"
import * as Host from "./host/Host.ts"
import type { Ended } from "./host/Host.ts"

export const root = path.join(import.meta.dirname, "..", "..")
export const launcher = path.join(root, "bin", "sluice.js")

export type { Ended }

export interface Running {
  readonly process: ChildProcess
  readonly ended: Promise<Ended>
  /** Resolves when standard output has the text; fails when the process ends without it. */
  readonly says: (text: string) => Promise<void>
}

export interface Options {
  readonly env?: NodeJS.ProcessEnv
  readonly input?: string
  readonly node?: ReadonlyArray<string>
}

export interface Project {
  readonly folder: string
  readonly databaseUrl: string
  /** Starts the launcher as a process of its own. */
  readonly start: (args: ReadonlyArray<string>, options?: Options) => Running
  /** Runs a command to its end: in a host, unless it needs a process of its own. */
  readonly run: (args: ReadonlyArray<string>, options?: Options) => Effect.Effect<Ended>
  readonly write: (file: string, text: string) => Effect.Effect<void>
  /** What the pipelines have written to `ran.log`: one line for each cell that was computed. */
  readonly ran: Effect.Effect<ReadonlyArray<string>>
}

const start = (folder: string, base: NodeJS.ProcessEnv) => (args: ReadonlyArray<string>, options: Options = {}): Running => {
  const child = spawn(process.execPath, [...options.node ?? [], launcher, ...args], {
    cwd: folder,
    env: { ...base, ...options.env },
    stdio: ["pipe", "pipe", "pipe"]
  })
  child.stdin.end(options.input ?? "")
  const text = { stdout: "", stderr: "" }
  const waiting = new Set<() => void>()
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (chunk: string) => {
      text[stream] += chunk
      for (const look of waiting) look()
    })
  }
  const ended = new Promise<Ended>((resolve) => child.on("close", (code) => resolve({ code, ...text })))
  const says = (wanted: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (!text.stdout.includes(wanted)) return
        waiting.delete(look)
        resolve()
      }
      waiting.add(look)
      look()
      void ended.then(() => reject(new Error(`ended without saying "${wanted}":\n${text.stdout}${text.stderr}`)))
    })
  return { process: child, ended, says }
}

/** Colours are chosen where the modules are loaded; standard input and options of Node are of a process. */
const isOfProcess = ({ env = {}, input, node }: Options): boolean =>
  input !== undefined || node !== undefined || "FORCE_COLOR" in env

const environment = (more: NodeJS.ProcessEnv): NodeJS.ProcessEnv => {
  const own = { ...process.env }
  for (const name of ["NO_COLOR", "FORCE_COLOR", "SLUICE_PROJECT", "SLUICE_DEBUG", "PGHOST", "PGDATABASE", "VITEST", "NODE_OPTIONS"]) {
    delete own[name]
  }
  return { ...own, ...more }
}

/** A folder with this main.ts; it can import "effect", and Sluice as `sluice`. Gone when the test's scope closes. */
export const folderWith = (main: string | undefined, env: NodeJS.ProcessEnv = {}) =>
  Effect.gen(function*() {
    const folder = yield* Effect.acquireRelease(
      Effect.promise(() => mkdtemp(path.join(tmpdir(), "sluice-cli-ü '$x-"))),
      (made) => Effect.promise(() => rm(made, { recursive: true, force: true }))
    )
    const write = (file: string, text: string) => Effect.promise(() => writeFile(path.join(folder, file), text))
    yield* Effect.promise(() => symlink(path.join(root, "node_modules"), path.join(folder, "node_modules"), "dir"))
    if (main !== undefined) yield* write("main.ts", main.replaceAll("\"sluice\"", JSON.stringify(path.join(root, "index.ts"))))
    const base = environment(env)
    const begin = start(folder, base)
    const run = (args: ReadonlyArray<string>, options: Options = {}): Promise<Ended> =>
      isOfProcess(options) ? begin(args, options).ended : Host.run({ folder, args, env: { ...base, ...options.env } })
    const project: Project = {
      folder,
      databaseUrl: env["DATABASE_URL"] ?? "",
      start: begin,
      run: (args, options) => Effect.promise(() => run(args, options)),
      write,
      ran: Effect.promise(() =>
        readFile(path.join(folder, "ran.log"), "utf8").then((text) => text.split("\n").filter((line) => line !== ""), () => [])
      )
    }
    return project
  })

/** A project with this main.ts on an empty database of its own. */
export const project = (main: string) =>
  Effect.gen(function*() {
    const server = yield* TestDatabase.make
    return yield* folderWith(main, { DATABASE_URL: Redacted.value(server.url) })
  })

/** Escape codes of a terminal. */
// oxlint-disable-next-line no-control-regex
export const escapes = /\x1b/

/**
 * Weather by day, a summary of it, and cities added by hand. FAIL names a day that fails, HANG one that does not end,
 * CODE is the summary's code version.
 */
export const weather = `
import { appendFileSync } from "node:fs"
import { Config, Effect, Layer, Schema } from "effect"
import { Asset, Check, Deployment, Document, Documents, Input, Metadata, Partitions, Pipeline, Rows, Warehouse } from "sluice"

const day = Partitions.daily({ start: "2024-03-01", end: "2024-03-06" })
const ran = (cell: string) => appendFileSync("ran.log", cell + "\\n")

const readings = Asset.make("weather/readings", {
  description: "Temperatures of a day.",
  owners: ["ada"],
  tags: { daily: "" },
  partitions: day,
  output: Rows.of(Schema.Struct({ at: Schema.String, degrees: Schema.Finite }), { key: ["at"] }),
  io: Warehouse,
  run: (_, { key }) =>
    Effect.gen(function*() {
      const offset = yield* Config.Number("OFFSET").pipe(Config.withDefault(0))
      if (process.env.HANG === key) return yield* Effect.never
      if (process.env.FAIL === key) return yield* Effect.fail(new Error("The station is silent."))
      ran("readings@" + key)
      yield* Metadata.attach({ station: "north" })
      return [6, 18].map((hour) => ({ at: key + "T" + hour, degrees: Number(key.slice(8)) + offset }))
    })
})

const summary = Asset.make("weather/summary", {
  partitions: day,
  codeVersion: process.env.CODE ?? "1",
  inputs: { readings },
  output: Document.of(Schema.Struct({ warmest: Schema.Finite })),
  io: Documents,
  run: ({ readings }) => Effect.sync(() => {
    ran("summary")
    return { warmest: Math.max(...readings.map((row) => row.degrees)) }
  })
})

const warmest = Asset.make("weather/warmest", {
  inputs: { readings: Input.rows(readings, { partial: true }) },
  output: Rows.of(Schema.Struct({ at: Schema.String, degrees: Schema.Finite }), { key: ["at"] }),
  io: Warehouse,
  run: ({ readings }) => Effect.succeed(readings.toSorted((a, b) => b.degrees - a.degrees).slice(0, 1))
})

const cities = Asset.make("salad/weather", {
  partitions: Partitions.dynamic("salad/city"),
  output: Rows.of(Schema.Struct({ city: Schema.String }), { key: ["city"] }),
  io: Warehouse,
  run: (_, city) => Effect.succeed([{ city }])
})

const limit = Number(process.env.LIMIT ?? "100")

export default Deployment.make({
  pipelines: [
    Pipeline.make("weather", {
      assets: [readings, summary, warmest],
      checks: [Check.make("below the limit", { asset: readings, run: (rows) => Effect.succeed(Check.every(rows, (row) => row.degrees < limit)) })]
    }),
    Pipeline.make("salad", { assets: [cities] })
  ],
  io: Layer.mergeAll(Warehouse.layer, Documents.layer),
  resources: Layer.empty
})
`

/** A port of this machine that nobody listens at now. */
export const freePort = Effect.callback<number>((resume) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const address = server.address()
    server.close(() => resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0)))
  })
})
