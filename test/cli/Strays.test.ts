import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { readFile } from "node:fs/promises"
import { type Ended, folderWith, project } from "./fixture.ts"

/** Two assets, of which one leaves something behind that fails, and a schedule of each second for both. */
const shop = (stray: string) => `
import { appendFileSync } from "node:fs"
import { Effect, Layer, Schema } from "effect"
import { Asset, Deployment, Pipeline, Rows, Warehouse } from "sluice"

const definition = { output: Rows.of(Schema.Struct({ id: Schema.String }), { key: ["id"] }), io: Warehouse }

const orders = Asset.make("shop/orders", {
  ...definition,
  run: () => Effect.promise(async () => {
    ${stray}
    await new Promise((resolve) => setTimeout(resolve, 100))
    appendFileSync("ran.log", "orders\\n")
    return [{ id: "1" }]
  })
})

const customers = Asset.make("shop/customers", { ...definition, run: () => Effect.succeed([{ id: "1" }]) })

export default Deployment.make({
  pipelines: [Pipeline.make("shop", { assets: [orders, customers], schedule: { cron: "* * * * * *", request: { force: true } } })],
  io: Warehouse.layer,
  resources: Layer.empty
})
`

const rejection = "void (async () => { throw new Error(\"late rejection\") })()"

const told = "error: A promise that nothing waited for was rejected: late rejection (main.ts:11); await it in its step, or catch its error.\n"

const events = ({ stdout }: Ended) =>
  stdout.trim().split("\n").map((line) =>
    Schema.decodeUnknownSync(Schema.Struct({ event: Schema.String, state: Schema.optional(Schema.String) }))(JSON.parse(line)))

/** As a process of its own: what nobody waits for is a matter of the process. */
const commandOf = (stray: string, ...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const { run, start } = yield* project(shop(stray))
    const ended = yield* Effect.promise(() => start(args).ended)
    return { ended, runs: (yield* run(["runs"])).stdout }
  })

describe("an error that nobody waits for", () => {
  it.live("is told with its place, and the run ends as it ends; the exit code is 1", () =>
    Effect.gen(function*() {
      const { ended, runs } = yield* commandOf(rejection, "materialize", "shop", "--json")
      assert.deepStrictEqual([ended.code, ended.stderr], [1, told])
      const last = events(ended).at(-1)
      assert.deepStrictEqual(last, { event: "Report", state: "succeeded" })
      assert.match(runs, /succeeded/)
    }))

  it.live("may be an exception of a timer", () =>
    Effect.gen(function*() {
      const { ended } = yield* commandOf("setTimeout(() => { throw new TypeError(\"late.\") }, 10)", "materialize", "shop")
      assert.deepStrictEqual([ended.code, ended.stderr], [
        1, "error: An exception of a timer or an event was not caught: TypeError: late (main.ts:11); catch it there, since no step fails by it.\n"
      ])
      assert.include(ended.stdout, "Run 1 succeeded")
    }))

  it.live("may be no error at all, and shows its stack where that is asked for", () =>
    Effect.gen(function*() {
      const { start } = yield* project(shop("void Promise.reject({ code: 5 }); void Promise.reject(Object.create(null)); void Promise.reject(new Error(\"late\"))"))
      const ended = yield* Effect.promise(() => start(["materialize", "shop"], { env: { SLUICE_DEBUG: "1" } }).ended)
      assert.strictEqual(ended.code, 1)
      for (const text of ["rejected: { code: 5 } (", "rejected: [Object: null prototype] {} (", "rejected: late (main.ts:11)", "    at "]) {
        assert.include(ended.stderr, text)
      }
    }))

  it.live("is told a few times when it comes thousands of times, with their number", () =>
    Effect.gen(function*() {
      const { ended } = yield* commandOf(`for (let i = 0; i < 3000; i++) ${rejection}`, "materialize", "shop")
      assert.strictEqual(ended.code, 1)
      const lines = ended.stderr.trim().split("\n")
      assert.lengthOf(lines, 7)
      assert.include(lines.at(-1), "(3,000 times in all)")
    }))

  it.live("is no failure of the command when somebody waits for it after all", () =>
    Effect.gen(function*() {
      const late = "const failing = Promise.reject(new Error(\"late\")); await new Promise((resolve) => setTimeout(resolve, 20)); await failing.catch(() => {})"
      const { ended } = yield* commandOf(late, "materialize", "shop")
      assert.strictEqual(ended.code, 0, ended.stderr)
      assert.lengthOf(ended.stderr.trim().split("\n"), 1)
    }))

  it.live("is told of the code of a project's own command, too", () =>
    Effect.gen(function*() {
      const { start } = yield* folderWith(`
import { Effect, Layer } from "effect"
import { Command } from "effect/cli"
import { Cli, Deployment, Warehouse } from "sluice"
const work = Effect.sync(() => { void Promise.reject(new Error("at the end")) })
export default Deployment.make({
  pipelines: [], io: Warehouse.layer, resources: Layer.empty, commands: [Command.make("own", {}, () => Cli.withResources(work))]
})`)
      const { code, stderr } = yield* Effect.promise(() => start(["own"]).ended)
      assert.strictEqual(code, 1)
      assert.include(stderr, "at the end (main.ts:5)")
    }))

  it.live("is told by a daemon, on standard error and in its log, which lives on", () =>
    Effect.gen(function*() {
      const { folder, ran, start } = yield* project(shop(rejection))
      const daemon = start(["daemon", "--json", "--log-file", "daemon.log"])
      while ((yield* ran).length < 2 && daemon.process.exitCode === null) yield* Effect.sleep(20)
      daemon.process.kill("SIGTERM")
      const { code, stderr } = yield* Effect.promise(() => daemon.ended)
      assert.strictEqual(code, 0, stderr)
      assert.isTrue(stderr.startsWith(told), stderr)
      const log = yield* Effect.promise(() => readFile(`${folder}/daemon.log`, "utf8"))
      assert.match(log, /"event":"Logged","at":"[^"]+","level":"Error","message":"A promise that nothing waited for was rejected: late rejection \(main\.ts:11\)/)
      assert.match(log, /"event":"Ended".*"run":1,"state":"succeeded"/)
    }), 30_000)
})
