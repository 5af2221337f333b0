/** `sluice nba` as a user runs it: child processes and real Postgres, on assets that stand in for the NBA's. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { existsSync, readFileSync, rmSync } from "node:fs"
import { join } from "node:path"
import type { Project } from "../../cli/fixture.ts"
import * as Simulator from "../../../simulators/nba/Simulator.ts"
import * as fixture from "../../cli/fixture.ts"
import * as deployment from "./deployment.ts"

const words = (line: string) => line.split(" ")

const log = (project: Project, name = "nba_endpoint_processor.log") => readFileSync(join(project.folder, name), "utf8")

const ids = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `00221${String(from + i + 1).padStart(5, "0")}`)

/** The ids that were asked for, in order. */
const asked = (project: Project, endpoint: string) =>
  Effect.map(project.ran, (lines) => lines.filter((line) => line.startsWith(`${endpoint} `)).map((line) => line.split(" ")[1]!).toSorted())

describe("sluice nba", () => {
  it.live("refuses what is not there before the first call; makes one call an id, tracks what fails, skips it next time, and tries it again when asked to", () =>
    Effect.gen(function*() {
      const project = yield* deployment.project
      const go = (line: string, env: NodeJS.ProcessEnv = {}) => project.run(words(line), { env })
      const refused = (line: string) => Effect.map(go(line), ({ code, stderr }) => code === 2 ? stderr : `${line} ended with ${code}`)
      assert.match(
        yield* refused("nba --endpoint CommonPlayerInfo"),
        /CommonPlayerInfo: there is no player to ask about, since the master table nba_players is missing or empty\. Fill it with `npx sluice materialize nba\/players`/
      )
      yield* go("materialize nba/games")
      assert.match(
        yield* refused("nba --endpoints BoxScoreAdvancedV3 PlayByPlayV3 --param-start 30"),
        /BoxScoreAdvancedV3, PlayByPlayV3: the range begins at place 30, which is beyond the data: nba_games has 30 game ids/
      )
      assert.match(yield* refused("nba --endpoint PlayByPlayV3 --param-list 0022100003 0022199999"), /PlayByPlayV3: "0022199999" is not a key of nba\/game.* `npx sluice materialize nba\/games --partitions/)
      assert.deepStrictEqual(yield* project.ran, [])
      yield* Effect.sync(() => rmSync(join(project.folder, "nba_endpoint_processor.log")))

      const first = yield* go("nba --endpoint BoxScoreAdvancedV3 --node-id n1", { FAIL: "0022100002" })
      assert.strictEqual(first.code, 1, first.stderr)
      assert.deepStrictEqual(yield* asked(project, "BoxScoreAdvancedV3"), ids(0, 30))
      for (const line of [
        "INFO - [n1] Table nba_boxscoreadvancedv3: 30 missing parameters out of 30 total",
        "INFO - [n1] [SUCCESS] Inserted 4 rows for game 0022100001",
        "ERROR - [n1] Failed call tracked: BoxScoreAdvancedV3 game_id=0022100002 - rate limit: The NBA API says it was asked too often for 0022100002.",
        "INFO - [n1] asked for 0022100001",
        "INFO - [n1] [SUMMARY] PROCESSING SUMMARY on node n1: 1 endpoint, 116 rows stored",
        "INFO - [n1] [CALLS] Total API calls made: 30",
        "INFO - [n1] [ERRORS] Total errors: 1",
        "INFO - [n1] [RATE] Overall success rate: 96.7%"
      ]) assert.include(deployment.messages(first.stdout), line)
      assert.match(first.stdout, /\[PROGRESS\] 25\/30 \(2[45] success, [01] errors\) - [\d.]+ calls\/min - ETA \d+s/)
      assert.strictEqual(log(project), first.stdout)
      for (const line of first.stdout.trim().split("\n")) assert.match(line, deployment.lineForm)

      // The queries of the seed, as they are written there.
      const failed = yield* deployment.query<Record<string, unknown>>(
        project,
        "SELECT * FROM nba_endpoint_failed_calls ORDER BY failed_at DESC LIMIT 10;"
      )
      assert.deepStrictEqual(Object.keys(failed[0]!), [
        "id", "endpoint_name", "table_name", "parameter_name", "parameter_value", "error_message", "failed_at", "retry_count"
      ])
      const { failed_at, ...rest } = failed[0]!
      assert.instanceOf(failed_at, Date)
      assert.deepStrictEqual([failed.length, rest], [1, {
        id: 1, endpoint_name: "BoxScoreAdvancedV3", table_name: "nba_boxscoreadvancedv3", parameter_name: "game_id",
        parameter_value: "0022100002", error_message: "Refused: The NBA API says it was asked too often for 0022100002.", retry_count: 0
      }])
      const tables = yield* deployment.query<{ readonly count: bigint }>(
        project,
        "SELECT COUNT(*) FROM information_schema.tables WHERE table_name LIKE 'nba_%';"
      )
      assert.isAtLeast(Number(tables[0]!.count), 2)

      const second = yield* go("nba --endpoint BoxScoreAdvancedV3 --node-id n1")
      assert.strictEqual(second.code, 0)
      assert.include(second.stdout, "0 missing parameters out of 30 total")
      assert.include(second.stdout, "calls that failed before (1) are skipped; --retry-failed tries them again")
      assert.include(second.stdout, "DISTRIBUTED PROCESSING COMPLETED SUCCESSFULLY")

      const again = yield* go("nba --endpoint BoxScoreAdvancedV3 --node-id n2 --retry-failed", { FAIL: "0022100002" })
      assert.strictEqual(again.code, 1)
      const retried = yield* deployment.query<{ readonly retry_count: number }>(project, "select retry_count from nba_endpoint_failed_calls")
      assert.deepStrictEqual(retried.map((row) => row.retry_count), [1])
      const report = yield* go("nba report")
      assert.strictEqual(report.code, 0, report.stderr)
      assert.match(report.stdout, /nba_boxscoreadvancedv3_playerstats\s+58\s/)
      assert.match(report.stdout, /BoxScoreAdvancedV3\s+30\s+29\s+1\s+0\s/)
      assert.match(report.stdout, /n1\s+29\s+1\s+116\s[\s\S]*n2\s+0\s+1\s+0\s/)
      assert.match(report.stdout, /BoxScoreAdvancedV3 game_id=0022100002\s+1\s+Refused: The NBA API says/)

      const well = yield* go("nba --endpoint BoxScoreAdvancedV3 --node-id n2 --retry-failed")
      assert.strictEqual(well.code, 0)
      assert.deepStrictEqual(yield* deployment.query(project, "select id from nba_endpoint_failed_calls"), [])
      // A table that another program has made stays.
      yield* deployment.query(project, "drop view nba_endpoint_failed_calls")
      yield* deployment.query(project, "drop function nba_failed_calls")
      yield* deployment.query(project, "create table nba_endpoint_failed_calls as select 7 as id")
      assert.strictEqual((yield* go("nba report")).code, 0)
      assert.deepStrictEqual(yield* deployment.query(project, "select id from nba_endpoint_failed_calls"), [{ id: 7 }])
      assert.strictEqual((yield* asked(project, "BoxScoreAdvancedV3")).length, 32)
    }))

  it.live("two nodes with ranges, started at once, are disjoint and cover; after SIGTERM and SIGKILL the same command goes on without asking twice", () =>
    Effect.gen(function*() {
      const project = yield* deployment.filled
      const nodes = [["--node-id", "a", "--param-start", "0", "--param-end", "15"], ["--node-id", "b", "--param-start", "15", "--param-end", "30"]]
      const started = nodes.map((node) => project.start(["nba", "--endpoints", "BoxScoreAdvancedV3", "TeamGameLogs", "--log-file", `${node[1]}.log`, ...node], { env: { NBA_SEASON: "2022-23" } }))
      for (const one of yield* Effect.promise(() => Promise.all(started.map((one) => one.ended)))) assert.strictEqual(one.code, 0, one.stdout + one.stderr)
      assert.deepStrictEqual(yield* asked(project, "BoxScoreAdvancedV3"), ids(0, 30))
      assert.deepStrictEqual(yield* asked(project, "TeamGameLogs"), ["2022-23"])
      assert.include(log(project, "b.log"), "[b] Table nba_boxscoreadvancedv3: 15 missing parameters out of 15 total")
      assert.include(log(project, "a.log") + log(project, "b.log"), "TeamGameLogs: asked about seasons, which ranges of ids do not concern.")
      const nodesOf = yield* deployment.query<{ readonly node: string; readonly cells: number }>(
        project,
        "select node, count(*)::int as cells from sluice.ledger where asset = 'nba/boxscoreadvancedv3' group by 1 order by 1"
      )
      assert.deepStrictEqual(nodesOf.map(({ cells, node }) => [node, cells]), [["a", 15], ["b", 15]])

      const slow = (signal: NodeJS.Signals) => {
        const running = project.start(words("nba --endpoint PlayByPlayV3 --node-id a --concurrency 2"), { env: { SLOW: "60" } })
        return Effect.promise(() => running.says("[SUCCESS] Inserted").then(() => running.process.kill(signal)).then(() => running.ended))
      }
      const ended = yield* slow("SIGTERM")
      assert.deepStrictEqual([ended.code, ended.stdout.includes("DISTRIBUTED PROCESSING INTERRUPTED")], [130, true], ended.stdout)
      assert.include(ended.stdout, "[SUMMARY] PROCESSING SUMMARY on node a")
      yield* slow("SIGKILL")
      const stored = yield* deployment.query<{ readonly gameid: string }>(project, "select distinct gameid from nba_playbyplayv3_playbyplay order by 1")
      const before = yield* asked(project, "PlayByPlayV3")
      assert.isBelow(stored.length, 30)
      const resumed = yield* project.run(words("nba --endpoint PlayByPlayV3 --node-id a"))
      assert.strictEqual(resumed.code, 0, resumed.stdout)
      assert.include(resumed.stdout, `${30 - stored.length} missing parameters out of 30 total`)
      const all = yield* asked(project, "PlayByPlayV3")
      // What was asked for and not stored before the kill is asked for again, nothing else.
      assert.strictEqual(all.length - before.length, 30 - stored.length)
      const rows = yield* deployment.query<{ readonly n: number }>(project, "select count(*)::int as n from nba_playbyplayv3_playbyplay")
      assert.strictEqual(rows[0]!.n, 60)
    }))

  it.live("a dry run is the same by options and by file, writes nothing, and does without a database", () =>
    Effect.gen(function*() {
      const project = yield* deployment.filled
      const file = {
        node_id: "n1", endpoints: ["PlayByPlayV3", { endpoint: "BoxScoreAdvancedV3" }], rate_limit: 0.5,
        parameter_config: { start_index: 10, limit: 100 }
      }
      yield* project.write("node1.json", JSON.stringify(file))
      const options = words("nba --endpoints PlayByPlayV3 BoxScoreAdvancedV3 --node-id n1 --rate-limit 0.5 --param-start 10 --param-limit 100 --dry-run")
      const byOptions = yield* project.run(options)
      const nowhere = { DATABASE_URL: "postgres://ada:hush-hush@127.0.0.1:1/none" }
      const server = new URL(project.databaseUrl)
      yield* project.write("db.json", JSON.stringify({
        host: server.hostname, port: server.port, name: server.pathname.slice(1),
        user: decodeURIComponent(server.username), password: decodeURIComponent(server.password)
      }))
      const byFile = yield* project.run(words("nba --config node1.json --db-config db.json --dry-run"), { env: nowhere })
      assert.deepStrictEqual([byOptions.code, byFile.code], [0, 0], byOptions.stderr + byFile.stderr)
      assert.deepStrictEqual(deployment.messages(byFile.stdout), deployment.messages(byOptions.stdout))
      for (const line of [
        "INFO - [n1] [DRY-RUN] PlayByPlayV3 (game_based, high): 20 of 20 game ids (places 10 to 109) missing",
        "WARNING - [n1] [DRY-RUN] PlayByPlayV3, BoxScoreAdvancedV3: the range ends at place 109, and there are only 30 game ids: 20 are taken.",
        "INFO - [n1] [DRY-RUN] 40 calls, at least 20s. No request was made, nothing was written"
      ]) assert.include(deployment.messages(byOptions.stdout), line)
      assert.deepStrictEqual(yield* project.ran, [])
      assert.isFalse(existsSync(join(project.folder, "nba_endpoint_processor.log")))
      assert.deepStrictEqual(yield* deployment.query(project, "select 1 from pg_class where relname like 'nba%calls'"), [])
      const json: unknown = JSON.parse((yield* project.run(["nba", ...words("--config node1.json --dry-run --json")])).stdout)
      assert.propertyVal(json, "calls", 40)

      const absent = yield* project.run(options, { env: { DATABASE_URL: "" } })
      assert.deepStrictEqual([absent.code, absent.stdout.includes("since the ids are not known: there is no database yet")], [0, true])
      assert.isFalse(existsSync(join(project.folder, ".sluice")))
      const offline = yield* project.run(options, { env: nowhere })
      assert.strictEqual(offline.code, 0, offline.stderr)
      assert.include(offline.stdout, "since the ids are not known: No Postgres server answers at 127.0.0.1 port 1")
      assert.include(offline.stdout, "PlayByPlayV3 (game_based, high): at most 100 game ids (places 10 to 109)")
      const run = yield* project.run(words("nba --endpoint PlayByPlayV3 --node-id n1"), { env: nowhere })
      assert.deepStrictEqual([run.code, /No Postgres server answers/.test(run.stderr)], [2, true])
      const all = [byFile, offline, run].map(({ stderr, stdout }) => stdout + stderr).join() + log(project)
      for (const secret of ["hush-hush", server.password]) assert.notInclude(all, secret)
    }))

  it.live("on the NBA's own assets: calls are as far apart as --rate-limit says, at the server", () =>
    Effect.gen(function*() {
      const simulator = yield* Simulator.make({ years: [2023], gamesASeason: 5 })
      const project = yield* fixture.project(deployment.own)
      const env = { NBA_SOURCE: simulator.url, NBA_SEASON: "2023-24" }
      const filled = yield* project.run(words("materialize nba/players"), { env })
      assert.strictEqual(filled.code, 0, filled.stderr)
      const before = simulator.arrivals.length
      const ended = yield* project.run(words("nba --endpoints CommonPlayerInfo TeamGameLogs --param-limit 5 --rate-limit 0.15 --node-id n1"), { env })
      assert.strictEqual(ended.code, 0, ended.stdout + ended.stderr)
      const arrivals = simulator.arrivals.slice(before)
      const gaps = arrivals.slice(1).map((at, i) => at - arrivals[i]!)
      assert.strictEqual(arrivals.length, 6)
      assert.isTrue(gaps.every((gap) => gap >= 149), gaps.join(" "))
      assert.include(ended.stdout, "[n1] Pace: one call every 0.15 s")
      assert.include(ended.stdout, "[n1] [CALLS] Total API calls made: 6")
    }))
})
