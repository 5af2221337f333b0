/** Takes what the stream of a cell with a checkpoint gives, and commits rows and position every so often. */
import { type Cause, Clock, Data, Duration, Effect, Fiber, Schema, Stream } from "effect"
import { randomUUID } from "node:crypto"
import { defaultEvery, defaultGrace, defaultWithin, type Done } from "../definition/Checkpoint.ts"
import * as Drain from "../definition/Drain.ts"
import type { Checkpoint } from "../record/Checkpoint.ts"
import { RunStore } from "../record/RunStore.ts"
import { patiently } from "./Patience.ts"
import { codecOf, type Output, type Resumed, type ResumeError, type ResumingOptions } from "./Resuming.ts"
import { cellsOf } from "./StepTable.ts"

/** `run` of an asset with a checkpoint gave something else than a stream, or elements without rows and position. */
export class NoCheckpoints extends Data.TaggedError("NoCheckpoints")<{ readonly message: string }> {}

/** What a cell came to. */
export interface Gathered {
  /** By asset key; of a cell that was put aside empty arrays. */
  readonly values: ReadonlyMap<string, ReadonlyArray<unknown>>
  /** Its rows were put aside, up to this checkpoint; undefined: it ended before the first one, and `values` are its rows. */
  readonly partial: Checkpoint | undefined
  readonly records: number
}

/** Rows beyond this are committed, be they of few elements: what is pending is in memory (G9). */
const maxPendingRows = 20_000

/** What is pending when a cell is interrupted is worth so much waiting. */
const lastCommit = "5 seconds"

type Fact =
  | { readonly _tag: "Done"; readonly elements: ReadonlyArray<unknown> }
  | { readonly _tag: "Tick" }
  | { readonly _tag: "Broken"; readonly cause: Cause.Cause<unknown> }

/**
 * Runs the stream to its end. What is done when it fails, is interrupted or runs out of time is committed too, so that the
 * next try repeats nothing of it; of `Checkpoint.mapEffect` also what was under way, see `draining`.
 */
export const gather = <R>(
  resumed: Resumed,
  given: unknown,
  options: ResumingOptions<R>
): Effect.Effect<Gathered, unknown, R | RunStore> =>
  Effect.gen(function*() {
    if (!Stream.isStream(given)) return yield* misfit(resumed, "no stream")
    const { commit, end, take } = batching(resumed, yield* RunStore, options)
    const facts = Stream.chunks(given as Stream.Stream<unknown, unknown, R>).pipe(
      Stream.map((elements): Fact => ({ _tag: "Done", elements })),
      Stream.catchCause((cause) => Stream.succeed<Fact>({ _tag: "Broken", cause })),
      // Of a merge no fact is lost; a time-out of a pull could lose what it has just pulled.
      Stream.merge(ticks(resumed.definition.within ?? defaultWithin), { haltStrategy: "left" })
    )
    const flow = Stream.runForEach(facts, (fact): Effect.Effect<void, unknown> => {
      switch (fact._tag) {
        case "Done":
          return take(fact.elements)
        case "Tick":
          return commit
        case "Broken":
          return Effect.andThen(Effect.ignore(commit), Effect.failCause(fact.cause))
      }
    }).pipe(
      Effect.onInterrupt(() => Effect.ignore(Effect.timeout(Effect.interruptible(commit), lastCommit)))
    )
    yield* draining(flow, resumed.definition.grace ?? defaultGrace)
    return yield* end
  })

/**
 * Runs it in a fiber of its own, so that an interrupt does not reach it at once: it is asked to begin nothing more, and
 * ends by itself when what is under way has come and is committed. After `grace` it is interrupted all the same.
 */
const draining = <A, E, R>(flow: Effect.Effect<A, E, R>, grace: Duration.Input): Effect.Effect<A, E, R> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const drain = Drain.make()
      const inPlace = yield* Drain.Grace
      const fiber = yield* Effect.forkChild(Effect.interruptible(Effect.provideService(flow, Drain.Draining, drain)), { startImmediately: true })
      const ended = Effect.gen(function*() {
        drain.stop()
        if (drain.isJoined()) yield* Effect.timeoutOption(Effect.interruptible(Fiber.await(fiber)), inPlace() ?? grace)
        yield* Fiber.interrupt(fiber)
      })
      return yield* Effect.onInterrupt(restore(Fiber.join(fiber)), () => ended)
    })
  )

const ticks = (within: Duration.Input): Stream.Stream<Fact> =>
  Stream.map(Stream.drop(Stream.tick(within), 1), () => ({ _tag: "Tick" }))

/** What is done and not yet committed, and the checkpoint that it follows. */
const batching = <R>(resumed: Resumed, store: RunStore["Service"], options: ResumingOptions<R>) => {
  const { definition, outputs, place, step } = resumed
  const { every = defaultEvery } = definition
  const encode = Schema.encodeUnknownEffect(codecOf(definition))
  let last = resumed.last
  let pending = emptied(outputs)

  const commit: Effect.Effect<void, ResumeError | Schema.SchemaError> = Effect.suspend(() => {
    if (pending.elements === 0) return Effect.void
    // A try that was interrupted may have taken place: the same rows go under the same id, by which it is known.
    const { elements, id, position, rows } = pending
    const before = last
    const rowsBefore = (asset: string) => before?.rows[asset] ?? 0
    return Effect.gen(function*() {
      const next: Checkpoint = {
        ...place,
        id,
        basis: resumed.basis,
        run: before?.run ?? options.run,
        position: yield* encode(position),
        records: (before?.records ?? 0) + elements,
        rows: Object.fromEntries(Array.from(rows, ([asset, own]) => [asset, rowsBefore(asset) + own.length])),
        at: new Date(yield* Clock.currentTimeMillis)
      }
      yield* patiently(store.commitCheckpoint({
        run: options.run,
        worker: options.worker,
        cells: cellsOf(step),
        place,
        after: before?.id,
        next,
        write: Effect.forEach(outputs, ({ cell, partial }) => {
          const value = rows.get(cell.asset.key)!
          // Rows without a checkpoint are left from a computation that had another key.
          const clear = before === undefined ? partial.discard(cell) : Effect.void
          return value.length === 0
            ? clear
            : Effect.andThen(clear, partial.add([{ ...cell, value, partial: rowsBefore(cell.asset.key) }]))
        }, { discard: true })
      }))
      last = next
      pending = emptied(outputs)
      for (const cell of cellsOf(step)) options.observer({ _tag: "Progressed", cell, records: elements })
    })
  })

  const take = (elements: ReadonlyArray<unknown>) =>
    Effect.gen(function*() {
      for (const element of elements) {
        const fault = add(pending, outputs, element)
        if (fault !== undefined) return yield* misfit(resumed, fault)
        if (pending.elements >= every || pending.size >= maxPendingRows) yield* commit
      }
    })

  /** The rest of a long cell is put aside too: should its end fail, or be killed, no record is done again. */
  const end: Effect.Effect<Gathered, ResumeError | Schema.SchemaError> = Effect.suspend(() =>
    last === undefined
      ? Effect.succeed({ values: pending.rows, partial: undefined, records: pending.elements })
      : Effect.map(commit, () => ({ values: emptied(outputs).rows, partial: last, records: last?.records ?? 0 })))

  return { commit, take, end }
}

interface Pending {
  readonly id: string
  readonly rows: ReadonlyMap<string, Array<unknown>>
  elements: number
  /** Rows of all outputs. */
  size: number
  position: unknown
}

const emptied = (outputs: ReadonlyArray<Output>): Pending => ({
  id: randomUUID(),
  rows: new Map(outputs.map(({ cell }) => [cell.asset.key, []])),
  elements: 0,
  size: 0,
  position: undefined
})

/** Adds an element, or tells what is wrong with it: the types say so, but a project may never have been type-checked. */
const add = (pending: Pending, outputs: ReadonlyArray<Output>, element: unknown): string | undefined => {
  if (typeof element !== "object" || element === null || !("rows" in element) || !("position" in element)) {
    return "an element without `rows` and `position`"
  }
  const { position, rows } = element as Done<unknown, unknown>
  for (const { cell, name } of outputs) {
    const own: unknown = name === "" ? rows : (rows as Readonly<Record<string, unknown>>)[name] ?? []
    if (!Array.isArray(own)) return `rows${name === "" ? "" : ` of ${name}`} that are no array`
    const target = pending.rows.get(cell.asset.key)!
    for (const row of own) target.push(row)
    pending.size += own.length
  }
  pending.elements++
  pending.position = position
  return undefined
}

const misfit = ({ place }: Resumed, what: string): NoCheckpoints =>
  new NoCheckpoints({
    message: `run of ${place.computation} gave ${what}: with a checkpoint it must give a stream of { rows, position }.`
  })
