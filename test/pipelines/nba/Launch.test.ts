/** `sluice nba run`: a process for each configuration, and what is refused before any is started. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { join } from "node:path"
import * as Launch from "../../../pipelines/nba/Launch.ts"
import * as deployed from "./deployed.ts"

const calls: Array<ReadonlyArray<string>> = []
const { folder, within, write } = deployed.make((args, output) =>
  Effect.sync(() => {
    assert.strictEqual(output, "shown")
    calls.push(args)
    return { exitCode: args.some((word) => word.endsWith("2.json")) ? 1 : 0, stdout: "", stderr: "" }
  }))

const launch = (configs: ReadonlyArray<string>, more: { readonly dryRun?: boolean } = {}) =>
  within(Launch.launch({ configs, dbConfig: "db.json", dryRun: false, retryFailed: false, logFile: "nba.log", ...more }))

describe("several nodes on one machine", () => {
  it.effect("are processes with their own configuration, and the database and log of all", () =>
    Effect.gen(function*() {
      write("1.json", { node_id: "one", endpoints: ["PlayByPlayV3"] })
      yield* launch(["1.json"], { dryRun: true })
      const at = (name: string) => join(folder(), name)
      assert.deepStrictEqual(calls.splice(0), [
        ["nba", "--config", at("1.json"), "--db-config", at("db.json"), "--log-file", at("nba.log"), "--dry-run"]
      ])
    }))

  it.effect("end with the worst exit code", () =>
    Effect.gen(function*() {
      write("1.json", { node_id: "one", endpoints: ["PlayByPlayV3"] })
      write("2.json", { node_id: "two", endpoints: ["PlayByPlayV3"] })
      const error = yield* Effect.flip(launch(["1.json", "2.json"]))
      assert.deepStrictEqual([error._tag, "exitCode" in error ? error.exitCode : 0, calls.splice(0).length], ["Unfinished", 1, 2])
    }))

  it.effect("are refused before one starts: a wrong file, two of one name", () =>
    Effect.gen(function*() {
      write("1.json", { node_id: "one", endpoints: ["PlayByPlayV3"] })
      write("3.json", { node_id: "three", endpoint: ["PlayByPlayV3"] })
      assert.include(String(yield* Effect.flip(launch(["1.json", "node9"]))), "node configuration node9 does not exist")
      assert.include(String(yield* Effect.flip(launch(["1.json", "3.json"]))), "Did you mean \"endpoints\"?")
      assert.include(String(yield* Effect.flip(launch(["1.json", "1.json"]))), "Two of the configurations are of the node \"one\"")
      assert.deepStrictEqual(calls, [])
    }))
})
