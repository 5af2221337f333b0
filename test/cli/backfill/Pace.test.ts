import { assert, describe, it } from "@effect/vitest"
import * as Pace from "../../../cli/backfill/Pace.ts"
import type { BackfillSummary } from "../../../engine/record/BackfillStore.ts"
import { RunRequest } from "../../../engine/record/Run.ts"

const now = Date.parse("2024-06-01T12:00:00Z")

const backfill = (more: Partial<BackfillSummary>): BackfillSummary => ({
  id: 7, name: null, state: "running", lost: false, cancelRequested: false,
  request: new RunRequest({ selection: "nhl", partitions: null, force: false, concurrency: 8 }),
  startedAt: new Date(now - 600_000), finishedAt: null, stopReason: null, retrying: null,
  planned: 10_000, materialized: 3_000, unchanged: 500, failed: 300, skipped: 200, participants: [], ...more
})

describe("the pace of a backfill", () => {
  it("is that of the last minute while it runs, and tells when it is done", () => {
    const pace = Pace.of(backfill({}), 1200, now)
    assert.deepStrictEqual(pace, { perSecond: 20, over: "the last minute", millisLeft: 300_000 })
    assert.strictEqual(Pace.describe(pace!), "20/s over the last minute · 5 min left")
  })

  it("of a young one it is over the time it has", () => {
    const young = backfill({ startedAt: new Date(now - 10_000) })
    assert.deepStrictEqual(Pace.of(young, 4000, now), { perSecond: 400, over: "the last minute", millisLeft: 15_000 })
  })

  it("where nothing ended lately, or it does not run, it is over all its time, and says nothing of what is left", () => {
    for (const one of [backfill({}), backfill({ state: "paused" }), backfill({ state: "cancelled", finishedAt: new Date(now) })]) {
      const pace = Pace.of(one, 0, now)
      assert.deepStrictEqual([pace?.over, pace?.millisLeft], ["all its time", undefined])
      assert.closeTo(pace!.perSecond, 4000 / 600, 1e-9)
    }
  })

  it("is not known of one that is lost or has done nothing", () => {
    assert.isUndefined(Pace.of(backfill({ lost: true }), 10, now))
    assert.isUndefined(Pace.of(backfill({ materialized: 0, unchanged: 0, failed: 0, skipped: 0 }), 0, now))
  })
})
