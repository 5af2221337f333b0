import { Layer } from "effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll } from "vitest"
import { Lake } from "../../../io/lake/Lake.ts"
import { ObjectStore } from "../../../resources/objects/ObjectStore.ts"
import * as IoManager from "../../conformance/IoManager.ts"
import * as TestDatabase from "../../TestDatabase.ts"

const root = mkdtempSync(join(tmpdir(), "sluice-lake-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

for (const format of ["parquet", "csv", "ndjson"] as const) {
  const lake = Lake.layer({ at: format, format }).pipe(
    Layer.provide(ObjectStore.layer({ root })),
    Layer.provide(TestDatabase.layer)
  )
  IoManager.rows(`Lake of ${format}`, Lake, lake, { replacesOnly: true, rounds: format === "parquet" ? 30 : 10 })
}
