/** Steps that may start, first in first out, with those held back whose computation is at its own limit. */

export interface ReadyQueue {
  readonly push: (index: number, computation: string) => void
  /** Takes the next step whose computation has room; undefined when there is none. */
  readonly take: () => number | undefined
  /** A step of a computation has left: one that waits for it may be taken. */
  readonly leave: (computation: string) => void
}

interface Entry {
  readonly index: number
  readonly computation: string
}

/** `limit` gives how many steps of a computation may be out at once. */
export const make = (limit: (computation: string) => number): ReadyQueue => {
  const queue = new Fifo<Entry>()
  const out = new Map<string, number>()
  const heldBack = new Map<string, Fifo<Entry>>()

  return {
    push: (index, computation) => queue.push({ index, computation }),
    take: () => {
      for (let entry = queue.take(); entry !== undefined; entry = queue.take()) {
        const running = out.get(entry.computation) ?? 0
        if (running < limit(entry.computation)) {
          out.set(entry.computation, running + 1)
          return entry.index
        }
        const waiting = heldBack.get(entry.computation) ?? new Fifo<Entry>()
        heldBack.set(entry.computation, waiting)
        waiting.push(entry)
      }
      return undefined
    },
    leave: (computation) => {
      out.set(computation, (out.get(computation) ?? 1) - 1)
      const next = heldBack.get(computation)?.take()
      if (next !== undefined) queue.push(next)
    }
  }
}

/** A queue with a head that moves: shifting 100,000 ready steps one by one took longer than running them. */
class Fifo<A> {
  #entries: Array<A> = []
  #head = 0

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
