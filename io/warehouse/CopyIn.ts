/**
 * `COPY … FROM STDIN` on the connection of the current transaction, so that what is copied and what is recorded about it
 * are committed together.
 *
 * The client knows the messages of COPY but refuses to run one. Here a consumer of ours takes the place of the client's
 * own for the time of one COPY, under the client's own lock of the connection. That uses fields which the client does
 * not show: their shape is looked at, and where it is another one there is no `CopyIn` and rows go as parameters. The
 * other ways cost more: a connection of its own cannot join the transaction, so that rows would be written twice.
 */
import type { PgProtocol } from "@effect/sql-pg"
import { Context, Deferred, Effect, Exit, type Semaphore } from "effect"
import { type SqlClient, SqlError } from "effect/sql"

interface Consumer {
  readonly onMessage: (message: PgProtocol.BackendMessage<unknown>) => void
  readonly onFatal: (error: SqlError.SqlError) => void
}

/** What a COPY needs of the client's connection. */
interface Session {
  consumer: Consumer | undefined
  readonly deadWith: SqlError.SqlError | undefined
  readonly fatal: (error: SqlError.SqlError) => void
  /** One statement at a time. */
  readonly wire: Semaphore.Semaphore
  readonly session: { readonly socket: { readonly write: (bytes: Uint8Array, written: () => void) => boolean } }
}

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined

const isSession = (value: unknown): value is Session => {
  const withPermits = fieldOf(fieldOf(value, "wire"), "withPermits")
  const write = fieldOf(fieldOf(fieldOf(value, "session"), "socket"), "write")
  return typeof value === "object" && value !== null && "consumer" in value && "deadWith" in value &&
    typeof fieldOf(value, "fatal") === "function" && typeof withPermits === "function" && typeof write === "function"
}

/** Sends bytes of the rows; waits until those sent before are on their way, and may then be written over. */
export type Send = (frame: Uint8Array) => Effect.Effect<void, SqlError.SqlError>

/** Runs one COPY whose rows are what `feed` sends; nothing of it stays where `feed` fails or is interrupted. */
export type CopyIn = <E, R>(
  statement: string,
  feed: (send: Send) => Effect.Effect<void, E, R>
) => Effect.Effect<void, E | SqlError.SqlError, R>

/** Bytes in front of the rows of a frame, which `send` fills in. */
export const frameHead = 5

const errorOf = (cause: unknown, message: string): SqlError.SqlError =>
  new SqlError.SqlError({ reason: new SqlError.UnknownError({ cause, message, operation: "copy" }) })

/** A message of the protocol that holds a text. */
const message = (type: string, text: string): Buffer => {
  const body = Buffer.from(`${text}\0`)
  const bytes = Buffer.alloc(5 + body.length)
  bytes.write(type, "latin1")
  bytes.writeInt32BE(4 + body.length, 1)
  body.copy(bytes, 5)
  return bytes
}

const copyDone = Buffer.from([0x63, 0, 0, 0, 4])

/** How long the server may take to end a COPY that was given up. */
const abortMillis = 5000

/** The messages of one COPY: `open` when the server waits for rows, `ended` when it takes the next statement. */
const conversation = (session: Session) => {
  const open = Deferred.makeUnsafe<void, SqlError.SqlError>()
  const ended = Deferred.makeUnsafe<void, SqlError.SqlError>()
  let failure: SqlError.SqlError | undefined
  const end = (error: SqlError.SqlError | undefined) => {
    const result = error === undefined ? Effect.void : Effect.fail(error)
    Deferred.doneUnsafe(open, result)
    Deferred.doneUnsafe(ended, result)
  }
  session.consumer = {
    onFatal: (error) => end(failure ?? error),
    onMessage: (received) => {
      switch (received._tag) {
        case "CopyInResponse": return void Deferred.doneUnsafe(open, Effect.void)
        case "ErrorResponse": {
          const { fields } = received
          failure = errorOf(Object.assign(new Error(fields.message ?? "COPY failed"), fields), fields.message ?? "COPY failed")
          return
        }
        case "CommandComplete": return
        case "ReadyForQuery": {
          session.consumer = undefined
          return end(failure)
        }
        default: session.fatal(errorOf(new Error(`Unexpected ${received._tag} during COPY`), `Unexpected ${received._tag} during COPY`))
      }
    }
  }
  return { open: Deferred.await(open), ended: Deferred.await(ended) }
}

/** One write at a time is under way. */
const sender = (session: Session): Send => {
  let underway = false
  let wake: (() => void) | undefined
  const free = Effect.callback<void>((resume) => {
    if (!underway) return resume(Effect.void)
    wake = () => resume(Effect.void)
    return Effect.sync(() => {
      wake = undefined
    })
  })
  return (frame) =>
    Effect.andThen(free, Effect.suspend(() => {
      if (session.deadWith !== undefined) return Effect.fail(session.deadWith)
      frame[0] = 0x64
      new DataView(frame.buffer, frame.byteOffset).setInt32(1, frame.length - 1)
      underway = true
      session.session.socket.write(frame, () => {
        underway = false
        wake?.()
      })
      return Effect.void
    }))
}

const copyOn = (session: Session): CopyIn => <E, R>(statement: string, feed: (send: Send) => Effect.Effect<void, E, R>) => {
  const write = (bytes: Uint8Array) => Effect.sync(() => void session.session.socket.write(bytes, () => {}))
  const copying = Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      if (session.deadWith !== undefined) return yield* session.deadWith
      const { ended, open } = conversation(session)
      yield* write(message("Q", statement))
      yield* open
      // The server refuses a row at once, also while the source of rows is silent.
      const refused = Effect.andThen(ended, Effect.never)
      const fed = yield* Effect.exit(restore(Effect.raceFirst(feed(sender(session)), refused)))
      if (Exit.isSuccess(fed)) {
        yield* write(copyDone)
        return yield* ended
      }
      yield* write(message("f", "the rows ended early"))
      yield* Effect.timeoutOrElse(Effect.ignore(ended), {
        duration: abortMillis,
        orElse: () => Effect.sync(() => session.fatal(errorOf(new Error("COPY did not end"), "COPY did not end")))
      })
      return yield* Effect.failCause(fed.cause)
    }))
  return session.wire.withPermits(1)(copying)
}

/** The COPY of the current transaction; undefined outside of one, or where the client's connection has another shape. */
export const ofTransaction = (sql: SqlClient.SqlClient): Effect.Effect<CopyIn | undefined> =>
  Effect.contextWith((context: Context.Context<never>) => {
    const transaction = Context.getOrUndefined(context, sql.transactionService)
    const session = fieldOf(fieldOf(transaction?.[0], "connection"), "base")
    return Effect.succeed(isSession(session) ? copyOn(session) : undefined)
  })
