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
      assert.match((yield* run(["db", "stop"])).stdout, /^Postgres is stopped/)
      assert.match((yield* run(["db", "status"])).stdout, /^stopped/)
      assert.match((yield* run(["db", "stop"])).stdout, /does not run/)
      const kept = yield* run(["db", "shell"], { input: "select n + 1 as n from kept;" })
      assert.include(kept.stdout, "42")
    }))

  it.live("with DATABASE_URL there is nothing to start", () =>
    Effect.gen(function*() {
      const { run } = yield* project(weather)
      assert.match((yield* run(["db", "start"])).stdout, /DATABASE_URL names the server at .*: it answers, and there is nothing to start\./)
      assert.match((yield* run(["db", "status"])).stdout, /^running .*named by DATABASE_URL/)
    }))
})
