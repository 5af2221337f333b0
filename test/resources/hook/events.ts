/** An event, and what a channel makes of it. */
import { Effect } from "effect"
import { Hook, LimitStore } from "sluice"
import { MemoryLimitStore } from "sluice/testing"

const at = new Date("2026-03-08T10:00:00.000Z")

export const event: Hook.HookEvent = {
  id: "night.12.7",
  hook: "night",
  kind: "failed",
  at,
  title: "shop: run 12 failed",
  text: "shop: run 12 failed: 1 cell\nshop/orders@2026-03-07: <!channel> a & b > c",
  run: {
    id: 12, selection: "shop", partitions: null, startedAt: at, finishedAt: at, worker: "north:7", materialized: 3, failed: 1, skipped: 0
  },
  failures: [{ asset: "shop/orders", partition: "2026-03-07", count: 1, error: "<!channel> a & b > c", attempts: 1 }],
  subject: null,
  checks: [],
  resume: "npx sluice run resume 12",
  repeats: 0,
  others: 0
}

/** Sends the event; gives "sent", or the error. */
export const told = (channel: Hook.Channel<LimitStore>, sent: Hook.HookEvent = event) =>
  Effect.match(channel.send(sent), { onFailure: (error) => error, onSuccess: () => "sent" as const }).pipe(
    Effect.provideServiceEffect(LimitStore, Effect.sync(MemoryLimitStore.make))
  )
