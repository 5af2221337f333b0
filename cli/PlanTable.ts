/** A plan as people read it: what will run, how much of it and why; what is blocked; what is planned later. */
import * as Plan from "../engine/plan/Plan.ts"
import * as PartitionSet from "../engine/partition/PartitionSet.ts"
import type { Snapshot } from "../engine/plan/Snapshot.ts"
import { describe } from "../engine/plan/Staleness.ts"
import * as Keys from "./Keys.ts"
import * as Screen from "./terminal/Screen.ts"
import { out } from "./terminal/Style.ts"
import * as Table from "./terminal/Table.ts"
import * as Text from "./terminal/Text.ts"

const columns: ReadonlyArray<Table.Column> = [
  { title: "asset" },
  { title: "cells", align: "right" },
  { title: "why" },
  { title: "partitions", flexible: true }
]

/** One row for each reason; an asset is named in its first one. */
const rowsOf = (plan: Plan.Plan, snapshot: Snapshot): ReadonlyArray<ReadonlyArray<string>> =>
  plan.steps.flatMap(({ assets, reasons }) =>
    assets.flatMap((asset) =>
      reasons.map(({ cells, reason }, i) => [
        i === 0 ? asset : "",
        Text.count(PartitionSet.size(cells)),
        describe(reason),
        Keys.describe(snapshot.space(asset), cells)
      ])
    )
  )

export const print = (plan: Plan.Plan, snapshot: Snapshot): void => {
  const cells = Plan.size(plan)
  if (plan.steps.length > 0) Screen.lines([...Table.lines(columns, rowsOf(plan, snapshot)), ""])
  if (plan.blocked.length > 0) {
    Screen.lines([
      out.yellow("Blocked: an upstream cell is neither stored nor planned"),
      ...Table.lines(
        [{ title: "" }, { title: "", align: "right" }, { title: "" }, { title: "", flexible: true }],
        plan.blocked.map((entry) => [
          entry.asset,
          Text.count(PartitionSet.size(entry.cells)),
          `needs ${entry.upstream}`,
          Keys.describe(snapshot.space(entry.asset), entry.cells)
        ]),
        { indent: 2 }
      ),
      ""
    ])
  }
  if (plan.later.length > 0) {
    Screen.lines([
      "Planned later, when their partition keys are known",
      ...Table.lines(
        [{ title: "" }, { title: "" }],
        plan.later.map(({ asset, source }) => [asset, `keys from ${source}`]),
        { indent: 2 }
      ),
      ""
    ])
  }
  const fresh = plan.fresh > 0 ? `, ${Text.count(plan.fresh)} fresh` : ""
  Screen.line(`${Text.plural(cells, "cell")} to materialize${fresh}${plan.later.length > 0 ? ", and more later" : ""}. Nothing was changed.`)
}
