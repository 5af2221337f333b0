/** What the compiler must refuse of schedules. Checked by tsc; each refusal is an expected error. */
import { Effect, Schema } from "effect"
import { Asset, Partitions, Pipeline, Rows, Schedule, Warehouse } from "../../index.ts"

const orders = Asset.make("shop/orders", {
  partitions: Partitions.daily({ start: "2026-01-01" }),
  output: Rows.of(Schema.Struct({ id: Schema.String }), { key: ["id"] }),
  io: Warehouse,
  run: () => Effect.succeed([])
})

export const nightly = Schedule.make("nightly", { cron: ["0 2 * * *"], request: { select: orders, partitions: "latest" } })
export const decided = Schedule.make("decided", {
  every: "1 minute",
  request: ({ local }) => local.startsWith("2026") ? { select: [orders, "shop"], force: true } : Schedule.skip("not this year")
})
export const shop = Pipeline.make("shop", { assets: [orders], schedule: { cron: "0 2 * * *", catchUp: { within: "1 day" } } })

// @ts-expect-error by the clock, or in a loop
Schedule.make("both", { cron: "0 2 * * *", every: "1 minute" })
// @ts-expect-error neither
Schedule.make("neither", { timezone: "UTC" })
// @ts-expect-error a loop is never in two runs at once
Schedule.make("loop", { every: "1 minute", overlap: "allow" })
// @ts-expect-error no such policy
Schedule.make("policy", { cron: "0 2 * * *", catchUp: "some" })
// @ts-expect-error no such day
Schedule.make("days", { cron: "0 2 * * *", during: { days: ["Monday"] } })
// @ts-expect-error a tick asks for something, or says why not
Schedule.make("nothing", { cron: "0 2 * * *", request: () => undefined })
