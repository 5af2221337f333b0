/** Commands that a project brings along: found, shown, given what they ask for, and loaded only when they are meant. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { realpathSync } from "node:fs"
import * as fixture from "./fixture.ts"

const nowhere = { DATABASE_URL: "postgres://nobody:nothing@127.0.0.1:1/none" }

const main = (commands: string, name = "shop") => `
import { appendFileSync } from "node:fs"
import { Console, Context, Effect, Layer, Schema } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import { SqlClient } from "effect/sql"
import { Asset, Cli, Deployment, Documents, Partitions, Pipeline, Rows, Warehouse } from "sluice"

const note = (text: string) => appendFileSync("ran.log", text + "\\n")
note("main.ts")

class Shop extends Context.Service<Shop, { readonly name: string }>()("Shop") {}
const resources = Layer.effect(Shop, Effect.acquireRelease(
  Effect.sync(() => { note("opened"); return { name: "corner" } }),
  () => Effect.sync(() => note("closed"))
))
const orders = Asset.make("shop/orders", {
  output: Rows.of(Schema.Struct({ id: Schema.Int }), { key: ["id"] }),
  io: Warehouse,
  run: () => process.env.FAIL === "1" ? Effect.fail(new Error("The till is shut.")) : Effect.map(Shop, () => [{ id: 1 }, { id: 2 }])
})

const open = Command.make("open", {}, () =>
  Cli.withResources(Effect.flatMap(Shop, ({ name }) => Console.log("open: " + name))))
const plain = Command.make("plain", { words: Argument.String("word").pipe(Argument.variadic()) }, ({ words }) =>
  Console.log("plain " + words.join(" ")))
const sell = Command.make("sell", {}, () => Cli.withEverything(Effect.gen(function*() {
  yield* Cli.materialize({ selection: "shop/orders", force: true })
  yield* Console.log("sold " + (yield* Asset.load(orders)).length)
})))
const count = Command.make("count", {}, () => Cli.withStored(
  Effect.flatMap(Asset.load(orders), (rows) => Console.log("stored " + rows.length))))
const child = Command.make("child", { words: Argument.String("word").pipe(Argument.variadic()) }, ({ words }) =>
  Effect.flatMap(Cli.sluice(words), ({ exitCode, stdout }) => Console.log(exitCode + " " + stdout.trim())))
const size = Partitions.fixed(["001", "002", "003"])
const shelves = Asset.make("shop/shelves", {
  partitions: size,
  output: Rows.of(Schema.Struct({ size: Schema.String }), { key: ["size"] }),
  io: Warehouse,
  run: (_, key) => process.env.EMPTY === key ? Effect.fail(new Error("Sold out.")) : Effect.succeed([{ size: key }])
})
const sizes = Flag.String("size").pipe(Flag.atLeast(0))
const what = (keys: ReadonlyArray<string>) => ({ selection: "shop/shelves", target: { keys }, only: ["missing"] as const })
const restock = Command.make("restock", { sizes }, ({ sizes }) => Cli.withEverything(Cli.backfill(what(sizes))))
const quiet = Command.make("quiet", { sizes }, ({ sizes }) =>
  Cli.withEverything(Effect.gen(function*() {
    const seen: Array<string> = []
    const report = yield* Cli.backfill({ ...what(sizes), shown: false, observer: (o) => void seen.push(o._tag) })
    const sql = yield* SqlClient.SqlClient
    const nodes = yield* sql<{ readonly node: string }>\`select distinct node from sluice.ledger\`
    yield* Console.log([report?.state, seen.filter((tag) => tag === "StepFailed").length, nodes.map((row) => row.node).join()].join(" "))
  })).pipe(Cli.asNode("till-2"), Cli.withSettings({ EMPTY: "002" })))
const plan = Command.make("plan", { sizes }, ({ sizes }) => Effect.gen(function*() {
  const { planned } = yield* Cli.withStored(Cli.planBackfill(what(sizes)))
  yield* Console.log("planned " + planned.length)
}))
const where = Command.make("where", {}, () => Effect.gen(function*() {
  const place = yield* Cli.whereDatabase
  const made = yield* Cli.withDatabase(Effect.flatMap(SqlClient.SqlClient, (sql) =>
    sql<{ readonly made: boolean }>\`select to_regclass('sluice.cells') is not null as made\`))
  yield* Console.log([place, made[0]?.made, yield* Cli.path("a.json")].join(" "))
}))
const hang = Command.make("hang", {}, () => Cli.withResources(Effect.andThen(Shop, Effect.never)))
const refuse = Command.make("refuse", {}, () => new Cli.Refusal({ message: "The shop is no place for that." }))
const crash = Command.make("crash", {}, () => Effect.fail(new Error("It fell over.")))

const shop = Command.make("${name}").pipe(
  Command.withDescription("The shop."),
  Command.withSubcommands([open, plain, sell, count, child, hang, refuse, crash, restock, quiet, plan, where]),
  Cli.severalWords("size")
)

export default Deployment.make({
  pipelines: [Pipeline.make("sales", { assets: [orders, shelves] })],
  io: Layer.mergeAll(Warehouse.layer, Documents.layer),
  resources,
  commands: [${commands}]
})
`

const words = (line: string) => line.split(" ")

describe("a project's own commands", () => {
  it.live("are in the help, and run beside the built-in ones", () =>
    Effect.gen(function*() {
      const project = yield* fixture.folderWith(main("shop"), nowhere)
      for (const args of [["--help"], []]) {
        const { stdout } = yield* project.run(args)
        assert.match(stdout, /This project's own:?\n\s+shop\s+The shop\./i)
        assert.match(stdout, /\bmaterialize\b/)
      }
      const help = yield* project.run(words("shop --help"))
      assert.deepStrictEqual([help.code, help.stdout.includes("refuse")], [0, true])
      const plain = yield* project.run(words("shop plain a b"))
      assert.deepStrictEqual([plain.code, plain.stdout], [0, "plain a b\n"])
      const unknown = yield* project.run(words("shop opne"))
      assert.strictEqual(unknown.code, 2)
      assert.include(unknown.stderr, "Did you mean \"open\"?")
    }))

  it.live("have what they ask for and nothing else: resources without a database", () =>
    Effect.gen(function*() {
      const project = yield* fixture.folderWith(main("shop"), nowhere)
      const opened = yield* project.run(words("shop open"))
      assert.deepStrictEqual([opened.code, opened.stdout], [0, "open: corner\n"], opened.stderr)
      assert.deepStrictEqual(yield* project.ran, ["main.ts", "opened", "closed"])
      yield* project.run(words("shop plain"))
      assert.deepStrictEqual((yield* project.ran).slice(3), ["main.ts"])
      const stored = yield* project.run(words("shop count"))
      assert.deepStrictEqual([stored.code, /No Postgres server answers/.test(stored.stderr)], [2, true])
      assert.deepStrictEqual((yield* project.ran).slice(4), ["main.ts"])
    }))

  it.live("start runs with the progress and report of the command line", () =>
    Effect.gen(function*() {
      const project = yield* fixture.project(main("shop"))
      const failed = yield* project.run(words("shop sell"), { env: { FAIL: "1" } })
      assert.strictEqual(failed.code, 1)
      assert.include(failed.stdout, "The till is shut.")
      assert.notInclude(failed.stdout, "sold")
      const sold = yield* project.run(words("shop sell"))
      assert.strictEqual(sold.code, 0, sold.stderr)
      assert.include(sold.stdout, "Run 2 succeeded")
      assert.include(sold.stdout, "sold 2")
      assert.include((yield* project.run(words("shop count"))).stdout, "stored 2")
      assert.include((yield* project.run(words("runs"))).stdout, "shop/orders")
    }))

  it.live("start and plan backfills, as another node, with settings and without a word", () =>
    Effect.gen(function*() {
      const project = yield* fixture.project(main("shop"))
      const where = yield* project.run(words("shop where"))
      assert.strictEqual(where.stdout, `named false ${realpathSync(project.folder)}/a.json\n`, where.stderr)
      const planned = yield* project.run(words("shop plan --size 001 002"))
      assert.deepStrictEqual([planned.code, planned.stdout], [0, "planned 1\n"], planned.stderr)
      const quiet = yield* project.run(words("shop quiet --size 001 002"))
      assert.deepStrictEqual([quiet.code, quiet.stdout], [0, "failed 1 till-2\n"], quiet.stderr)
      const shown = yield* project.run(words("shop restock --size 001 003"))
      assert.strictEqual(shown.code, 0, shown.stderr)
      assert.include(shown.stdout, "Backfill 2 succeeded")
      assert.include(shown.stdout, "1 materialized")
      const few = yield* project.run(words("shop restock --size 001"), { env: { SLUICE_CONNECTIONS: "3" } })
      assert.deepStrictEqual([few.code, few.stderr.includes("SLUICE_CONNECTIONS should be a whole number from 8")], [2, true])
      const failed = yield* project.run(words("shop restock --size 009"), { env: { SLUICE_CONNECTIONS: "8" } })
      assert.deepStrictEqual([failed.code, failed.stderr.includes("009")], [2, true])
    }))

  it.live("run other commands as processes", () =>
    Effect.gen(function*() {
      const project = yield* fixture.project(main("shop"))
      assert.strictEqual((yield* project.run(words("shop child shop plain x y"))).stdout, "0 plain x y\n")
      assert.strictEqual((yield* project.run(words("shop child shop refuse"))).stdout, "2 \n")
    }))

  it.live("Ctrl-C ends the processes they run, cleanly, before they end themselves", () =>
    Effect.gen(function*() {
      const project = yield* fixture.folderWith(main("shop"), nowhere)
      const running = project.start(words("shop child shop hang"))
      yield* Effect.repeat(Effect.delay(project.ran, "20 millis"), { until: (lines) => lines.includes("opened") })
      running.process.kill("SIGTERM")
      assert.strictEqual((yield* Effect.promise(() => running.ended)).code, 130)
      assert.deepStrictEqual((yield* project.ran).slice(-2), ["opened", "closed"])
    }))

  it.live("fail as the built-in ones do: 2 for wrong use, 1 for the work, one sentence", () =>
    Effect.gen(function*() {
      const project = yield* fixture.folderWith(main("shop"), nowhere)
      const refused = yield* project.run(words("shop refuse"))
      assert.deepStrictEqual([refused.code, refused.stdout, refused.stderr], [2, "", "error: The shop is no place for that.\n"])
      const crashed = yield* project.run(words("shop crash"))
      assert.deepStrictEqual([crashed.code, crashed.stderr], [1, "error: It fell over.\n"])
    }))

  it.live("a name that is taken is refused, and built-in commands go on", () =>
    Effect.gen(function*() {
      for (const [commands, name, taken] of [["shop", "list", "list"], ["shop", "m", "m"], ["shop, shop", "shop", "shop"]] as const) {
        const project = yield* fixture.folderWith(main(commands, name), nowhere)
        const { code, stderr } = yield* project.run(["plain"])
        assert.strictEqual(code, 2)
        assert.include(stderr, `brings a command "${taken}", which there is already`)
        assert.strictEqual((yield* project.run(["version"])).code, 0)
        assert.include((yield* project.run(["--help"])).stdout, "materialize")
      }
    }))

  it.live("main.ts is not loaded for what does without it, and a broken one keeps neither help nor hints away", () =>
    Effect.gen(function*() {
      const project = yield* fixture.folderWith(main("shop"), nowhere)
      for (const line of ["version", "--version", "list --help", "run --help"]) {
        assert.strictEqual((yield* project.run(words(line))).code, 0, line)
      }
      assert.deepStrictEqual(yield* project.ran, [])

      yield* project.write("main.ts", "throw new Error(\"half written\")")
      const help = yield* project.run(["--help"])
      assert.deepStrictEqual([help.code, help.stdout.includes("materialize")], [0, true])
      assert.include(help.stderr, "half written")
      assert.include((yield* project.run(["lst"])).stderr, "Did you mean \"list\"?")
      const own = yield* project.run(["shop"])
      assert.deepStrictEqual([own.code, own.stderr.includes("half written")], [2, true])
    }))

  it.live("without a project there are the built-in ones", () =>
    Effect.gen(function*() {
      const folder = yield* fixture.folderWith(undefined)
      const help = yield* folder.run(["--help"])
      assert.deepStrictEqual([help.code, help.stderr], [0, ""])
      assert.include((yield* folder.run(["shop"])).stderr, "has no command \"shop\"")
      assert.include((yield* folder.run(words("--project nowhere shop"))).stderr, "nowhere")
    }))
})
