/** Steps whose cells another run has: they are asked for again when that one gives them back, or after a while. */
import type { Cell } from "../record/Step.ts"
import type { Freed } from "./Freed.ts"

/** Of what another process has nobody tells. */
export const askAgainMillis = 200

/** What a run of this worker has is told of, to one run at a time; that one may have no room for it just now. */
const askOwnAgainMillis = 1000

export interface Held {
  /** Asked for again at once. */
  readonly now: (index: number) => void
  /** Asked for again after a while. */
  readonly later: (index: number) => void
  /** Cells that another run has, `own`: one of this worker. `since`: a mark from before they were asked for. */
  readonly untilFreed: (index: number, cells: ReadonlyArray<Cell>, options: { readonly own: boolean; readonly since: number }) => void
  /** Takes those that are to be asked for again. */
  readonly take: () => ReadonlyArray<number>
  /** When to look again, in milliseconds; undefined: there are none. */
  readonly waitMillis: () => number | undefined
  /** Waits for none any more. */
  readonly end: () => void
}

interface Waiting {
  due: number
  readonly end: () => void
}

const nothing = () => {}

export const make = (options: { readonly freed: Freed | undefined; readonly nowMillis: () => number; readonly wake: () => void }): Held => {
  const { freed, nowMillis, wake } = options
  const waiting = new Map<number, Waiting>()
  /** None is due before. */
  let next = Number.POSITIVE_INFINITY
  const add = (index: number, due: number, end = nothing) => {
    waiting.set(index, { due, end })
    next = Math.min(next, due)
  }
  const now = (index: number) => {
    add(index, 0)
    wake()
  }
  return {
    now,
    later: (index) => add(index, nowMillis() + askAgainMillis),
    untilFreed: (index, cells, { own, since }) => {
      const patience = own && freed !== undefined ? askOwnAgainMillis : askAgainMillis
      let isFreed = false
      const end = freed?.wait(cells, since, () => {
        isFreed = true
        const one = waiting.get(index)
        if (one === undefined) return
        one.due = 0
        next = 0
        wake()
      })
      add(index, isFreed ? 0 : nowMillis() + patience, end)
    },
    take: () => {
      const at = nowMillis()
      if (at < next) return []
      const taken: Array<number> = []
      next = Number.POSITIVE_INFINITY
      for (const [index, { due, end }] of waiting) {
        if (due > at) {
          next = Math.min(next, due)
          continue
        }
        // Who was woken has left the line; who asks by the clock leaves it here.
        if (due > 0) end()
        waiting.delete(index)
        taken.push(index)
      }
      return taken
    },
    waitMillis: () => waiting.size === 0 ? undefined : Math.max(0, next - nowMillis()),
    end: () => {
      for (const { end } of waiting.values()) end()
    }
  }
}
