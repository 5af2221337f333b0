/** How many records are on their way: it follows how long they wait, within its bounds. */
import { assert, describe, it } from "@effect/vitest"
import * as Window from "../../../assets/bulk/Window.ts"

/** Records through a limit of `perMilli`, each answered after `millis`: how many are on their way at last. */
const through = (window: Window.Window, perMilli: number, millis: number, until = 5000): number => {
  const share = window.share()
  const ends: Array<{ readonly at: number; readonly way: Window.Way }> = []
  let permit = 0
  for (let now = 0; now < until; now++) {
    while (ends[0] !== undefined && ends[0].at <= now) share.leave(ends.shift()!.way)
    while (ends.length < share.size()) {
      share.enter()
      permit = Math.max(permit + 1 / perMilli, now)
      ends.push({ at: permit + millis, way: { waitMillis: permit - now, millis } })
    }
  }
  return share.size()
}

describe("the window of records on their way", () => {
  it("is as large as rate × latency, and a little more for those that wait for their permit", () => {
    for (const [perMilli, millis] of [[5, 5], [5, 50], [1, 50], [5, 90]] as const) {
      const needed = perMilli * millis
      const size = through(Window.make(1000), perMilli, millis)
      assert.isAtLeast(size, Math.max(32, needed + perMilli * 15))
      assert.isAtMost(size, Math.max(32, needed + perMilli * 35))
    }
  })

  it("is as large in a few answers' time, however slow answers are", () => {
    for (const [perMilli, millis] of [[0.7, 300], [5, 300], [5, 500]] as const) {
      const size = through(Window.make(5000), perMilli, millis, 20 * millis)
      assert.isAtLeast(size, perMilli * millis)
      assert.isAtMost(size, perMilli * (millis + 100))
    }
  })

  it("stays within its bounds, and where a record was never sent", () => {
    assert.strictEqual(Window.make(2).share().size(), 2)
    assert.strictEqual(through(Window.make(100), 5, 50), 100)
    const window = Window.make(100)
    const share = window.share()
    for (let i = 0; i < 500; i++) share.leave({ waitMillis: 60_000, millis: 5 })
    share.leave(undefined)
    assert.strictEqual(share.size(), 32)
  })

  it("is of the chunk that began first; the next one keeps a few ready, and has the rest as soon as they are left", () => {
    const window = Window.make(100)
    const [first, second, third] = [window.share(), window.share(), window.share()]
    assert.deepStrictEqual([first.size(), second.size(), third.size()], [32, 32, 32])
    for (let i = 0; i < 32; i++) first.enter()
    for (let i = 0; i < 8; i++) second.enter()
    assert.deepStrictEqual([first.size(), second.size(), third.size()], [32, 8, 8])
    for (let i = 0; i < 20; i++) first.leave({ waitMillis: 25, millis: 5 })
    assert.deepStrictEqual([first.size(), second.size(), third.size()], [32, 20, 12])
    first.end()
    first.end()
    assert.deepStrictEqual([second.size(), third.size()], [32, 24])
  })
})
