import { assert, describe, it } from "@effect/vitest"
import * as ReadyQueue from "../../../engine/run/ReadyQueue.ts"

const always = () => true

describe("ReadyQueue", () => {
  it("is first in first out, and holds back what is at its limit until one of its kind leaves", () => {
    const queue = ReadyQueue.make((computation) => ({ concurrency: computation === "narrow" ? 1 : 9, batch: undefined }))
    const take = () => queue.take(always)?.[0]
    for (const index of [0, 1, 2]) queue.push(index, "narrow")
    queue.push(3, "wide")
    assert.deepStrictEqual([take(), take(), take()], [0, 3, undefined])
    queue.leave("narrow")
    assert.deepStrictEqual([take(), take()], [1, undefined])
    queue.leave("wide")
    assert.isUndefined(take())
    queue.leave("narrow")
    assert.deepStrictEqual([take(), take()], [2, undefined])
  })

  for (const batch of [undefined, 1, 7]) {
    it(`gives every step once, in order, however many wait at a limit, in groups of ${batch ?? "none"}`, () => {
      const queue = ReadyQueue.make(() => ({ concurrency: 3, batch }))
      const count = 100_000
      for (let index = 0; index < count; index++) queue.push(index, "one")
      const taken: Array<number> = []
      let out = 0
      while (taken.length < count) {
        const next = queue.take(always)
        if (next !== undefined) {
          assert.strictEqual(next.length, Math.min(batch ?? 1, count - taken.length))
          taken.push(...next)
          assert.isAtMost(++out, 3)
        } else {
          queue.leave("one")
          out--
        }
      }
      assert.isTrue(taken.every((index, place) => index === place))
    })
  }

  it("gathers the steps of a batch computation; their turn is that of the first", () => {
    const queue = ReadyQueue.make((computation) => ({ concurrency: 9, batch: computation === "batch" ? 3 : undefined }))
    queue.push(0, "single")
    for (const index of [1, 2]) queue.push(index, "batch")
    queue.push(3, "single")
    for (const index of [4, 5, 6, 7, 8]) queue.push(index, "batch")
    const taken = Array.from({ length: 6 }, () => queue.take(always))
    // What is left of full groups waits its turn anew.
    assert.deepStrictEqual(taken, [[0], [1, 2, 4], [5, 6, 7], [3], [8], undefined])
    queue.push(9, "batch")
    assert.deepStrictEqual(queue.take(always), [9])
  })

  it("keeps the turn of a group that does not fit yet, and nothing overtakes it", () => {
    const queue = ReadyQueue.make((computation) => ({ concurrency: 9, batch: computation === "batch" ? 3 : undefined }))
    const full = (steps: number, most: number) => steps === most
    queue.push(0, "batch")
    queue.push(1, "single")
    assert.isUndefined(queue.take(full))
    queue.push(2, "batch")
    assert.isUndefined(queue.take(full))
    queue.push(3, "batch")
    assert.deepStrictEqual([queue.take(full), queue.take(full), queue.take(full)], [[0, 2, 3], [1], undefined])
  })
})
