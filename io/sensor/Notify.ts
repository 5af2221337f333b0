/** Notifications of Postgres, observed on a channel. */
import { PgClient } from "@effect/sql-pg"
import { Effect, Schema, Stream } from "effect"
import type { SqlError } from "effect/sql/SqlError"
import { ObservationFailed, type Observer, type Seen } from "../../engine/sensor/Sensor.ts"

/** As one sentence: what the server says of it. */
export const refused = (doing: string) => (error: SqlError): ObservationFailed => {
  const { cause } = error.reason
  return new ObservationFailed({ message: `The database could not ${doing}: ${cause instanceof Error ? cause.message : error.message}.` })
}

/** Gives an element once it listens, and one for each notification from then on. It holds a connection. */
export const signals = (channel: string): Stream.Stream<string | undefined, ObservationFailed, PgClient.PgClient> =>
  Stream.unwrap(Effect.gen(function*() {
    const sql = yield* PgClient.PgClient
    const told = yield* sql.listen(channel)
    return Stream.concat(Stream.make(undefined), Stream.map(Stream.fromQueue(told), ({ payload }) => payload))
  })).pipe(Stream.mapError(refused(`listen to the channel ${channel}`)))

/**
 * The payloads of a channel's notifications, each of which is a request of its own (or as its key says). Postgres keeps
 * none for whoever does not listen: what is notified while no daemon is up is never seen. `rows` on a table that also
 * notifies loses nothing.
 */
export const notify = (channel: string): Observer<number, string, ObservationFailed, PgClient.PgClient> => ({
  cursor: Schema.Int,
  initial: 0,
  every: "1 second",
  observe: (count) =>
    Stream.mapAccum(signals(channel), () => count, (before, payload): readonly [number, ReadonlyArray<Seen<number, string>>] => {
      if (payload === undefined) return [before, [{ cursor: before, found: [] }]]
      return [before + 1, [{ cursor: before + 1, found: [{ key: String(before + 1), value: payload }] }]]
    })
})
