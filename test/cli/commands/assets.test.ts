import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { escapes, project, weather } from "../fixture.ts"

describe("commands on assets", () => {
  it.live("list, show, preview, explain, check and runs tell what materialize has done", () =>
    Effect.gen(function*() {
      const { ran, run } = yield* project(weather)
      const dry = yield* run(["materialize", "weather", "--dry-run"])
      assert.strictEqual(dry.code, 0, dry.stderr)
      assert.match(dry.stdout, /weather\/readings +5 +missing +2024-03-01\.\.2024-03-05/)
      assert.include(dry.stdout, "11 cells to materialize. Nothing was changed.")
      assert.strictEqual((yield* run(["runs"])).stdout, "There are no runs yet: sluice materialize starts one.\n")
      assert.deepStrictEqual(yield* ran, [])

      const done = yield* run(["materialize", "weather"])
      assert.strictEqual(done.code, 0, done.stderr)
      assert.match(done.stdout, /✓ Run 1 succeeded in .*: 11 materialized \(16 rows\)/)
      assert.match(done.stdout, /✓ weather\/readings {2}below the limit \(5 cells\)/)
      assert.notMatch(done.stdout, escapes)
      assert.strictEqual(done.stderr, "")
      const again = yield* run(["materialize", "weather"])
      assert.deepStrictEqual([again.code, again.stdout], [0, "Nothing to do: all 11 cells are fresh.\n"])
      assert.strictEqual((yield* ran).length, 10)

      const list = yield* run(["list"])
      assert.match(list.stdout, /weather\/readings +daily from 2024-03-01 to 2024-03-06 in UTC +5 +5 +· +· +· +(just now|\d+ s ago)/)
      assert.match(list.stdout, /weather\/warmest +1 +1 +·/)
      const json: unknown = JSON.parse((yield* run(["list", "weather/summary", "--json"])).stdout)
      assert.nestedPropertyVal(json, "[0].fresh", 5)

      const show = yield* run(["show", "weather/readings"])
      for (const text of [
        "Temperatures of a day.", "ada", "daily", "io/Warehouse", "rows, replace by at", "degrees  double precision",
        "weather/summary  as readings", "below the limit", "station north", "2 rows"
      ]) assert.include(show.stdout, text)

      const preview = yield* run(["preview", "weather/readings", "--partition", "2024-03-02"])
      assert.deepStrictEqual(preview.stdout.split("\n"), [
        "AT             DEGREES", "2024-03-02T18        2", "2024-03-02T6         2", ""
      ])
      const document = yield* run(["preview", "weather/summary", "--limit", "1"])
      assert.strictEqual(document.stdout, "2024-03-01\n{\n  \"warmest\": 1\n}\n")
      const rows = yield* run(["preview", "weather/readings", "--limit", "3", "--json"])
      assert.deepStrictEqual(rows.stdout.trim().split("\n").map((line): unknown => JSON.parse(line))[0], { at: "2024-03-01T18", degrees: 1 })

      const runs = yield* run(["runs"])
      assert.match(runs.stdout, /1 +succeeded +weather +(just now|\d+ s ago) .* 11 +· +·/)
      const shown = yield* run(["run", "show", "1"])
      for (const text of ["Run 1  succeeded  weather", "run started", "below the limit"]) assert.include(shown.stdout, text)
      assert.match(shown.stdout, /weather\/readings +5 +· +· +10 /)
      assert.propertyVal(JSON.parse((yield* run(["run", "show", "1", "--json"])).stdout), "state", "succeeded")
    }))

  it.live("explain tells which upstream is newer, what is stale and what failed", () =>
    Effect.gen(function*() {
      const { run } = yield* project(weather)
      yield* run(["materialize", "weather"])
      const fresh = yield* run(["explain", "weather/summary@2024-03-02"])
      assert.match(fresh.stdout, /^weather\/summary@2024-03-02 {2}fresh\n/)
      yield* run(["materialize", "weather/readings", "--partition", "2024-03-02", "--force", "--set", "OFFSET=20"])
      const stale = yield* run(["explain", "weather/summary@2024-03-02"])
      assert.include(stale.stdout, "weather/summary@2024-03-02  stale: weather/readings changed")
      assert.match(stale.stdout, /readings +weather\/readings +version \d+ +version \d+ +newer: 2024-03-02/)
      assert.include(stale.stdout, "npx sluice materialize weather/summary --partition 2024-03-02")
      const all = yield* run(["explain", "weather/summary"])
      assert.match(all.stdout, /stale +1 +weather\/readings changed +2024-03-02/)
      assert.match(all.stdout, /fresh +4 +up to date +2024-03-01 and 3 more|fresh +4 +up to date/)
      const code = yield* run(["explain", "weather/summary@2024-03-01"], { env: { CODE: "2" } })
      assert.include(code.stdout, "stale: code version changed from \"1\" to \"2\"")
      yield* run(["materialize", "weather/readings", "--partition", "2024-03-03", "--force"], { env: { FAIL: "2024-03-03" } })
      const failed = yield* run(["explain", "weather/readings@2024-03-03"])
      assert.include(failed.stdout, "weather/readings@2024-03-03  failed: The station is silent.")
      const partitions = yield* run(["partitions", "weather/readings"])
      assert.match(partitions.stdout, /2024-03-03 +failed .* The station is silent\.\n2024-03-02 +fresh/)
      assert.strictEqual((yield* run(["partitions", "weather/readings", "--state", "failed", "--keys"])).stdout, "2024-03-03\n")
    }))

  it.live("check records what it finds and ends with 1 when an error is found", () =>
    Effect.gen(function*() {
      const { run } = yield* project(weather)
      const none = yield* run(["check"])
      assert.strictEqual(none.code, 0, none.stderr)
      assert.include(none.stdout, "0 checks passed, 1 without data")
      yield* run(["materialize", "weather/readings"])
      const good = yield* run(["check"])
      assert.deepStrictEqual([good.code, good.stdout.includes("1 check passed")], [0, true])
      const bad = yield* run(["check", "weather"], { env: { LIMIT: "5" } })
      assert.strictEqual(bad.code, 1)
      assert.match(bad.stdout, /✗ weather\/readings {2}below the limit: 2 of 2 rows at 2024-03-05/)
      const json = yield* run(["check", "--json"], { env: { LIMIT: "5" } })
      assert.lengthOf(JSON.parse(json.stdout), 5)
    }))

  it.live("check tells what the next write would refuse, although nothing is stale; what the table can be made to fit passes", () =>
    Effect.gen(function*() {
      const shaped = weather
        .replace("degrees: Schema.Finite })", "...shape })")
        .replace("const day =", `const shape = {
          degrees: process.env.TEXT ? Schema.String : Schema.Finite,
          ...(process.env.SKY ? { sky: Schema.NullOr(Schema.String) } : {})
        }
        const day =`)
      const { ran, run } = yield* project(shaped)
      yield* run(["materialize", "weather/readings"])
      const grown = yield* run(["check"], { env: { SKY: "1" } })
      assert.deepStrictEqual([grown.code, grown.stderr], [0, ""])
      const text = { env: { TEXT: "1" } }
      const before = yield* ran
      const dry = yield* run(["materialize", "weather/readings", "--dry-run"], text)
      assert.include(dry.stdout, "5 fresh")
      const refused = yield* run(["check"], text)
      assert.deepStrictEqual([refused.code, refused.stdout], [2, ""])
      assert.match(
        refused.stderr,
        /^error: weather\/readings: column "degrees" of "weather"\."readings" is double precision, and text in the schema; change the schema back/
      )
      const shown = yield* run(["preview", "weather/readings", "--partition", "2024-03-03"], text)
      assert.match(shown.stdout, /2024-03-03T18 +3\n/)
      const json = yield* run(["preview", "weather/readings", "--partition", "2024-03-03", "--json"], text)
      assert.deepStrictEqual([json.code, json.stdout, json.stderr], [
        2,
        "",
        "error: What is stored of weather/readings@2024-03-03 does not fit its schema: Expected string at [\"degrees\"]; " +
          "`sluice check` tells what the schema changed, and without --json it is shown as it is.\n"
      ])
      const written = yield* run(["materialize", "weather/readings", "--force"], text)
      assert.include(written.stderr + written.stdout, refused.stderr.trim().slice("error: ".length))
      assert.deepStrictEqual(yield* ran, before)
    }))

  it.live("check refuses what a daemon would refuse at its start; a selection asks of its assets alone", () =>
    Effect.gen(function*() {
      const { run } = yield* project(weather.replace("export default Deployment.make({", `const wrong = process.env.WRONG
      export default Deployment.make({
        schedules: wrong === "schedule" ? [Schedule.make("nightly", { cron: "0 2 * * *", request: { select: "wheather" } })] : [],
        hooks: wrong === "hook" ? [Hook.make("told", { tell: Hook.log() }), Hook.make("told", { tell: Hook.log() })] : [],
      `).replace("Rows, Warehouse }", "Rows, Warehouse, Hook, Schedule }"))
      const schedule = yield* run(["check"], { env: { WRONG: "schedule" } })
      const daemon = yield* run(["daemon"], { env: { WRONG: "schedule" } })
      assert.deepStrictEqual([schedule.code, schedule.stdout, schedule.stderr], [2, "", daemon.stderr])
      assert.include(schedule.stderr, "error: The schedule nightly asks for what there is not: There is no asset, pipeline or group \"wheather\".")
      const hook = yield* run(["check"], { env: { WRONG: "hook" } })
      assert.deepStrictEqual([hook.code, hook.stderr], [2, "error: Two hooks are named \"told\": give one another name.\n"])
      assert.strictEqual((yield* run(["check", "weather"], { env: { WRONG: "schedule" } })).code, 0)
    }))
})
