/** The rate at which records are done, where batches end in lumps, after pauses and from the begin on. */
import { assert, describe, it } from "@effect/vitest"
import * as Throughput from "../../../assets/bulk/Throughput.ts"

describe("throughput", () => {
  it("is the rate of the process, also of batches that end in the same moment", () => {
    const throughput = Throughput.make()
    throughput.begin(10_000, 300)
    const rates: Array<number> = []
    // 5,000 a second; one slow record in five lets five batches of 500 end at once.
    for (let second = 0.5; second <= 5; second += 0.5) {
      for (let batch = 0; batch < 5; batch++) rates.push(throughput.at(10_000 + second * 1000 + batch, 300 + second * 5000))
    }
    for (const rate of rates) assert.approximately(rate, 5000, 100)
  })

  it("is low after a pause, and as before a second later", () => {
    const throughput = Throughput.make()
    throughput.begin(0, 0)
    for (let i = 1; i <= 20; i++) throughput.at(i * 100, i * 500)
    assert.strictEqual(throughput.at(12_000, 10_500), 50)
    let last = 0
    for (let i = 1; i <= 15; i++) last = throughput.at(12_000 + i * 100, 10_500 + i * 500)
    assert.approximately(last, 5000, 1)
  })

  it("does not count the time before records are sent", () => {
    const throughput = Throughput.make()
    throughput.begin(0, 0)
    throughput.at(1000, 1000)
    throughput.begin(60_000, 1000)
    assert.strictEqual(throughput.at(60_500, 1500), 1000)
  })
})
