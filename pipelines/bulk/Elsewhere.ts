/** Failed records that could be sent again, of chunks that the input does not have now: of another input, or of a former version of a file. */
import { Effect, Schema } from "effect"
import { SqlClient } from "effect/sql"

const decode = Schema.decodeUnknownEffect(Schema.Tuple([Schema.Struct({ records: Schema.Int })]))

/** How many there are that no retry has recovered. */
export const count = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  // A table is there when its first cell was written.
  const [there] = yield* sql<{ readonly failed: boolean; readonly recovered: boolean }>`
    select to_regclass('bulk.failed_records') is not null as failed, to_regclass('bulk.recovered') is not null as recovered`
  if (there?.failed !== true) return 0
  const isRecovered = sql.literal(there.recovered
    ? "exists (select from bulk.recovered v where v.chunk = f.chunk and v.idempotency_key = f.idempotency_key and v.state = 'processed' and v.ended_at >= f.failed_at)"
    : "false")
  const rows = yield* sql`
    select count(*)::int as records from bulk.failed_records f
    where kind in ('refused', 'unanswered') and not exists (select from bulk.chunks c where c.key = f.chunk) and not ${isRecovered}`
  const [{ records }] = yield* decode(rows)
  return records
})
