/** Bytes in chunks, and how a reading ended. */
import { Effect, Exit, Stream } from "effect"
import { Format } from "../../../index.ts"

/** In pieces of so many bytes, each a copy of its own. */
export const chunks = (bytes: Uint8Array, size: number): Stream.Stream<Uint8Array> =>
  Stream.fromIterable(Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.slice(i * size, (i + 1) * size)))

export interface Ended<A> {
  readonly rows: ReadonlyArray<A>
  /** The message of the error. */
  readonly error: string | undefined
}

/** The records up to the end or the error, and the error. */
export const ended = <A, E>(stream: Stream.Stream<A, E>): Effect.Effect<Ended<A>> =>
  Effect.gen(function*() {
    const rows: Array<A> = []
    const exit = yield* Effect.exit(Stream.runForEach(stream, (row) => Effect.sync(() => void rows.push(row))))
    if (Exit.isSuccess(exit)) return { rows, error: undefined }
    const error = yield* Effect.flip(exit).pipe(Effect.orDie)
    return { rows, error: error instanceof Format.FormatError ? error.message : String(error) }
  })
