import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { project } from "../fixture.ts"

/** Two days of orders by a cron, what follows them, and an asset that asks for nothing. */
const shop = `
import { Effect, Layer, Schema } from "effect"
import { Asset, Automation, Deployment, Partitions, Pipeline, Rows, Warehouse } from "sluice"

const day = Partitions.daily({ start: "2026-01-01", end: "2026-01-04" })
const output = Rows.of(Schema.Struct({ id: Schema.String }), { key: ["id"] })
const of = (key, more) => Asset.make(key, { partitions: day, output, io: Warehouse, run: (_, day) => Effect.succeed([{ id: day.key }]), ...more })

const orders = of("shop/orders", { automation: Automation.onCron("0 2 * * *", "Europe/Berlin") })
const revenue = of("shop/revenue", { inputs: { orders }, automation: Automation.limited(Automation.eager, { atMost: 2 }) })

export default Deployment.make({
  pipelines: [Pipeline.make("shop", { assets: [orders, revenue, of("shop/notes", {})] })],
  io: Warehouse.layer,
  resources: Layer.empty
})
`

describe("automation on the command line", () => {
  it.live("is listed, explained and simulated; wrong words are refused in one sentence", () =>
    Effect.gen(function*() {
      const { run } = yield* project(shop)
      const listed = yield* run(["automation", "list"])
      assert.match(listed.stdout, /shop\/orders +new +1,000 +· +onCron 0 2 \* \* \* in Europe\/Berlin\n/, listed.stderr)
      assert.match(listed.stdout, /shop\/revenue +new +2 +· +eager\n/)

      assert.deepInclude(JSON.parse((yield* run(["automation", "list", "--json"])).stdout)[0], { asset: "shop/orders", state: "new", evaluated: null })
      const stopped = yield* run(["automation", "stop", "shop/revenue"])
      assert.strictEqual(stopped.stdout, "The automation of shop/revenue is stopped: no daemon asks for it until `sluice automation start shop/revenue`.\n")
      assert.match((yield* run(["automation", "list"])).stdout, /shop\/revenue +stopped/)
      const explained = (yield* run(["automation", "explain", "shop/revenue"])).stderr
      for (const text of ["It is stopped: no daemon asks for it", "No daemon is up that evaluates automation"]) assert.include(explained, text)
      assert.include((yield* run(["automation", "start", "shop/revenue"])).stdout, "is running")
      assert.match((yield* run(["automation", "list"])).stdout, /shop\/revenue +running/)

      const simulated = yield* run(["automation", "simulate", "--from", "2026-01-01", "--to", "2026-01-05"])
      assert.deepStrictEqual(simulated.stdout.split("\n").slice(1, -1).map((line) => line.split(/ {2,}/).slice(0, 4)), [
        ["2026-01-02T01:00:00Z", "shop/orders", "1", "2026-01-01"],
        ["2026-01-02T01:00:00Z", "shop/revenue", "1", "2026-01-01"],
        ["2026-01-03T01:00:00Z", "shop/orders", "1", "2026-01-02"],
        ["2026-01-03T01:00:00Z", "shop/revenue", "1", "2026-01-02"],
        ["2026-01-04T01:00:00Z", "shop/orders", "1", "2026-01-03"],
        ["2026-01-04T01:00:00Z", "shop/revenue", "1", "2026-01-03"],
        ["2026-01-05T01:00:00Z", "shop/orders", "1", "2026-01-03"],
        ["2026-01-05T01:00:00Z", "shop/revenue", "1", "2026-01-03"]
      ])
      assert.include((yield* run(["automation", "simulate", "--from", "2026-01-01", "--to", "2026-01-01T12:00"])).stdout, "Nothing would be asked for")

      yield* run(["materialize", "shop/orders", "--partitions", "2026-01-02.."])
      const cell = yield* run(["automation", "explain", "shop/revenue@2026-01-01"])
      assert.deepStrictEqual(cell.stdout.trimEnd().split("\n"), [
        "shop/revenue@2026-01-01  missing",
        "  eager, at most 2 cells at once, the newest first",
        "",
        "  ✗ all of these",
        "    ✓ any of these",
        "      ✓ missing",
        "      ✗ stale",
        "      ✗ failed",
        "    ✗ not blocked",
        "        shop/orders@2026-01-01 is not stored",
        "    ✓ nothing it reads is in progress",
        "",
        "  not asked for, because this is false: not blocked"
      ])
      const all = yield* run(["automation", "explain", "shop/revenue"])
      assert.include(all.stdout, "shop/revenue  3 cells · 3 missing\n")
      assert.include(all.stdout, "◐ not blocked  2 of 3: 2026-01-02, 2026-01-03\n        shop/orders: not stored  1 of 3: 2026-01-01\n")
      assert.include(all.stdout, "2 of 3: 2026-01-02, 2026-01-03")
      assert.include(all.stdout, "2 cells asked for by the next evaluation of a daemon: 2026-01-02, 2026-01-03")
      assert.match((yield* run(["automation", "explain", "shop/orders"])).stdout, /✗ a tick of 0 2 \* \* \* in Europe\/Berlin, the next in \d+ /)
      const json = JSON.parse((yield* run(["automation", "explain", "shop/revenue", "--json"])).stdout)
      assert.deepInclude(json, { asked: 2, left: [] })
      assert.deepInclude(json.truth, { asset: "shop/revenue", true: 2, of: 3 })

      for (const [words, sentence] of [
        [["stop", "shop/notes"], "shop/notes has no automation"],
        [["start", "shop/revenues"], "Did you mean \"shop/revenue\"?"],
        [["explain", "shop/notes"], "shop/notes has no automation"],
        [["explain", "shop/revenue@2026-02-01"], "is not a partition of shop/revenue"],
        [["simulate", "--to", "soon"], "\"soon\" of --to is not a time"],
        [["simulate", "--from", "2026-02", "--to", "2026-01"], "is before the beginning"]
      ] as const) {
        const refused = yield* run(["automation", ...words])
        assert.strictEqual(refused.code, 2)
        assert.include(refused.stderr, sentence)
      }
    }), 30_000)
})
