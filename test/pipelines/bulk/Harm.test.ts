/** A run that is killed and cut off: each record reaches the API's books once, and the limit holds throughout. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import * as path from "node:path"
import * as Simulator from "../../../simulators/bulk/Simulator.ts"
import { envOf, keys, make, query, stored, until, write } from "./project.ts"

describe("sluice bulk under harm", () => {
  it.live("20,000 records, bad ones among them, an outage, a SIGKILL and a resume: each is processed once", () =>
    Effect.gen(function*() {
      const project = yield* make
      yield* write(project, "records.csv", 20_000, { errorRate: 0.05 })
      const simulator = yield* Simulator.make({ latency: "10 millis", errorRate: 0.01, outages: [{ after: 4000, millis: 500 }] })
      const env = envOf(simulator, { RATE_LIMIT_CALLS: "300", RATE_LIMIT_PERIOD: "0.1", BREAKER_COOLDOWN: "0.2" })
      const killed = project.start(["bulk"], { env })
      yield* until(simulator, 9000)
      killed.process.kill("SIGKILL")
      yield* Effect.promise(() => killed.ended)
      const before = simulator.seen(100)
      assert.isBelow(before.processed, 18_000)
      assert.match(readFileSync(path.join(project.folder, "logs", "api_client.log"), "utf8"), /WARNING - The record API seems to be down .*\(breaker Open\)/)

      const resumed = yield* project.run(["bulk"], { env })
      assert.strictEqual(resumed.code, 0, resumed.stderr)
      const seen = simulator.seen(100)
      assert.isAtMost(seen.most, 300)
      assert.strictEqual(seen.processed, yield* Effect.map(stored(project), ({ results }) => results))
      assert.deepStrictEqual(yield* keys(project), [...simulator.ledger.keys()].toSorted())
      const { failed, read, results } = yield* stored(project)
      assert.deepStrictEqual([read, results + failed], [20_000, 20_000])
      assert.isAtMost(failed, 1001)
      // Only what was on its way, or not committed yet, was sent again.
      assert.isBelow(seen.repeated, 3000)
      assert.match(resumed.stdout, /^Records read {9}20,000$/m)
    }))

  it.live("a SIGKILL of a run with --force: what is stored is as it was, and is told where nothing is left to do", () =>
    Effect.gen(function*() {
      const project = yield* make
      yield* write(project, "records.csv", 900)
      const simulator = yield* Simulator.make({ latency: "5 millis" })
      const env = envOf(simulator, { RATE_LIMIT_CALLS: "60", RATE_LIMIT_PERIOD: "0.1", BATCH_SIZE: "100" })
      assert.strictEqual((yield* project.run(["bulk"], { env })).code, 0)
      const anew = project.start(["bulk", "--force"], { env })
      yield* Effect.repeat(Effect.sleep("20 millis"), { until: () => simulator.seen(100).repeated >= 350 })
      anew.process.kill("SIGKILL")
      yield* Effect.promise(() => anew.ended)
      const [open] = yield* query<{ readonly cells: number }>(project, "select count(*)::int as cells from sluice.checkpoints")
      assert.strictEqual(open?.cells, 1)
      const idle = yield* project.run(["bulk"], { env })
      assert.strictEqual(idle.code, 0, idle.stderr)
      assert.match(idle.stdout, /^Nothing to do: .*\n\nRecords read {9}900\nRecords processed {4}900$/m)
    }))

  it.live("a SIGKILL of one of two processes: the other one goes on with its chunk, and each record is processed once", () =>
    Effect.gen(function*() {
      const project = yield* make
      for (const part of [1, 2, 3, 4]) yield* write(project, `part-${part}.csv`, 700, { errorRate: 0.1, seed: part })
      const simulator = yield* Simulator.make({ latency: "10 millis" })
      const env = envOf(simulator, { RATE_LIMIT_CALLS: "50", RATE_LIMIT_PERIOD: "0.1", BATCH_SIZE: "100" })
      const run = project.start(["bulk", "--engine", "partitioned", "--workers", "2"], { env })
      yield* until(simulator, 700)
      // A busy machine takes longer to start the second process than the first one to send those.
      const others = yield* Effect.repeat(Effect.delay(query<{ readonly pid: number }>(project, `
        select w.pid::int as pid from sluice.run_workers m join sluice.workers w on w.number = m.worker join sluice.backfills b on b.run = m.run
        where w.pid <> ${run.process.pid}`), "50 millis"), { until: (found) => found.length > 0 })
      assert.strictEqual(others.length, 1)
      process.kill(others[0]!.pid, "SIGKILL")
      const { code, stderr, stdout } = yield* Effect.promise(() => run.ended)
      assert.strictEqual(code, 0, stderr)
      assert.match(stdout, /^Records read {9}2,800$/m)
      const seen = simulator.seen(100)
      assert.deepStrictEqual([yield* stored(project), seen.processed], [{ results: 2520, failed: 280, read: 2800 }, 2520])
      assert.deepStrictEqual(yield* keys(project), [...simulator.ledger.keys()].toSorted())
      assert.isAtMost(seen.most, 50)
      // Of what the killed one had on its way, and had not committed.
      assert.isBelow(seen.repeated, 400)
      assert.match(readFileSync(path.join(project.folder, "logs", "processor.log"), "utf8"), /WARNING - Process 2 ended with exit code 137/)
    }))

  it.live("a database that stays away: what is done is committed, and the same command goes on", () =>
    Effect.gen(function*() {
      const project = yield* make
      yield* write(project, "records.csv", 3000)
      const simulator = yield* Simulator.make({ latency: "20 millis" })
      const env = envOf(simulator, { RATE_LIMIT_CALLS: "1000", BATCH_SIZE: "100" })
      const database = new URL(project.databaseUrl).pathname.slice(1)
      const server = { ...project, databaseUrl: Object.assign(new URL(project.databaseUrl), { pathname: "/postgres" }).href }
      const begun = project.start(["bulk"], { env })
      yield* until(simulator, 500)
      yield* query(server, `alter database ${database} allow_connections false`)
      yield* query(server, `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}'`)
      const { code, stderr } = yield* Effect.promise(() => begun.ended)
      assert.strictEqual(code, 1, stderr)
      assert.match(stderr, /^What is done is committed\. The same command goes on with the rest\.$/m)
      yield* query(server, `alter database ${database} allow_connections true`)
      const again = yield* project.run(["bulk"], { env })
      assert.strictEqual(again.code, 0, again.stderr)
      assert.strictEqual(simulator.ledger.processed(), 3000)
      assert.deepStrictEqual(yield* stored(project), { results: 3000, failed: 0, read: 3000 })
    }), 120_000)
})
