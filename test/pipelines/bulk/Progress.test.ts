/** Progress: the pace, and what it says of the time that is left. */
import { assert, describe, it } from "@effect/vitest"
import * as Progress from "../../../pipelines/bulk/Progress.ts"

const noted = (expected: number | undefined, done: ReadonlyArray<number>, before = 0) => {
  const progress = Progress.make(0, expected, before)
  done.forEach((records, i) => progress.note((i + 1) * 1000, records))
  return progress
}

const said = { failed: 3, p50: 51.4, processes: 1, trouble: undefined }

describe("progress", () => {
  it("is of the last seconds: after an outage the pace and the time that is left are those of now", () => {
    const outage = Array.from({ length: 60 }, () => 1000)
    const after = Array.from({ length: 31 }, (_, i) => 1000 + (i + 1) * 500)
    const progress = noted(26_500, [500, ...outage, ...after])
    assert.strictEqual(Math.round(progress.perSecond()), 500)
    assert.strictEqual(Math.round(progress.secondsLeft()!), 20)
    assert.isBelow(progress.mean(), 200)
  })

  it("does not take what was done before for its own pace", () => {
    const progress = noted(20_000, [10_100, 10_200, 10_300], 10_000)
    assert.strictEqual(progress.share(), 0.515)
    assert.isAtMost(progress.perSecond(), 100)
    assert.strictEqual(Math.round(progress.secondsLeft()!), 97)
  })

  it("does not take the moment before the end for the pace of a short run", () => {
    const progress = noted(2000, [1990])
    progress.note(1250, 2000)
    assert.strictEqual(progress.perSecond(), 1600)
  })

  it("is a line: a bar and the time left where it is known how many records there are", () => {
    assert.strictEqual(
      Progress.line(noted(400, [100, 200]), said),
      "[██████████░░░░░░░░░░] 50 % · 200 records, 3 failed · 100/s · p50 51 ms · about 2 s left"
    )
    assert.strictEqual(
      Progress.line(noted(undefined, [100, 100]), { ...said, processes: 3, trouble: "the API is down, records wait" }),
      "100 records, 3 failed · 0/s · p50 51 ms · 3 processes · the API is down, records wait"
    )
  })

  it("says in a narrow terminal what matters: the time that is left, and why records wait", () => {
    const half = noted(2_000_000, [999_000, 1_000_000])
    const trouble = "the API is down, records wait"
    for (const width of [60, 79, 100, 200]) {
      assert.isAtMost(Progress.line(half, said, width).length, width)
      assert.match(Progress.line(half, said, width), /^.*50 % · 1,000,000 records, 3 failed.* · about .* left$/)
    }
    assert.isAtMost(Progress.line(half, { ...said, trouble }, 79).length, 79)
    assert.match(Progress.line(half, { ...said, trouble }, 79), /records wait$/)
  })
})
