/** The lines of a node's log: their form, and what is told of each call, of progress and of rate limits. */
import { assert, describe, it } from "@effect/vitest"
import { find } from "../../../resources/nba/catalogue.ts"
import * as Log from "../../../pipelines/nba/Log.ts"
import * as Tally from "../../../pipelines/nba/Tally.ts"
import { lineForm, messages } from "./deployment.ts"

const game = find("BoxScoreAdvancedV3")!
const league = find("TeamGameLogs")!

/** A tally whose clock the test sets, in seconds, and what it wrote. */
const make = () => {
  const lines: Array<string> = []
  let seconds = 0
  const tally = Tally.make(Log.make("n1", (line) => void lines.push(line)), () => seconds * 1000)
  return { tally, said: () => messages(lines.join("\n")), lines, at: (second: number) => void (seconds = second) }
}

const cell = (partition: string) => ({ asset: "nba/boxscoreadvancedv3", partition })
const failure = (message: string) => ({ name: "ApiError", message, transient: true })

describe("the log of a node", () => {
  it("has time, level and node in every line, and one line a message", () => {
    const at = new Date(2025, 7, 22, 21, 39, 7, 42)
    assert.strictEqual(Log.line(at, "INFO", "node_1", "a\n  b\r\nc "), "2025-08-22 21:39:07,042 - INFO - [node_1] a b c")
    assert.match(Log.line(at, "WARNING", "n", "x"), lineForm)
  })

  it("tells each call, and progress with rate and time left after 25", () => {
    const { at, lines, said, tally } = make()
    const observe = tally.of(game, 100)
    for (let i = 1; i <= 24; i++) observe({ _tag: "StepMaterialized", cell: cell(`002210000${i}`), rows: 26, millis: 5 })
    observe({ _tag: "StepUnchanged", cell: cell("0022100025"), reason: "stored" })
    assert.isFalse(said().some((line) => line.includes("[PROGRESS] 24")))
    at(15)
    for (let i = 26; i <= 49; i++) observe({ _tag: "StepMaterialized", cell: cell(`00221000${i}`), rows: 26, millis: 5 })
    observe({ _tag: "StepFailed", cell: cell("0022100050"), failure: failure("No answer.") })
    assert.include(said(), "INFO - [n1] [SUCCESS] Inserted 26 rows for game 0022100026")
    assert.include(said(), "INFO - [n1] [SUCCESS] game 0022100025 was stored by another node meanwhile")
    assert.include(said(), "ERROR - [n1] Failed call tracked: BoxScoreAdvancedV3 game_id=0022100050 - No answer.")
    assert.include(said(), "INFO - [n1] [PROGRESS] 50/100 (49 success, 1 errors) - 200.0 calls/min - ETA 15s")
    assert.deepStrictEqual([tally.calls(), tally.succeeded(), tally.errors(), tally.rows()], [50, 49, 1, 48 * 26])
    for (const line of lines) assert.match(line, lineForm)
  })

  it("says of a rate limit that it is one, and how long it waits", () => {
    const { said, tally } = make()
    const observe = tally.of(game, 2)
    observe({ _tag: "Noticed", notice: { type: "limit_changed", resource: "nba", message: "The rate of nba falls to 50 % after a pause of 3 s." } })
    observe({ _tag: "Noticed", notice: { type: "limit_changed", resource: "nba", message: "The rate of nba is 1/600ms again." } })
    observe({ _tag: "Noticed", notice: { type: "breaker_changed", resource: "nba", message: "The nba API seems to be down." } })
    const often = failure("The nba API says it was asked too often for it and wants to be asked again in 3 s.")
    observe({ _tag: "AttemptFailed", cell: cell("0022100001"), attempt: 1, failure: often })
    observe({ _tag: "AttemptFailed", cell: cell("0022100001"), attempt: 2, failure: often })
    observe({ _tag: "StepFailed", cell: cell("0022100001"), failure: often })
    assert.deepStrictEqual(said(), [
      "WARNING - [n1] rate limit: The rate of nba falls to 50 % after a pause of 3 s.",
      "INFO - [n1] The rate of nba is 1/600ms again.",
      "WARNING - [n1] The nba API seems to be down.",
      `WARNING - [n1] Attempt 1 of BoxScoreAdvancedV3 game_id=0022100001 failed: rate limit: ${often.message}`,
      `ERROR - [n1] Failed call tracked: BoxScoreAdvancedV3 game_id=0022100001 - rate limit: ${often.message}`
    ])
  })

  it("speaks of a season where the league is asked about", () => {
    const { said, tally } = make()
    const season = { asset: "nba/teamgamelogs", partition: "2024-25" }
    tally.of(league, 2)({ _tag: "StepMaterialized", cell: season, rows: 3, millis: 5 })
    tally.of(league, 2)({ _tag: "StepFailed", cell: season, failure: failure("No.") })
    assert.include(said(), "INFO - [n1] [SUCCESS] Inserted 3 rows for season 2024-25")
    assert.include(said(), "ERROR - [n1] Failed call tracked: TeamGameLogs season_nullable=2024-25 - No.")
  })

  it("says how many requests there were, as far as it knows", () => {
    assert.deepStrictEqual([Tally.made(6, 6), Tally.made(6, 0), Tally.made(6, 9), Tally.made(1, 3), Tally.made(6, undefined)], [
      "6", "6", "9, for 6 parameters", "3, for 1 parameter", "at least 6"
    ])
  })

  it("writes times as people read them", () => {
    assert.deepStrictEqual([0.4, 59, 61, 3661, 36_000].map(Tally.duration), ["0s", "59s", "1m 1s", "1h 1m 1s", "10h 0m 0s"])
  })
})
