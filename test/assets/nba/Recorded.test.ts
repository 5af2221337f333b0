/** Every recorded body of the API lands in its tables: the real API client, the real engine, real Postgres. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Result } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { Asset, AssetGraph, Executor, Partitions, Pipeline, Tables } from "../../../index.ts"
import { tablesOf } from "../../../assets/nba/endpoints.ts"
import * as Api from "../../../resources/api/Api.ts"
import { framesOf } from "../../../resources/nba/frames/Response.ts"
import { NbaApi } from "../../../resources/nba/NbaApi.ts"
import { fixtures, withoutFixtures } from "../../fixtures.ts"
import { api, query, request, stores } from "./deployed.ts"

interface Entry {
  readonly file: string
  readonly request: string
}

/** The recordings of a folder that are there, by name: several of an endpoint are partitions of one asset. */
const recordings = (folder: string, index: string) => {
  const entries: ReadonlyArray<Entry> = JSON.parse(readFileSync(join(folder, index), "utf8"))
  return entries.filter(({ file }) => existsSync(join(folder, file))).map(({ file, request }) => {
    const url = new URL(request)
    return {
      key: file.replace(/^.*\//, "").replace(".json", ""),
      endpoint: url.pathname.replace("/stats/", ""),
      path: url.pathname.replace("/stats", ""),
      query: Object.fromEntries(url.searchParams),
      body: JSON.parse(readFileSync(join(folder, file), "utf8"))
    }
  })
}

const assetsOf = (found: ReturnType<typeof recordings>) =>
  [...Map.groupBy(found, ({ endpoint }) => endpoint)].map(([endpoint, bodies]) =>
    Asset.make(`nba/${endpoint}`, {
      partitions: Partitions.fixed(bodies.map(({ key }) => key)),
      output: tablesOf({ name: endpoint }),
      io: Tables,
      run: (_, key) =>
        Effect.flatMap(NbaApi, (api) => {
          const recorded = bodies.find((body) => body.key === key)
          return recorded === undefined ? Effect.die(key) : Effect.map(api.get(recorded.path, recorded.query, key), ({ frames }) => frames)
        })
    })
  )

/** A value as it is stored where another row of its column has widened it to text. */
const plain = (value: unknown) => value === null ? null : typeof value === "object" ? JSON.stringify(value) : String(value)

describe.runIf(fixtures !== undefined)(`recorded bodies in Postgres${withoutFixtures}`, () => {
  const folder = join(fixtures ?? "", "nba")
  for (const [part, index, count] of [[".", "responses_index.json", 79], ["responses_scenarios", "index.json", 8]] as const) {
    it.live(`${count} of ${index} land in their tables, all rows of all data sets`, () =>
      Effect.gen(function*() {
        const found = recordings(join(folder, part), index)
        assert.strictEqual(found.length, count)
        const assets = assetsOf(found)
        const graph = Result.getOrThrow(AssetGraph.make([Pipeline.make("recorded", { assets })]))
        const report = yield* Effect.provide(Executor.start(graph, request("*")), api(Api.replay(join(folder, part))))
        assert.deepStrictEqual([report.state, report.failed, report.materialized], ["succeeded", [], count])
        let tables = 0
        for (const asset of assets) {
          for (const { body, endpoint, key } of found.filter((one) => `nba/${one.endpoint}` === asset.key)) {
            const given = Result.getOrThrow(framesOf(body))
            const loaded = yield* Asset.load(asset, key)
            assert.deepStrictEqual(loaded.map(({ columns, name }) => [name, columns]), given.map(({ columns, name }) => [name, columns]))
            for (const [i, { columns, name, rows }] of given.entries()) {
              assert.deepStrictEqual(loaded[i]?.rows.map((row) => row.map(plain)), rows.map((row) => row.map(plain)), `${endpoint} ${name}`)
              if (columns.length === 0) continue
              tables++
              const table = `nba_${endpoint}_${name.replaceAll(/[^A-Za-z0-9]/g, "").toLowerCase()}`
              if (table.length <= 63) {
                const [stored] = yield* query(`select count(*)::int as rows from public.${table} where _partition = $1`, [key])
                assert.strictEqual(stored?.["rows"], rows.length, table)
              }
            }
          }
        }
        assert.isAbove(tables, count - 1)
        // Ids keep their zeros, figures are numbers.
        if (part === ".") {
          assert.deepStrictEqual(
            yield* query(`select gameid, pg_typeof(teamid)::text as team, pg_typeof(pie)::text as pie from nba_boxscoreadvancedv3_teamstats limit 1`),
            [{ gameid: "0022200552", team: "bigint", pie: "double precision" }]
          )
        }
      }).pipe(Effect.provide(stores)), 60_000)
  }
})
