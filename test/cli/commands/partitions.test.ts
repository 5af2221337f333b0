import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { project, weather } from "../fixture.ts"

describe("sluice partitions", () => {
  it.live("adds and removes keys of a dynamic set, lists them, and refuses sets that an asset fills", () =>
    Effect.gen(function*() {
      const { run } = yield* project(weather)
      const added = yield* run(["partitions", "add", "salad/city", "Oslo", "Bergen", "Oslo"])
      assert.strictEqual(added.stdout, "Added 2 keys to salad/city, which has 2 keys now.\n", added.stderr)
      const again = yield* run(["partitions", "add", "salad/city", "Oslo", "Tromsø"])
      assert.strictEqual(again.stdout, "Added 1 key to salad/city, which has 3 keys now.\n")
      assert.strictEqual((yield* run(["partitions", "salad/weather", "--keys"])).stdout, "Oslo\nBergen\nTromsø\n")
      assert.strictEqual((yield* run(["materialize", "salad", "--partition", "Oslo"])).code, 0)
      const listed = yield* run(["partitions", "salad/weather", "--json"])
      assert.deepStrictEqual(
        JSON.parse(listed.stdout).map((row: Record<string, unknown>) => [row["partition"], row["state"]]),
        [["Oslo", "fresh"], ["Bergen", "missing"], ["Tromsø", "missing"]]
      )
      const typo = yield* run(["partitions", "remove", "salad/city", "Bergn"])
      assert.deepStrictEqual([typo.code, typo.stderr], [2, "error: salad/city has no key \"Bergn\". Did you mean \"Bergen\"?\n"])
      const removed = yield* run(["partitions", "remove", "salad/city", "Bergen"])
      assert.strictEqual(removed.stdout, "Removed 1 key from salad/city, which has 2 keys now.\n")
      const wrong = yield* run(["materialize", "salad", "--partition", "Osloo"])
      assert.strictEqual(wrong.code, 2)
      assert.match(wrong.stderr, /did you mean "Oslo"\?/i)
    }))

  it.live("a key with a line break is refused where it is added: no file of keys would hold it", () =>
    Effect.gen(function*() {
      const { run } = yield* project(weather)
      const { code, stderr, stdout } = yield* run(["partitions", "add", "salad/city", "Oslo", "Ber\ngen"])
      assert.deepStrictEqual([code, stdout], [2, ""])
      assert.strictEqual(
        stderr,
        "error: \"Ber\\u000agen\" cannot be a partition key, because it has a line break or another control character: add it without.\n"
      )
      assert.strictEqual((yield* run(["partitions", "salad/weather", "--keys"])).stdout, "")
    }))

  it.live("keys that look like comments or have blanks around them come through a pipe as they are", () =>
    Effect.gen(function*() {
      const { ran, run } = yield* project(weather.replace("run: (_, city) =>", "run: (_, city) => ran(JSON.stringify(city)) ??"))
      const odd = ["#x", " begins", "a\\b", "a,b", "\\#c", "Oslo"]
      yield* run(["partitions", "add", "salad/city", "--", ...odd])
      const { stdout } = yield* run(["partitions", "salad/weather", "--keys"])
      assert.strictEqual(stdout, "\\#x\n\\ begins\na\\\\b\na,b\n\\\\#c\nOslo\n")
      const all = yield* run(["materialize", "salad", "--partition-set", "-"], { input: `# a comment\n\n${stdout}` })
      assert.strictEqual(all.code, 0, all.stderr)
      assert.deepStrictEqual((yield* ran).map((key) => JSON.parse(key)).toSorted(), odd.toSorted())
      yield* run(["partitions", "add", "salad/city", " sp ", "ends "])
      const rest = yield* run(["partitions", "salad/weather", "--keys", "--state", "missing"])
      assert.strictEqual(rest.stdout, "\\ sp\\ \nends\\ \n")
      const one = yield* run(["materialize", "salad", "--partition-set", "-"], { input: "\\ sp\\ \n" })
      assert.strictEqual(one.code, 0, one.stderr)
      assert.strictEqual((yield* ran).at(-1), "\" sp \"")
      const several = yield* run(["materialize", "salad", "--partition-set", "-"], { input: `Oslo\n${rest.stdout}` })
      assert.strictEqual(several.code, 0, several.stderr)
      assert.strictEqual((yield* ran).at(-1), "\"ends \"")
    }))

  it.live("a key that stands for another window of time than before is stale, and computed anew", () =>
    Effect.gen(function*() {
      const { run } = yield* project(`
import { Effect, Layer, Schema } from "effect"
import { Asset, Deployment, Partitions, Pipeline, Rows, Warehouse } from "sluice"

const partitions = {
  days: () => Partitions.daily({ start: "2024-06-01", end: "2024-06-16" }),
  tokyo: () => Partitions.daily({ start: "2024-06-01", end: "2024-06-16", timezone: "Asia/Tokyo" }),
  weeks: () => Partitions.weekly({ start: "2024-06-02", end: "2024-06-16" })
}[process.env.CUT]()
const hours = ({ start, end }) => Math.round((end.epochMilliseconds - start.epochMilliseconds) / 3_600_000)
const raw = Asset.make("cut/raw", {
  partitions, output: Rows.of(Schema.Struct({ key: Schema.String, hours: Schema.Int, from: Schema.String }), { key: ["key"] }), io: Warehouse,
  run: (_, window) => Effect.succeed([{ key: window.key, hours: hours(window), from: new Date(window.start.epochMilliseconds).toISOString().slice(11, 16) }])
})
export default Deployment.make({ pipelines: [Pipeline.make("cut", { assets: [raw] })], io: Warehouse.layer, resources: Layer.empty })
`)
      const cut = (CUT: string) => ({ env: { CUT } })
      const rows = (CUT: string) => Effect.map(run(["preview", "cut/raw", "--partition", "2024-06-09", "--json"], cut(CUT)), ({ stdout }) => JSON.parse(stdout))
      const made = yield* run(["materialize", "cut"], cut("days"))
      assert.strictEqual(made.code, 0, made.stderr)
      assert.deepStrictEqual(yield* rows("days"), { key: "2024-06-09", hours: 24, from: "00:00" })
      const explained = yield* run(["explain", "cut/raw"], cut("weeks"))
      assert.match(explained.stdout, /stale +2 +its window of time changed +2024-06-02..2024-06-09/)
      assert.include((yield* run(["explain", "cut/raw@2024-06-09"], cut("tokyo"))).stdout, "stale: its window of time changed")
      assert.include((yield* run(["materialize", "cut"], cut("weeks"))).stdout, "2 materialized")
      assert.deepStrictEqual(yield* rows("weeks"), { key: "2024-06-09", hours: 168, from: "00:00" })
      assert.include((yield* run(["materialize", "cut"], cut("weeks"))).stdout, "Nothing to do")
      yield* run(["materialize", "cut"], cut("tokyo"))
      assert.deepStrictEqual(yield* rows("tokyo"), { key: "2024-06-09", hours: 24, from: "15:00" })
      assert.include((yield* run(["materialize", "cut"], cut("tokyo"))).stdout, "Nothing to do")
    }), 30_000)

  it.live("rows of a key that is gone are neither shown nor checked", () =>
    Effect.gen(function*() {
      const { run } = yield* project(`
import { Effect, Layer, Schema } from "effect"
import { Asset, Check, Deployment, Partitions, Pipeline, Rows, Warehouse } from "sluice"

const city = Asset.make("gone/city", {
  partitions: Partitions.dynamic("gone/cities"), output: Rows.of(Schema.Struct({ name: Schema.String }), { key: ["name"] }), io: Warehouse,
  run: (_, name) => Effect.succeed([{ name }])
})
const noBergen = (over) => Check.make("no Bergen " + over, { asset: city, over, run: (rows) =>
  Effect.succeed(Check.every(rows, ({ name }) => name !== "Bergen")) })
export default Deployment.make({
  pipelines: [Pipeline.make("gone", { assets: [city], checks: [noBergen("asset"), noBergen("cell")] })], io: Warehouse.layer, resources: Layer.empty
})
`)
      yield* run(["partitions", "add", "gone/cities", "Oslo", "Bergen", "Voss"])
      assert.strictEqual((yield* run(["materialize", "gone"])).code, 1)
      yield* run(["partitions", "remove", "gone/cities", "Bergen"])
      const shown = yield* run(["preview", "gone/city", "--json"])
      assert.deepStrictEqual(shown.stdout.trim().split("\n").map((line) => JSON.parse(line)), [{ name: "Oslo" }, { name: "Voss" }])
      const checked = yield* run(["check", "gone"])
      assert.strictEqual(checked.code, 0, checked.stdout)
      const again = yield* run(["materialize", "gone", "--force"])
      assert.strictEqual(again.code, 0, again.stdout + again.stderr)
      const backfilled = yield* run(["backfill", "gone", "--only", "all"])
      assert.strictEqual(backfilled.code, 0, backfilled.stdout + backfilled.stderr)
      yield* run(["partitions", "remove", "gone/cities", "Oslo", "Voss"])
      const none = yield* run(["preview", "gone/city"])
      assert.deepStrictEqual([none.code, none.stdout], [2, ""])
      assert.include(none.stderr, "gone/city is not materialized yet")
      yield* run(["partitions", "add", "gone/cities", "Bergen"])
      assert.include((yield* run(["preview", "gone/city"])).stdout, "Bergen")
    }), 30_000)
})
