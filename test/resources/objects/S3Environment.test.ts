/** How S3 is reached without a word in the code: environment and profile; and that nothing of the SDK is loaded where it is not. */
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect } from "effect"
import { execFile } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { promisify } from "node:util"
import { vi } from "vitest"
import { ObjectStore } from "../../../resources/objects/ObjectStore.ts"
import * as S3 from "../../../simulators/s3/Simulator.ts"
import { optionsFor, put, read, refusals, temporaryFolder } from "./stores.ts"

/** A profile `local` with these lines, and no other source of settings. */
const withProfile = (lines: ReadonlyArray<string>) =>
  Effect.acquireRelease(
    Effect.map(temporaryFolder, (folder) => {
      const file = path.join(folder, "config")
      fs.writeFileSync(file, ["[profile local]", ...lines, ""].join("\n"))
      for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) vi.stubEnv(name, undefined)
      vi.stubEnv("AWS_CONFIG_FILE", file)
      vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", path.join(folder, "none"))
      vi.stubEnv("AWS_PROFILE", "local")
    }),
    () => Effect.sync(() => vi.unstubAllEnvs())
  )

describe("objects in S3", () => {
  it.live("are found where the environment says", () =>
    Effect.scoped(Effect.gen(function*() {
      const s3 = yield* S3.make({ buckets: ["lake"] })
      const { credentials } = optionsFor(s3)
      const written = Effect.provide(put("s3://lake/a", "a"), ObjectStore.layer({ s3: credentials === undefined ? {} : { credentials } }))
      yield* Effect.provideService(written, ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown({ AWS_ENDPOINT_URL: s3.url }))
      assert.deepStrictEqual(s3.bucket("lake").keys(), ["a"])
    })))

  it.live("cost nothing where there are none: the SDK is loaded on its first use, and says when it has no credentials", () =>
    Effect.gen(function*() {
      const script = `
        import { registerHooks } from "node:module"
        const loaded = []
        registerHooks({ load: (url, context, next) => { if (/@aws-sdk|@smithy/.test(url)) loaded.push(url); return next(url, context) } })
        const { Effect, Stream } = await import("effect")
        const { ObjectStore } = await import("./resources/objects/ObjectStore.ts")
        const use = (uri) => Effect.runPromiseExit(Effect.provide(Effect.flatMap(ObjectStore, (store) => store.stat(uri)),
          ObjectStore.layer({ s3: { endpoint: "http://127.0.0.1:1" } })))
        await use("package.json")
        const before = loaded.length
        const exit = await use("s3://lake/key")
        console.log(JSON.stringify({ before, after: loaded.length > 0, message: exit.cause.reasons[0].error.message }))`
      // No environment, home or instance that credentials could come from.
      const env = { PATH: process.env["PATH"], HOME: "/nonexistent", AWS_EC2_METADATA_DISABLED: "true" }
      const { stdout } = yield* Effect.promise(() => promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], { env }))
      assert.deepStrictEqual(JSON.parse(stdout), {
        before: 0,
        after: true,
        message: "No credentials were found to reach s3://lake/key; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE to a profile that is there and logged in."
      })
    }))

  it.live("are found where a profile says, and by paths there too", () =>
    Effect.scoped(Effect.gen(function*() {
      const s3 = yield* S3.make({ buckets: ["lake"] })
      // By a host's name: of an address the SDK itself knows that no bucket can stand before it.
      const url = s3.url.replace("127.0.0.1", "localhost")
      const keys = [`aws_access_key_id = ${s3.identity.accessKeyId}`, `aws_secret_access_key = ${s3.identity.secretAccessKey}`, "region = us-east-1"]
      yield* withProfile([...keys, `endpoint_url = ${url}`])
      yield* Effect.provide(put("s3://lake/a", "a"), ObjectStore.layer())
      assert.deepStrictEqual(s3.bucket("lake").keys(), ["a"])
      const [missing] = yield* Effect.provide(refusals(put("s3://none/a", "a")), ObjectStore.layer())
      assert.include(missing!.message, `There is no bucket none at ${url}`)
      yield* withProfile([...keys, "endpoint_url = localhost:9000"])
      const [wrong] = yield* Effect.provide(refusals(put("s3://lake/a", "a")), ObjectStore.layer())
      assert.match(wrong!.message, /^No address for the bucket lake .*; write the endpoint as http:\/\/host:port/)
    })))

  it.live("have no checksums where a profile says that the server knows none", () =>
    Effect.scoped(Effect.gen(function*() {
      const s3 = yield* S3.make({ buckets: ["lake"] })
      yield* withProfile(["request_checksum_calculation = when_required", "response_checksum_validation = when_required"])
      const large = Buffer.alloc(9 * 1024 * 1024, "large")
      yield* Effect.provide(
        Effect.gen(function*() {
          yield* put("s3://lake/small", "small")
          yield* put("s3://lake/large", large)
          assert.isTrue(large.equals(yield* read("s3://lake/large")))
        }),
        ObjectStore.layer({ s3: optionsFor(s3) })
      )
      const said = s3.calls.flatMap(({ headers, operation }) =>
        Object.keys(headers).filter((name) => /checksum|trailer/.test(name)).map((name) => `${operation} ${name}`))
      assert.deepStrictEqual(said, [])
    })))
})
