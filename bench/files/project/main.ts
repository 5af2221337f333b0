/** A project with one asset: the records of the file that BENCH_FILE names, in Postgres. */
import { Effect, Layer } from "effect"
import { Asset, Deployment, Pipeline, Rows, Warehouse } from "sluice"
import { type Name, read, Row } from "../Row.ts"

const path = process.env["BENCH_FILE"] ?? ""
// The bench names its files by their formats.
const format = path.slice(path.lastIndexOf(".") + 1) as Name

const loaded = Asset.make("files/loaded", {
  output: Rows.of(Row, {}),
  io: Warehouse,
  run: () => Effect.succeed(read(format, path))
})

export default Deployment.make({
  pipelines: [Pipeline.make("files", { assets: [loaded] })],
  io: Warehouse.layer,
  resources: Layer.empty
})
