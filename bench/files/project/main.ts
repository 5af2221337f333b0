/** A project of the records of the file that BENCH_FILE names: in Postgres, and as Parquet in the folder BENCH_LAKE. */
import { Effect, Layer } from "effect"
import { Asset, Deployment, Lake, ObjectStore, Pipeline, Rows, Warehouse } from "sluice"
import { type Name, read, Row } from "../Row.ts"

const path = process.env["BENCH_FILE"] ?? ""
// The bench names its files by their formats.
const format = path.slice(path.lastIndexOf(".") + 1) as Name

const loaded = Asset.make("files/loaded", {
  output: Rows.of(Row, {}),
  io: Warehouse,
  run: () => Effect.succeed(read(format, path))
})

const kept = Asset.make("files/kept", {
  output: Rows.of(Row, {}),
  io: Lake,
  run: () => Effect.succeed(read(format, path))
})

const lake = Lake.layer({ at: process.env["BENCH_LAKE"] ?? "lake" }).pipe(Layer.provide(ObjectStore.layer({ root: "/" })))

export default Deployment.make({
  pipelines: [Pipeline.make("files", { assets: [loaded] }), Pipeline.make("lake", { assets: [kept] })],
  io: Layer.mergeAll(Warehouse.layer, lake),
  resources: Layer.empty
})
