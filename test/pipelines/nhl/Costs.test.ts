/** The figures of the design note, those that are right and those that are not. */
import { assert, describe, it } from "@effect/vitest"
import * as Costs from "../../../pipelines/nhl/Costs.ts"

const near = (actual: number, expected: number) =>
  assert.isTrue(Math.abs(actual - expected) <= 1e-9 * Math.abs(expected), `${actual} is not ${expected}`)

describe("Costs", () => {
  it("executions and seconds of a month", () => {
    const { executionsPerGame, ingest } = Costs.estimate()
    assert.deepStrictEqual([executionsPerGame, ingest.executions, ingest.seconds], [900, 212_400, 637_200])
    near(ingest.gigabyteSeconds, 159_300)
    // 0.2124 million requests at $0.20, and 159,300 GB-seconds at $0.0000166667
    near(ingest.dollars, 0.04248 + 2.65500531)
  })

  it("the monitor polls 8,640 times a day round the clock, 6,480 in 18 hours", () => {
    const always = Costs.estimate({ hoursPerDay: 24 })
    assert.deepStrictEqual([always.pollsPerDay, always.monitor.executions], [8640, 267_840])
    const { monitor, pollsPerDay, pollsPerHour } = Costs.estimate()
    assert.deepStrictEqual([pollsPerHour, pollsPerDay, monitor.executions], [360, 6480, 200_880])
    assert.strictEqual(Costs.estimate({ everySeconds: 60 }).pollsPerHour * 6, pollsPerHour)
  })

  it("traffic", () => {
    const { ingestBytes, scheduleBytes, scheduleBytesPerDay } = Costs.estimate()
    assert.deepStrictEqual([ingestBytes, scheduleBytesPerDay, scheduleBytes], [100_890_000_000, 25_920_000, 803_520_000])
    assert.strictEqual(Costs.estimate({ scheduleRequests: 3 }).scheduleBytes, 3 * scheduleBytes)
  })

  it("the note's dollars come back with its units", () => {
    const { ingest, ingestBytes, ingestDollarsOfSeconds, monitor } = Costs.asTheNoteHasIt
    assert.strictEqual(Math.floor(ingest.dollars * 100) / 100, 0.04)
    assert.strictEqual(monitor.dollars.toFixed(2), "0.57")
    assert.strictEqual(ingestDollarsOfSeconds.toFixed(3), "0.005")
    assert.strictEqual(Math.floor(ingestBytes / 1e11) / 10, 1.2)
    assert.isBelow(ingest.dollars + monitor.dollars, 1)
  })

  it("execution time stays below a dollar a month: the free tier covers it", () => {
    const month = Costs.estimate()
    assert.strictEqual(Costs.afterFreeTier(month), 0)
    assert.isAbove(month.dollars, 5)
    // Twice the memory is beyond the free tier: 619,920 GB-seconds.
    const large = Costs.estimate({ memoryMegabytes: 512 })
    near(Costs.afterFreeTier(large), (619_920 - 400_000) * 0.0000166667)
  })

  it("what does not end on a poll makes no execution more", () => {
    assert.strictEqual(Costs.estimate({ everySeconds: 7 }).pollsPerHour, 514)
    assert.strictEqual(Costs.estimate({ gameHours: 0 }).ingest.executions, 0)
  })
})
