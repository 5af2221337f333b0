import { assert, describe, it } from "@effect/vitest"
import * as KeyWords from "../../../cli/backfill/KeyWords.ts"

const spread = (line: string) => KeyWords.spread(line.split(" ")).join(" ")

describe("words behind --param-list", () => {
  it("are its values, up to the next option", () => {
    assert.strictEqual(spread("backfill a --param-list 001 002,3 -5"), "backfill a --param-list=001 --param-list=002,3 --param-list=-5")
    assert.strictEqual(
      spread("--project x backfill a --param-list 1 2 --from 2024-01-01 --param-list 3 -c 4"),
      "--project x backfill a --param-list=1 --param-list=2 --from 2024-01-01 --param-list=3 -c 4"
    )
    assert.strictEqual(spread("backfill --param-list=1 a"), "backfill --param-list=1 a")
  })

  it("are those of a command of the project's own, where it says so", () => {
    const own = new Map([["nba", ["param-list", "endpoints"]]])
    const args = "nba --endpoints A B --param-list 1 2 --limit 3".split(" ")
    assert.strictEqual(
      KeyWords.spread(args, own).join(" "),
      "nba --endpoints=A --endpoints=B --param-list=1 --param-list=2 --limit 3"
    )
    assert.deepStrictEqual(KeyWords.spread(args), args)
  })

  it("are left alone where there are none, behind --, and in other commands", () => {
    for (const line of ["backfill a --param-list", "backfill a --param-list --json", "backfill a -- --param-list b c", "m a --param-list b c"]) {
      assert.strictEqual(spread(line), line)
    }
  })
})
