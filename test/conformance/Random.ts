/** A small seeded generator for properties: the same seed gives the same values on every machine. */
export interface Random {
  /** From 0 (inclusive) to 1. */
  readonly next: () => number
  readonly int: (least: number, most: number) => number
  readonly pick: <A>(values: readonly [A, ...Array<A>]) => A
}

export const seeded = (seed: number): Random => {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const int = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  return { next, int, pick: (values) => values[int(0, values.length - 1)] ?? values[0] }
}
