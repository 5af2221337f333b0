import { assert, describe, it } from "@effect/vitest"
import * as BackfillProgress from "../../../cli/progress/BackfillProgress.ts"
import { ending } from "../../../cli/progress/LineView.ts"
import type { Progress as Told } from "../../../engine/backfill/Backfill.ts"

const counts = (asset: string, planned: number, materialized: number, failed = 0) =>
  ({ asset, planned, materialized, unchanged: 0, failed, skipped: 0 })

const told = (assets: Told["assets"], more: Partial<Told> = {}): Told =>
  ({ id: 7, state: "running", assets, running: new Map(), isOpen: false, ...more })

describe("the progress of a backfill", () => {
  it("is that of all processes: done, rate, what is left, failures", () => {
    let now = 0
    const progress = BackfillProgress.make(() => now)
    progress.absorb(told([counts("a", 90_000, 0), counts("b", 10_000, 0)]))
    assert.strictEqual(BackfillProgress.footer(progress), "backfill 7 · 0 of 100,000 cells")
    now = 1000
    progress.absorb(told([counts("a", 90_000, 9_000, 3), counts("b", 10_000, 797)]))
    assert.strictEqual(BackfillProgress.footer(progress), "backfill 7 · 9,800 of 100,000 cells · 9,800/s · 9.2 s left · 3 failures")
  })

  it("says that it is paused, that more will be planned, and which asset is slowest", () => {
    let now = 0
    const progress = BackfillProgress.make(() => now)
    const step = (asset: string, millis: number) =>
      progress.observe({ _tag: "StepMaterialized", cell: { asset, partition: "" }, rows: 2, millis })
    progress.absorb(told([counts("a", 10, 0)], { isOpen: true }))
    now = 1000
    for (const [asset, millis] of [["a", 10], ["b", 90], ["a", 20]] as const) step(asset, millis)
    progress.absorb(told([counts("a", 10, 2), counts("b", 5, 1)], { isOpen: true, running: new Map([["a", 4]]) }))
    assert.strictEqual(BackfillProgress.footer(progress), "backfill 7 · 3 of 15 or more cells · 3.0/s · slowest b")
    assert.deepStrictEqual(Array.from(progress.assets.values(), ({ asset, rows, running }) => [asset, rows, running]), [["a", 4, 4], ["b", 2, 0]])
    progress.absorb(told([counts("a", 10, 2), counts("b", 5, 1)], { state: "paused" }))
    assert.strictEqual(BackfillProgress.footer(progress), "backfill 7 · paused · 3 of 15 cells · slowest b")
  })

  it("tells once of an asset that ended, and not of what was done before this process took part", () => {
    const progress = BackfillProgress.make(() => 0)
    const ended = (...assets: Told["assets"]) => progress.absorb(told(assets)).map(({ asset }) => asset)
    assert.deepStrictEqual(ended(counts("a", 5, 5), counts("b", 5, 3)), [])
    assert.deepStrictEqual(ended(counts("a", 5, 5), counts("b", 5, 5)), ["b"])
    assert.deepStrictEqual(ended(counts("a", 5, 5), counts("b", 5, 5)), [])
  })

  it("tells rows and times of no cells but those of this process", () => {
    let now = 0
    const progress = BackfillProgress.make(() => now)
    progress.absorb(told([counts("a", 3, 0), counts("b", 3, 0), counts("c", 3, 0)]))
    const step = (asset: string) => progress.observe({ _tag: "StepMaterialized", cell: { asset, partition: "" }, rows: 2, millis: 1 })
    for (const asset of ["b", "c", "c", "c"]) step(asset)
    now = 1000
    const ended = progress.absorb(told([counts("a", 3, 3), counts("b", 3, 3), counts("c", 3, 3)]))
    assert.deepStrictEqual(ended.map((asset) => ending(asset, progress.here(asset.asset)).replace(/ in .*/, " in …")), [
      "a: 3 materialized, none of them here",
      "b: 3 materialized, 1 of them here (2 rows) in …",
      "c: 3 materialized (6 rows) in …"
    ])
  })

  it("retried cells are open again: the rate begins anew", () => {
    let now = 0
    const progress = BackfillProgress.make(() => now)
    progress.absorb(told([counts("a", 100, 50, 50)]))
    now = 1000
    progress.absorb(told([counts("a", 100, 50, 0)]))
    assert.strictEqual(progress.rate(), 0)
    now = 2000
    progress.absorb(told([counts("a", 100, 60, 0)]))
    assert.strictEqual(progress.rate(), 10)
  })
})
