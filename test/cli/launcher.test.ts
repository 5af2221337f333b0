import { assert, describe, it } from "@effect/vitest"
import { Effect, Schedule } from "effect"
import { execFile } from "node:child_process"
import { copyFile, mkdir } from "node:fs/promises"
import * as path from "node:path"
import { folderWith, launcher, project, weather } from "./fixture.ts"

/** Makes this process say that it is an old Node: the launcher asks nothing else. */
const pretending = ["--import", `data:text/javascript,${
  encodeURIComponent("Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.0' } })")
}`]

describe("the launcher on an old Node", () => {
  it.live("hands over to the Node of node_modules, with arguments, output and exit code", () =>
    Effect.gen(function*() {
      const { run } = yield* folderWith(undefined)
      const version = yield* run(["version"], { node: pretending })
      assert.deepStrictEqual([version.code, version.stderr], [0, ""])
      assert.match(version.stdout, /^sluice \d/)
      const wrong = yield* run(["shwo"], { node: pretending })
      assert.deepStrictEqual([wrong.code, wrong.stdout], [2, ""])
    }))

  it.live("passes signals on", () =>
    Effect.gen(function*() {
      const { start } = yield* project(weather)
      const running = start(["materialize", "weather/readings"], { node: pretending, env: { HANG: "2024-03-05" } })
      yield* Effect.promise(() => running.says("run 1 started"))
      running.process.kill("SIGTERM")
      const ended = yield* Effect.promise(() => running.ended)
      assert.deepStrictEqual([ended.code, ended.stderr.includes("npx sluice run resume 1")], [130, true])
    }))

  it.live("killed outright, it takes the Node it launched along: the run is cancelled, not left running", () =>
    Effect.gen(function*() {
      const { run, start } = yield* project(weather)
      const running = start(["materialize", "weather/readings"], { node: pretending, env: { HANG: "2024-03-05" } })
      yield* Effect.promise(() => running.says("run 1 started"))
      running.process.kill("SIGKILL")
      const states = Effect.map(run(["runs"]), ({ stdout }) => stdout)
      const ended = yield* Effect.repeat(states, { until: (text) => text.includes("cancelled"), schedule: Schedule.spaced("50 millis"), times: 200 })
      assert.include(ended, "cancelled")
    }))

  it.live("says in one sentence that there is no newer one", () =>
    Effect.gen(function*() {
      const { folder } = yield* folderWith(undefined)
      const bin = path.join(folder, "copy", "node_modules", "sluice", "bin")
      yield* Effect.promise(() => mkdir(path.join(folder, "copy", "node_modules", "sluice", "bin"), { recursive: true }))
      yield* Effect.promise(() => copyFile(launcher, path.join(bin, "sluice.mjs")))
      // The folder's own node_modules has a Node 24; this environment hides it as a second hand-over would be hidden.
      const ended = yield* Effect.promise(() =>
        new Promise<{ readonly code: unknown; readonly stderr: string }>((resolve) =>
          execFile(
            process.execPath,
            [...pretending, path.join(bin, "sluice.mjs"), "list"],
            { env: { ...process.env, SLUICE_NODE: "tried" } },
            (error, _, stderr) => resolve({ code: error?.code, stderr })
          )
        )
      )
      assert.strictEqual(ended.code, 2)
      assert.include(ended.stderr, "Sluice needs Node 22.19 or newer, this is 18.20.0")
      assert.lengthOf(ended.stderr.trim().split("\n"), 1)
    }))
})

describe("the launcher", () => {
  it.live("bounds memory from the start of the process, and keeps that from what the process starts", () =>
    Effect.gen(function*() {
      const { start } = yield* project(`
import { existsSync, readFileSync } from "node:fs"
const environment = existsSync("/proc/self/environ") ? readFileSync("/proc/self/environ", "utf8").split("\\0") : undefined
console.error("begun with " + environment?.find((entry) => entry.startsWith("MALLOC_ARENA_MAX=")))
console.error("starts others with " + process.env.MALLOC_ARENA_MAX + " " + process.env.SLUICE_ARENAS)
${weather}`)
      const said = (env: NodeJS.ProcessEnv) => Effect.map(Effect.promise(() => start(["list"], { env }).ended), ({ stderr }) => stderr)
      const [ours, theirs] = [yield* said({ MALLOC_ARENA_MAX: undefined }), yield* said({ MALLOC_ARENA_MAX: "7" })]
      assert.include(ours, "starts others with undefined undefined")
      assert.include(theirs, "starts others with 7 undefined")
      // Other systems do not tell, and their memory knows nothing of it.
      if (process.platform !== "linux") return
      assert.include(ours, "begun with MALLOC_ARENA_MAX=2\n")
      assert.include(theirs, "begun with MALLOC_ARENA_MAX=7\n")
    }))
})
