/**
 * The claims of a stage: takes ready steps, claims their cells, many with one statement, and hands out the groups that
 * were granted. A group is one step, or as many of a batch computation as there are.
 */
import { Clock, Effect, Queue, type Scope } from "effect"
import type { Plan } from "../plan/Plan.ts"
import type { Snapshot } from "../plan/Snapshot.ts"
import { type Claimed, RunStore, type RunStoreError } from "../record/RunStore.ts"
import type { Cell } from "../record/Step.ts"
import { type Group, isGroup } from "./BatchCompute.ts"
import { Freed } from "./Freed.ts"
import * as Held from "./Held.ts"
import { patiently } from "./Patience.ts"
import * as ReadyQueue from "./ReadyQueue.ts"
import type { Settlement } from "./Settlement.ts"
import { cellsOf, type PlannedStep, type StepTable } from "./StepTable.ts"
import * as TakeOver from "./TakeOver.ts"

export interface ClaimsOptions {
  readonly plan: Plan
  readonly snapshot: Snapshot
  readonly table: StepTable
  readonly run: number
  readonly worker: string
  /** Whether this worker still executes the run. */
  readonly executes: Effect.Effect<boolean, RunStoreError>
  /** Since when this worker's claims are its own, by `performance.now()`. */
  readonly heldSince: () => number
  readonly concurrency: number
  /** In place of the batch size of every batch computation. */
  readonly batch: number | undefined
  /** A step is another worker's for now. */
  readonly refused: (index: number) => void
  /** Whether the run is paused, as each claim tells: no step is granted then. */
  readonly paused: (isPaused: boolean) => void
}

export interface Claims {
  /** A step may start. */
  readonly ready: (index: number) => void
  /** Claims what is ready, as there is room for it, until all steps have ended. */
  readonly serve: (settle: Settlement) => Effect.Effect<void, RunStoreError>
  /** The next group to compute. */
  readonly take: Effect.Effect<Group>
  /** A group was computed: there is room for another. */
  readonly leave: (group: Group) => void
  /**
   * Whether the claim of a granted step is this worker's without a doubt. A process that was frozen finds steps that
   * others may be computing by now: such a step must not start.
   */
  readonly isHeld: (step: PlannedStep) => boolean
  /** A group that was taken does not start: it is asked for again. */
  readonly askAgain: (group: Group) => void
  /** Another worker has cells of the step: it is asked for again later. */
  readonly hold: (step: PlannedStep) => void
  /** A step has ended, and with it its claim. */
  readonly ended: (index: number) => void
  /** Something changed: look again. */
  readonly wake: () => void
}

/** Claims are taken for about this much work ahead: more would keep other processes from it, less would starve ours. */
const aheadMillis = 100
const maxAhead = 1000

/** One statement claims so many steps, or one group. */
const maxClaim = 1000

/** Whoever cannot give its claims back loses them with its lease. */
const givesBackWithin = "5 seconds"

/** What is still claimed at the end of the scope is given back: the worker may live on, as a daemon does. */
export const make = (options: ClaimsOptions): Effect.Effect<Claims, never, RunStore | Scope.Scope> =>
  Effect.gen(function*() {
    const { concurrency, plan, snapshot, table } = options
    const awake = yield* Queue.sliding<void>(1)
    const granted = yield* Queue.unbounded<Group>()
    /** When the claim of each step was asked for. */
    const askedAt = new Float64Array(table.size)
    const claimed = new Set<number>()
    const store = yield* RunStore
    yield* Effect.addFinalizer(() =>
      claimed.size === 0 ? Effect.void : patiently(
        store.release(options.run, options.worker, Array.from(claimed, (index) => cellsOf(table.step(index))).flat())
      ).pipe(Effect.timeout(givesBackWithin), Effect.ignore)
    )
    const limits = new Map(plan.steps.map(({ assets, computation }) => {
      const { batch, concurrency } = snapshot.graph.assets.get(assets[0]!)!.computation
      return [computation, {
        batch: batch === undefined ? undefined : options.batch ?? batch,
        concurrency: concurrency ?? Number.POSITIVE_INFINITY
      }]
    }))
    const limitsOf = (computation: string) => limits.get(computation)!
    const queue = ReadyQueue.make(limitsOf)
    const ready = (index: number) => queue.push(index, table.step(index).planned.computation)
    const clock = yield* Clock.clockWith(Effect.succeed)
    /** The time of `Effect.sleep`, which is another one in a test. */
    const nowMillis = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
    /** Claimed or computing, not yet handed over. */
    let groups = 0
    let steps = 0
    let handedOver = 0
    /** So many steps may be claimed or computing. */
    let window = concurrency * 2
    let claimedAt = performance.now()

    const wake = () => void Queue.offerUnsafe(awake, undefined)
    const freed = yield* Freed
    const held = Held.make({ freed, nowMillis, wake })
    yield* Effect.addFinalizer(() => Effect.sync(held.end))
    const leave = (computation: string) => {
      groups--
      queue.leave(computation)
    }

    /** Single steps are claimed ahead; of groups one full one; one that may still grow only where it can start at once. */
    const fits = (size: number, most: number) => {
      if (most === 1) return groups < concurrency * 2 || steps < window
      return size < most ? groups < concurrency : groups <= concurrency || steps + size <= window
    }

    /** Ready groups, as many as there is room for, within the limits of their computations. */
    const pick = (settle: Settlement): ReadonlyArray<Group> => {
      const picked: Array<Group> = []
      for (let size = 0; size < maxClaim;) {
        const indexes = queue.take(fits)
        if (indexes === undefined) break
        groups++
        const group = indexes.map((index) => table.step(index)).filter((step) => {
          if (step.reason._tag !== "UpstreamPlanned" || !TakeOver.isFresh(snapshot, step)) return true
          settle.unchanged(step, "upstream gave the same data")
          return false
        })
        if (isGroup(group)) picked.push(group)
        else leave(table.step(indexes[0]!).planned.computation)
        steps += group.length
        size += group.length
      }
      return picked
    }

    /** The claim of these cells; waits as long as the run is paused. */
    const ask = (cells: ReadonlyArray<Cell>) =>
      Effect.gen(function*() {
        for (;;) {
          // After a lapse of the lease another process may execute the run: this one is about to end, and claims nothing.
          if (!(yield* patiently(options.executes))) return yield* Effect.never
          const at = performance.now()
          const since = freed?.mark() ?? 0
          const claim = yield* patiently(store.claim(options.run, options.worker, cells))
          options.paused(claim.standing === "paused")
          if (claim.standing === "running") return { ...claim, at, since }
          // A cancelled run is granted nothing; the run is about to be interrupted.
          if (claim.standing === "cancelled") return yield* Effect.never
          yield* Effect.sleep(Held.askAgainMillis)
        }
      })

    /** Whether a step that was asked for starts: it was granted, and is not made by now. */
    const starts = (settle: Settlement, one: TakeOver.Answered, since: number, back: Array<Cell>): boolean => {
      const { answers, step } = one
      const cells = cellsOf(step)
      const giveBack = () => {
        steps--
        claimed.delete(step.index)
        cells.forEach((cell, i) => {
          if (answers[i]!.granted) back.push(cell)
        })
      }
      if (!TakeOver.isGranted(one)) {
        giveBack()
        options.refused(step.index)
        const others = cells.filter((_, i) => !answers[i]!.granted)
        held.untilFreed(step.index, others, { own: answers.every(({ granted, own }) => granted || own), since })
        return false
      }
      if (!TakeOver.isMade(snapshot, one)) return true
      giveBack()
      settle.unchanged(step, `another ${TakeOver.isDone(one) ? "process of this run" : "run"} materialized it meanwhile`)
      return false
    }

    /** Hands out what was granted. Groups that were granted in part are put together: fewer and fuller. */
    const handOut = (settle: Settlement, picked: ReadonlyMap<string, ReadonlyArray<Group>>, claim: Claimed & { readonly at: number; readonly since: number }) =>
      Effect.gen(function*() {
        const back: Array<Cell> = []
        let next = 0
        const asked = Array.from(picked, ([computation, groups]) => ({
          computation,
          places: groups.length,
          answered: groups.flat().map((step): TakeOver.Answered => {
            const first = next
            next += step.planned.assets.length
            return { step, answers: claim.cells.slice(first, next) }
          })
        }))
        yield* TakeOver.learn(snapshot, store, settle, asked.flatMap(({ answered }) => answered).filter(TakeOver.isGranted))
        for (const { answered, computation, places } of asked) {
          const left = answered.filter((one) => starts(settle, one, claim.since, back)).map(({ step }) => step)
          const size = limitsOf(computation).batch ?? 1
          let handed = 0
          for (let from = 0; from < left.length; from += size, handed++) {
            const group = left.slice(from, from + size)
            for (const { index } of group) askedAt[index] = claim.at
            if (isGroup(group)) Queue.offerUnsafe(granted, group)
          }
          for (; handed < places; handed++) leave(computation)
        }
        if (back.length > 0) yield* patiently(store.release(options.run, options.worker, back))
      })

    return {
      ready,
      ended: (index) => void claimed.delete(index),
      wake,
      take: Queue.take(granted),
      leave: (group) => {
        leave(group[0].planned.computation)
        steps -= group.length
        handedOver += group.length
      },
      isHeld: ({ index }) => askedAt[index]! >= options.heldSince(),
      askAgain: (group) => {
        leave(group[0].planned.computation)
        steps -= group.length
        for (const step of group) held.later(step.index)
        wake()
      },
      hold: (step) => held.now(step.index),
      serve: (settle) =>
        Effect.gen(function*() {
          while (table.ended() < table.size) {
            for (const index of held.take()) ready(index)
            const picked = pick(settle)
            if (picked.length === 0) {
              const wait = Queue.take(awake)
              const millis = held.waitMillis()
              yield* millis === undefined ? wait : Effect.timeoutOption(wait, millis)
              continue
            }
            const perMilli = handedOver / Math.max(1, performance.now() - claimedAt)
            window = Math.min(maxAhead, Math.max(concurrency * 2, Math.ceil(perMilli * aheadMillis)))
            claimedAt = performance.now()
            handedOver = 0
            // From now on: a claim may be granted whose answer does not come any more.
            for (const { index } of picked.flat()) claimed.add(index)
            const byComputation = Map.groupBy(picked, ([first]) => first.planned.computation)
            const claim = yield* ask(Array.from(byComputation.values()).flat(2).flatMap(cellsOf))
            yield* handOut(settle, byComputation, claim)
          }
        })
    }
  })
