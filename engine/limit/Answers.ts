/** Answers as a limiter tells them: in place of each moment, a few lines through all of them. */
import type { Answered } from "./LimitStore.ts"

/**
 * Lines through moments, none of them before a moment of its own, nor later than `tolerance` after it: what is counted
 * for longer than needed is throughput lost, and what is told in many lines is work for the store.
 */
export const lines = (moments: ReadonlyArray<number>, now: number, tolerance: number): ReadonlyArray<Answered> => {
  const sorted = moments.toSorted((a, b) => a - b)
  const told: Array<Answered> = []
  const tell = (from: number, to: number): void => {
    const count = to - from
    if (count === 0) return
    const first = sorted[from]!
    const spacing = count === 1 ? 0 : (sorted[to - 1]! - first) / (count - 1)
    // How far each moment lies behind the line from the first to the last one.
    const behind = (i: number) => sorted[i]! - first - (i - from) * spacing
    let shift = 0
    let ahead = 0
    let farthest = from
    for (let i = from; i < to; i++) {
      shift = Math.max(shift, behind(i))
      if (-behind(i) > ahead) [ahead, farthest] = [-behind(i), i]
    }
    if (count <= 2 || shift + ahead <= tolerance) {
      told.push({ count, agoMillis: now - first - shift, spacingMillis: spacing })
      return
    }
    // It is split where the line is farthest off: behind a crowd, or before what came late.
    const at = ahead >= shift ? farthest + 1 : sorted.findIndex((_, i) => i >= from && behind(i) === shift)
    const split = Math.min(Math.max(at, from + 1), to - 1)
    tell(from, split)
    tell(split, to)
  }
  tell(0, sorted.length)
  return told
}
