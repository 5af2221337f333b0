/** `sluice bulk` as a user runs it: engines and modes, what it refuses, failed records at a later try, generated files. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { gzipSync } from "node:zlib"
import * as Simulator from "../../../simulators/bulk/Simulator.ts"
import * as S3 from "../../../simulators/s3/Simulator.ts"
import { envOf, keys, make, query, until, write } from "./project.ts"

describe("sluice bulk", () => {
  it.live("gives the same results with either engine and in either mode, and logs what it does", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.make({ latency: "2 millis" })
      const project = yield* make
      for (const part of [1, 2, 3, 4]) yield* write(project, `part-${part}.csv`, 150, { errorRate: 0.1, seed: part })
      const env = envOf(simulator, { BATCH_SIZE: "100" })
      const outcomes: Array<ReadonlyArray<string>> = []
      for (const args of [["--engine", "local"], ["--engine", "partitioned", "--workers", "2"], ["--mode", "sync", "--max-workers", "4"]]) {
        const ended = yield* project.run(["bulk", ...args, "--force", "--json"], { env })
        assert.strictEqual(ended.code, 0, ended.stderr)
        const { failed, processed, read } = JSON.parse(ended.stdout)
        assert.deepStrictEqual([read, processed, failed], [600, 540, 60])
        outcomes.push(yield* keys(project))
        // Of all processes together, though each knows only what it has sent itself.
        const { errors, throughput } = JSON.parse(readFileSync(path.join(project.folder, "logs", "metrics.json"), "utf8"))
        assert.deepStrictEqual([throughput.records, errors.failed], [600, 60])
        assert.isAbove(throughput.share, 0.9)
      }
      assert.deepStrictEqual(outcomes[1], outcomes[0])
      assert.deepStrictEqual(outcomes[2], outcomes[0])
      // The same keys at each run: the API did its work once.
      assert.strictEqual(simulator.seen(1000).processed, 540)

      const logs = (name: string) => readFileSync(path.join(project.folder, "logs", name), "utf8")
      assert.deepStrictEqual(
        readdirSync(path.join(project.folder, "logs")).toSorted(),
        ["api_client.2.log", "api_client.log", "metrics.json", "processor.2.log", "processor.log"]
      )
      assert.match(logs("processor.log"), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} - INFO - Begins: 4 chunks of 4 files from .*data; engine partitioned, mode async/m)
      assert.match(logs("processor.log"), /INFO - Memory: \d+ MB resident/)
      assert.match(logs("processor.log"), /WARNING - The record API answered record r\d+ with 422/)
      assert.match(logs("api_client.log"), /INFO - Health: up at http/)
      const metrics = JSON.parse(logs("metrics.json"))
      assert.deepStrictEqual(metrics.breaker, { state: "Closed", trips: 0, changed_at: null })
      assert.deepStrictEqual(
        Object.keys(metrics),
        ["name", "at", "throughput", "processes", "response_times", "errors", "resources", "under_way", "anomalies", "breaker", "api_up"]
      )
    }))

  it.live("works at many files at once where each has few records", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.make({ latency: "200 millis" })
      const project = yield* make
      for (let file = 0; file < 60; file++) yield* write(project, `part-${file}.csv`, 1, { seed: file })
      const { code, stderr } = yield* project.run(["bulk"], { env: envOf(simulator) })
      assert.strictEqual(code, 0, stderr)
      const { mostInFlight, processed, repeated } = simulator.seen(1000)
      assert.deepStrictEqual([processed, repeated], [60, 0])
      assert.isAbove(mostInFlight, 4)
    }))

  it.live("sends nothing where a setting is missing or wrong, the API is down, or the file is not there", () =>
    Effect.gen(function*() {
      const project = yield* make
      yield* write(project, "records.csv", 10)
      const simulator = yield* Simulator.make({ outages: [{ after: 0, millis: 60_000 }] })
      const env = envOf(simulator)
      const missing = yield* project.run(["bulk"], { env: { ...env, BULK_INPUT: "", S3_BUCKET: "", S3_KEY: "", API_ENDPOINT: "", BATCH_SIZE: "x" } })
      assert.strictEqual(missing.code, 2)
      for (const name of ["S3_BUCKET is not set", "S3_KEY is not set", "API_ENDPOINT is not set", "BATCH_SIZE is \"x\"; write a whole number"]) {
        assert.include(missing.stderr, name)
      }
      const down = yield* project.run(["bulk"], { env })
      assert.strictEqual(down.code, 1)
      assert.match(down.stderr, /^error: Nothing was sent, since the API is not up\. The record API answered the health check with 503/)
      const nowhere = yield* project.run(["bulk", "--input", "nowhere.csv", "--mock-api"], { env })
      assert.strictEqual(nowhere.code, 2)
      assert.match(nowhere.stderr, /^error: .*nowhere\.csv/)
      assert.strictEqual(simulator.seen(1000).arrivals, 0)
      // Nor is there a run that failed: none has begun.
      assert.deepStrictEqual(yield* query(project, "select run from sluice.run_states"), [])
    }))

  it.live("commits what comes before the place where a file is cut off, and has the error with its trace in the log", () =>
    Effect.gen(function*() {
      const project = yield* make
      yield* write(project, "records.csv", 3000)
      const file = path.join(project.folder, "data", "records.csv")
      const packed = gzipSync(readFileSync(file))
      writeFileSync(`${file}.gz`, packed.subarray(0, packed.length * 0.8))
      rmSync(file)
      const simulator = yield* Simulator.make()
      const { code, stderr, stdout } = yield* project.run(["bulk", "--name", "nightly"], { env: envOf(simulator) })
      assert.strictEqual(code, 1)
      assert.match(stderr, /^✗ .*records\.csv\.gz: the gzip data cannot be unpacked: it was cut off\.$/m)
      assert.strictEqual(stderr.match(/✗/g)?.length, 1)
      assert.match(stdout, /^Records failed {7}0 /m)
      assert.isAbove(simulator.ledger.processed(), 1000)
      const log = readFileSync(path.join(project.folder, "logs", "processor.log"), "utf8")
      assert.match(log, /ERROR - Chunk .*records\.csv\.gz@.* cannot be read or sent to its end\. FormatError: .*cut off\.\n\s+at /)
      assert.strictEqual(JSON.parse(readFileSync(path.join(project.folder, "logs", "metrics.json"), "utf8")).name, "nightly")
    }))

  it.live("sends failed records once more with their keys, and says how many there are left", () =>
    Effect.gen(function*() {
      const project = yield* make
      yield* write(project, "records.csv", 20, { errorRate: 0.15 })
      const simulator = yield* Simulator.make({ errorRate: 1 })
      const env = envOf(simulator, { RETRY_BASE: "0.001", BREAKER_FAILURES: "1000" })
      const first = yield* project.run(["bulk", "--max-error-rate", "1"], { env })
      assert.strictEqual(first.code, 0, first.stderr)
      assert.match(first.stdout, /^Records failed {7}20 \(100\.0 %: unreadable 1, no id 1, refused 0, unanswered 18\)$/m)
      const rows = yield* query<{ tries: number; reason: string }>(project, "select tries, reason from bulk.failed_records where kind = 'unanswered'")
      for (const { reason, tries } of rows) {
        assert.strictEqual(tries, 4)
        assert.match(reason, /503 .* \(after 4 tries\)/)
      }
      simulator.setErrorRate(0)
      const again = yield* project.run(["bulk", "retry-failed"], { env })
      assert.strictEqual(again.code, 0, again.stderr)
      assert.strictEqual(again.stdout, "17 failed records were processed now, 1 failed again; 1 is left that can be sent again.\n")
      const arrivals = simulator.seen(1000).arrivals
      const third = yield* project.run(["bulk", "retry-failed"], { env })
      assert.strictEqual(third.stdout, "0 failed records were processed now, 1 failed again; 1 is left that can be sent again.\n")
      // Those that were processed are not sent once more.
      assert.strictEqual(simulator.seen(1000).arrivals, arrivals + 1)
      const last = yield* project.run(["bulk"], { env })
      assert.match(last.stdout, /^Records processed {4}17 \(17 of them at a later try\)$/m)
      assert.match(last.stdout, /^Records failed {7}3 /m)
    }))

  it.live("ends early where too many records fail, and goes on when it is told that they may", () =>
    Effect.gen(function*() {
      const project = yield* make
      yield* write(project, "records.csv", 2500, { errorRate: 0.6 })
      const simulator = yield* Simulator.make()
      const env = envOf(simulator, { BATCH_SIZE: "100", RATE_LIMIT_CALLS: "60", RATE_LIMIT_PERIOD: "0.1" })
      const ended = yield* project.run(["bulk"], { env })
      assert.strictEqual(ended.code, 1, ended.stderr)
      assert.match(ended.stderr, /^✗ [56]\d(\.\d)? % of 1,\d\d\d records failed, more than the 50 % that MAX_ERROR_RATE allows\. The run has ended early; /m)
      const [, reason = ""] = /^ {2}Why the last one failed: (.+)$/m.exec(ended.stderr) ?? []
      const failed = yield* query<{ reason: string }>(project, 'select reason from sluice_partial."bulk.failed_records"')
      assert.include(failed.map((row) => row.reason), reason)
      assert.isBelow(simulator.ledger.processed(), 900)
      const whole = yield* project.run(["bulk", "--max-error-rate", "0.7"], { env })
      assert.strictEqual(whole.code, 0, whole.stderr)
      assert.match(whole.stdout, /^Records read {9}2,500$/m)
      // What came back before the end was committed: nothing was sent twice.
      assert.deepStrictEqual([simulator.ledger.processed(), simulator.seen(100).repeated], [1000, 0])
      const strict = yield* project.run(["bulk", "--max-error-rate", "0.5"], { env })
      assert.strictEqual(strict.code, 1)
      assert.match(strict.stderr, /^✗ 60 % of 2,500 records failed, /m)
    }))

  it.live("ends where the API is away for longer than it may, also one whose health check is good, and goes on when it is back", () =>
    Effect.gen(function*() {
      const project = yield* make
      yield* write(project, "records.csv", 600, { errorRate: 0.1 })
      const simulator = yield* Simulator.make({ latency: "5 millis" })
      const env = envOf(simulator, { BATCH_SIZE: "100", RATE_LIMIT_CALLS: "300", RETRY_BASE: "0.01", BREAKER_COOLDOWN: "0.1", MAX_OUTAGE: "1", SHUTDOWN_GRACE: "3600" })
      const begun = project.start(["bulk"], { env })
      yield* until(simulator, 150)
      simulator.setErrorRate(1)
      const { code, stderr } = yield* Effect.promise(() => begun.ended)
      assert.strictEqual(code, 1, stderr)
      assert.match(stderr, /^✗ The API has not answered as it should for longer than the 1 s that MAX_OUTAGE allows\. The run has ended early; when it is back, the same command goes on\.$/m)
      assert.notInclude(stderr, "Why the last one failed")
      assert.isBelow(simulator.ledger.processed(), 540)
      simulator.setErrorRate(0)
      const whole = yield* project.run(["bulk", "--max-outage", "60"], { env })
      assert.strictEqual(whole.code, 0, whole.stderr)
      assert.deepStrictEqual([simulator.ledger.processed(), simulator.seen(1000).repeated], [540, 0])
      const wrong = yield* project.run(["bulk", "--max-outage", "-1"], { env })
      assert.strictEqual(wrong.code, 2)
      assert.match(wrong.stderr, /MAX_OUTAGE is "-1"; write/)
    }))

  it.live("generates files of which an exact number of records is bad, the same ones for a seed", () =>
    Effect.gen(function*() {
      const project = yield* make
      const generate = (out: string) =>
        project.run(["bulk", "generate", "--records", "1000", "--error-rate", "0.1", "--batch-size", "100", "--out", out])
      const { code, stdout } = yield* generate("a")
      assert.strictEqual(code, 0)
      assert.match(stdout, /^1,000 records, 100 of them bad, in 10 files, .*records-01\.csv to .*records-10\.csv\.$/m)
      yield* generate("b")
      const read = (folder: string) => readdirSync(path.join(project.folder, folder)).map((file) => readFileSync(path.join(project.folder, folder, file), "utf8"))
      assert.deepStrictEqual(read("b"), read("a"))
      assert.isFalse(existsSync(path.join(project.folder, "logs")))
    }))

  it.live("reads from a bucket, by the credentials of the environment; what is wrong with it is one sentence", () =>
    Effect.gen(function*() {
      const project = yield* make
      const simulator = yield* Simulator.make()
      const s3 = yield* S3.make({ buckets: ["records"] })
      const env = envOf(simulator, {
        BULK_INPUT: "",
        S3_BUCKET: "records",
        S3_KEY: "in/",
        AWS_ENDPOINT_URL_S3: s3.url,
        AWS_REGION: s3.region,
        AWS_ACCESS_KEY_ID: s3.identity.accessKeyId,
        AWS_SECRET_ACCESS_KEY: s3.identity.secretAccessKey
      })
      const generated = yield* project.run(
        ["bulk", "generate", "--records", "300", "--error-rate", "0.1", "--batch-size", "100", "--format", "parquet", "--out", "s3://records/in"],
        { env }
      )
      assert.match(generated.stdout, /^300 records, 30 of them bad, in 3 files, s3:\/\/records\/in\/records-1\.parquet to/)
      const ended = yield* project.run(["bulk", "--json"], { env })
      assert.strictEqual(ended.code, 0, ended.stderr)
      const { failed, processed, read } = JSON.parse(ended.stdout)
      assert.deepStrictEqual([read, processed, failed, simulator.ledger.processed()], [300, 270, 30, 270])
      const nowhere = yield* project.run(["bulk", "--bucket", "nowhere"], { env })
      assert.deepStrictEqual([nowhere.code, nowhere.stderr.split("\n").length], [2, 2])
      assert.include(nowhere.stderr, "nowhere")
    }))
})
