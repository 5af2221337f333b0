/** Sums of calls: what they keep, and what is told from them. */
import { assert, describe, it } from "@effect/vitest"
import * as Calls from "../../../engine/record/Calls.ts"

const call = (millis: number, fields: object = {}) => ({ resource: "shop", route: "item", millis, waitMillis: 2, error: null, ...fields })

describe("Calls", () => {
  it("quantiles are right to about 5 %, also of sums that were added up", () => {
    const [one, two] = [Calls.counter(), Calls.counter()]
    for (let i = 1; i <= 1000; i++) (i % 2 === 0 ? one : two).add(call(i))
    const [merged] = Calls.merge([...one.changed(), ...two.changed()])
    for (const [share, right] of [[0.5, 500], [0.9, 900], [0.99, 990]] as const) {
      assert.closeTo(Calls.quantile(merged!.latencies, share)! / right, 1, 0.06)
    }
    assert.strictEqual(merged!.calls, 1000)
    assert.isUndefined(Calls.quantile({}, 0.5))
  })

  it("tells what has changed since it was asked, as sums from the beginning", () => {
    const counter = Calls.counter()
    counter.add(call(1))
    counter.add(call(5, { error: "TimedOut" }))
    counter.add(call(5, { route: "other" }))
    assert.lengthOf(counter.changed(), 2)
    counter.add(call(1, { error: "TimedOut" }))
    const [changed, ...others] = counter.changed()
    assert.deepInclude(changed, { route: "item", calls: 3, errors: { TimedOut: 2 }, waitMillis: 6 })
    assert.deepStrictEqual([others, counter.changed()], [[], []])
  })

  it("the use of a limit is told over all of its routes", () => {
    const limit = { name: "shop", perSecond: 2, shared: true }
    const sums = (route: string, calls: number, from: number, to: number): Calls.Calls => ({
      resource: "shop", route, calls, errors: {}, latencies: {}, millis: 0, waitMillis: 0, firstAt: new Date(from), lastAt: new Date(to), limit
    })
    assert.deepStrictEqual(
      Calls.utilisation([sums("a", 10, 0, 5000), sums("b", 11, 1000, 20_000)]),
      [{ ...limit, used: 0.5 }]
    )
    assert.deepStrictEqual(Calls.utilisation([sums("a", 1, 0, 100)]), [])
  })
})
