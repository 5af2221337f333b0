/** Spans of time as people write them. */
import { assert, describe, it } from "@effect/vitest"
import * as Span from "../../engine/Span.ts"

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000]

describe("Span", () => {
  it("what was measured has a precision that fits its size, and no empty rest", () => {
    for (const [millis, text] of [
      [0, "0 ms"],
      [0.4, "0 ms"],
      [340.2, "340 ms"],
      [999.4, "999 ms"],
      [999.7, "1 s"],
      [1049, "1 s"],
      [1360, "1.4 s"],
      [10 * second, "10 s"],
      [59.94 * second, "59.9 s"],
      [59.96 * second, "1 min"],
      [2 * minute + 5.4 * second, "2 min 05 s"],
      [2 * minute + 59.7 * second, "3 min"],
      [hour - 400, "1 h"],
      [3 * hour + 5 * minute + 20 * second, "3 h 05 min"],
      [26 * hour, "26 h"],
      [2 * day - 20 * second, "2 days"],
      [4 * day + 3 * hour + 20 * minute, "4 days 3 h"]
    ] as const) assert.strictEqual(Span.rounded(millis), text)
  })

  it("what was declared is said with all there is of it", () => {
    for (const [millis, text] of [
      [0.5, "0.5 ms"],
      [1500, "1.5 s"],
      [12_345, "12.345 s"],
      [90 * second, "1 min 30 s"],
      [hour + 1.25 * second, "1 h 1.25 s"],
      [26 * hour + minute, "26 h 01 min"],
      [7 * day, "7 days"],
      [7 * day + hour + minute + 2.5 * second, "7 days 1 h 01 min 02.5 s"]
    ] as const) assert.strictEqual(Span.exact(millis), text)
  })
})
