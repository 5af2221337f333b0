/** Exchanges are recorded into a folder and replayed from it, without secrets and without a network. */
import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Redacted } from "effect"
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Api } from "sluice"
import { fixtures, withoutFixtures } from "../../fixtures.ts"
import * as LocalApi from "./LocalApi.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "sluice-recordings-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

const declared = (source: Api.Source, secret = "s3cr3t/+ä") =>
  LocalApi.declare({
    name: "shop",
    baseUrl: "https://shop.example/v1",
    query: { user: "me", secret: Redacted.make(secret) },
    routes: { item: {}, buy: {} },
    retry: false,
    source
  })

const everything = async (path: string): Promise<string> => {
  const names = await readdir(path, { recursive: true, withFileTypes: true })
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return (await Promise.all(files.map(async (file) => `${file}\n${await readFile(file, "utf8")}`))).join("\n")
}

describe("recording and replaying", () => {
  it.live("what was recorded is replayed: in order, the last one again and again, in any order of the query", () =>
    Effect.gen(function*() {
      const path = yield* folder
      const server = yield* LocalApi.make((asked, response, count) =>
        LocalApi.json(response, { count, echo: decodeURIComponent(asked.url), body: asked.body }))
      yield* Effect.scoped(Effect.gen(function*() {
        const api = yield* declared(Api.record(path, Api.at(server.url)))
        yield* api.call({ route: "item", path: "/item", query: { id: 7, size: "a/../b" } })
        yield* api.call({ route: "item", path: "/item", query: { id: 7, size: "a/../b" } })
        yield* api.call({ route: "buy", path: "/buy", method: "POST", body: { n: 1, key: Redacted.make("b0dy") } })
      }))
      const text = yield* Effect.promise(() => everything(path))
      for (const secret of ["s3cr3t", "b0dy"]) assert.notInclude(text, secret)
      assert.include(text, "https://shop.example/v1/item?id=7&size=a%2F..%2Fb&user=me&secret=<redacted>")
      assert.deepStrictEqual((yield* Effect.promise(() => readdir(join(path, "item")))).sort(), [
        "id=7_size=a-b_user=me.2.json",
        "id=7_size=a-b_user=me.json"
      ])

      const api = yield* declared(Api.replay(path), "another")
      const item = api.call({ route: "item", path: "/item", query: { size: "a/../b", id: 7 } })
      const counts = [yield* item, yield* item, yield* item].map((body) => (body as { readonly count: number }).count)
      assert.deepStrictEqual(counts, [0, 1, 1])
      const bought = yield* api.call({ route: "buy", path: "/buy", method: "POST", body: { n: 1, key: Redacted.make("b0dy") } })
      assert.deepInclude(bought, { count: 2, body: "{\"n\":1,\"key\":\"<redacted>\"}" })
      const missing = yield* Effect.flip(api.call({ route: "item", path: "/item", query: { id: 8, size: "a/../b" }, subject: "item 8" }))
      assert.strictEqual(missing.reason._tag, "NotRecorded")
      assert.strictEqual(
        missing.message,
        `${path} has no recorded answer for item 8: https://shop.example/v1/item?id=8&size=a%2F..%2Fb&user=me&secret=<redacted>; ` +
          "the nearest one that is recorded is https://shop.example/v1/item?id=7&size=a%2F..%2Fb&user=me&secret=<redacted>."
      )
      assert.lengthOf(server.asked, 3)
    }))

  it.live("a setting says where the answers come from", () =>
    Effect.gen(function*() {
      const path = yield* folder
      const make = (setting: string) =>
        LocalApi.declare({ name: "odd-shop", baseUrl: "http://127.0.0.1:9", routes: { all: {} }, retry: false }).pipe(
          Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown({ ODD_SHOP_SOURCE: setting })),
          Effect.flatMap((api) => api.call({ route: "all", path: "/x" })),
          Effect.flip,
          Effect.map((error) => error.message)
        )
      assert.strictEqual(
        yield* make("nonsense"),
        "ODD_SHOP_SOURCE is \"nonsense\"; write live, an http(s) URL, replay:FOLDER or record:FOLDER."
      )
      assert.match(yield* make(`replay:${path}`), /holds no recordings/)
      assert.match(yield* make(`replay:${path}/none`), /cannot be read/)
      yield* Effect.promise(() => writeFile(join(path, "index.json"), "[{\"file\":\"../../etc/passwd\",\"request\":\"/x\"}]"))
      assert.match(yield* make(`replay:${path}`), /outside of that folder/)
      const server = yield* LocalApi.make((_, response) => LocalApi.json(response, "{", 200))
      assert.match(yield* make(server.url), /answered all at http:\/\/127.*\/x with something that is not JSON: {/)
    }))

  it.live.skipIf(fixtures === undefined)(`a folder of plain bodies with an index is replayed${withoutFixtures}`, () =>
    Effect.gen(function*() {
      const api = yield* LocalApi.declare({
        name: "nba",
        baseUrl: "https://stats.nba.com/stats",
        routes: { endpoint: {} },
        source: Api.replay(join(fixtures!, "nba"))
      })
      const body = yield* api.call({
        route: "endpoint",
        path: "/alltimeleadersgrids",
        query: { TopX: 10, SeasonType: "Regular Season", PerMode: "Totals", LeagueID: "00" }
      })
      assert.include(Object.keys(body as object), "resultSets")
    }))
})
