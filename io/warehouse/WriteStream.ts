/** Writes the stream of a cell in bounded memory: a short one as parameters of an insert, a long one by COPY. */
import { Effect, Pull, Stream } from "effect"
import type { SqlClient, SqlError } from "effect/sql"
import type { CellWritten, IoError } from "../../engine/definition/Io.ts"
import * as Batch from "./Batch.ts"
import * as CopyIn from "./CopyIn.ts"
import * as CopyRows from "./CopyRows.ts"
import { charactersIn, chunkCharacters, chunkRows, type Displaced, insert } from "./Insert.ts"
import type * as Table from "./Table.ts"
import * as Transaction from "./Transaction.ts"

/**
 * The stream outside the transaction: its own queries would else wait for the connection that waits for its rows.
 * `Stream.updateContext` can only add to a context, so that each pull is wrapped.
 */
const outside = (sql: SqlClient.SqlClient, stream: Stream.Stream<unknown, IoError>): Stream.Stream<unknown, IoError> => {
  const leave = <A, E, R>(effect: Effect.Effect<A, E, R>) => Transaction.outside(sql, effect)
  return Stream.scoped(Stream.fromPull(leave(Effect.map(Stream.toPull(stream), leave))))
}

/** Rows that a stream gives before their size is looked at: what bounds the memory where rows are large. */
const pieceRows = 200

/** Rows so far that are not in the database yet: encoded, and as they came. */
const gather = (table: Table.Table, partition: string) => {
  let batches: Array<Batch.Batch> = []
  let pieces: Array<ReadonlyArray<unknown>> = []
  let characters = 0
  let pending = 0
  let rows = 0
  return {
    get rows() {
      return rows
    },
    get pieces() {
      return pieces
    },
    get isEnough() {
      return pending >= chunkRows || characters > chunkCharacters
    },
    add: Effect.fnUntraced(function*(piece: ReadonlyArray<unknown>) {
      const batch = yield* Effect.fromResult(Batch.encode(table, partition, piece, rows))
      rows += piece.length
      pending += piece.length
      batches.push(batch)
      pieces.push(piece)
      const charactersOf = charactersIn(table, batch)
      for (let row = 0; row < batch.size; row++) characters += charactersOf(row)
    }),
    take: Effect.suspend(() => {
      const taken = batches
      batches = []
      pieces = []
      characters = 0
      pending = 0
      return Effect.fromResult(Batch.merge(table, taken))
    })
  }
}

const writtenOf = (rows: number, hash: string | undefined): CellWritten => ({ rows, hash, values: undefined, displaced: [] })

/**
 * Writes within the current transaction. 150,000 rows of 10 columns took 0.5 to 0.7 s by COPY, and 1.0 to 1.7 s as
 * parameters: these are for streams that end with their first insert, and where COPY does not serve (`CopyRows.serves`).
 */
export const write = (
  sql: SqlClient.SqlClient,
  table: Table.Table,
  partition: string,
  stream: Stream.Stream<unknown, IoError>,
  displaced: Displaced
): Effect.Effect<CellWritten, IoError | SqlError.SqlError> =>
  Effect.scoped(Effect.gen(function*() {
    const copyIn = CopyRows.serves(table) ? yield* CopyIn.ofTransaction(sql) : undefined
    const pull = yield* Stream.toPull(outside(sql, stream))
    const hash = Batch.hashOf(table)
    const gathered = gather(table, partition)
    const flush = Effect.gen(function*() {
      const batch = yield* gathered.take
      if (batch.size === 0) return
      if (hash !== undefined) Batch.updateHash(hash, table, batch)
      yield* insert(sql, table, batch, displaced)
    })
    /** The rows of a piece from one on; gives those that are left for COPY. */
    const addAll = Effect.fnUntraced(function*(piece: ReadonlyArray<unknown>) {
      for (let from = 0; from < piece.length; from += pieceRows) {
        yield* gathered.add(piece.slice(from, from + pieceRows))
        if (!gathered.isEnough) continue
        if (copyIn !== undefined) return piece.slice(from + pieceRows)
        yield* flush
      }
      return undefined
    })
    for (;;) {
      const piece = yield* Pull.catchDone(pull, () => Effect.undefined)
      if (piece === undefined) break
      const left = yield* addAll(piece)
      if (left === undefined || copyIn === undefined) continue
      const rest: Stream.Stream<unknown, IoError> = Stream.fromPull(Effect.succeed(pull))
      const copied = yield* CopyRows.copy(copyIn, table, partition, [...gathered.pieces, left], rest)
      return writtenOf(copied.rows, copied.hash)
    }
    yield* flush
    return writtenOf(gathered.rows, hash?.digest("hex"))
  }))
