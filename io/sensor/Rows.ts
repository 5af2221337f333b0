/** Rows of a table of the project's database that are new, observed in whatever order their transactions commit. */
import { PgClient } from "@effect/sql-pg"
import { type Duration, Effect, Schema, Stream } from "effect"
import * as Looking from "../../engine/sensor/Looking.ts"
import { ObservationFailed, type Observer, type Seen } from "../../engine/sensor/Sensor.ts"
import { refused, signals } from "./Notify.ts"

export interface Options<S> {
  /** With its schema: `shop.orders`. */
  readonly table: string
  /** The columns that are read, from their JSON. */
  readonly row: S
  /** A channel that is notified when there are new rows. Default: none, and a look every second. */
  readonly channel?: string
  /** At the latest so long after a look there is another one. Default "1 second", with a channel "10 seconds". */
  readonly every?: Duration.Input
  /** False: rows that are there at the first look are passed over. Default true. */
  readonly existing?: boolean
}

const Horizon = Schema.NonEmptyArray(Schema.Struct({ horizon: Schema.String, next: Schema.String }))
const Rows = Schema.Array(Schema.Struct({ row: Schema.Json }))

/** Rows that come at once are recorded in portions. */
const portion = 200

/**
 * Rows that were inserted or updated, by key. A request is made once a key, so an update of a row is one of its own only
 * where the key says so (`({ id, version }) => …`). Its cursor is a horizon of transactions, not the last id: a row whose
 * transaction commits after those of later ids is not passed over. A look reads the table, by its transaction ids: for
 * tables that grow beyond some million rows, observe a table of what is to be done.
 */
export const rows = <Row>(
  options: Options<Schema.Codec<Row, unknown>> & { readonly key: (row: NoInfer<Row>) => string }
): Observer<string | null, Row, ObservationFailed, PgClient.PgClient> => {
  const { channel, existing = true, key, table } = options
  const every = options.every ?? (channel === undefined ? "1 second" : "10 seconds")
  const decode = Schema.decodeUnknownEffect(Schema.Array(Schema.toCodecJson(options.row)))
  const look = Effect.fnUntraced(function*(since: string | null) {
    const sql = yield* PgClient.PgClient
    // Before the rows are read: every transaction below the horizon is over, and what it wrote is seen now at the latest.
    const [{ horizon, next }] = yield* Effect.flatMap(
      sql`select pg_snapshot_xmin(pg_current_snapshot())::text as horizon, pg_snapshot_xmax(pg_current_snapshot())::text as next`,
      Schema.decodeUnknownEffect(Horizon)
    )
    const passed: ReadonlyArray<Seen<string | null, Row>> = [{ cursor: horizon, found: [] }]
    if (since === null && !existing) return passed
    // A row has the last 32 bits of its transaction's id: it is so far before the next one as their difference says.
    const recent = since === null ? sql`true` : sql`((${next}::bigint - xmin::text::bigint) & 4294967295) <= ${next}::bigint - ${since}::bigint`
    const found = yield* Effect.flatMap(
      sql`select to_jsonb(found) as row from ${sql(table)} as found where ${recent}`,
      Schema.decodeUnknownEffect(Rows)
    )
    const decoded = yield* Effect.mapError(decode(found.map(({ row }) => row)), ({ message }) =>
      new ObservationFailed({ message: `Rows of ${table} do not fit \`row\`: ${message.replaceAll(/\s*\n\s*/g, " ")}.` }))
    const all = decoded.map((row) => ({ key: key(row), value: row }))
    const parts = Array.from({ length: Math.ceil(all.length / portion) }, (_, i): Seen<string | null, Row> => (
      // The horizon moves when all are recorded.
      { cursor: since, found: all.slice(i * portion, (i + 1) * portion) }
    ))
    return [...parts, ...passed]
  }, Effect.catchTag("SqlError", (error) => Effect.fail(refused(`read ${table}`)(error))), Effect.catchTag("SchemaError", Effect.die))
  const told = channel === undefined ? Stream.never : Stream.map(signals(channel), () => undefined)
  return {
    cursor: Schema.NullOr(Schema.String),
    initial: null,
    every,
    observe: (cursor) => Looking.whenever(told, every, cursor, look)
  }
}
