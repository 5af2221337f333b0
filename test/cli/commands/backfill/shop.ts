/** A shop to backfill, and what its tests ask of it. */
import { Effect } from "effect"
import { rm } from "node:fs/promises"
import * as path from "node:path"
import type { Project } from "../../fixture.ts"

/**
 * Orders by day with a report of each, box scores by endpoint and game. A cell writes to ran.log when it starts; while
 * the file "wait" is there it does not end. MS is how long it takes, FAIL are days that fail, and BROKEN throw.
 */
export const main = `
import { appendFileSync, existsSync } from "node:fs"
import { Data, Effect, Layer, Schema } from "effect"
import { Asset, Deployment, Documents, Document, Partitions, Pipeline, Rows, Warehouse } from "sluice"

class Busy extends Data.TaggedError("Busy")<{ readonly message: string; readonly transient: boolean }> {}

const day = Partitions.daily({ start: "2024-01-01", end: "2024-03-01" })
const Row = Schema.Struct({ id: Schema.String })
const work = (name: string, key: string) =>
  Effect.gen(function*() {
    appendFileSync("ran.log", name + "@" + key + "\\n")
    yield* Effect.sleep(Number(process.env.MS ?? "0"))
    while (existsSync("wait")) yield* Effect.sleep(20)
    if ((process.env.FAIL ?? "").split(",").includes(key)) return yield* new Busy({ message: "The shop is busy.", transient: true })
    if ((process.env.BROKEN ?? "").split(",").includes(key)) throw new TypeError("till is undefined")
    return [{ id: key }]
  })

const orders = Asset.make("shop/orders", {
  partitions: day, output: Rows.of(Row, { key: ["id"] }), io: Warehouse, run: (_, { key }) => work("orders", key)
})
const report = Asset.make("shop/report", {
  partitions: day, inputs: { orders }, output: Document.of(Schema.Struct({ orders: Schema.Int })), io: Documents,
  run: ({ orders }) => Effect.succeed({ orders: orders.length })
})
const box = Asset.make("nba/box", {
  partitions: Partitions.product({ endpoint: Partitions.fixed(["box", "play", "shots"]), game: Partitions.dynamic("nba/game") }),
  output: Rows.of(Row, { key: ["id"] }), io: Warehouse, run: (_, { endpoint, game }) => work("box", endpoint + "|" + game)
})
const total = Asset.make("show/total", { output: Rows.of(Row, { key: ["id"] }), io: Warehouse, run: () => work("total", "all") })

export default Deployment.make({
  pipelines: [Pipeline.make("shop", { assets: [orders, report] }), Pipeline.make("nba", { assets: [box] }), Pipeline.make("show", { assets: [total] })],
  io: Layer.mergeAll(Warehouse.layer, Documents.layer),
  resources: process.env.CLOSED === "1" ? Layer.effectDiscard(Effect.fail(new Error("The shop has no key."))) : Layer.empty
})
`

export const words = (line: string) => line.split(" ")

export const lines = (text: string): ReadonlyArray<Record<string, unknown>> =>
  text.trim().split("\n").map((line): Record<string, unknown> => JSON.parse(line))

export const shown = ({ run }: Project, id = 1) =>
  Effect.map(run(["backfill", "show", String(id), "--json"]), ({ stdout }): Record<string, unknown> => JSON.parse(stdout))

export const hold = ({ write }: Project) => write("wait", "")
export const letGo = ({ folder }: Project) => Effect.promise(() => rm(path.join(folder, "wait")))

/** Waits for what is true sooner or later. */
export const until = <A>(look: Effect.Effect<A>, holds: (value: A) => boolean) =>
  Effect.repeat(Effect.delay(look, "50 millis"), { until: holds })

export const ended = (running: { readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }> }) =>
  Effect.promise(() => running.ended)
