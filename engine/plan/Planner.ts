/** Plans on what is stored: reads just the records of cells that a plan, or its execution, has to look at. */
import { Effect } from "effect"
import type * as PartitionSet from "../partition/PartitionSet.ts"
import * as Comparison from "./Comparison.ts"
import * as Plan from "./Plan.ts"
import * as Snapshot from "./Snapshot.ts"

/** `Plan.make` on a snapshot to which what it needs is added, by comparison or as records; gives that one too. */
export const make = Effect.fn("Planner.make")(function*(options: Plan.PlanOptions) {
  const compared = yield* Comparison.make(options.snapshot, Plan.wanted(options))
  const snapshot = yield* Snapshot.detail(compared, Plan.wanted({ ...options, snapshot: compared }))
  return { snapshot, plan: Plan.make({ ...options, snapshot }) }
})

/** The snapshot with the records that executing the plan needs: of every planned cell and of what it reads. */
export const executable = (snapshot: Snapshot.Snapshot, plan: Plan.Plan) => {
  const cells = new Map<string, PartitionSet.PartitionSet>()
  for (const step of plan.steps) cells.set(step.assets[0]!, step.cells)
  return Snapshot.detail(snapshot, cells)
}
