/** What a worker does with a granted group: prepares the places of its assets, computes it, hands the values on. */
import { Context, Effect, Semaphore, Stream } from "effect"
import { type Any, storedOf } from "../definition/Asset.ts"
import type { IoError, IoManager } from "../definition/Io.ts"
import type { Snapshot } from "../plan/Snapshot.ts"
import type { RunStore } from "../record/RunStore.ts"
import type { Step } from "../record/Step.ts"
import * as BatchCompute from "./BatchCompute.ts"
import type { Claims } from "./Claims.ts"
import type { Committer } from "./Committer.ts"
import * as Compute from "./Compute.ts"
import * as Failure from "./Failure.ts"
import type { Observer } from "./Observer.ts"
import { patiently } from "./Patience.ts"
import type { Recorder } from "./Recorder.ts"
import type { Settlement } from "./Settlement.ts"
import * as Slots from "./Slots.ts"
import { cellsOf, type PlannedStep } from "./StepTable.ts"

export interface WorkOptions<R> {
  readonly snapshot: Snapshot
  readonly run: number
  readonly worker: string
  readonly io: (asset: Any) => Effect.Effect<IoManager, never, R>
  readonly recorder: Recorder
  readonly observer: Observer
  readonly claims: Claims
  readonly settle: Settlement
  readonly committer: Committer<R>
  readonly shared: Shared
}

/** What the stages of one run have in common that a process executes at the same time. */
export interface Shared {
  /** One for each group that may be computed at once. */
  readonly slots: Slots.Slots
  readonly streams: Semaphore.Semaphore
  /** Assets whose places were found, or made, to fit. One that was refused is asked about again by the next stage. */
  readonly prepared: Set<string>
}

/**
 * A stream is written in a transaction that is open as long as the stream flows, and may read its upstream by further
 * connections: with more of these than the pool can serve, each would wait for the others for ever.
 */
const maxStreams = 4

export const makeStreams: Effect.Effect<Semaphore.Semaphore> = Semaphore.make(maxStreams)

/** The streams of a process that executes several runs at once, on one pool. Default: each run has its own. */
export class Streams extends Context.Reference<Semaphore.Semaphore | undefined>("sluice/engine/run/Work/Streams", {
  defaultValue: () => undefined
}) {}

export const share = (concurrency: number): Effect.Effect<Shared> =>
  Effect.all({
    slots: Effect.sync(() => Slots.make(concurrency)),
    streams: Effect.flatMap(Streams, (given) => given === undefined ? makeStreams : Effect.succeed(given)),
    prepared: Effect.sync(() => new Set<string>())
  })

/** A computed step: still to be committed, or committed with its records. */
interface Handed {
  readonly result: Compute.Computed
  readonly steps: ReadonlyArray<Step> | undefined
}

/** Makes what one worker does with one group; it never fails, since the steps do. */
export const make = <R>(
  options: WorkOptions<R>
): ((group: BatchCompute.Group) => Effect.Effect<void, never, R | RunStore>) => {
  const { claims, committer, observer, recorder, settle, shared, snapshot } = options
  const prepared = preparation(options)
  const { io, run, worker } = options
  const compute = { snapshot, io, run, worker, observer, note: recorder.attempt, event: recorder.event, isHeld: claims.isHeld }

  /**
   * Streams are computed while they are written, so they are committed within their attempt, as are long cells whose rows
   * were put aside; others wait for company.
   */
  const finish = (result: Compute.Computed): Effect.Effect<Handed, unknown, R | RunStore> => {
    const isStreamed = Array.from(result.values.values()).some(Stream.isStream)
    if (!isStreamed && result.partial === undefined) return Effect.succeed({ result, steps: undefined })
    const now = Effect.map(committer.now(result), (steps) => ({ result, steps }))
    return isStreamed ? shared.streams.withPermits(1)(now) : now
  }

  /** Assets that a step reads: their places must fit their definitions too, or old rows would be read with new types. */
  const readBy = (asset: string) =>
    snapshot.graph.upstream(asset).map((edge) => edge.upstream).filter(snapshot.isStored)

  const wake = Effect.sync(claims.wake)

  const failed = (step: PlannedStep, { failure, lost, tries }: Compute.Broken) =>
    lost ? claims.hold(step) : settle.fail(step, failure, tries)

  const single = (group: BatchCompute.Group) =>
    Effect.matchEffect(Compute.compute(group[0], compute, finish), {
      onFailure: (broken) =>
        Effect.sync(() => {
          claims.leave(group)
          failed(group[0], broken)
        }),
      onSuccess: ({ result, steps }) => {
        claims.leave(group)
        if (steps === undefined) return committer.submit(result)
        return Effect.sync(() => settle.committed(group[0], steps))
      }
    })

  const batch = (group: BatchCompute.Group) =>
    Effect.andThen(
      BatchCompute.compute(group, { ...compute, computed: committer.submit, failed }),
      Effect.sync(() => claims.leave(group))
    )

  return (group) => {
    const asset = group[0].planned.assets[0]!
    for (const step of group) for (const cell of cellsOf(step)) observer({ _tag: "StepStarted", cell })
    const compute = snapshot.graph.assets.get(asset)?.computation.batch === undefined ? single(group) : batch(group)
    const before = prepared([...group[0].planned.assets, ...readBy(asset)])
    const whole = before === undefined ? compute : Effect.matchCauseEffect(before, {
      onFailure: (cause) =>
        Effect.sync(() => {
          claims.leave(group)
          for (const step of group) settle.fail(step, Failure.ofCause(cause), undefined)
        }),
      onSuccess: () => compute
    })
    return Effect.andThen(whole, wake)
  }
}

/**
 * Creates or checks the places of assets, each once; a refusal fails each step of the stage before it computes anything.
 * Undefined: all of them are ready.
 */
const preparation = <R>({ io, shared, snapshot }: Pick<WorkOptions<R>, "io" | "shared" | "snapshot">) => {
  const known = new Map<string, Effect.Effect<void, IoError, R>>()
  const ready = shared.prepared
  const prepare = (key: string) =>
    Effect.gen(function*() {
      const asset = snapshot.graph.assets.get(key)!
      const manager = yield* io(asset)
      yield* patiently(manager.prepare(storedOf(asset)))
      if (asset.computation.checkpoint !== undefined && manager.partial !== undefined) {
        yield* patiently(manager.partial.prepare(storedOf(asset)))
      }
      ready.add(key)
    })
  const prepared = (key: string) =>
    Effect.suspend(() => {
      const found = known.get(key)
      if (found !== undefined) return found
      return Effect.flatMap(Effect.cached(prepare(key)), (cached) => {
        const first = known.get(key) ?? cached
        known.set(key, first)
        return first
      })
    })
  return (assets: ReadonlyArray<string>) =>
    assets.every((key) => ready.has(key)) ? undefined : Effect.forEach(assets, prepared, { discard: true })
}
