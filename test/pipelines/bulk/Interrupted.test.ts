/** Commands that are interrupted: what is on its way comes back, is committed and told, and nothing is sent twice. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import * as path from "node:path"
import * as Simulator from "../../../simulators/bulk/Simulator.ts"
import { envOf, make, stored, until, write } from "./project.ts"

const onTheirWay = /^Interrupted: no further record is sent; \d+ records are on their way and have 10 s to come back\. Ctrl-C again ends at once\.$/m

describe("SIGINT", () => {
  it.live("of sluice bulk: tells what is committed, exit code 130, and the same command goes on", () =>
    Effect.gen(function*() {
      const project = yield* make
      yield* write(project, "records.csv", 2000)
      const simulator = yield* Simulator.make({ latency: "50 millis" })
      const env = envOf(simulator, { RATE_LIMIT_CALLS: "1000", LOG_LEVEL: "DEBUG" })
      const interrupted = project.start(["bulk"], { env })
      yield* until(simulator, 500)
      interrupted.process.kill("SIGINT")
      const { code, stderr, stdout } = yield* Effect.promise(() => interrupted.ended)
      assert.strictEqual(code, 130)
      const done = simulator.ledger.processed()
      assert.isBelow(done, 1900)
      assert.match(stderr, onTheirWay)
      assert.include(stderr, `Interrupted: ${done.toLocaleString("en")} records were processed and 0 failed in this process.`)
      const told = new RegExp(`Interrupted, so far:\\n(.* )?Records read {9}${done.toLocaleString("en")}\\n(.* )?Records processed {4}${done.toLocaleString("en")}\\n`)
      assert.match(stdout, told)
      const log = readFileSync(path.join(project.folder, "logs", "processor.log"), "utf8")
      assert.match(log, told)
      assert.match(log, /DEBUG - Collection of .*: \d+\.\d ms$/m)

      const resumed = yield* project.run(["bulk"], { env })
      assert.strictEqual(resumed.code, 0, resumed.stderr)
      const seen = simulator.seen(1000)
      assert.deepStrictEqual([seen.processed, seen.repeated, seen.arrivals], [2000, 0, 2000])
      assert.deepStrictEqual(yield* stored(project), { results: 2000, failed: 0, read: 2000 })
    }))

  it.live("of sluice bulk --force: tells nothing of what earlier runs have sent", () =>
    Effect.gen(function*() {
      const project = yield* make
      for (const [i, name] of ["a.csv", "b.csv", "c.csv"].entries()) yield* write(project, name, 100, { seed: i + 1 })
      const simulator = yield* Simulator.make({ latency: "5 millis" })
      const env = envOf(simulator, { MAX_WORKERS: "1", BATCH_SIZE: "20" })
      yield* project.run(["bulk"], { env })
      simulator.setLatency("100 millis")
      const interrupted = project.start(["bulk", "--force", "--json"], { env })
      yield* Effect.repeat(Effect.sleep("10 millis"), { until: () => simulator.seen(1000).arrivals >= 350 })
      interrupted.process.kill("SIGINT")
      const { code, stderr, stdout } = yield* Effect.promise(() => interrupted.ended)
      assert.strictEqual(code, 130, stderr)
      const { done, processed, read, state } = JSON.parse(stdout)
      assert.deepStrictEqual([state, read, processed], ["interrupted", done, done])
      assert.isAbove(done, 20)
      assert.isBelow(done, 250)
      const whole = yield* project.run(["bulk", "--json"], { env })
      assert.include(JSON.parse(whole.stdout), { state: "succeeded", done: 0, read: 300, processed: 300 })
    }), 60_000)

  it.live("of sluice bulk retry-failed: keeps what has come back, of chunks that are not whole too", () =>
    Effect.gen(function*() {
      const project = yield* make
      yield* write(project, "a.csv", 150)
      yield* write(project, "b.csv", 150, { seed: 2 })
      const simulator = yield* Simulator.make({ errorRate: 1 })
      const env = envOf(simulator, { RETRY_BASE: "0.001", BREAKER_FAILURES: "100000", MAX_ERROR_RATE: "1" })
      yield* project.run(["bulk"], { env })
      simulator.setErrorRate(0)
      simulator.setLatency("100 millis")
      const before = simulator.seen(1000).arrivals
      const slow = { ...env, MAX_WORKERS: "1" }
      const interrupted = project.start(["bulk", "retry-failed"], { env: slow })
      yield* until(simulator, 40)
      interrupted.process.kill("SIGINT")
      const { code, stderr, stdout } = yield* Effect.promise(() => interrupted.ended)
      assert.strictEqual(code, 130)
      const done = simulator.ledger.processed()
      assert.isBelow(done, 290)
      assert.match(stderr, onTheirWay)
      assert.match(stderr, /^Interrupted\. What has come back is committed; the same command goes on with the rest\.$/m)
      assert.strictEqual(stdout, `${done} failed records were processed now, 0 failed again; ${300 - done} are left that can be sent again.\n`)

      const rest = yield* project.run(["bulk", "retry-failed", "--json"], { env })
      assert.deepStrictEqual(JSON.parse(rest.stdout), { state: "succeeded", processed: 300 - done, failed: 0, left: 0 })
      assert.strictEqual(simulator.seen(1000).arrivals, before + 300)
    }))
})
