/** `sluice backfill` with words that mean nothing. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { project } from "../../fixture.ts"
import { main, words } from "./shop.ts"

describe("a backfill that means nothing", () => {
  it.live("is refused in one sentence with what would be right, and nothing is begun", () =>
    Effect.gen(function*() {
      const { run } = yield* project(main)
      yield* run(words("partitions add nba/game 0022300001 0022300002"))
      const wrong: ReadonlyArray<readonly [string, string]> = [
        ["backfill", "\"sluice backfill\" needs <selection>"],
        ["backfill shpo", "There is no asset, pipeline or group \"shpo\". Did you mean"],
        ["backfill 7", "\"7\" is no selection of assets: `sluice backfill show 7` shows a backfill."],
        ["backfill shwo 3", "\"sluice backfill\" has no command \"shwo\". Did you mean \"show\"?"],
        ["backfill show x", "\"x\" is not a value of <id>: a whole number."],
        ["backfill --from 2024-01-01 show 3", "\"sluice backfill show\" has no option --from."],
        ["backfill show 7", "There is no backfill 7"],
        ["backfill pause 7", "There is no backfill 7"],
        ["backfill resume 7", "There is no backfill 7"],
        ["backfill cancel 7", "There is no backfill 7"],
        ["backfill retry-failed 7", "There is no backfill 7"],
        ["backfill join 7", "There is no backfill 7"],
        ["backfill shop --from 2024-02-01 --to 2024-01-01", "the range ends before it begins"],
        ["backfill shop --from 2024-13-01", "--from \"2024-13-01\" is not a date"],
        ["backfill shop --from 2024-05-01", "shop/orders: --from 2024-05-01 is after its end"],
        ["backfill shop --last 30x", "--last \"30x\" is not a span of time"],
        ["backfill nba --where endpont=box", "No selected asset has a dimension \"endpont\": there are endpoint and game. Did you mean \"endpoint\"?"],
        ["backfill nba --where endpoint=bxo", "did you mean \"box\"?"],
        ["backfill nba --where box", "\"--where box\" is not of the form DIMENSION=KEY"],
        ["backfill nba --param-list 0022300001 0022300009", "0022300009"],
        ["backfill nba --param-start 5 --param-end 2", "--param-start 5 is not before --param-end 2"],
        ["backfill nba --param-start 9", "--param-start 9"],
        ["backfill nba --param-start -1", "\"-1\" is not a value of --param-start: a whole number from 0 on."],
        ["backfill nba --param-limit 0", "\"0\" is not a value of --param-limit: a whole number from 1 on."],
        ["backfill nba --param-list", "The option --param-list needs a value"],
        ["backfill nba --param-list 1 nba --param-file none.txt", "The file of keys none.txt does not exist."],
        ["backfill shop --partitions 2024-3-1", "a day is written like"],
        ["backfill shop --only faild", "\"faild\" is not a value of --only: write missing, stale, failed or all. Did you mean \"failed\"?"],
        ["backfill shop --order up", "\"up\" is not a value of --order"],
        ["backfill shop --max-failures 0", "\"0\" is not a value of --max-failures"],
        ["backfill shop --batch 0", "\"0\" is not a value of --batch: a whole number from 1 on."],
        ["backfill shop --forse", "\"sluice backfill\" has no option --forse."],
        ["backfill shop --set MS", "\"--set MS\" is not of the form NAME=VALUE."],
        ["backfills --limit 0", "\"0\" is not a value of --limit: a whole number from 1 on."]
      ]
      const all = yield* Effect.forEach(wrong, ([line]) => run(words(line)))
      wrong.forEach(([line, sentence], i) => {
        const { code, stderr, stdout } = all[i]!
        assert.strictEqual(code, 2, `${line}: ${stdout}${stderr}`)
        const [first, ...rest] = stderr.trim().split("\n")
        assert.include(first, sentence, line)
        assert.isTrue(first?.startsWith("error: "))
        assert.isAtMost(rest.length, 1, stderr)
        assert.notInclude(stderr, "    at ")
        assert.strictEqual(stdout, "")
      })
      const node = yield* run(["backfill", "shop", "--node-id", "a b"])
      assert.deepStrictEqual([node.code, node.stderr], [2, "error: \"a b\" of --node-id is no name of a machine: write up to 100 characters without blanks.\n"])
      assert.include((yield* run(["backfills"])).stdout, "There are no backfills yet")
    }))

  it.live("prints no line with --json, also where it is refused late", () =>
    Effect.gen(function*() {
      const { run } = yield* project(main)
      yield* run(words("backfill shop/orders --to 2024-01-02"))
      yield* run(words("materialize show"))
      const late = ["backfill join 1", "backfill join 124", "backfill resume 1", "backfill retry-failed 1", "run resume 2", "run resume 124"]
      for (const line of late) {
        const { code, stderr, stdout } = yield* run(words(`${line} --json`))
        assert.deepStrictEqual([line, code, stdout], [line, 2, ""])
        assert.isTrue(stderr.startsWith("error: "), stderr)
      }
    }))

  it.live("an empty master set says what to do first", () =>
    Effect.gen(function*() {
      const { run } = yield* project(main)
      const { code, stderr } = yield* run(words("backfill nba --param-limit 5"))
      assert.strictEqual(code, 2, stderr)
      assert.include(stderr, "sluice partitions add nba/game")
    }))
})
