/** What the report says of failed calls. */
import { assert, it } from "@effect/vitest"
import { reasonOf } from "../../../pipelines/nba/Report.ts"

it("tells why a call failed, without its URL", () => {
  const url = "https://stats.nba.com/stats/gamerotation?GameID=0022300003&LeagueID=00"
  assert.strictEqual(
    reasonOf(`ApiError: The nba API answered GameRotation of game 0022300003 at ${url} with an HTML page (after 3 tries): <html>`),
    "The nba API answered GameRotation of game 0022300003 with an HTML page (after 3 tries): <html>"
  )
  assert.strictEqual(
    reasonOf(`ApiError: The nba API does not know GameRotation of game 0022300003 (404 from ${url}): nope`),
    "The nba API does not know GameRotation of game 0022300003 (404): nope"
  )
  assert.strictEqual(reasonOf("Refused: no"), "Refused: no")
})
