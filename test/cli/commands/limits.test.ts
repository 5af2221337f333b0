import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { project } from "../fixture.ts"

/** Six calls a run, under a limit that lets one be made in ten minutes; `shop/slow` makes none. */
const shop = `
import { appendFileSync } from "node:fs"
import { Context, Effect, Layer, Schema } from "effect"
import { Asset, Deployment, Limiter, Partitions, Pipeline, RateLimit, Rows, Warehouse } from "sluice"

const ordering = RateLimit.make("shop/orders", { calls: 1, per: "10 minutes" })

class Shop extends Context.Service()("Shop") {
  static layer = Layer.effect(Shop, Effect.gen(function*() {
    const orders = yield* Limiter.make(ordering)
    yield* Limiter.make(RateLimit.make("shop/slow", { calls: 1, per: "1 hour" }))
    return { order: (id) => orders.use(Effect.sync(() => appendFileSync("calls.log", Date.now() + "\\n")).pipe(Effect.as([{ id }]))) }
  }))
}

const order = Asset.make("shop/order", {
  partitions: Partitions.fixed(["a", "b", "c", "d", "e", "f"]),
  output: Rows.of(Schema.Struct({ id: Schema.String }), { key: ["id"] }),
  io: Warehouse,
  limits: [ordering],
  run: (_, id) => Effect.flatMap(Shop, (shop) => shop.order(id))
})

export default Deployment.make({
  pipelines: [Pipeline.make("shop", { assets: [order] })],
  io: Warehouse.layer,
  resources: Shop.layer
})
`

describe("rate limits on the command line", () => {
  it.live("are overridden for a run by name, by seconds and by a setting; wrong ones are refused in one sentence", () =>
    Effect.gen(function*() {
      const { run } = yield* project(shop)
      const done = yield* run(["materialize", "shop", "--partitions", "a,b", "--limit", "shop/orders=100/s"])
      assert.strictEqual(done.code, 0, done.stderr)
      const paced = yield* run(["materialize", "shop", "--partitions", "c,d", "--rate-limit", "0.05"])
      assert.strictEqual(paced.code, 0, paced.stderr)
      const set = yield* run(["materialize", "shop", "--partitions", "e"], { env: { SLUICE_LIMITS: "shop/orders=20/0.5s" } })
      assert.strictEqual(set.code, 0, set.stderr)

      const dry = yield* run(["backfill", "shop", "--only", "all", "--dry-run"])
      assert.match(dry.stdout, /ITS LIMIT +ABOUT +PARTITIONS\n.*shop\/orders: 1 h/)
      const quick = yield* run(["backfill", "shop", "--only", "all", "--dry-run", "--json", "--limit", "shop/orders=1/2s"])
      assert.deepStrictEqual(JSON.parse(quick.stdout).computations[0].limit, { name: "shop/orders", millis: 12_000 })

      const refusals = [
        [["--limit", "shop/order=5/s"], "There is no rate limit \"shop/order\". Did you mean \"shop/orders\"?"],
        [["--limit", "shop/orders=0/s"], "--limit: \"0/s\" of the limit shop/orders is no rate: calls are a whole number from 1 to 1,000,000,000."],
        [["--rate-limit=-1"], "\"-1\" of --rate-limit is no time between calls: write seconds from 0.001 on, like 0.5."]
      ] as const
      for (const [args, sentence] of refusals) {
        const refused = yield* run(["materialize", "shop", ...args])
        assert.deepStrictEqual([refused.code, refused.stderr], [2, `error: ${sentence}\n`])
      }

      const listed = yield* run(["limits"])
      assert.match(listed.stdout, /shop\/orders +global +idle +\d/)
      const [json] = JSON.parse((yield* run(["limits", "--json"])).stdout)
      assert.deepInclude(json, { limit: "shop/orders", scope: "global", machine: null, factor: 1, waiting: 0, processes: 0 })
    }), 60_000)
})
