import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync } from "node:fs"
import * as path from "node:path"
import { project } from "../fixture.ts"

const shop = `
import { Effect, Layer, Schema } from "effect"
import { Asset, Deployment, Hook, Partitions, Pipeline, Rows, Warehouse } from "sluice"

const output = Rows.of(Schema.Struct({ id: Schema.String }), { key: ["id"] })
const of = (key, more) => Asset.make(key, { output, io: Warehouse, run: () => Effect.succeed([{ id: "1" }]), ...more })

export default Deployment.make({
  pipelines: [Pipeline.make("shop", { assets: [
    of("shop/orders", { freshness: { within: "26 hours" } }),
    of("shop/past", { freshness: { within: "26 hours" }, partitions: Partitions.daily({ start: "2024-01-01", end: "2024-01-03" }) }),
    of("shop/notes", {})
  ] })],
  hooks: [Hook.make("old", { on: Hook.freshnessMissed, recovery: true, tell: Hook.command(["sh", "-c", "cat >> told.json; echo >> told.json"]) })],
  io: Warehouse.layer,
  resources: Layer.empty
})
`

describe("freshness on the command line", () => {
  it.live("tells what is too old, with exit code 1; so do list and status", () =>
    Effect.gen(function*() {
      const { folder, run } = yield* project(shop)
      const before = yield* run(["freshness"])
      assert.strictEqual(before.code, 1, before.stderr)
      assert.match(before.stdout, /✗ +shop\/orders +nothing is stored +26 h/)
      assert.include(before.stdout, "2 of 2 assets too old")
      yield* run(["materialize", "shop"])
      const after = yield* run(["freshness"])
      assert.strictEqual(after.code, 1)
      assert.match(after.stdout, /✓ +shop\/orders/)
      assert.match(after.stdout, /✗ +shop\/past/)
      const some = yield* run(["freshness", "shop/orders", "shop/notes", "--json"])
      assert.strictEqual(some.code, 0)
      const [orders, more] = JSON.parse(some.stdout)
      assert.isUndefined(more)
      assert.deepInclude(orders, { asset: "shop/orders", withinMillis: 93_600_000, cron: null, timezone: null, tooOld: false })
      assert.match((yield* run(["list"])).stdout, /shop\/past .*just now, too old/)
      assert.match((yield* run(["status", "shop"])).stdout, /shop\/past .*too old/)
      assert.include((yield* run(["status", "shop/past"])).stdout, "old, too old: it may be 26 h")
      assert.strictEqual(JSON.parse((yield* run(["status", "shop/notes", "--json"])).stdout).freshness, null)
      assert.include((yield* run(["freshness", "shop/notes"])).stdout, "No asset of the selection says how old it may be")

      // The run has told it at its end, and one that changes nothing of it does not.
      yield* run(["materialize", "shop/orders", "--force"])
      const told = readFileSync(path.join(folder, "told.json"), "utf8").trim().split("\n").map((line) => JSON.parse(line))
      assert.deepStrictEqual(told.map(({ title }) => title), ["shop/past is too old"])
      assert.match(told[0].text, /^Its data is of 2024-01-\d\d 00:00:00 UTC, and it may be 26 h old\.$/m)
    }), 30_000)
})
