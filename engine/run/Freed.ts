/**
 * Cells that runs of this process give back, told to its other runs that wait for them. A claim ends with a call of the run
 * store, whoever makes it: so the store tells, and nobody has to poll for what this process itself does.
 */
import { Context, Effect } from "effect"
import type { Commit, RunStore } from "../record/RunStore.ts"
import { type Cell, cellName } from "../record/Step.ts"

export interface Freed {
  /** A moment: what is freed after it is not missed by who waits from it on. */
  readonly mark: () => number
  /**
   * Calls `wake` once, when one of the cells is free and this one is the first in its line, or was freed since the mark.
   * Gives what ends the waiting; who was woken and does not want the cell any more leaves it to the next by it.
   */
  readonly wait: (cells: ReadonlyArray<Cell>, since: number, wake: () => void) => () => void
}

/** Default: nobody tells, as where one run has the process for itself. */
export const Freed = Context.Reference<Freed | undefined>("sluice/engine/run/Freed", { defaultValue: () => undefined })

/** So many cells are remembered that were freed last; who waits since before that is woken at once. */
const mostRemembered = 10_000

export interface Telling {
  readonly freed: Freed
  /** The store as its runs have to use it. */
  readonly store: RunStore["Service"]
}

export const make = (store: RunStore["Service"]): Telling => {
  const waiting = new Map<string, Set<() => void>>()
  /** When each was freed last, the latest at the end. */
  const recent = new Map<string, number>()
  let count = 0
  let forgotten = 0
  /** One alone: of thirty that wait, twenty-nine would ask for nothing. */
  const wakeFirst = (name: string) => {
    const [first] = waiting.get(name) ?? []
    first?.()
  }
  const tell = (cells: ReadonlyArray<Cell>) => {
    for (const cell of cells) {
      const name = cellName(cell)
      recent.delete(name)
      recent.set(name, ++count)
      wakeFirst(name)
    }
    for (const [name, at] of recent) {
      if (recent.size <= mostRemembered) break
      recent.delete(name)
      forgotten = at
    }
  }
  const tellAll = () => {
    forgotten = ++count
    for (const name of waiting.keys()) wakeFirst(name)
  }
  const telling = <A, E, R>(effect: Effect.Effect<A, E, R>, cells: ReadonlyArray<Cell>): Effect.Effect<A, E, R> =>
    Effect.tap(effect, () => Effect.sync(() => tell(cells)))
  return {
    store: {
      ...store,
      commit: <E, R>(commit: Commit<E, R>) => telling(store.commit(commit), commit.cells),
      endSteps: (run, worker, steps, gather) => telling(store.endSteps(run, worker, steps, gather), steps),
      release: (run, worker, cells) => telling(store.release(run, worker, cells), cells),
      // What a run still has at its end is nobody's.
      finishRun: (...ended) => Effect.tap(store.finishRun(...ended), () => Effect.sync(tellAll))
    },
    freed: {
      mark: () => count,
      wait: (cells, since, wake) => {
        const names = cells.map(cellName)
        if (since < forgotten || names.some((name) => (recent.get(name) ?? 0) > since)) {
          wake()
          return () => {}
        }
        let isWoken = false
        const once = () => {
          leave()
          isWoken = true
          wake()
        }
        const end = () => {
          if (isWoken) names.forEach(wakeFirst)
          else leave()
        }
        const leave = () => {
          for (const name of names) {
            const wakes = waiting.get(name)
            wakes?.delete(once)
            if (wakes?.size === 0) waiting.delete(name)
          }
        }
        for (const name of names) waiting.set(name, (waiting.get(name) ?? new Set()).add(once))
        return end
      }
    }
  }
}
