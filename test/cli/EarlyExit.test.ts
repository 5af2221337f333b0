import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { folderWith, project, weather } from "./fixture.ts"

const sentence = (where: string) =>
  `error: process.exit was called${where} before the command had ended, so its work is not done: take the call out, or fail with an error in its place.\n`

/** Where the readings are computed, a call in place of it. */
const exiting = (call: string) => weather.replace("ran(\"readings@\" + key)", call)

const lineOf = (main: string, text: string): number => main.slice(0, main.indexOf(text)).split("\n").length

describe("process.exit before the command has ended", () => {
  it.live("fails the command where its code is 0, in one sentence that says where", () =>
    Effect.gen(function*() {
      const main = exiting("process.exit(0)")
      const { start } = yield* project(main)
      const { code, stderr, stdout } = yield* Effect.promise(() => start(["materialize", "weather/readings", "--json"]).ended)
      assert.deepStrictEqual([code, stderr], [1, sentence(` (main.ts:${lineOf(main, "process.exit(0)")})`)])
      assert.include(stdout, "\"event\":\"StepStarted\"")
    }))

  it.live("keeps another code", () =>
    Effect.gen(function*() {
      const { start } = yield* project(exiting("process.exit(7)"))
      const { code, stderr } = yield* Effect.promise(() => start(["materialize", "weather/readings"]).ended)
      assert.strictEqual(code, 7)
      assert.include(stderr, "process.exit was called (main.ts:")
    }))

  it.live("is told of main.ts, under the launcher's second Node too", () =>
    Effect.gen(function*() {
      const { start } = yield* folderWith("\nprocess.exit(0)")
      const old = ["--import", `data:text/javascript,${
        encodeURIComponent("Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.0' } })")
      }`]
      for (const node of [[], old]) {
        const { code, stderr, stdout } = yield* Effect.promise(() => start(["list"], { node }).ended)
        assert.deepStrictEqual([code, stdout, stderr], [1, "", sentence(" (main.ts:2)")])
      }
    }))

  it.live("is nothing that regular ends, help, refusals and Ctrl-C are told of", () =>
    Effect.gen(function*() {
      const { start } = yield* project(weather)
      const ended = (...args: ReadonlyArray<string>) => Effect.promise(() => start(args).ended)
      for (const [args, code] of [[["--help"], 0], [["list"], 0], [["shwo"], 2]] as const) {
        const { code: found, stderr } = yield* ended(...args)
        assert.deepStrictEqual([found, stderr.includes("process.exit")], [code, false])
      }
      for (const times of [1, 2]) {
        const running = start(["materialize", "weather/readings"], { env: { HANG: "2024-03-05" } })
        yield* Effect.promise(() => running.says("started"))
        running.process.kill("SIGINT")
        if (times === 2) {
          yield* Effect.sleep(300)
          running.process.kill("SIGINT")
        }
        const { code, stderr } = yield* Effect.promise(() => running.ended)
        assert.deepStrictEqual([code, stderr.includes("process.exit")], [130, false])
      }
    }))
})
