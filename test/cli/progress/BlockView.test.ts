import { assert, describe, it } from "@effect/vitest"
import { assetLines, footer } from "../../../cli/progress/BlockView.ts"
import * as Progress from "../../../cli/progress/Progress.ts"
import * as PartitionSet from "../../../engine/partition/PartitionSet.ts"
import type { Plan } from "../../../engine/plan/Plan.ts"

const plan = (steps: ReadonlyArray<readonly [string, number]>, later: Plan["later"] = []): Plan => ({
  steps: steps.map(([asset, n]) => ({ computation: asset, assets: [asset], cells: PartitionSet.range(1, n), reasons: [] })),
  blocked: [],
  later,
  leftAlone: [],
  fresh: 0
})
const cell = (asset: string, n: number) => ({ asset, partition: String(n) })
const failure = { name: "Error", message: "no", transient: false }

describe("progress", () => {
  it("counts what ends by asset, tells when an asset is done, and grows with later stages", () => {
    const progress = Progress.make()
    const { observe } = progress
    observe({ _tag: "RunStarted", run: 3, resumed: false })
    observe({ _tag: "Planned", plan: plan([["a", 2]], [{ asset: "b", source: "a" }]), steps: 2 })
    assert.match(assetLines(progress).join("\n"), /a +─{24} +0\/2\n {2}b +─{24} +0\/\? +waits for the keys of a/)
    assert.include(footer(progress), "run 3 · 0 of 2 or more cells")
    observe({ _tag: "StepStarted", cell: cell("a", 1) })
    assert.isUndefined(observe({ _tag: "StepMaterialized", cell: cell("a", 1), rows: 4, millis: 1 }))
    assert.match(assetLines(progress)[0]!, /━{12}─{12} +1\/2/)
    assert.strictEqual(observe({ _tag: "StepFailed", cell: cell("a", 2), failure })?.asset, "a")
    observe({ _tag: "Planned", plan: plan([["b", 3]]), steps: 3 })
    observe({ _tag: "StepSkipped", cell: cell("b", 1), reason: "a failed" })
    observe({ _tag: "StepUnchanged", cell: cell("b", 2), reason: "same" })
    assert.deepStrictEqual(Progress.totals(progress), { planned: 5, ended: 4, failed: 1, isOpen: false })
    assert.match(assetLines(progress).join("\n"), /a .* 2\/2 .*1 failed\n.*b .* 2\/3 .*1 skipped/)
    assert.strictEqual(progress.assets.get("a")?.rows, 4)
  })

  it("shows at most twenty assets, those that move first", () => {
    const progress = Progress.make()
    progress.observe({ _tag: "Planned", plan: plan(Array.from({ length: 30 }, (_, i) => [`asset${i}`, 2])), steps: 60 })
    progress.observe({ _tag: "StepStarted", cell: cell("asset29", 1) })
    const lines = assetLines(progress)
    assert.lengthOf(lines, 21)
    assert.isTrue(lines.some((line) => line.includes("asset29") && line.includes("1 running")))
    assert.include(lines[20], "and 10 more assets")
  })
})
