/** What is unusual about batches, and what is not. */
import { assert, describe, it } from "@effect/vitest"
import * as Anomalies from "../../../assets/bulk/Anomalies.ts"
import * as Latencies from "../../../assets/bulk/Latencies.ts"

const usual = { meanMillis: 20, errorRate: 0.05, recordsPerSecond: 5000 }

const after = (count: number) => {
  const anomalies = Anomalies.make()
  for (let i = 0; i < count; i++) assert.isUndefined(anomalies.judge({ ...usual, meanMillis: 18 + i % 5 }))
  return anomalies
}

describe("anomalies", () => {
  it("are answers that take ten times as long, records that fail, and throughput that is lost", () => {
    const said = (change: Partial<Anomalies.Figures>) => {
      const anomaly = after(5).judge({ ...usual, ...change })
      return `${anomaly?.kind} ${anomaly?.value}: ${anomaly?.reason}`
    }
    assert.match(said({ meanMillis: 200 }), /^latency 200: answers take 200 ms, \d+\.\d times the usual/)
    assert.strictEqual(said({ errorRate: 0.6 }), "errors 0.6: 60.0 % of the records fail, where 5.0 % are usual")
    assert.strictEqual(said({ recordsPerSecond: 1000 }), "throughput 1000: 1000 records a second are done, where 5000 are usual")
  })

  it("need something usual before them, and become usual when they last", () => {
    const young = Anomalies.make()
    young.judge(usual)
    assert.isUndefined(young.judge({ ...usual, meanMillis: 400 }))
    const old = after(5)
    const told = Array.from({ length: 20 }, () => old.judge({ ...usual, meanMillis: 200 }) !== undefined)
    assert.isTrue(told[0])
    assert.isFalse(told.at(-1))
  })
})

describe("latencies", () => {
  it("have quantiles that are right to a few percent", () => {
    const latencies = Latencies.make()
    assert.strictEqual(latencies.quantile(0.5), 0)
    for (let i = 1; i <= 1000; i++) latencies.add(i)
    assert.strictEqual(latencies.max(), 1000)
    for (const share of [0.5, 0.9, 0.99]) assert.approximately(latencies.quantile(share), share * 1000, share * 30)
  })
})
