/** Whether assets are older than they say that they may be. */
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect } from "effect"
import { Asset, Partitions, Rows } from "../../../index.ts"
import type * as Freshness from "../../../engine/definition/Freshness.ts"
import * as Age from "../../../engine/plan/Age.ts"
import * as Snapshot from "../../../engine/plan/Snapshot.ts"
import { graphOf, Store, Value } from "../assets.ts"
import { cell } from "./scene.ts"

const days = Partitions.daily({ start: "2024-03-01", timezone: "Europe/Berlin" })
const regions = Partitions.product({ region: Partitions.fixed(["eu", "us"]), day: days })

const of = (partitions: Partitions.Partitions<unknown, unknown>, freshness: Freshness.Options) =>
  Asset.make("it", { partitions, freshness, output: Rows.of(Value), io: Store, run: () => Effect.succeed([]) })

/** Keys of what is stored, with when it was materialized; of windows that is of no matter. */
type Stored = Readonly<Record<string, string>>

const told = (asset: Asset.Any, stored: Stored, now: string): string => {
  const cells = new Map([["it", new Map(Object.entries(stored).map(([key, at]) => [key, cell(1, { materializedAt: new Date(at) })]))]])
  const snapshot = Snapshot.make({ graph: graphOf(asset), now: DateTime.makeUnsafe(now), cells, dynamicKeys: new Map() })
  const { dataOf, isTooOld } = Age.of(snapshot, "it", asset.freshness!)
  return `${isTooOld ? "too old" : "in time"}, of ${dataOf === undefined ? "never" : new Date(dataOf).toISOString().slice(0, 16)}`
}

const hour = { within: "1 hour" } as const
const day = { within: "26 hours" } as const
const mornings = { within: "3 hours", cron: "0 9 * * MON-FRI", timezone: "Europe/Berlin" } as const
const stale = "2024-03-04T08:00Z"

describe("the age of an asset", () => {
  const cases: ReadonlyArray<readonly [string, Partitions.Partitions<unknown, unknown>, Freshness.Options, Stored, string, string]> = [
    ["young enough", Partitions.none, hour, { "": "2024-03-04T08:00Z" }, "2024-03-04T09:00Z", "in time, of 2024-03-04T08:00"],
    ["a moment too old", Partitions.none, hour, { "": "2024-03-04T08:00Z" }, "2024-03-04T09:00:01Z", "too old, of 2024-03-04T08:00"],
    ["never there", Partitions.none, hour, {}, "2024-03-04T09:00Z", "too old, of never"],
    ["keys: by the last one", Partitions.fixed(["a", "b"]), hour, { a: "2024-03-01T00:00Z", b: stale }, "2024-03-04T08:30Z", "in time, of 2024-03-04T08:00"],
    ["windows: by the end of the newest", days, day, { "2024-03-02": stale }, "2024-03-04T00:59Z", "in time, of 2024-03-02T23:00"],
    ["windows: the next was not done", days, day, { "2024-03-02": stale }, "2024-03-04T01:01Z", "too old, of 2024-03-02T23:00"],
    ["windows: the past done anew does not make it younger", days, day, { "2024-03-01": "2024-03-04T01:00Z" }, "2024-03-04T01:01Z", "too old, of 2024-03-01T23:00"],
    ["products: by their windows", regions, day, { "eu|2024-03-01": stale, "us|2024-03-02": stale }, "2024-03-04T00:59Z", "in time, of 2024-03-02T23:00"],
    ["a deadline: not before it", Partitions.none, mornings, { "": "2024-03-01T06:00Z" }, "2024-03-04T07:59Z", "in time, of 2024-03-01T06:00"],
    ["a deadline: passed", Partitions.none, mornings, { "": "2024-03-01T06:00Z" }, "2024-03-04T08:00Z", "too old, of 2024-03-01T06:00"],
    ["a deadline: met", Partitions.none, mornings, { "": "2024-03-04T05:00Z" }, "2024-03-04T20:00Z", "in time, of 2024-03-04T05:00"],
    ["a deadline: met late", Partitions.none, mornings, { "": "2024-03-04T10:00Z" }, "2024-03-04T20:00Z", "in time, of 2024-03-04T10:00"],
    ["a deadline that comes once in four years", Partitions.none, { within: "1 day", cron: "0 0 29 2 *" }, { "": "2024-02-27T00:00Z" }, "2027-06-01T00:00Z", "too old, of 2024-02-27T00:00"]
  ]
  for (const [title, partitions, freshness, stored, now, expected] of cases) {
    it(title, () => assert.strictEqual(told(of(partitions, freshness), stored, now), expected))
  }

  it("a malformed definition is refused with its asset", () => {
    assert.throws(() => of(Partitions.none, { within: "0 seconds" }), "Asset \"it\": freshness.within should be a span of time")
    assert.throws(() => of(Partitions.none, { within: "1 hour", cron: "9" }), "Asset \"it\": freshness: \"9\" is not a cron expression")
  })
})
