/** Seeded random rows with nulls, bigints beyond 2^53, equal dates in different objects and awkward text. */

export interface Row {
  key: string | null
  day: Date | null
  id: bigint | null
  n: number | null
  big: bigint | null
}

/** A stream of whole numbers below `below`, the same for the same seed (mulberry32). */
export const makeRandom = (seed: number) => {
  let state = seed
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor(((t ^ (t >>> 14)) >>> 0) / 4_294_967_296 * below)
  }
}

const texts = ["", "a", "b", `a"|"b`, "null", "1", "é", "e\u0301", "日本", "😀"]

export const randomRows = (seed: number, length: number): Array<Row> => {
  const random = makeRandom(seed)
  const orNull = <A>(value: A): A | null => random(5) === 0 ? null : value
  return Array.from({ length }, () => ({
    key: orNull(texts[random(texts.length)]!),
    day: orNull(new Date(random(4) * 86_400_000)),
    id: orNull(9_007_199_254_740_992n + BigInt(random(4))),
    n: orNull(random(2001) - 1000),
    big: orNull(10n ** 20n + BigInt(random(1000)))
  }))
}

/** A value as text that is equal for equal keys only. */
export const keyText = (value: unknown): string =>
  value instanceof Date ? `date ${value.getTime()}` : `${typeof value} ${String(value)}`
