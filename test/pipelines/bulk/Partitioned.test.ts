/** Which engine a run has: the one that is asked for, or else by the size of the input. */
import { assert, describe, it } from "@effect/vitest"
import * as Partitioned from "../../../pipelines/bulk/Partitioned.ts"

const pieces = (count: number, bytes: number) => Array.from({ length: count }, (_, i) => ({ kind: "bytes" as const, start: i * bytes, end: (i + 1) * bytes }))

const chosen = (engine: "auto" | "local" | "partitioned", count: number, bytes: number) =>
  Partitioned.engineOf({ engine, partitionedFrom: 256, chunkKib: 8192 }, pieces(count, bytes))

describe("the engine", () => {
  it("is partitioned from 256 MB on, unless it is asked for", () => {
    assert.deepStrictEqual([255, 256].map((count) => chosen("auto", count, 1_000_000)), ["local", "partitioned"])
    assert.strictEqual(chosen("auto", 1000, 2000), "local")
    assert.deepStrictEqual([chosen("partitioned", 1, 10), chosen("local", 1000, 1_000_000)], ["partitioned", "local"])
    assert.strictEqual(chosen("auto", 1, 1_000_000_000), "local")
    const groups = Array.from({ length: 40 }, (_, i) => ({ kind: "row groups" as const, start: i, end: i + 1 }))
    assert.strictEqual(Partitioned.engineOf({ engine: "auto", partitionedFrom: 256, chunkKib: 8192 }, groups), "partitioned")
  })
})
