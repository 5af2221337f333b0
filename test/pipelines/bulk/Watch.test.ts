/** What a run tells the log: of a chunk once, though it is a step for each of its tables. */
import { assert, describe, it } from "@effect/vitest"
import { Layer } from "effect"
import * as Watch from "../../../pipelines/bulk/Watch.ts"

describe("the log of a run", () => {
  it("tells once that a chunk begins, or has failed", () => {
    const lines: Array<string> = []
    const add = (text: string) => void lines.push(text)
    const watch = Watch.make({ debug: add, info: add, warn: add, error: add, client: (_, text) => add(text), layer: Layer.empty })
    const failure = { name: "FormatError", message: "It is cut off.", transient: false }
    for (const partition of ["a", "b"]) {
      for (const asset of ["bulk/results", "bulk/metrics"]) watch({ _tag: "StepStarted", cell: { asset, partition } })
      for (const asset of ["bulk/results", "bulk/metrics"]) watch({ _tag: "StepFailed", cell: { asset, partition }, failure })
    }
    assert.deepStrictEqual(lines, ["a", "b"].flatMap((chunk) => [`Chunk ${chunk} begins`, `Chunk ${chunk} failed: It is cut off.`]))
  })
})
