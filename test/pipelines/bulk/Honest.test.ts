/** What `sluice bulk` says is what happened: with answers that are none, other batch sizes, --force after failures, early ends. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import * as Simulator from "../../../simulators/bulk/Simulator.ts"
import * as Wire from "../../../simulators/bulk/Wire.ts"
import { envOf, make, query, stored, until, write } from "./project.ts"

/** An API that answers records as it is told, and is up; it counts the posts that have a key. */
const scripted = Effect.fnUntraced(function*(answer: (body: string, respond: Wire.Respond) => void) {
  let posts = 0
  const told = { answer }
  const { port } = yield* Wire.listen(0, (request, respond) => {
    if (request.path.endsWith("/health")) return respond(200, "{}")
    if (request.method !== "POST") return respond(200, "{\"moved\":true}")
    if (request.header("idempotency-key") !== undefined) posts++
    told.answer(request.body, respond)
  })
  return { url: `http://127.0.0.1:${port}/process`, posts: () => posts, told }
})

const accept = (_: string, respond: Wire.Respond) => respond(200, "{\"accepted\":true}")

describe("sluice bulk", () => {
  it.live("takes no other place's answer for that of a record", () =>
    Effect.gen(function*() {
      const project = yield* make
      yield* write(project, "records.csv", 30)
      for (const status of [301, 302, 303]) {
        const api = yield* scripted((_, respond) => respond(status, "", { location: "/elsewhere" }))
        const { code, stdout } = yield* project.run(["bulk", "--force", "--json", "--max-error-rate", "1"], { env: envOf(api) })
        const { failed, processed, refused, state } = JSON.parse(stdout)
        assert.deepStrictEqual([code, state, processed, failed, refused, api.posts()], [0, "succeeded", 0, 30, 30, 30])
      }
      // The same request, asked for elsewhere.
      const moved = yield* scripted((body, respond) => body === "" ? respond(400, "{}") : respond(308, "", { location: `${target.url}?here` }))
      const target = yield* scripted(accept)
      const kept = yield* project.run(["bulk", "--force", "--json"], { env: envOf(moved) })
      assert.include(kept.stdout, "\"failed\":30")
      const [row] = yield* query<{ reason: string }>(project, "select reason from bulk.failed_records limit 1")
      assert.match(row?.reason ?? "", /with 308/)
    }), 60_000)

  it.live("keeps no answer and no id that the database does not take, and goes on with the others", () =>
    Effect.gen(function*() {
      const project = yield* make
      mkdirSync(path.join(project.folder, "data"))
      const odd = ["{\"a\":\"x\\u0000y\"}", "{\"a\":\"\\ud800\"}", "{\"e\":1e999}", `{"d":${"[".repeat(5000)}${"]".repeat(5000)}}`, "{\"\\u0000\":1}"]
      const lines = [...odd.map((_, i) => JSON.stringify({ id: `odd${i}`, amount: 1 })), JSON.stringify({ id: "a\0b" }), JSON.stringify({ id: "fine" })]
      writeFileSync(path.join(project.folder, "data", "records.ndjson"), `${lines.join("\n")}\n`)
      for (const more of [[], ["--records-per-call", "4"]]) {
        const api = yield* scripted((body, respond) => {
          const answerTo = (id: string) => odd[Number(/odd(\d)/.exec(id)?.[1] ?? -1)] ?? "{\"ok\":1}"
          const sent = JSON.parse(body)
          respond(200, Array.isArray(sent)
            ? `[${sent.map(({ idempotency_key, record }) => `{"idempotency_key":"${idempotency_key}","status":200,"answer":${answerTo(record.id)}}`).join(",")}]`
            : answerTo(sent.id))
        })
        const { code, stderr, stdout } = yield* project.run(["bulk", "--force", "--json", "--max-error-rate", "1", ...more], { env: envOf(api) })
        assert.strictEqual(code, 0, stderr)
        const { failed, no_id, processed, read, refused } = JSON.parse(stdout)
        assert.deepStrictEqual([read, processed, failed, refused, no_id], [7, 1, 6, 5, 1])
        const rows = yield* query<{ reason: string }>(project, "select reason from bulk.failed_records order by line")
        const said = ["a NUL character", "half of a surrogate pair", "beyond the range of numbers", "more than 500 levels", "a NUL character", "\"id\" has a NUL character"]
        for (const [i, { reason }] of rows.entries()) assert.include(reason, said[i] ?? "no more")
        for (const { reason } of rows.slice(0, odd.length)) assert.match(reason, /is an object, not an answer that can be stored: it has /)
      }
    }), 60_000)

  it.live("stores the digits of an answer, also those that a JavaScript number does not have", () =>
    Effect.gen(function*() {
      const project = yield* make
      yield* write(project, "records.csv", 4)
      const answer = `{"id":9007199254740993,"in":[-12345678901234567890.50,0.1234567890123456789,1.5,1e2],"text":"1234567890123456"}`
      for (const more of [[], ["--records-per-call", "2"]]) {
        const api = yield* scripted((body, respond) => {
          const sent = JSON.parse(body)
          respond(200, Array.isArray(sent)
            ? `[${sent.map(({ idempotency_key }) => `{"idempotency_key":"${idempotency_key}","status":200,"answer":${answer}}`).join(",")}]`
            : answer)
        })
        const { code, stderr } = yield* project.run(["bulk", "--force", "--json", ...more], { env: envOf(api) })
        assert.strictEqual(code, 0, stderr)
        const rows = yield* query<{ same: boolean }>(project, `select answer = '${answer}'::jsonb as same from bulk.results`)
        assert.deepStrictEqual(rows, Array.from({ length: 4 }, () => ({ same: true })))
      }
    }), 60_000)

  it.live("refuses options that cannot both be meant, before anything is written", () =>
    Effect.gen(function*() {
      const project = yield* make
      const wrong: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
        [["--demo", "--input", "data"], /--demo does not go with --input/],
        [["--demo", "--endpoint", "http://127.0.0.1:1/"], /--demo does not go with --endpoint/],
        [["--num-records", "5", "--key", "a.csv"], /--num-records does not go with --key/],
        [["--input", "data", "--bucket", "b"], /--input does not go with --bucket/],
        [["--mock-api", "--endpoint", "http://127.0.0.1:1/"], /--mock-api does not go with --endpoint/],
        [["--engine", "local", "--workers", "2"], /--engine local does not go with --workers/],
        [["--error-rate", "0.1"], /--error-rate is of invented records: give --num-records or --demo with it/]
      ]
      for (const [args, said] of wrong) {
        const { code, stderr, stdout } = yield* project.run(["bulk", ...args], { env: {} })
        assert.deepStrictEqual([code, stdout], [2, ""])
        assert.match(stderr, said)
      }
      assert.isFalse(existsSync(path.join(project.folder, "logs")))
    }), 60_000)

  it.live("counts each record once, whatever the size of batches was before", () =>
    Effect.gen(function*() {
      const project = yield* make
      yield* write(project, "records.csv", 1500, { errorRate: 0.1 })
      const simulator = yield* Simulator.make({ latency: "20 millis" })
      let done = 100
      for (const size of ["100", "1000", "70", "150"]) {
        const begun = project.start(["bulk"], { env: envOf(simulator, { BATCH_SIZE: size, RATE_LIMIT_CALLS: "700" }) })
        yield* until(simulator, done)
        done = simulator.ledger.processed() + 250
        begun.process.kill("SIGKILL")
        yield* Effect.promise(() => begun.ended)
      }
      const whole = yield* project.run(["bulk", "--json"], { env: envOf(simulator, { BATCH_SIZE: "400" }) })
      assert.strictEqual(whole.code, 0, whole.stderr)
      const { failed, processed, read } = JSON.parse(whole.stdout)
      assert.deepStrictEqual([read, processed, failed], [1500, 1350, 150])
      assert.deepStrictEqual(yield* stored(project), { results: 1350, failed: 150, read: 1500 })
      const batches = yield* query<{ batch: number; odd: boolean }>(project, "select batch, records <> processed + failed as odd from bulk.metrics order by batch")
      assert.deepStrictEqual(batches, batches.map((_, batch) => ({ batch, odd: false })))
    }), 60_000)

  it.live("what was recovered says nothing of a later run that sends all again", () =>
    Effect.gen(function*() {
      const project = yield* make
      yield* write(project, "records.csv", 40)
      const refuse = (_: string, respond: Wire.Respond) => respond(404, "{}")
      const api = yield* scripted(refuse)
      const env = envOf(api)
      const told = (args: ReadonlyArray<string>) => Effect.map(project.run(["bulk", ...args], { env }), ({ code, stdout }) => ({ code, ...JSON.parse(stdout) }))
      // What is said to have succeeded ends with 0, and nothing else does.
      const first = yield* told(["--json"])
      assert.deepStrictEqual([first.code, first.state, first.failed, first.done], [1, "failed", 40, 40])
      api.told.answer = accept
      assert.include(yield* told(["retry-failed", "--json"]), { code: 0, processed: 40, left: 0 })
      assert.include(yield* told(["--json"]), { code: 0, read: 40, processed: 40, failed: 0, recovered: 40 })
      assert.include(yield* told(["--force", "--json"]), { code: 0, read: 40, processed: 40, failed: 0, recovered: 0 })
      api.told.answer = refuse
      assert.include(yield* told(["--force", "--json"]), { code: 1, read: 40, processed: 0, failed: 40, recovered: 0 })
      api.told.answer = accept
      assert.include(yield* told(["retry-failed", "--json"]), { code: 0, processed: 40, left: 0 })
      assert.include(yield* told(["--json"]), { code: 0, read: 40, processed: 40, failed: 0, recovered: 40 })
    }), 60_000)

  it.live("failed records of an input before this one are told, and sent again when it is the input again", () =>
    Effect.gen(function*() {
      const project = yield* make
      yield* write(project, "records.csv", 30)
      const other = path.join(project.folder, "other")
      mkdirSync(other)
      writeFileSync(path.join(other, "records.csv"), "id\na\n")
      const api = yield* scripted((_, respond) => respond(404, "{}"))
      const env = envOf(api, { MAX_ERROR_RATE: "1" })
      yield* project.run(["bulk"], { env })
      api.told.answer = accept
      yield* project.run(["bulk", "--input", "other"], { env })
      const none = yield* project.run(["bulk", "retry-failed"], { env })
      assert.match(none.stdout, /^No failed record of this input is left that can be sent again: .* 30 more are of another input, or of a former version of a file: for another input give the command of its run again first\.$/m)
      yield* project.run(["bulk"], { env })
      const again = yield* project.run(["bulk", "retry-failed"], { env })
      assert.strictEqual(again.stdout, "30 failed records were processed now, 0 failed again; 0 are left that can be sent again.\n")
      yield* project.run(["bulk", "--input", "other"], { env })
      const nothing = yield* project.run(["bulk", "retry-failed"], { env })
      assert.match(nothing.stdout, /^No failed record is left that can be sent again: what is unreadable or has no id has to be put right in its file\.$/m)
    }), 60_000)

  it.live("an early end has its statistics, and says how to go on; failed records of unfinished files wait for their run", () =>
    Effect.gen(function*() {
      const project = yield* make
      yield* write(project, "records.csv", 4000)
      const api = yield* scripted((_, respond) => respond(401, "{}"))
      const env = envOf(api, { BATCH_SIZE: "100", RATE_LIMIT_CALLS: "100", RATE_LIMIT_PERIOD: "0.05" })
      const ended = yield* project.run(["bulk", "--force", "--json"], { env })
      assert.strictEqual(ended.code, 1)
      assert.match(ended.stderr, /The run has ended early; when the reason is put right, `sluice backfill resume \d+` goes on, and after that `sluice bulk retry-failed` sends what failed again\./)
      const { failed, read, state } = JSON.parse(ended.stdout)
      assert.deepStrictEqual([state, failed], ["failed", read])
      assert.isAbove(failed, 999)
      const plain = yield* project.run(["bulk"], { env })
      assert.match(plain.stderr, /the same command goes on/)
      assert.match(plain.stdout, /^Ended early, so far:\nRecords read {9}[23],\d\d\d$/m)
      const retried = yield* project.run(["bulk", "retry-failed"], { env })
      assert.match(retried.stdout, /are left that can be sent again\. They are of files that are not sent to their end: give the command of that run again first\.$/m)
    }), 60_000)

  it.live("an interrupt says what is committed, and what is not", () =>
    Effect.gen(function*() {
      const project = yield* make
      yield* write(project, "records.csv", 300)
      let posts = 0
      // The first record is never answered.
      const api = yield* scripted((body, respond) => {
        if (posts++ > 0) accept(body, respond)
      })
      const begun = project.start(["bulk", "--json"], { env: envOf(api, { SHUTDOWN_GRACE: "1", API_TIMEOUT: "60" }) })
      yield* Effect.repeat(Effect.sleep("10 millis"), { until: () => posts === 300 })
      begun.process.kill("SIGINT")
      const { code, stderr, stdout } = yield* Effect.promise(() => begun.ended)
      assert.strictEqual(code, 130)
      assert.include(JSON.parse(stdout), { state: "interrupted", read: 0, processed: 0 })
      assert.include(stderr, "What is done is committed, up to the first record without an answer; what is behind it is sent again, with the keys it had.")
    }), 60_000)

  it.live("settings that no request can be made of are refused before anything begins; no secret of the endpoint is shown", () =>
    Effect.gen(function*() {
      const project = yield* make
      yield* write(project, "records.csv", 3)
      const api = yield* scripted(accept)
      const wrong = yield* project.run(["bulk"], { env: envOf(api, { API_HEALTH: "/status", API_KEY: "clé" }) })
      assert.strictEqual(wrong.code, 2)
      assert.include(wrong.stderr, "API_HEALTH is \"/status\"; write the whole http(s) URL of the health check.")
      assert.include(wrong.stderr, "API_KEY has a character that no HTTP header can have")
      const secret = envOf({ url: api.url.replace("//", "//u:p4ss@").concat("?token=t0ken") })
      const health = yield* project.run(["bulk", "health"], { env: secret })
      assert.match(health.stdout, /^The API is up: http:\/\/127\.0\.0\.1:\d+\/process\/health answered in/)
      assert.notMatch(health.stdout + health.stderr, /p4ss|t0ken/)
    }), 60_000)
})
