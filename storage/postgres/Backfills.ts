/** Backfills that processes share, in Postgres. */
import type { PgClient } from "@effect/sql-pg"
import { BackfillStore } from "../../engine/record/BackfillStore.ts"
import * as BackfillControl from "./BackfillControl.ts"
import * as BackfillRuns from "./BackfillRuns.ts"
import { readLook } from "./Look.ts"
import * as Lots from "./Lots.ts"

export const make = (sql: PgClient.PgClient): BackfillStore["Service"] =>
  BackfillStore.of({
    ...BackfillRuns.make(sql),
    ...BackfillControl.make(sql),
    ...Lots.make(sql),
    look: (id, since) => readLook(sql, id, since)
  })
