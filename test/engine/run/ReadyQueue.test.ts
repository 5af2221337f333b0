import { assert, describe, it } from "@effect/vitest"
import * as ReadyQueue from "../../../engine/run/ReadyQueue.ts"

describe("ReadyQueue", () => {
  it("is first in first out, and holds back what is at its limit until one of its kind leaves", () => {
    const queue = ReadyQueue.make((computation) => computation === "narrow" ? 1 : 9)
    for (const index of [0, 1, 2]) queue.push(index, "narrow")
    queue.push(3, "wide")
    assert.deepStrictEqual([queue.take(), queue.take(), queue.take()], [0, 3, undefined])
    queue.leave("narrow")
    assert.deepStrictEqual([queue.take(), queue.take()], [1, undefined])
    queue.leave("wide")
    assert.isUndefined(queue.take())
    queue.leave("narrow")
    assert.deepStrictEqual([queue.take(), queue.take()], [2, undefined])
  })

  it("gives every step once, in order, however many wait at a limit", () => {
    const queue = ReadyQueue.make(() => 3)
    const count = 100_000
    for (let index = 0; index < count; index++) queue.push(index, "one")
    const taken: Array<number> = []
    let out = 0
    while (taken.length < count) {
      const next = queue.take()
      if (next !== undefined) {
        taken.push(next)
        assert.isAtMost(++out, 3)
      } else {
        queue.leave("one")
        out--
      }
    }
    assert.isTrue(taken.every((index, place) => index === place))
  })
})
