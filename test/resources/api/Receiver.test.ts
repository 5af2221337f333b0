/** Answers as undici hands them over: who waits for them goes on when all that has come has been read. */
import type * as Undici from "@effect/platform-node/Undici"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { setImmediate } from "node:timers/promises"
import { Receiver } from "../../../resources/api/Receiver.ts"
import type { ApiRequest } from "../../../resources/api/Request.ts"

const request: ApiRequest = {
  route: "all",
  method: "GET",
  url: "http://127.0.0.1/",
  origin: "http://127.0.0.1",
  target: "/",
  shown: "http://127.0.0.1/",
  canonical: "http://127.0.0.1/",
  headers: {},
  body: undefined,
  shownBody: () => ""
}

const controller: Undici.Dispatcher.DispatchController = {
  aborted: false,
  paused: false,
  reason: null,
  abort: () => {},
  pause: () => {},
  resume: () => {}
}

describe("Receiver", () => {
  it("notes every answer that has come before anybody goes on, who go on in that order", async () => {
    const heard: Array<string> = []
    const receiver = (name: string) =>
      new Receiver(request, {
        timeoutMillis: 10_000,
        journey: { sent: () => heard.push(`${name} is sent`), answered: () => heard.push(`${name} is answered`) },
        resume: (answer) => heard.push(`${name} goes on with ${Effect.runSync(answer).body.length} bytes`)
      }, { maxBody: 100, redact: (text) => text })
    const all = ["a", "b", "c"].map(receiver)
    for (const one of all) one.onRequestStart(controller)
    for (const one of all) {
      one.onResponseStart(controller, 200, {})
      one.onResponseData(controller, Buffer.from("{}"))
      one.onResponseEnd()
    }
    await setImmediate()
    assert.deepStrictEqual(heard, [
      "a is sent", "b is sent", "c is sent",
      "a is answered", "b is answered", "c is answered",
      "a goes on with 2 bytes", "b goes on with 2 bytes", "c goes on with 2 bytes"
    ])
  })
})
