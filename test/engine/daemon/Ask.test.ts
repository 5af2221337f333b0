/** What ticks and sensors ask for, as requests of runs. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import * as Ask from "../../../engine/daemon/Ask.ts"
import * as Schedule from "../../../engine/schedule/Schedule.ts"
import type { Store } from "../assets.ts"
import { graphWith, texts } from "../run/harness.ts"

const graph = graphWith<Store>([texts("asset", () => Effect.succeed([]))])
const due = Date.parse("2026-03-01T02:00:00Z")

const decision = (request: Schedule.Request) =>
  Ask.decisionOf(graph, Schedule.make("nightly", { cron: "0 2 * * *", request }), { instant: due })

describe("a tick", () => {
  it("asks for an expression, or for keys that mean themselves", () => {
    const partitions = (partitions: Schedule.Ask["partitions"] & {}) => Ask.partitionsOf({ partitions })
    assert.strictEqual(partitions("2026-03-01..,latest"), "2026-03-01..,latest")
    assert.strictEqual(partitions(["2026-03-01", "a..b,c", "latest"]), "2026-03-01,a\\.\\.b\\,c,\\latest")
    assert.strictEqual(partitions([["2026-03-01", "eu|us"]]), "2026-03-01|eu\\|us")
    assert.isNull(Ask.partitionsOf({}))
  })

  it("that asks for an empty list is skipped", () => {
    assert.deepStrictEqual(decision({ select: "asset", partitions: [] }), { _tag: "Skip", due, reason: "it asks for no partition" })
    assert.deepStrictEqual(
      Ask.ofSensor(graph, { name: "asset" }, { key: "k", ask: { partitions: [] } }),
      { _tag: "Skip", key: "k", reason: "it asks for no partition" }
    )
  })

  it("asks for a backfill of what a run would do, under the name of its schedule", () => {
    const asked = decision({ select: "asset", partitions: "..2026-02-01", force: true, backfill: true })
    assert.strictEqual(asked._tag, "Start")
    if (asked._tag !== "Start") return
    const { at, backfill } = asked.request
    assert.strictEqual(at?.getTime(), due)
    assert.deepInclude({ ...backfill }, { name: "nightly", only: ["missing", "stale", "failed", "fresh"] })
    assert.strictEqual(backfill?.target.partitions, "..2026-02-01")
  })

  it("whose request names nothing, or throws, has failed", () => {
    assert.match(JSON.stringify(decision({ select: "asst" })), /"Fail".*asst/)
    assert.match(JSON.stringify(decision(() => {
      throw new Error("no day")
    })), /The request of the schedule threw: no day/)
  })
})
