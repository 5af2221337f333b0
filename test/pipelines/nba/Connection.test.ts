/** Which database a node writes to: file, variables and their order; and that no message repeats a password. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted, Result } from "effect"
import { Cli } from "../../../index.ts"
import * as Connection from "../../../pipelines/nba/Connection.ts"
import * as deployed from "./deployed.ts"

const password = "hush-hush p@ss/word"
const { within, write } = deployed.make()

const unset = { DATABASE_URL: "", DB_HOST: "", DB_NAME: "", DB_USER: "", DB_PASSWORD: "", DB_PORT: "", DB_SSLMODE: "" }

/** The URL with its password, or the refusal; undefined: none of its own. */
const url = (env: Readonly<Record<string, string>>, content?: unknown) =>
  Effect.gen(function*() {
    if (content !== undefined) write("db.json", content)
    const result = yield* Effect.result(Connection.url(content === undefined ? undefined : "db.json"))
    if (Result.isSuccess(result)) return result.success === undefined ? undefined : Redacted.value(result.success)
    assert.notInclude(result.failure.message, "hush")
    return result.failure.message
  }).pipe(Cli.withSettings({ ...unset, ...env }), within)

const seedFile = { host: "db.example.com", name: "nba", user: "ada", password, port: "5433" }

describe("the database of a node", () => {
  it.effect("is the file's, whose port may be text or a number", () =>
    Effect.gen(function*() {
      const whole = `postgres://ada:${encodeURIComponent(password)}@db.example.com:5433/nba`
      assert.strictEqual(yield* url({}, seedFile), whole)
      assert.strictEqual(yield* url({}, { ...seedFile, port: 5433 }), whole)
      assert.strictEqual(yield* url({}, { ...seedFile, sslmode: "require" }), `${whole}?sslmode=require`)
      assert.strictEqual(yield* url({ DATABASE_URL: "postgres://x@y/z", DB_HOST: "other" }, seedFile), whole)
      assert.strictEqual(yield* url({ DB_PASSWORD: "from-env" }, { host: "h", name: "n", user: "u" }), "postgres://u:from-env@h:5432/n")
    }))

  it.effect("is that of the variables, where there is no file and no DATABASE_URL", () =>
    Effect.gen(function*() {
      const env = { DB_HOST: "h", DB_NAME: "n", DB_USER: "u", DB_PASSWORD: "p", DB_PORT: "6000", DB_SSLMODE: "verify-full" }
      assert.strictEqual(yield* url(env), "postgres://u:p@h:6000/n?sslmode=verify-full")
      assert.strictEqual(yield* url({ ...env, DATABASE_URL: "postgres://x@y/z" }), undefined)
      assert.strictEqual(yield* url({}), undefined)
    }))

  it.effect("is refused by file and key, without the password", () =>
    Effect.gen(function*() {
      const said = (env: Readonly<Record<string, string>>, content?: unknown) => Effect.map(url(env, content), String)
      assert.match(yield* said({}, { ...seedFile, pasword: "hush" }), /"pasword" is not known\. Did you mean "password"/)
      assert.match(yield* said({}, { ...seedFile, password: ["hush"] }), /db\.json is wrong at "password": it holds a list/)
      assert.match(yield* said({}, { ...seedFile, port: "hush" }), /"port" of the database configuration db\.json should be a port/)
      assert.match(yield* said({}, { ...seedFile, sslmode: "hushed" }), /unknown sslmode/)
      assert.match(yield* said({}, { name: "n", password }), /db\.json lacks the key "host", and DB_HOST is not set/)
      assert.match(yield* said({ DB_PASSWORD: password }), /DB_HOST is not set, though other DB_ variables are/)
      assert.match(yield* said({ DB_HOST: "h", DB_NAME: "n", DB_PORT: "0" }), /DB_PORT should be a port/)
    }))
})
