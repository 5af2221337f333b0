/** What the options and files of `sluice nba` mean: tables of the seed's words, and what is refused. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Option, Result } from "effect"
import { join } from "node:path"
import * as Assignment from "../../../pipelines/nba/Assignment.ts"
import * as NodeFile from "../../../pipelines/nba/NodeFile.ts"
import * as Survey from "../../../pipelines/nba/Survey.ts"
import * as deployed from "./deployed.ts"

const { within: inFolder, write } = deployed.make()

const none: Assignment.Options = {
  endpoint: [], endpoints: [], category: undefined, priority: undefined, paramStart: undefined, paramEnd: undefined,
  paramLimit: undefined, paramList: [], rateLimit: undefined, nodeId: "n1", config: undefined, retryFailed: false, refresh: false
}

const make = (options: Partial<Assignment.Options>) => inFolder(Assignment.make({ ...none, ...options }))

const made = (options: Partial<Assignment.Options>) =>
  Effect.map(make(options), (found) => Option.getOrThrowWith(found, () => new Error("nothing is chosen")))

const names = ({ endpoints }: Assignment.Assignment) => endpoints.map(({ name }) => name)

const refusal = (options: Partial<Assignment.Options>) =>
  Effect.map(Effect.result(make(options)), (result) => Result.isFailure(result) ? result.failure.message : "accepted")

const file = (content: unknown, name = "node.json") => write(name, content)

const seedFile = {
  description: "Node 1: High priority game-based endpoints",
  node_id: "node_1_games_high",
  endpoints: ["BoxScoreAdvancedV3", "BoxScoreFourFactorsV3", "BoxScoreMatchupsV3"],
  rate_limit: 0.5,
  parameter_config: { start_index: 0, limit: 1000 }
}

describe("the assignment of a node", () => {
  it.effect("is chosen by endpoint, endpoints, category and priority, in the order given", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual(names(yield* made({ endpoint: ["boxscoreadvancedV3"] })), ["BoxScoreAdvancedV3"])
      assert.deepStrictEqual(
        names(yield* made({ endpoints: ["PlayByPlayV3", "BoxScoreAdvancedV3", "PlayByPlayV3"] })),
        ["PlayByPlayV3", "BoxScoreAdvancedV3"]
      )
      const category = yield* made({ category: "player_based", priority: "high", paramLimit: 100 })
      assert.deepStrictEqual(names(category), [
        "CommonPlayerInfo", "PlayerCareerStats", "PlayerDashboardByClutch", "PlayerDashboardByShootingSplits", "PlayerGameLog"
      ])
      assert.strictEqual(category.range.limit, 100)
      assert.strictEqual(names(yield* made({ priority: "high" })).length, 18)
      assert.isTrue(Option.isNone(yield* make({})))
    }))

  it.effect("has the range of ids as the seed counts it", () =>
    Effect.gen(function*() {
      const range = (options: Partial<Assignment.Options>, known: number) =>
        Effect.map(made({ endpoint: ["BoxScoreAdvancedV3"], ...options }), (one) => Assignment.size(one.range, known))
      const table = [
        [{}, 52_782, 52_782],
        [{ paramStart: 0, paramEnd: 500 }, 52_782, 500],
        [{ paramStart: 500, paramEnd: 1000 }, 700, 200],
        [{ paramStart: 10, paramLimit: 100 }, 52_782, 100],
        [{ paramEnd: 500, paramLimit: 100 }, 52_782, 100],
        [{ paramLimit: 100 }, 30, 30],
        [{ paramStart: 500 }, 30, 0],
        [{ paramList: ["0022100001", "0022100002,0022100003"] }, 30, 3]
      ] as const
      for (const [options, known, size] of table) assert.strictEqual(yield* range(options, known), size, JSON.stringify(options))
      const { range: ids } = yield* made({ endpoint: ["BoxScoreAdvancedV3"], paramList: ["0022100001", "0022100001"] })
      assert.deepStrictEqual(ids.ids, ["0022100001"])
    }))

  it.effect("is told by a file as by options, and options stand above the file", () =>
    Effect.gen(function*() {
      const config = file(seedFile)
      const byFile = yield* made({ config, nodeId: undefined })
      const byOptions = yield* made({
        nodeId: "node_1_games_high", endpoints: seedFile.endpoints, rateLimit: 0.5, paramStart: 0, paramLimit: 1000
      })
      assert.deepStrictEqual({ ...byFile, description: undefined }, byOptions)
      assert.strictEqual(byFile.description, seedFile.description)
      const over = yield* made({ config, nodeId: "n9", endpoint: ["PlayByPlayV3"], rateLimit: 1, paramEnd: 20 })
      assert.deepStrictEqual([over.node, names(over), over.rateLimit, over.range], [
        "n9", ["PlayByPlayV3"], 1, { start: 0, end: 20, limit: undefined, ids: undefined }
      ])
      assert.deepStrictEqual((yield* made({ config, paramList: ["0022100001"] })).range.limit, undefined)
      const priority = yield* made({ config, category: "team_based" })
      assert.deepStrictEqual(names(priority), ["CommonTeamRoster"])
      const objects = file({ node_id: "o", endpoints: [{ endpoint: "PlayByPlayV3", description: "plays" }], parameter_config: { end_index: 7 } }, "o.json")
      assert.deepStrictEqual((yield* made({ config: objects })).range.end, 7)
    }))

  it.effect("asks the engine for what is missing, failed ones or everything", () =>
    Effect.gen(function*() {
      const request = (options: Partial<Assignment.Options>) =>
        Effect.map(made({ endpoint: ["PlayByPlayV3"], ...options }), (one) => Survey.request(Survey.subject(one.endpoints[0]!), one.endpoints, one))
      assert.deepStrictEqual(yield* request({ paramStart: 2, paramEnd: 5 }), {
        selection: "key:nba/playbyplayv3", target: { keys: null, start: 2, end: 5, limit: null }, only: ["missing", "stale"]
      })
      assert.deepStrictEqual((yield* request({ retryFailed: true })).only, ["missing", "stale", "failed"])
      assert.deepStrictEqual((yield* request({ refresh: true })).only, ["missing", "stale", "failed", "fresh"])
      assert.deepStrictEqual((yield* request({ paramList: ["0022100001"] })).target.keys, ["0022100001"])
      const league = { endpoint: ["TeamGameLogs", "PlayByPlayV3"], paramList: ["2022-23", "0022200001", "2023-24"] }
      assert.deepStrictEqual((yield* request(league)).target, { keys: ["2022-23", "2023-24"] })
      assert.deepStrictEqual((yield* request({ ...league, endpoint: ["PlayByPlayV3"] })).target.keys, ["0022200001"])
      const keys = (yield* request({ endpoint: ["TeamGameLogs"], paramLimit: 3 })).target.keys ?? []
      assert.match(keys.join(), /^\d{4}-\d\d$/)
    }))

  it.effect("is refused in one sentence that says what would be right", () =>
    Effect.gen(function*() {
      const config = (content: unknown) => () => ({ config: file(content), nodeId: undefined })
      const table: ReadonlyArray<readonly [Partial<Assignment.Options> | (() => Partial<Assignment.Options>), RegExp]> = [
        [{ endpoint: ["BoxScoreAdvanced"] }, /no endpoint "BoxScoreAdvanced".*Did you mean "BoxScoreAdvancedV3"/],
        [{ endpoint: ["Weather"] }, /`sluice nba --list` lists all/],
        [{ category: "games" }, /"games" is not a value of --category: write game_based, player_based, team_based or league_based/],
        [{ priority: "hihg" }, /--priority: write high, medium or low\. Did you mean "high"/],
        [{ category: "team_based", priority: "low" }, /No endpoint is team_based and priority low/],
        [{ endpoint: ["PlayByPlayV3"], category: "team_based" }, /None of the endpoints that are named is team_based/],
        [{ endpoint: ["PlayByPlayV3"], paramStart: 5, paramEnd: 5 }, /range from 5 to 5 is empty/],
        [{ endpoint: ["PlayByPlayV3"], paramList: [" "] }, /--param-list names no id/],
        [{ endpoint: ["PlayerGameLogs"], paramList: ["2544"] }, /"2544" is no season: PlayerGameLogs is asked about the league's seasons, like 2024-25/],
        [{ nodeId: "a b" }, /"a b" is no name of a node/],
        [{ config: "absent.json" }, /node configuration absent\.json does not exist/],
        [config("{\n  \"node_id\": \"a\",\n  oops\n}"), /node configuration node\.json is not JSON: line 3, column/],
        [config("[1]"), /holds a list; it should be an object/],
        [config({ ...seedFile, rate_limt: 1 }), /wrong key: "rate_limt" is not known\. Did you mean "rate_limit"/],
        [config({ ...seedFile, parameter_config: { start: 1 } }), /"parameter_config\.start" is not known\. Did you mean "start_index"/],
        [config({ ...seedFile, endpoints: [{ endpoint: "PlayByPlayV3", tables: 2 }] }), /"endpoints\[0\]\.tables" is not known/],
        [config({ ...seedFile, rate_limit: 0 }), /wrong at "rate_limit".*a number of seconds from 0\.001 on/],
        [config({ ...seedFile, rate_limit: "fast" }), /wrong at "rate_limit": it holds a string, and it should be a number\./],
        [config({ ...seedFile, endpoints: "PlayByPlayV3" }), /wrong at "endpoints": it holds a string, and it should be a list\./],
        [config({ ...seedFile, parameter_config: { limit: "9" } }), /"parameter_config\.limit": it holds a string, and it should be a number or null\./],
        [config({ ...seedFile, parameter_config: { start_index: -1 } }), /wrong at "parameter_config\.start_index".*from 0 on/],
        [config({ ...seedFile, parameter_config: { limit: 0 } }), /limit of 0 takes no id/],
        [config({ ...seedFile, endpoints: ["PlayByPlay"] }), /"PlayByPlay", which the node configuration node\.json names\. Did you mean "PlayByPlayV3"/],
        [config({ node_id: "n" }), /names no endpoint/]
      ]
      for (const [options, form] of table) assert.match(yield* refusal(typeof options === "function" ? options() : options), form)
    }))

  it.effect("examples are read as they are", () =>
    Effect.gen(function*() {
      const examples = join(import.meta.dirname, "../../../pipelines/nba/examples")
      for (const n of [1, 2, 3]) {
        const node = yield* inFolder(NodeFile.read(join(examples, `node${n}_config.json`)))
        assert.isAbove(node.endpoints.length, 0)
        yield* made({ config: join(examples, `node${n}_config.json`) })
      }
    }))
})
