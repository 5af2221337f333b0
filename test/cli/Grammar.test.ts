import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { escapes, folderWith, project, weather } from "./fixture.ts"

describe("wrong use", () => {
  it.live("is one sentence on standard error with the nearest right word, and exit code 2", () =>
    Effect.gen(function*() {
      const { run } = yield* project(weather)
      const wrong: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
        [["materialise", "weather"], "\"sluice\" has no command \"materialise\". Did you mean \"materialize\"?"],
        [["run", "shwo", "1"], "\"sluice run\" has no command \"shwo\". Did you mean \"show\"?"],
        [["materialize", "weather", "--forse"], "\"sluice materialize\" has no option --forse. Did you mean \"--force\"?"],
        [["materialize"], "\"sluice materialize\" needs <selection>."],
        [["materialize", "weather", "--concurrency", "0"], "\"0\" is not a value of --concurrency: a whole number from 1 on."],
        [["materialize", "weather", "--partition", "a", "--partitions", "b"], "exclude each other"],
        [["materialize", "weather", "--set", "NAME"], "\"--set NAME\" is not of the form NAME=VALUE."],
        [["materialize", "weather", "--partition-set", "none.txt"], "The partition set none.txt does not exist."],
        [["materialize", "waether"], "There is no asset, pipeline or group \"waether\". Did you mean \"weather\"?"],
        [["materialize", "weather/readings@2024-03-01"], "\"weather/readings@2024-03-01\". Write weather/readings alone;"],
        [["preview", "weather/readings@2024-03-01"], "There is no asset \"weather/readings@2024-03-01\". Write weather/readings alone;"],
        [["show", "weather/reading"], "There is no asset \"weather/reading\". Did you mean \"weather/readings\"?"],
        [["show", "weather"], "\"weather\" names several assets and one is needed here: `sluice list weather` lists them."],
        [["explain", "weather/readings@2024-02-30"], "February 2024 has 29 days"],
        [["materialize", "weather", "--partition", "2024-3-1"], "a day is written like 2024-03-31"],
        [["preview", "weather/readings"], "weather/readings is not materialized yet: run `sluice materialize weather/readings`."],
        [["partitions", "weather/warmest"], "weather/warmest has no partitions"],
        [["partitions", "add", "salad/citi", "Oslo"], "There is no dynamic set of partitions \"salad/citi\". Did you mean \"salad/city\"?"],
        [["partitions", "add", "salad/weather", "Oslo"], "no dynamic set of partitions \"salad/weather\". Those of the asset salad/weather: salad/city."],
        [["materialize", "weather", "--set", "API-KEY=hush"], "\"--set API-KEY=…\" has no valid name"],
        [["run", "show", "abc"], "\"abc\" is not a value of <id>: a whole number."],
        [["materialize", "weather", "--concurrency", "x"], "\"x\" is not a value of --concurrency: a whole number."],
        [["materialize", "weather", "--rate-limit", "x"], "\"x\" is not a value of --rate-limit: a number of seconds."],
        [["list", "--log-level", "foo"], "\"foo\" is not a value of --log-level: write all, trace, debug, info, warn, warning, error, fatal or none."],
        [["explain", "weather/warmest@x"], "it has no partitions, leave the key out."],
        [["run", "show", "7"], "There is no run 7; `sluice runs` lists those that exist."]
      ]
      const ended = yield* Effect.forEach(wrong, ([args]) => run(args))
      wrong.forEach(([args, sentence], i) => {
        const { code, stderr, stdout } = ended[i]!
        const [first, ...rest] = stderr.trim().split("\n")
        assert.strictEqual(code, 2, args.join(" "))
        assert.include(first, sentence)
        assert.isTrue(first?.startsWith("error: "))
        assert.isAtMost(rest.length, 1)
        assert.notInclude(stderr, "    at ")
        assert.strictEqual(stdout, "")
        assert.notMatch(stderr, escapes)
        assert.notMatch(stderr, /hush|did you mean ""/i)
      })
    }))
})

describe("help", () => {
  it.live("needs no project, has examples for each command, and no escape codes in a pipe", () =>
    Effect.gen(function*() {
      const { run } = yield* folderWith(undefined)
      const commands = [
        [], ["list"], ["show"], ["preview"], ["explain"], ["check"], ["partitions"], ["partitions", "add"], ["materialize"],
        ["runs"], ["backfills"], ["backfill"], ...["show", "pause", "resume", "cancel", "retry-failed", "join"].map((name) => ["backfill", name]),
        ["status"], ["run"], ["run", "show"], ["run", "resume"], ["run", "cancel"], ["db"], ["db", "url"], ["db", "shell"]
      ]
      const ended = yield* Effect.forEach(commands, (command) => run([...command, "--help"]))
      ended.forEach(({ code, stderr, stdout }, i) => {
        assert.deepStrictEqual([code, stderr], [0, ""])
        assert.include(stdout, "EXAMPLES", commands[i]!.join(" "))
        assert.notMatch(stdout, escapes)
      })
      const version = yield* run(["--version"])
      assert.match(version.stdout, /^sluice \d+\.\d+\.\d+\n$/)
      assert.strictEqual((yield* run(["version"])).stdout, version.stdout)
      assert.include((yield* run(["--completions", "bash"])).stdout, "materialize")
    }))

  it.live("is coloured where FORCE_COLOR asks for it, and NO_COLOR wins", () =>
    Effect.gen(function*() {
      const { run } = yield* folderWith(undefined)
      assert.match((yield* run(["--help"], { env: { FORCE_COLOR: "1" } })).stdout, escapes)
      assert.notMatch((yield* run(["--help"], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } })).stdout, escapes)
    }))
})
