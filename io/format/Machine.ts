/** A reader of text as a machine that takes bytes and gives records, and the stream that drives it at its reader's pace. */
import { Array as Arr, Cause, Effect, Pull, Stream } from "effect"
import * as Depth from "./Depth.ts"
import { type BadRecord, FormatError, ofBad, type Place, Refused } from "./FormatError.ts"

/** What becomes of a record that cannot be read. */
export type OnBadRecord<E = never, R = never> =
  /** Ends the reading with its `FormatError`. The default. */
  | { readonly onBadRecord?: "fail" | undefined }
  /** Leaves it out; a warning at the end tells how many there were. */
  | { readonly onBadRecord: "skip" }
  /** Gives it to `deadLetters`, at the latest with the records that follow it, and goes on. */
  | {
    readonly onBadRecord: "collect"
    readonly deadLetters: (letters: Arr.NonEmptyReadonlyArray<BadRecord>) => Effect.Effect<void, E, R>
  }

export interface Out<A> {
  readonly good: (value: A) => void
  /** Throws where bad records end the reading. `place` is asked for where they stand among the others. */
  readonly bad: (bad: BadRecord, place: () => Place) => void
}

/**
 * What a reading gives: records; each with its place; or also those that cannot be read, among the others, so that what
 * becomes of them can be committed together with the position behind them.
 */
export type Gives = "values" | "placed" | "all"

/** Both may throw `FormatError`, which ends the reading. */
export interface Machine<A> {
  readonly push: (bytes: Uint8Array, out: Out<A>) => void
  readonly end: (out: Out<A>) => void
}

/** Collects what a machine gives, and knows what to do with bad records. */
export const collector = <E, R>(file: string, policy: OnBadRecord<E, R>, gives: Gives) => {
  let good: Array<unknown> = []
  let letters: Array<BadRecord> = []
  let skipped = 0
  let first: BadRecord | undefined
  const out: Out<unknown> = {
    good: (value) => void good.push(value),
    bad: (bad, place) => {
      if (gives === "all") good.push({ bad, place: place() })
      else if (policy.onBadRecord === "skip") {
        skipped++
        first ??= bad
      } else if (policy.onBadRecord === "collect") letters.push(bad)
      else throw ofBad(bad)
    }
  }
  const [take, takeLetters] = [() => {
    const taken = good
    good = []
    return taken
  }, () => {
    const taken = letters
    letters = []
    return taken
  }]
  /** Hands over the dead letters gathered so far. */
  const post: Effect.Effect<void, E, R> = Effect.suspend(() => {
    const [head, ...tail] = takeLetters()
    return head === undefined || policy.onBadRecord !== "collect" ? Effect.void : policy.deadLetters([head, ...tail])
  })
  const tell: Effect.Effect<void> = Effect.suspend(() =>
    first === undefined
      ? Effect.void
      : Effect.logWarning(`${file}: ${skipped} bad record${skipped === 1 ? " was" : "s were"} left out. The first: ${ofBad(first).message}`)
  )
  return { out, take, post, tell }
}

/** Runs `f`; what it throws as `FormatError` is given back. */
export const caught = (f: () => void): FormatError | undefined => {
  try {
    f()
    return undefined
  } catch (error) {
    if (error instanceof FormatError) return error
    throw error
  }
}

/**
 * So many bytes are made records at a time. A collection of V8's young generation moves the records that are on their way,
 * and what is moved twice waits for the next full one: with the 512 KiB that a file is read in, CSV took a third longer than
 * with 64, and 370 MB in place of 190.
 */
const pieceBytes = 64 * 1024

const cut = (chunks: ReadonlyArray<Uint8Array>): Array<Uint8Array> =>
  chunks.flatMap((chunk) => {
    if (chunk.length <= pieceBytes) return [chunk]
    const pieces: Array<Uint8Array> = []
    for (let at = 0; at < chunk.length; at += pieceBytes) pieces.push(chunk.subarray(at, at + pieceBytes))
    return pieces
  })

export const run = <E, R, E2, R2>(
  bytes: Stream.Stream<Uint8Array, E, R>,
  file: string,
  policy: OnBadRecord<E2, R2>,
  gives: Gives,
  make: () => Machine<unknown>
): Stream.Stream<unknown, E | E2 | FormatError, R | R2> =>
  Stream.transformPull(bytes, (pull) =>
    Effect.map(attempt(file, make), (machine) => {
      const { out, post, take, tell } = collector<E2, R2>(file, policy, gives)
      let failure: FormatError | undefined
      let ended = false
      let pieces: Array<Uint8Array> = []
      let at = 0
      const emit = (): Pull.Pull<Arr.NonEmptyReadonlyArray<unknown>, E | E2 | FormatError, void, R2> =>
        Effect.flatMap(post, () => {
          const taken = take()
          return Arr.isReadonlyArrayNonEmpty(taken) ? Effect.succeed(taken) : next
        })
      const next: Pull.Pull<Arr.NonEmptyReadonlyArray<unknown>, E | E2 | FormatError, void, R2> = Effect.suspend(() => {
        if (failure !== undefined) return Effect.fail(failure)
        if (ended) return Effect.flatMap(tell, () => Cause.done())
        const piece = pieces[at++]
        if (piece !== undefined) {
          failure = caught(() => machine.push(piece, out))
          return emit()
        }
        return Pull.matchEffect(pull, {
          onSuccess: (chunks) => {
            pieces = cut(chunks)
            at = 0
            return next
          },
          onDone: () => {
            ended = true
            failure = caught(() => machine.end(out))
            return emit()
          },
          onFailure: Effect.failCause
        })
      })
      return next
    }))

/** `f`, with what it refuses as the failure. */
export const attempt = <A>(file: string, f: () => A): Effect.Effect<A, FormatError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(f())
    } catch (error) {
      if (error instanceof FormatError) return Effect.fail(error)
      if (error instanceof Refused) return Effect.fail(new FormatError({ file, reason: error.message }))
      if (Depth.isTooDeep(error)) return Effect.fail(new FormatError({ file, reason: "a value is nested too deeply to be written" }))
      throw error
    }
  })
