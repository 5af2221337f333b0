/**
 * Steps that may start, first in first out, with those held back whose computation is at its own limit. Steps of a batch
 * computation leave as groups: their turn is that of the first, and all that are ready by then come along.
 */

export interface Limits {
  /** At most so many groups of a computation are out at once. */
  readonly concurrency: number
  /** At most so many steps make a group; undefined: each step goes by itself. */
  readonly batch: number | undefined
}

export interface ReadyQueue {
  readonly push: (index: number, computation: string) => void
  /**
   * Takes the next group if it fits, by its number of steps and the number it might have; undefined when it does not
   * fit, or when there is none.
   */
  readonly take: (fits: (steps: number, most: number) => boolean) => ReadonlyArray<number> | undefined
  /** A group of a computation has left: one that waits for it may be taken. */
  readonly leave: (computation: string) => void
}

/** The turn of one step, or of those that a batch computation has ready when it comes. */
interface Turn {
  readonly computation: string
  readonly steps: number | Fifo<number>
}

export const make = (limitsOf: (computation: string) => Limits): ReadyQueue => {
  const turns = new Fifo<Turn>()
  /** Comes before all others. */
  let first: Turn | undefined
  const out = new Map<string, number>()
  const heldBack = new Map<string, Fifo<Turn>>()
  /** Ready steps of batch computations. Each computation with any has exactly one turn. */
  const gathered = new Map<string, Fifo<number>>()

  const next = (): Turn | undefined => {
    if (first === undefined) return turns.take()
    const turn = first
    first = undefined
    return turn
  }

  return {
    push: (index, computation) => {
      if (limitsOf(computation).batch === undefined) return turns.push({ computation, steps: index })
      const steps = fifoOf(gathered, computation)
      steps.push(index)
      if (steps.size === 1) turns.push({ computation, steps })
    },
    take: (fits) => {
      for (let turn = next(); turn !== undefined; turn = next()) {
        const { computation, steps } = turn
        const { batch = 1, concurrency } = limitsOf(computation)
        const running = out.get(computation) ?? 0
        if (running >= concurrency) {
          fifoOf(heldBack, computation).push(turn)
          continue
        }
        const size = typeof steps === "number" ? 1 : Math.min(steps.size, batch)
        if (!fits(size, batch)) {
          first = turn
          return undefined
        }
        out.set(computation, running + 1)
        if (typeof steps === "number") return [steps]
        const group = Array.from({ length: size }, () => steps.take()!)
        // A full group goes on at once; what is left of one waits its turn, and may fill up meanwhile.
        if (steps.size >= batch) first = turn
        else if (steps.size > 0) turns.push(turn)
        return group
      }
      return undefined
    },
    leave: (computation) => {
      out.set(computation, (out.get(computation) ?? 1) - 1)
      const next = heldBack.get(computation)?.take()
      if (next !== undefined) turns.push(next)
    }
  }
}

const fifoOf = <A>(fifos: Map<string, Fifo<A>>, computation: string): Fifo<A> => {
  const found = fifos.get(computation)
  if (found !== undefined) return found
  const made = new Fifo<A>()
  fifos.set(computation, made)
  return made
}

/** A queue with a head that moves: shifting 100,000 ready steps one by one took longer than running them. */
class Fifo<A> {
  #entries: Array<A> = []
  #head = 0

  get size(): number {
    return this.#entries.length - this.#head
  }

  push(entry: A): void {
    this.#entries.push(entry)
  }

  take(): A | undefined {
    const entry = this.#entries[this.#head]
    if (entry === undefined) return undefined
    this.#head++
    if (this.#head > 10_000 && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
    return entry
  }
}
