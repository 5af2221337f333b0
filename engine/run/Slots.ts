/**
 * The slots of a process, which the stages that it executes at once share: so many groups are computed at a time. Who
 * came first goes first, but within a lane (the stages of one computation) no step of a later stage starts while an
 * earlier one has steps that could.
 */
import { Effect, type Scope } from "effect"

/** A stage's part in the slots. */
export interface Turn {
  /** A step has begun, has ended, or is another worker's: it keeps no other stage waiting. */
  readonly begun: (index: number) => void
  /** The run is paused, or goes on: while it is paused no step of the stage can begin, and none keeps another stage waiting. */
  readonly paused: (isPaused: boolean) => void
  /** Runs the effect in a slot; waits for one, interruptibly. */
  readonly within: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/** Where a stage stands among those that share the slots. */
export interface Place {
  readonly lane: string
  /** Its place in the lane: the lowest goes first. */
  readonly rank: number
}

export interface Slots {
  /** A stage of `steps` steps takes part, until the scope ends. */
  readonly join: (place: Place, steps: number) => Effect.Effect<Turn, never, Scope.Scope>
}

interface Stage extends Place {
  /** Steps that have not begun. */
  readonly open: Set<number>
  isPaused: boolean
}

interface Waiter {
  readonly stage: Stage
  readonly go: () => void
}

/** A stage that has a fiber for each slot, and no other beside it. */
export const alone: Turn = { begun: () => {}, paused: () => {}, within: (effect) => effect }

export const make = (count: number): Slots => {
  let free = count
  const stages = new Set<Stage>()
  const line = new Set<Waiter>()

  const isHeldBack = ({ lane, rank }: Stage): boolean => {
    for (const other of stages) {
      if (other.lane === lane && other.rank < rank && other.open.size > 0 && !other.isPaused) return true
    }
    return false
  }

  const serve = () => {
    for (const waiter of line) {
      if (free === 0) return
      if (isHeldBack(waiter.stage)) continue
      free--
      line.delete(waiter)
      waiter.go()
    }
  }

  const leave = Effect.sync(() => {
    free++
    serve()
  })

  const turnOf = (stage: Stage): Turn => ({
    begun: (index) => {
      if (stage.open.delete(index) && stage.open.size === 0) serve()
    },
    paused: (isPaused) => {
      stage.isPaused = isPaused
      if (isPaused) serve()
    },
    within: (effect) =>
      Effect.suspend(() => {
        let isIn = false
        const enter = Effect.callback<void>((resume) => {
          const waiter: Waiter = {
            stage,
            go: () => {
              isIn = true
              resume(Effect.void)
            }
          }
          line.add(waiter)
          serve()
          return Effect.sync(() => void line.delete(waiter))
        })
        // Whether the slot was given is noted where it is given: an interrupt may come between that and the next line.
        return Effect.ensuring(Effect.andThen(enter, effect), Effect.suspend(() => isIn ? leave : Effect.void))
      })
  })

  return {
    join: (place, steps) =>
      Effect.acquireRelease(
        Effect.sync(() => {
          const stage: Stage = { ...place, open: new Set(Array.from({ length: steps }, (_, index) => index)), isPaused: false }
          stages.add(stage)
          return stage
        }),
        (stage) =>
          Effect.sync(() => {
            stages.delete(stage)
            serve()
          })
      ).pipe(Effect.map(turnOf))
  }
}
