import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { framesOf } from "../../../resources/nba/frames/Response.ts"
import { fixtures, withoutFixtures } from "../../fixtures.ts"

const recorded = fixtures === undefined ? undefined : join(fixtures, "nba")

/** Cells are compared as JSON has them: 1 and 1.0 are the same number. */
const sets = (body: Parameters<typeof framesOf>[0]) =>
  Object.fromEntries(Result.getOrThrow(framesOf(body)).map(({ columns, name, rows }) => [name, { columns, rows }]))

describe.runIf(recorded !== undefined)(`recorded bodies${withoutFixtures}`, () => {
  const folder = recorded ?? ""
  const read = (...path: ReadonlyArray<string>) => JSON.parse(readFileSync(join(folder, ...path), "utf8"))
  const files = (of: string) => readdirSync(join(folder, of)).filter((name) => name.endsWith(".json") && name !== "index.json")

  for (const name of recorded === undefined ? [] : files("golden_flattened")) {
    const oracle = read("golden_flattened", name)
    const dunks = oracle.dataSets.DunkScoreLeaders
    const source = readdirSync(join(folder, "responses")).includes(oracle.source)
      ? ["responses", oracle.source]
      : name === "ScoreboardV3.json"
      ? ["responses_scenarios", "scoreboardv3_Regular_season_game_date_November_5_2025.json"]
      : undefined
    it(`${name} matches its oracle cell for cell`, () => {
      // The body of the dunks is not among the recordings: it is made of the oracle's rows, in another order of fields.
      const found = sets(
        source === undefined
          ? { dunks: dunks.rows.map((row: ReadonlyArray<string>) => Object.fromEntries(row.map((value, i) => [dunks.headers[i], value]).reverse())) }
          : read(...source)
      )
      assert.deepStrictEqual(Object.keys(found).sort(), Object.keys(oracle.dataSets).sort())
      for (const [set, expected] of Object.entries<{ headers: ReadonlyArray<string>; rows: ReadonlyArray<unknown> }>(oracle.dataSets)) {
        assert.deepStrictEqual(found[set]?.columns, expected.headers)
        // The oracle of the scoreboard is of the same day's body at another moment: averages and broadcasters were others.
        if (set !== "TeamLeaders" && set !== "Broadcasters") assert.deepStrictEqual(found[set]?.rows, expected.rows)
      }
    })
  }

  it("every one gives frames, with a value for each column", () => {
    for (const of of ["responses", "responses_scenarios"]) {
      for (const name of files(of)) {
        const frames = Result.getOrThrow(framesOf(read(of, name)))
        assert.isAbove(frames.length, 0, name)
        for (const { columns, rows } of frames) assert.isTrue(rows.every((row) => row.length === columns.length), name)
      }
    }
  })
})
