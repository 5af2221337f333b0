import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { mkdir } from "node:fs/promises"
import * as path from "node:path"
import * as Project from "../../cli/Project.ts"
import { type Ended, folderWith, project, weather } from "./fixture.ts"

/** Checks that a command was refused in one sentence without a stack. */
const refused = ({ code, stderr, stdout }: Ended, ...texts: ReadonlyArray<string>) => {
  assert.deepStrictEqual([code, stdout], [2, ""], stderr)
  assert.lengthOf(stderr.trim().split("\n"), 1)
  for (const text of texts) assert.include(stderr, text)
}

/** A deployment of these assets, made from two inputs-free ones `a` and `b`. */
const deployment = (body: string) => `
import { Effect, Layer, Schema } from "effect"
import { Asset, Deployment, Partitions, Pipeline, Rows, Warehouse, Input } from "sluice"
const Row = Schema.Struct({ id: Schema.Int })
${body}
export default Deployment.make({ pipelines: [Pipeline.make("p", { assets })], io: Warehouse.layer, resources: Layer.empty })
`

describe("finding the project", () => {
  it.live("takes the nearest main.ts upwards, --project or SLUICE_PROJECT, and says when there is none", () =>
    Effect.gen(function*() {
      const { folder, run } = yield* project(weather)
      const elsewhere = yield* folderWith(undefined)
      refused(yield* elsewhere.run(["list"]), "There is no main.ts in", "--project")
      refused(yield* elsewhere.run(["list", "--project", "nowhere"]), "nowhere, named by --project, is not a folder")
      refused(yield* elsewhere.run(["list"], { env: { SLUICE_PROJECT: "." } }), "named by SLUICE_PROJECT, has no main.ts")
      const env = { DATABASE_URL: (yield* project(weather)).databaseUrl }
      assert.include((yield* elsewhere.run(["list", "--project", folder], { env })).stdout, "weather/readings")
      assert.include((yield* elsewhere.run(["--project", folder, "list"], { env })).stdout, "weather/readings")
      assert.include((yield* elsewhere.run(["list"], { env: { ...env, SLUICE_PROJECT: folder } })).stdout, "weather/readings")
      yield* Effect.promise(() => mkdir(path.join(folder, "deep", "er"), { recursive: true }))
      assert.include((yield* run(["list", "--project", "deep/.."])).stdout, "weather/readings")
    }))
})

describe("a project that cannot be loaded", () => {
  const cases: ReadonlyArray<readonly [string, string, ReadonlyArray<string>]> = [
    ["no default export", "export const x = 1", ["main.ts has no deployment", "Deployment.make"]],
    ["an exception", "\n\nthrow new Error(\"the moon is out\")", ["main.ts cannot be loaded: the moon is out (main.ts:3)"]],
    ["a rejected promise", "export default Promise.reject(new Error(\"the moon is out\"))", ["main.ts cannot be loaded: the moon is out"]],
    ["a rejection beside a deployment", "void Promise.reject(new Error(\"the moon is out\"))\nexport default 1", ["the moon is out"]],
    ["a rejection nobody handles", "void Promise.reject(new Error(\"the moon is out\"))\nawait new Promise(() => {})", [
      "main.ts cannot be loaded: the moon is out"
    ]],
    ["an exception of a timer", "\nsetTimeout(() => { throw new Error(\"the moon is out\") }, 1)\nawait new Promise(() => {})", [
      "main.ts cannot be loaded: the moon is out (main.ts:2)"
    ]],
    ["a promise of something", "export default Promise.resolve(1)", ["main.ts has no deployment"]],
    ["a syntax error", "const x = {\nexport default 1", ["main.ts cannot be loaded:", "main.ts:"]],
    ["a file that is not there", "import \"./assets/none.ts\"", ["main.ts cannot be loaded:", "assets/none.ts"]],
    ["a definition that is wrong", deployment("const assets = [Asset.make(\"a b\", { output: Rows.of(Row), io: Warehouse, run: () => Effect.succeed([]) })]"), [
      "Asset key \"a b\" is not valid",
      "(main.ts:5)"
    ]],
    ["two assets with one key", deployment("const one = () => Asset.make(\"g/a\", { output: Rows.of(Row), io: Warehouse, run: () => Effect.succeed([]) })\nconst assets = [one(), one()]"), [
      "Two assets have the key \"g/a\""
    ]],
    ["a cycle", deployment(`
const make = (key: string, inputs: Record<string, never>) =>
  Asset.make(key, { inputs, output: Rows.of(Row), io: Warehouse, run: () => Effect.succeed([]) })
const later: Record<string, unknown> = {}
const input = (key: string) => ({ ...Input.rows(make("x", {})), asset: () => later[key] })
later.a = make("g/a", { b: input("b") as never })
later.b = make("g/b", { a: input("a") as never })
const assets = [later.a, later.b] as never`), ["These assets read each other in a cycle: g/a → g/b → g/a."]]
  ]
  for (const [name, main, texts] of cases) {
    it.live(`says so in one sentence: ${name}`, () =>
      Effect.gen(function*() {
        const { run } = yield* folderWith(main)
        refused(yield* run(["list"]), ...texts)
      }))
  }
})

describe("a project that never finishes loading", () => {
  it.live("is given up with a sentence", () =>
    Effect.gen(function*() {
      const { folder } = yield* folderWith("await new Promise(() => {})\nexport default 1")
      const { message } = yield* Effect.flip(Project.exported(folder, "300 millis"))
      assert.include(message, `${path.join(folder, "main.ts")} has not finished loading within 300 ms`)
    }))
})

describe("a database that cannot be used", () => {
  it.live("is named by host and port, never with its password", () =>
    Effect.gen(function*() {
      const { run } = yield* folderWith(weather)
      for (const [url, text] of [
        ["postgres://me:top-secret@127.0.0.1:1/db", "No Postgres server answers at 127.0.0.1 port 1"],
        ["mysql://me:top-secret@127.0.0.1/db", "DATABASE_URL must be a Postgres URL"]
      ] as const) {
        const ended = yield* run(["list"], { env: { DATABASE_URL: url, SLUICE_DEBUG: "1" } })
        assert.strictEqual(ended.code, 2)
        assert.include(ended.stderr, text)
        assert.notInclude(ended.stderr + ended.stdout, "top-secret")
      }
    }))

  it.live("and resources that cannot be built say so before a run begins", () =>
    Effect.gen(function*() {
      const broken = weather.replace("resources: Layer.empty", "resources: Layer.effectDiscard(Effect.fail(new Error(\"NHL_KEY is not set.\")))")
      const { run } = yield* project(broken)
      assert.strictEqual((yield* run(["list"])).code, 0)
      refused(yield* run(["materialize", "weather"]), "The resources of main.ts cannot be built: NHL_KEY is not set.")
      assert.include((yield* run(["runs"])).stdout, "There are no runs yet")
    }))
})
