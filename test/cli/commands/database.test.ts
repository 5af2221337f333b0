import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as path from "node:path"
import * as EmbeddedPostgres from "../../../resources/database/EmbeddedPostgres.ts"
import { folderWith, project, weather } from "../fixture.ts"

describe("sluice db", () => {
  it.live("starts, describes and stops the project's own server, and keeps its data", () =>
    Effect.gen(function*() {
      // Broken code must not keep anybody from the data.
      const { folder, run } = yield* folderWith("throw new Error(\"broken\")")
      yield* Effect.addFinalizer(() => Effect.ignore(EmbeddedPostgres.stop({ folder: path.join(folder, ".sluice") })))
      assert.match((yield* run(["db", "status"])).stdout, /^none yet/)
      const started = yield* run(["db", "start"])
      assert.match(started.stdout, /^Postgres runs at 127\.0\.0\.1 port \d+/, started.stderr)
      assert.match((yield* run(["db", "status"])).stdout, /^running {2}127\.0\.0\.1 port \d+, pid \d+, in \.sluice\/postgres/)
      const made = yield* run(["db", "shell"], { input: "create table kept (n int); insert into kept values (41);" })
      assert.strictEqual(made.code, 0, made.stderr)
      const url = (yield* run(["db", "url"])).stdout.trim()
      const whole = (yield* run(["db", "url", "--show-password"])).stdout.trim()
      assert.match(url, /^postgres:\/\/\w+@127\.0\.0\.1:\d+\/\w+$/)
      assert.match(whole, /^postgres:\/\/\w+:[^@]+@127\.0\.0\.1:\d+\/\w+$/)
      const failed = yield* run(["db", "shell"], { input: "select 1/0; drop table kept;" })
      assert.strictEqual(failed.code, 1, failed.stderr)
      assert.match((yield* run(["db", "stop"])).stdout, /^Postgres is stopped/)
      assert.match((yield* run(["db", "status"])).stdout, /^stopped/)
      assert.match((yield* run(["db", "stop"])).stdout, /does not run/)
      const kept = yield* run(["db", "shell"], { input: "select n + 1 as n from kept;" })
      assert.include(kept.stdout, "42")
    }))

  it.live("stop warns of a run that is alive, which goes on when the server is back", () =>
    Effect.gen(function*() {
      const { folder, run, start } = yield* folderWith(weather)
      yield* Effect.addFinalizer(() => Effect.ignore(EmbeddedPostgres.stop({ folder: path.join(folder, ".sluice") })))
      const running = start(["materialize", "weather/readings"], { env: { HANG: "2024-03-05" } })
      yield* Effect.promise(() => running.says("run 1 started"))
      const stopped = yield* run(["db", "stop"])
      assert.deepStrictEqual([stopped.code, stopped.stdout], [0, "Postgres is stopped; the data stays in .sluice.\n"])
      assert.match(stopped.stderr, /^warning: Run 1 is still alive [^\n]*npx sluice run resume 1`\.\n$/)
      yield* run(["db", "start"])
      assert.isNull(running.process.exitCode)
      running.process.kill("SIGTERM")
      const ended = yield* Effect.promise(() => running.ended)
      assert.strictEqual(ended.code, 130)
      assert.match((yield* run(["runs"])).stdout, /1 +cancelled/)
    }))

  it.live("with DATABASE_URL there is nothing to start", () =>
    Effect.gen(function*() {
      const { run } = yield* project(weather)
      assert.match((yield* run(["db", "start"])).stdout, /DATABASE_URL names the server at .*: it answers, and there is nothing to start\./)
      assert.match((yield* run(["db", "status"])).stdout, /^running .*named by DATABASE_URL/)
    }))
})
