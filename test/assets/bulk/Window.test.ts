/** How many records are on their way: it follows how long they wait, within its bounds. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import * as Window from "../../../assets/bulk/Window.ts"

describe("the window of records on their way", () => {
  it.effect("lets in as many as it has room for, and the next one when one is back", () =>
    Effect.gen(function*() {
      const window = Window.make(2)
      yield* window.enter
      yield* window.enter
      const third = yield* Effect.forkChild(window.enter, { startImmediately: true })
      assert.isUndefined(third.pollUnsafe())
      window.leave(undefined)
      yield* Fiber.join(third)
    }))

  it.effect("grows while nobody waits, shrinks while they wait long, and stays where they wait a little", () =>
    Effect.gen(function*() {
      const window = Window.make(100)
      const pass = (waitMillis: number, times: number) =>
        Effect.gen(function*() {
          for (let i = 0; i < times; i++) {
            yield* window.enter
            window.leave(waitMillis)
          }
          return window.size()
        })
      assert.strictEqual(yield* pass(5, 500), 100)
      assert.strictEqual(yield* pass(35, 500), 100)
      assert.strictEqual(yield* pass(200, 500), 32)
    }))

  it.effect("an interrupted caller takes no place", () =>
    Effect.gen(function*() {
      const window = Window.make(1)
      yield* window.enter
      const waiting = yield* Effect.forkChild(window.enter, { startImmediately: true })
      yield* Fiber.interrupt(waiting)
      window.leave(undefined)
      yield* window.enter
    }))
})
