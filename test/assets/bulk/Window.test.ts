/** How many records are on their way: it follows how long they wait, within its bounds. */
import { assert, describe, it } from "@effect/vitest"
import * as Window from "../../../assets/bulk/Window.ts"

describe("the window of records on their way", () => {
  it("grows while nobody waits, shrinks while they wait long, and stays where they wait a little", () => {
    const window = Window.make(100)
    const pass = (waitMillis: number | undefined, times: number) => {
      for (let i = 0; i < times; i++) window.leave(waitMillis)
      return window.size()
    }
    assert.strictEqual(pass(5, 500), 100)
    assert.strictEqual(pass(35, 500), 100)
    assert.strictEqual(pass(200, 500), 32)
    assert.strictEqual(pass(undefined, 500), 32)
  })

  it("is never larger than it may be", () => {
    assert.strictEqual(Window.make(2).size(), 2)
  })
})
