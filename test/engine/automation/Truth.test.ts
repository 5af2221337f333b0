/** What an evaluation remembers of the one before. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Result } from "effect"
import { AssetGraph, Automation, Partitions, PartitionSet, Pipeline } from "../../../index.ts"
import { describe as describeCondition } from "../../../engine/definition/Condition.ts"
import * as Truth from "../../../engine/automation/Truth.ts"
import * as World from "../../../engine/automation/World.ts"
import type { State } from "../../../engine/record/AutomationState.ts"
import { asset } from "./stage.ts"

describe("a tick of a cron expression", () => {
  const graph = Result.getOrThrow(AssetGraph.make([Pipeline.make("all", { assets: [asset("it", { partitions: Partitions.none })] })]))
  const none = PartitionSet.empty(0)
  const snapshot = World.make(graph, { cells: new Map(), sets: new Map(), dynamicKeys: new Map() }).snapshot(DateTime.makeUnsafe("2024-01-05T10:00:00Z"))
  const moment = { snapshot, underway: () => none, asked: () => none }
  const tick = Automation.cronTick("0 2 * * *")
  const left = (crons: ReadonlyArray<string>): State => ({
    at: Date.parse("2024-01-04T10:00:00Z"),
    tick: null,
    crons,
    numbering: "",
    asked: { cells: none, reads: [], by: "", upstream: null },
    remembered: new Map()
  })
  const isDue = (before: State | undefined) => Truth.tell(moment, "it", tick, before).ticked

  it("is due when one has passed since the evaluation before", () => {
    assert.isTrue(isDue(left([describeCondition(tick)])))
    assert.isFalse(isDue({ ...left([describeCondition(tick)]), at: Date.parse("2024-01-05T02:00:00Z") }))
  })

  it("counts from the first evaluation that knows the expression: one that was changed does not catch up", () => {
    assert.isFalse(isDue(undefined))
    assert.isFalse(isDue(left([describeCondition(Automation.cronTick("0 3 * * *"))])))
  })
})
