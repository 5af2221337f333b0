import { assert, describe, it } from "@effect/vitest"
import { askerOf } from "../../../cli/commands/runs.ts"
import { RunRequest, type RunSummary } from "../../../engine/record/Run.ts"

describe("a run in lists", () => {
  it("says who asked for it, where nobody did by hand", () => {
    const of = (askedBy?: RunRequest["askedBy"]) => {
      const request = new RunRequest({ selection: "shop", partitions: null, force: false, concurrency: 8, ...askedBy === undefined ? {} : { askedBy } })
      const run: Pick<RunSummary, "request"> = { request }
      return askerOf(run)
    }
    assert.isUndefined(of())
    assert.strictEqual(of({ kind: "schedule", name: "nightly" }), "schedule nightly")
    assert.strictEqual(of({ kind: "sensor", name: "files" }), "sensor files")
    // Its name is that of the asset, which stands beside it.
    assert.strictEqual(of({ kind: "automation", name: "shop/orders" }), "automation")
  })
})
