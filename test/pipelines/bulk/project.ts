/** A project with the bulk pipeline, and files of invented records in it. */
import { Effect, Layer, Redacted, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { mkdirSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import * as Sample from "../../../pipelines/bulk/Sample.ts"
import * as SampleFile from "../../../pipelines/bulk/SampleFile.ts"
import { Database } from "../../../resources/database/Database.ts"
import type { Simulator } from "../../../simulators/bulk/Simulator.ts"
import * as fixture from "../../cli/fixture.ts"

const main = `
import { Layer } from "effect"
import { Deployment, ObjectStore, Warehouse } from "sluice"
import { bulk } from "${fixture.root}/pipelines/bulk.ts"
import { bulkCommand } from "${fixture.root}/pipelines/bulk/BulkCommand.ts"
import { RecordApi } from "${fixture.root}/resources/bulk/RecordApi.ts"
import * as BulkSimulators from "${fixture.root}/simulators/bulk/Source.ts"

export default Deployment.make({
  pipelines: [bulk],
  io: Warehouse.layer,
  resources: Layer.merge(RecordApi.layer.pipe(Layer.provideMerge(BulkSimulators.layer)), ObjectStore.layer({ root: "/" })),
  commands: [bulkCommand]
})
`

export const make = fixture.project(main)

/** Writes records into a file of the project's folder `data`. */
export const write = Effect.fnUntraced(function*(
  project: fixture.Project,
  name: string,
  records: number,
  { errorRate = 0, seed = 1 }: { readonly errorRate?: number; readonly seed?: number } = {}
) {
  mkdirSync(path.join(project.folder, "data"), { recursive: true })
  const drawn = Sample.draw(records, errorRate, seed, SampleFile.flawsOf("csv"))
  writeFileSync(path.join(project.folder, "data", name), Buffer.concat(yield* Stream.runCollect(SampleFile.bytes("csv", drawn))))
})

/** All settings are given, so that none of the machine's own plays a part. */
export const envOf = (api: Pick<Simulator, "url">, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  BULK_INPUT: "data",
  API_ENDPOINT: api.url,
  RETRY_BASE: "0.02",
  BATCH_SIZE: "1000",
  ...more
})

export const query = <A extends object>(project: fixture.Project, statement: string) =>
  Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe<A>(statement)).pipe(
    Effect.provide(Layer.provide(Database.layerClient({ connections: 1 }), Database.layerUrl(Redacted.make(project.databaseUrl))))
  )

/** What is stored of all records. */
export const stored = Effect.fnUntraced(function*(project: fixture.Project) {
  const [row] = yield* query<{ readonly results: number; readonly failed: number; readonly read: number }>(project, `
    select (select count(*)::int from bulk.results) as results, (select count(*)::int from bulk.failed_records) as failed,
      (select coalesce(sum(records), 0)::int from bulk.metrics) as read`)
  return { ...row! }
})

export const keys = Effect.fnUntraced(function*(project: fixture.Project) {
  const rows = yield* query<{ readonly key: string }>(project, "select idempotency_key as key from bulk.results order by 1")
  return rows.map(({ key }) => key)
})

/** Waits until the API has processed so many records. */
export const until = ({ ledger }: Pick<Simulator, "ledger">, processed: number) =>
  Effect.repeat(Effect.sleep("10 millis"), { until: () => ledger.processed() >= processed })
