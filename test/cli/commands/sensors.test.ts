import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { SensorStore } from "../../../engine/record/SensorStore.ts"
import { RunStore } from "../../../engine/record/RunStore.ts"
import { RunRequest } from "../../../engine/record/Run.ts"
import * as PostgresRunStore from "../../../storage/PostgresRunStore.ts"
import { project } from "../fixture.ts"

/** A sensor that counts, one whose API is away, and one that tells nothing. */
const shop = `
import { Effect, Layer, Schema, Stream } from "effect"
import { Asset, Deployment, Pipeline, Rows, Sensor, Warehouse } from "sluice"

const orders = Asset.make("shop/orders", {
  output: Rows.of(Schema.Struct({ id: Schema.String }), { key: ["id"] }),
  io: Warehouse,
  run: () => Effect.succeed([{ id: "1" }])
})

const numbers = {
  cursor: Schema.Int,
  initial: 0,
  every: "10 seconds",
  observe: (last) => Effect.succeed({ cursor: last + 2, found: [1, 2].map((n) => ({ key: "n" + (last + n), value: last + n })) })
}

export default Deployment.make({
  pipelines: [Pipeline.make("shop", { assets: [orders] })],
  sensors: [
    Sensor.make("shop/numbers", {
      ...numbers,
      description: "Every number",
      request: (n) => n === 2 ? Sensor.skip("it is two") : { select: n === 4 ? "shop/odrers" : orders, force: n === 1 }
    }),
    Sensor.make("away", { ...numbers, observe: () => Effect.fail(new Error("the API is away")) }),
    Sensor.make("silent", { ...numbers, observe: () => Stream.never, request: { select: orders } })
  ],
  io: Warehouse.layer,
  resources: Layer.empty
})
`

/** What a daemon would have recorded: three keys, and a failure. */
const observed = (databaseUrl: string) =>
  Effect.gen(function*() {
    const sensors = yield* SensorStore
    const runs = yield* RunStore
    yield* runs.startWorker({ id: "daemon", host: "node-a", pid: 4711, leaseMillis: 60_000 })
    yield* sensors.announce(["shop/numbers", "away"])
    for (const hold of yield* sensors.hold(["shop/numbers", "away"], "daemon")) {
      if (hold.name === "away") yield* sensors.failed(hold, "daemon", "the API is away")
      else yield* sensors.record(hold, "daemon", {
        cursor: 3,
        requests: [
          { _tag: "Start", key: "n1", request: new RunRequest({ selection: "shop/orders", partitions: null, force: true, concurrency: 8 }) },
          { _tag: "Skip", key: "n2", reason: "it is two" },
          { _tag: "Fail", key: "n3", reason: "There is no asset \"x\"." }
        ]
      })
    }
  }).pipe(Effect.provide(Layer.provide(PostgresRunStore.layer, PgClient.layer({ url: Redacted.make(databaseUrl) }))))

describe("sensors on the command line", () => {
  it.live("are listed, shown, previewed, started and stopped, and their cursors are set", () =>
    Effect.gen(function*() {
      const { databaseUrl, run } = yield* project(shop)
      const out = (...words: ReadonlyArray<string>) =>
        Effect.map(run(words), ({ code, stderr, stdout }) => {
          assert.strictEqual(code, 0, stderr)
          return stdout
        })
      const json = (...words: ReadonlyArray<string>) => Effect.map(out(...words, "--json"), (text) => JSON.parse(text))

      assert.match(yield* out("sensors"), /away +new +·[^]*shop\/numbers +new +·[^]*silent +new/)
      assert.include(yield* out("sensor", "show", "shop/numbers"), "new: no daemon has seen it yet")
      assert.include(yield* out("sensor", "requests", "shop/numbers"), "The sensor shop/numbers has not asked for anything yet.")
      assert.strictEqual(yield* out("sensor", "cursor", "shop/numbers"), "null\n")

      yield* observed(databaseUrl)
      assert.match(yield* out("sensors"), /away +failing +node-a:4711 +· +the API is away\nshop\/numbers +running +node-a:4711 +just now +/)
      const shown = yield* out("sensor", "show", "shop/numbers")
      for (const text of ["Every number", "every 10 s", "running, started", "node-a:4711", "cursor", "it is two"]) assert.include(shown, text)
      assert.match(yield* out("sensor", "show", "away"), /error +the API is away \(1 time in a row, last just now\)/)
      assert.deepInclude(yield* json("sensor", "show", "shop/numbers"), { name: "shop/numbers", state: "running", cursor: 3, failures: 0, observer: "node-a:4711" })
      const [away, , silent] = yield* json("sensors")
      assert.deepInclude(away, { name: "away", state: "failing", failures: 1, error: "the API is away" })
      assert.deepInclude(silent, { name: "silent", state: "new", observer: null, last: [] })
      const requests = yield* json("sensor", "requests", "shop/numbers", "--limit", "2")
      assert.lengthOf(requests, 2)
      const all = yield* out("sensor", "requests", "shop/numbers")
      for (const line of [/running +1 +n1/, /skipped +· +n2 +it is two/, /failed +· +n3 +There is no asset "x"\./]) assert.match(all, line)

      // From the stored cursor on, unless it is set or reset; nothing is recorded by it.
      const looked = yield* out("sensor", "preview", "shop/numbers")
      assert.match(looked, /n4 +nothing: There is no .*shop\/odrers.*Did you mean "shop\/orders"\?\nn5 +shop\/orders\n/)
      assert.strictEqual(yield* out("sensor", "cursor", "shop/numbers"), "3\n")
      assert.strictEqual(yield* out("sensor", "cursor", "shop/numbers", "--set", "7"), "The cursor of the sensor shop/numbers is set.\n")
      assert.strictEqual(yield* out("sensor", "cursor", "shop/numbers"), "7\n")
      assert.include(yield* out("sensor", "cursor", "shop/numbers", "--reset"), "begins anew; what it has asked for once, it does not ask for again")
      assert.deepStrictEqual(yield* json("sensor", "preview", "shop/numbers"), [
        { key: "n1", select: "shop/orders", partitions: null, force: true, reason: null },
        { key: "n2", select: null, partitions: null, force: null, reason: "it is two" }
      ])
      assert.deepStrictEqual((yield* json("sensor", "preview", "shop/numbers", "--limit", "1")).length, 1)
      assert.include(yield* out("sensor", "preview", "silent", "--for", "0.1"), "The sensor silent has found nothing new.")

      assert.strictEqual(yield* out("sensor", "stop", "silent"), "The sensor silent is stopped: nobody observes it until `sluice sensor start silent`.\n")
      assert.match(yield* out("sensors"), /silent +stopped +·/)
      assert.include(yield* out("sensor", "start", "silent"), "is running")
      assert.match(yield* out("sensors"), /silent +running +·/)
    }), 60_000)

  it.live("wrong words are refused in one sentence, with the exit code 2", () =>
    Effect.gen(function*() {
      const { run, write } = yield* project(shop)
      const refusals = [
        [["show", "shop/nubmers"], "There is no sensor \"shop/nubmers\". Did you mean \"shop/numbers\"?"],
        [["stop", "x"], "There is no sensor \"x\". `sluice sensors` lists those that exist."],
        [["preview", "away"], "The sensor away cannot observe: the API is away"],
        [["preview", "silent", "--for", "0"], "\"0\" is not a value of --for: seconds, above 0 and up to 3600."],
        [["cursor", "shop/numbers", "--set", "soon"], "\"soon\" of --set is no JSON: write a text in quotes, such as '\"2026-01-01\"'."],
        [["cursor", "shop/numbers", "--set", "1", "--reset"], "Either --set a cursor or --reset it: to reset is to begin anew."]
      ] as const
      for (const [words, sentence] of refusals) {
        const refused = yield* run(["sensor", ...words])
        assert.deepStrictEqual([refused.code, refused.stderr.split("\n")[0], refused.stdout], [2, `error: ${sentence}`, ""])
      }
      const unfit = yield* run(["sensor", "cursor", "shop/numbers", "--set", "\"7\""])
      assert.strictEqual(unfit.code, 2)
      assert.match(unfit.stderr, /^error: It is no cursor of the sensor shop\/numbers: /)
      const ticks = yield* run(["ticks", "shop/numbers"])
      assert.deepStrictEqual([ticks.code, ticks.stderr.split("\n")[0]], [
        2, "error: shop/numbers is a sensor, which has no ticks: `sluice sensor requests shop/numbers` lists what it asked for."
      ])

      yield* write("main.ts", shop.replaceAll("\"sluice\"", JSON.stringify(new URL("../../../index.ts", import.meta.url).pathname)).replace(/sensors: \[[^]*?\n  \],/, ""))
      const none = yield* run(["sensors"])
      assert.deepStrictEqual([none.code, none.stderr.split("\n")[0]], [2, "error: There are no sensors: give the deployment `sensors`."])
    }), 60_000)
})
