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
  // A head that moves in place of shift(): shifting 100,000 ready steps one by one took longer than running them.
  let queue: Array<Entry> = []
  let head = 0
  const out = new Map<string, number>()
  const heldBack = new Map<string, Array<Entry>>()

  return {
    push: (index, computation) => void queue.push({ index, computation }),
    take: () => {
      for (;;) {
        const entry = queue[head]
        if (entry === undefined) return undefined
        head++
        if (head > 10_000 && head * 2 > queue.length) {
          queue = queue.slice(head)
          head = 0
        }
        const running = out.get(entry.computation) ?? 0
        if (running < limit(entry.computation)) {
          out.set(entry.computation, running + 1)
          return entry.index
        }
        const waiting = heldBack.get(entry.computation)
        if (waiting === undefined) heldBack.set(entry.computation, [entry])
        else waiting.push(entry)
      }
    },
    leave: (computation) => {
      out.set(computation, (out.get(computation) ?? 1) - 1)
      const next = heldBack.get(computation)?.shift()
      if (next !== undefined) queue.push(next)
    }
  }
}
