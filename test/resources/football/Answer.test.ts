/** The vendor's errors in 200 bodies, and fields that are not as they should be. */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import * as Answer from "../../../resources/football/Answer.ts"
import * as Field from "../../../resources/football/Field.ts"
import * as LiveMatch from "../../../resources/football/LiveMatch.ts"

const decode = (body: unknown) => Answer.decode(body, { route: "live", status: 200, headers: {} })

describe("Answer.decode", () => {
  const cases: ReadonlyArray<[what: string, body: unknown, tag: string, transient: boolean | undefined]> = [
    ["an address that is not listed", { err: "IP is not authorized to access, please contact our business staff." }, "Refused", false],
    ["wrong credentials", { err: "Unauthorized access, please contact our business staff." }, "Refused", false],
    ["an error that is no text", { err: { a: 1 } }, "Refused", false],
    ["an err beside results", { err: "busy, try again later", code: 0, results: [] }, "Refused", true],
    ["the rate limit", { code: 429, msg: "Too many requests" }, "Limited", undefined],
    ["the rate limit as text", { code: "429" }, "Limited", undefined],
    ["an unknown id", { code: 404, msg: "Not found" }, "Refused", false],
    ["a server's error", { code: 500, msg: "x" }, "Refused", true],
    ["no results", { code: 0, query: {} }, "Unexpected", undefined],
    ["null results", { code: 0, results: null }, "Unexpected", undefined],
    ["a list", [], "Unexpected", undefined],
    ["null", null, "Unexpected", undefined]
  ]
  for (const [what, body, tag, transient] of cases) {
    it(what, () => {
      const result = decode(body)
      assert.isTrue(Result.isFailure(result))
      if (!Result.isFailure(result)) return
      assert.strictEqual(result.failure._tag, tag)
      if (result.failure._tag === "Refused") assert.strictEqual(result.failure.transient, transient)
    })
  }

  it("says how the address gets onto the list", () => {
    const result = decode({ err: "IP is not authorized to access, please contact our business staff." })
    assert.include(JSON.stringify(result), "not authorized")
    assert.include(JSON.stringify(result), "business staff to list this machine's public address")
  })

  it("lets answers pass: with and without a code, lists and objects, empty ones", () => {
    for (const body of [{ code: 0, results: [] }, { results: [] }, { code: "0", results: {} }, { err: "", code: 0, results: [] }, { err: null, results: [] }]) {
      assert.deepStrictEqual(decode(body), Result.succeed(body))
    }
  })
})

describe("fields", () => {
  it("numbers as text, units, and what is no number", () => {
    assert.deepStrictEqual(["0.85", 3, " -1 ", "18°C", "", null, "x", NaN, {}].map(Field.number), [0.85, 3, -1, 18, null, null, null, null, null])
    assert.deepStrictEqual([1.5, "7", 2 ** 31, "-3"].map(Field.whole), [null, 7, null, -3])
  })
  it("moments, of which 0 is none", () => {
    assert.deepStrictEqual([0, "0", -5, 1e15, "x", null].map(Field.moment), [null, null, null, null, null, null])
    assert.strictEqual(Field.moment("1749346764")?.toISOString(), "2025-06-08T01:39:24.000Z")
  })
  it("a live match needs an id and nothing else", () => {
    const bare = { match_id: "7", status_id: null, kickoff: null, home_scores: null, away_scores: null, incidents: [], stats: [], _mock: false }
    assert.deepStrictEqual(LiveMatch.fromSent({ id: 7 }), Result.succeed(bare))
    assert.deepStrictEqual(LiveMatch.fromSent({ id: "7", score: "x", stats: {}, incidents: null }), Result.succeed(bare))
    for (const sent of [{}, { id: "" }, { id: null }, null, "x", []]) assert.isTrue(Result.isFailure(LiveMatch.fromSent(sent)))
  })
  it("figures of a side, of which one that cannot be read is not counted", () => {
    assert.deepStrictEqual(Field.figures([2, "1", null, "", -1, {}, 0]), [2, 1, -1, -1, -1, -1, 0])
    for (const sent of [[], [null, ""], "2-1", null, undefined, {}]) assert.isNull(Field.figures(sent))
  })
  it("a live match with its score", () => {
    const sent = { id: "m", score: ["m", "4", [2, 1, 0, 1, -1, 0, 0], ["1", 0, 0, 0, 3, 0, 0], 1749346764, ""] }
    assert.deepInclude(Result.getOrThrow(LiveMatch.fromSent(sent)), {
      status_id: 4, home_scores: [2, 1, 0, 1, -1, 0, 0], away_scores: [1, 0, 0, 0, 3, 0, 0], kickoff: new Date("2025-06-08T01:39:24Z")
    })
  })
})
