import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Redacted } from "effect"
import * as Text from "../../../cli/terminal/Text.ts"
import { project, weather } from "../fixture.ts"

const letTimePass = (databaseUrl: string) =>
  Effect.gen(function*() {
    const sql = yield* PgClient.PgClient
    yield* sql`update sluice.runs set finished_at = finished_at - interval '100 days'`
  }).pipe(Effect.provide(PgClient.layer({ url: Redacted.make(databaseUrl) })))

describe("sluice prune", () => {
  it.live("says what it would remove, removes that, and then finds nothing", () =>
    Effect.gen(function*() {
      const { databaseUrl, run } = yield* project(weather)
      yield* run(["materialize", "weather/readings"])
      yield* run(["materialize", "weather/readings", "--force"])
      assert.include((yield* run(["prune", "--older-than", "1h"])).stdout, "Nothing is recorded that ended more than 1h ago")
      yield* letTimePass(databaseUrl)

      const told = yield* run(["prune", "--older-than", "90d", "--dry-run"])
      const [, rows = ""] = /(\d+) rows of [\d.]+ k?B would be removed; nothing was\./.exec(told.stdout) ?? []
      assert.isAbove(Number(rows), 3, told.stdout + told.stderr)
      const removed = yield* run(["prune", "--older-than", "90d"])
      assert.include(removed.stdout, `${rows} rows of `, removed.stderr)
      assert.match(removed.stdout, /^steps +\d+ +\d+ k?B$/m)
      assert.include((yield* run(["prune", "--older-than", "90d"])).stdout, "Nothing is recorded")
      assert.match((yield* run(["runs"])).stdout, /^ +2 +succeeded/m)
      // Nothing became stale by it.
      assert.match((yield* run(["materialize", "weather/readings"])).stdout, /nothing to do|up to date|fresh/i)
      const json = JSON.parse((yield* run(["prune", "--older-than", "12w", "--json"])).stdout)
      assert.deepInclude(json, { dryRun: false })
      assert.deepInclude(json.removed, { kind: "steps", rows: 0, bytes: 0 })
    }))

  it.live("refuses what is no span", () =>
    Effect.gen(function*() {
      const { run } = yield* project(weather)
      for (const text of ["90", "0d", "-3d", "3mo", "999999w", "soon"]) {
        const refused = yield* run(["prune", `--older-than=${text}`])
        assert.deepStrictEqual(
          [refused.code, refused.stderr.split("\n")[0]],
          [2, `error: "${text}" of --older-than is not a span of time: write one like 36h, 90d or 12w.`]
        )
      }
      const refused = yield* run(["prune"])
      assert.deepStrictEqual([refused.code, refused.stderr.split("\n")[0]], [
        2, "error: How old is old: say it by --older-than 90d, or by the `retention` of the deployment."
      ])
    }))

  it.live("goes by the deployment's retention, where nothing else is said", () =>
    Effect.gen(function*() {
      const { run } = yield* project(weather.replace("  io: Layer", "  retention: \"90 days\",\n  io: Layer"))
      const pruned = yield* run(["prune", "--dry-run"])
      assert.deepStrictEqual([pruned.code, pruned.stdout], [0, "Nothing is recorded that ended more than 90d ago and is not needed.\n"])
      const wrong = yield* project(weather.replace("  io: Layer", "  retention: \"90 seconds\",\n  io: Layer"))
      const refused = yield* wrong.run(["prune"])
      assert.strictEqual(refused.code, 2)
      assert.include(refused.stderr, "The retention of a deployment should be a span of time of at least an hour, such as \"90 days\"")
    }))
})

describe("sizes", () => {
  it("are told in powers of 1000", () => {
    assert.deepStrictEqual([0, 812, 64_400, 1_240_000, 53_000_000, 9.9e12].map(Text.size), ["0 B", "812 B", "64 kB", "1.2 MB", "53 MB", "9.9 TB"])
  })
})
